"""What people do with a program, and what they have to see. Raises Playwright's errors, which say
what was waited for, and AssertionError."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, FilePayload, Page, expect

from benchmarks.rivals.lines.servers import Served, find, lose
from lab.networks import Host

PATIENCE_MS = 60_000
FILE_BYTES = 3_000_000
LOSS_SECONDS = 10.0
THESE_ARE_THERE = """(names) => {
  const there = [...document.querySelectorAll("#people li")].map((one) => one.textContent);
  return JSON.stringify(there.sort()) === JSON.stringify(names);
}"""
SEES_AND_HEARS = """() => [...document.querySelectorAll("video")].some(
  (one) => one.videoWidth > 0 && one.srcObject?.getAudioTracks().length > 0)"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a page of a program."""

    name: str
    page: Page

    async def meets(self, *names: str) -> None:
        """Exactly these people are there."""
        await self.page.wait_for_function(THESE_ARE_THERE, arg=sorted(names), timeout=PATIENCE_MS)

    async def says(self, text: str) -> None:
        """Types it and sends it."""
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def is_told_of_delivery(self, text: str) -> None:
        """The line of an own text says so."""
        said = self.page.locator("#texts li[data-state]", has_text=text)
        await expect(said).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)

    async def reads(self, who: str, text: str) -> None:
        """Once."""
        line = self.page.locator("#texts li").get_by_text(f"{who}: {text}", exact=True)
        await expect(line).to_have_count(1, timeout=PATIENCE_MS)

    async def sees_and_hears(self) -> None:
        """Somebody's picture is decoded, and a track of sound is with it."""
        await self.page.wait_for_function(SEES_AND_HEARS, timeout=PATIENCE_MS)

    async def points(self, x: int, y: int) -> None:
        """Moves the pointer there, from wherever it was."""
        await self.page.locator("#pad").hover(position={"x": x, "y": y})

    async def sees_pointer(self, who: str, *bytes_: int) -> None:
        """The four bytes that somebody has sent last."""
        text = f"{who}: {' '.join(map(str, bytes_))}"
        shown = self.page.locator("#pointers li").get_by_text(text, exact=True)
        await expect(shown).to_have_count(1, timeout=PATIENCE_MS)

    async def takes_file(self, name: str, content: bytes) -> None:
        """Accepts it, sees how far it is, and has the same bytes."""
        offered = self.page.locator("#files li", has_text=name)
        await offered.get_by_role("button", name="Accept").click(timeout=PATIENCE_MS)
        kept = self.page.locator("#files li", has_text=name)
        right = hashlib.sha256(content).hexdigest()
        await expect(kept).to_have_attribute("data-sha256", right, timeout=PATIENCE_MS)
        seen = [float(each) for each in (await kept.get_attribute("data-progress") or "").split()]
        assert any(0 < each < 1 for each in seen), "no progress was shown"

    async def declines_file(self, name: str) -> None:
        """Says no."""
        offered = self.page.locator("#files li", has_text=name)
        await offered.get_by_role("button", name="Decline").click(timeout=PATIENCE_MS)


@asynccontextmanager
async def visitors(
    served: Served, system: str, room: str, browsers: Sequence[Browser]
) -> AsyncIterator["Visitors"]:
    """People come one by one; their pages close after the block."""
    async with AsyncExitStack() as stack:
        yield Visitors(served, system, room, browsers, stack)


@dataclass(frozen=True, slots=True)
class Visitors:
    """Those of one room."""

    served: Served
    system: str
    room: str
    browsers: Sequence[Browser]
    stack: AsyncExitStack

    async def person(self, name: str, number: int) -> Person:
        """Somebody in this browser, who joins."""
        context = await self.browsers[number].new_context()
        self.stack.push_async_callback(context.close)
        page = await context.new_page()
        await page.goto(self.served.address(self.system, self.room, name))
        return Person(name, page)


async def everything(come: Visitors, host: Host) -> None:
    """All that the programs do. `host`: the machine of the first browser."""
    ann = await come.person("Ann", 0)
    bob = await come.person("Bob", 1)
    await ann.meets("Bob")
    await bob.meets("Ann")
    await _text(ann, bob)
    await ann.page.click("#show")
    await bob.sees_and_hears()
    cho = await come.person("Cho", 1)
    await cho.meets("Ann", "Bob")
    await cho.sees_and_hears()
    await _pointers(ann, bob, cho)
    await _file(ann, bob, cho)
    await _loss(ann, bob, host)
    await cho.page.goto("about:blank")
    await ann.meets("Bob")


async def _text(ann: Person, bob: Person) -> None:
    await ann.says("hello")
    await bob.reads("Ann", "hello")
    await ann.is_told_of_delivery("hello")
    await bob.says("and you")
    await ann.reads("Bob", "and you")
    await bob.is_told_of_delivery("and you")


async def _pointers(ann: Person, bob: Person, cho: Person) -> None:
    """Nobody is told when the channel is open, and what comes before is lost, as it may be: a
    pointer moves again."""
    for who, other, x in ((ann, cho, 7), (ann, bob, 8), (cho, ann, 9)):
        for _ in range(30):
            await who.points(x + 20, 20)
            await who.points(x, 58)
            shown = other.page.locator("#pointers").get_by_text(f"{who.name}: {x} 0 58 0")
            if await shown.count():
                break
            await asyncio.sleep(1)
        await other.sees_pointer(who.name, x, 0, 58, 0)


async def _file(ann: Person, bob: Person, cho: Person) -> None:
    for name, takers, others in (("both.bin", (bob, cho), ()), ("one.bin", (bob,), (cho,))):
        content = os.urandom(FILE_BYTES)
        file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
        await ann.page.set_input_files("#file", [file])
        await asyncio.gather(
            *(one.takes_file(name, content) for one in takers),
            *(one.declines_file(name) for one in others),
        )
        sent = ann.page.locator("#file[data-state=done]")
        await expect(sent).to_have_count(1, timeout=PATIENCE_MS)
        await ann.page.evaluate("() => delete document.querySelector('#file').dataset.state")


async def _loss(ann: Person, bob: Person, host: Host) -> None:
    lose(host)
    try:
        await ann.says("are you there?")
        await asyncio.sleep(LOSS_SECONDS)
        lost = bob.page.locator("#texts li", has_text="are you there?")
        assert await lost.count() == 0, "nothing was lost"
    finally:
        find(host)
    await bob.reads("Ann", "are you there?")
    await ann.is_told_of_delivery("are you there?")
    await ann.says("again")
    await bob.reads("Ann", "again")
    await ann.is_told_of_delivery("again")


async def as_far_as_livekit(come: Visitors) -> str:
    """The program joins: the token server gives it a token, with which it asks for LiveKit's
    server. Answers the URL that it asks for."""
    context = await come.browsers[0].new_context()
    come.stack.push_async_callback(context.close)
    page = await context.new_page()
    async with page.expect_websocket(timeout=PATIENCE_MS) as socket:
        await page.goto(come.served.address(come.system, come.room, "Ann"))
    return (await socket.value).url
