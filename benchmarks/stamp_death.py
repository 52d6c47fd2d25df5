"""What do two people in a chat see when a whole stamp is killed?

    python -m benchmarks.stamp_death [--screenshots FOLDER]

Two local stamps, two browsers, a call that is up. All processes of one stamp get SIGKILL in the
middle of the chat; later they are started again. Then the same for two people who find no path to
each other, so that every text goes through the servers.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from lab.chaos import reports
from lab.chaos.account import Account, violations
from lab.chaos.page import View
from lab.chaos.person import Call, Person, World, now_ms
from lab.chaos.run import ports
from lab.chromium import chromium
from lab.stamps import Lab, Stamp, running

STEP_SECONDS = 30.0
LOOK_SECONDS = 0.02
TEXTS = 4
DEAD_SECONDS = 4.0
REPORT_SECONDS = 30.0
NO_TALK_MS = 3_600_000  # only this script sends texts


def main() -> int:
    """Print what happened when. 0: nobody noticed; 1: somebody did."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stamp_death")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    return asyncio.run(_main(parser.parse_args().screenshots))


async def _main(screenshots: Path | None) -> int:
    wrong = 0
    with TemporaryDirectory() as folder:
        async with running(2, Path(folder)) as lab, chromium() as browser:
            if not lab.page:
                raise SystemExit("benchmarks.stamp_death: the page is not built: make build")
            for way in ("channel", "servers"):
                print(f"Texts by the {way}")
                chat = await Chat.begin(lab, browser, way, screenshots)
                await chat.go()
                for one in violations(chat.account):
                    wrong += 1
                    print(f"  WRONG  {one.kind}: {one.words}")
    return 1 if wrong else 0


class Chat:
    """Two people in a call, and what happens to them. `way`: `channel` or `servers`."""

    def __init__(
        self, lab: Lab, two: tuple[Person, Person], account: Account, pictures: Path | None
    ) -> None:
        self._lab, self._two, self._pictures = lab, two, pictures
        self.account = account
        self._blocked = two[0].call.blocked
        self._said = 0

    @staticmethod
    async def begin(lab: Lab, browser: Browser, way: str, pictures: Path | None) -> "Chat":
        """Both have an empty tab."""
        world = World(lab.page, Account(), {"stamps": ports(lab), "talkMs": NO_TALK_MS})
        call = Call(0, f"chat-{way}", way == "servers")
        two = await Person.make(world, browser, call, 0), await Person.make(world, browser, call, 1)
        return Chat(lab, two, world.account, pictures)

    async def go(self) -> None:
        """The whole story."""
        begin = now_ms()
        for person in self._two:
            await person.come()
        await self._wait(self._is_up, "the call is not up")
        _tell("both are in a call and have sockets to both stamps", now_ms() - begin)
        await self._texts("both stamps alive")
        await self._picture("alive")
        before = [self._connection(person) for person in self._two]
        await self._die(self._lab.stamps[await self._used()])
        for person, connection in zip(self._two, before, strict=True):
            if not self._blocked:
                self.account.held(person.stay, now_ms(), connection, self._connection(person))
        for person in self._two:
            await person.go()
            await person.tab.end()
        await reports.count(self._lab, self.account, REPORT_SECONDS)

    async def _die(self, stamp: Stamp) -> None:
        pids = [part.process.pid for part in stamp.parts]
        await stamp.kill()
        print(f"  kill -9 of stamp {stamp.name}: processes {', '.join(map(str, pids))}")
        await self._texts("stamp dead")
        await asyncio.sleep(DEAD_SECONDS)
        await self._texts(f"{DEAD_SECONDS:.0f} s later")
        await self._picture("dead")
        begin = now_ms()
        await stamp.restore()
        _tell("the stamp is started again, and well", now_ms() - begin)
        begin = now_ms()
        await self._wait(self._is_up, "the sockets are not back")
        _tell("everybody has sockets to both stamps again", now_ms() - begin)
        await self._texts("both stamps alive")
        await self._picture("again")

    async def _texts(self, when: str) -> None:
        """Each says something in turn; how long it took to be shown to the other."""
        took = []
        for number in range(TEXTS):
            sender, receiver = self._two if number % 2 == 0 else self._two[::-1]
            took.append(await self._say(sender, receiver))
        views = [await person.look() for person in self._two]
        states = " and ".join(_state(view) for view in views)
        times = ", ".join(f"{ms:.0f}" for ms in took)
        print(f"  {when:24} texts shown after {times} ms; the pages say: {states}")

    async def _say(self, sender: Person, receiver: Person) -> float:
        """ms from the key to the other page."""
        self._said += 1
        text = f"Hello, number {self._said}"
        box = sender.tab.page.get_by_test_id("chat-input")
        await box.fill(text)
        begin = now_ms()
        await box.press("Enter")

        def shown() -> bool:
            return (receiver.stay, text) in self.account.shown

        await self._wait(shown, f"text {self._said} was not shown")
        return self.account.shown[receiver.stay, text][0] - begin

    async def _used(self) -> int:
        """The stamp by which the last text went; the first one if it went by the channel."""
        found = await self._two[0].tab.ask("() => window.chaos.lastStamp()")
        return int(found or 0)

    def _is_up(self) -> bool:
        views = [person.view for person in self._two]
        return all(view is not None and self._is_ready(view) for view in views)

    def _is_ready(self, view: View) -> bool:
        reached = bool(view.peers) and (self._blocked or view.peers[0].state == "connected")
        return reached and len(view.sockets) == len(self._lab.stamps)

    def _connection(self, person: Person) -> tuple[int, str]:
        assert person.view is not None and person.view.peers
        return person.view.peers[0].connection, person.view.peers[0].connection_state

    async def _wait(self, done: Callable[[], bool], otherwise: str) -> None:
        until = now_ms() + STEP_SECONDS * 1000
        while not done():
            if now_ms() > until:
                raise SystemExit(f"benchmarks.stamp_death: {otherwise} after {STEP_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.gather(*(person.look() for person in self._two))

    async def _picture(self, when: str) -> None:
        if self._pictures is None:
            return
        self._pictures.mkdir(parents=True, exist_ok=True)
        for person in self._two:
            name = f"{person.call.room}-{when}-{person.number}.png"
            await person.tab.page.screenshot(path=self._pictures / name)


def _state(view: View | None) -> str:
    if view is None:
        return "nothing"
    return f"{view.state}{f' ({view.alarm})' if view.alarm else ''}"


def _tell(what: str, ms: float) -> None:
    print(f"  {what}: {ms:,.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
