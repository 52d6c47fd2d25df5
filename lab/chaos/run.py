"""One run: people in calls, phases of faults, and everything that was seen put into an account.

A phase: faults and deeds in parallel; all is repaired; then everybody has RECOVER_SECONDS to be in
a call again. The next phase waits for a machine that has time left, because browsers and servers
share its cores. Every wait is bounded, so a run of `n` phases ends.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from playwright.async_api import Browser

from lab.chaos import reports
from lab.chaos.account import Account, Span
from lab.chaos.faults import Faults
from lab.chaos.machine import until_idle
from lab.chaos.person import Call, Person, World, now_ms
from lab.chaos.schedule import DEADLY, STAMP, Deed, Event, Phase, Scope, death
from lab.stamps import Lab

RECOVER_SECONDS = 30.0
SOCKETS_SECONDS = 45.0  # a client waits for up to 30 s between two tries
LOOK_SECONDS = 0.3
WATCH_SECONDS, LATE_MS = 0.1, 150
WAIT_EVERY = 4  # of the phases, the one after which nobody is woken
BLOCKED_EVERY = 3  # of the calls, one in so many goes through the servers
WAKES_SECONDS = 1.0  # the network comes back to everybody within so long, not in the same moment
IDLE_SECONDS = 10.0  # that the machine is waited for before the next phase
SIGNALING = (STAMP, "functions", "signalr")  # without these no signal goes by a stamp


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do. `seconds`: no phase begins later.

    `last_seconds`: from the last text to the end. Texts that are younger than account.LIVE_MS then
    are not judged.
    """

    phases: Sequence[Phase]
    calls: int
    seconds: float
    report_seconds: float  # how long the last reports are waited for
    last_seconds: float = 12.0
    talk_ms: int = 1_000  # between two texts of a person
    deaths: int = 0  # phases that come first, in each of which a stamp dies that is in use


@dataclass(slots=True)
class Result:
    """What a run has done and seen."""

    account: Account
    log: list[tuple[float, str]]
    calls: int = 0  # of two peers, counted by stays of the second one
    seconds: float = 0
    phases: int = 0
    events: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    late_ms: float = 0  # the longest time that this process was kept waiting
    # Of each phase, from all is well.
    up_ms: list[float] = field(default_factory=list)  # until all calls were up
    sockets_ms: list[float] = field(default_factory=list)  # until all sockets were open


class Run:
    """See `run`."""

    def __init__(self, lab: Lab, world: World, people: Sequence[Person], plan: Plan) -> None:
        self._lab, self._world, self._people, self._plan = lab, world, people, plan
        self._faults = Faults(lab)
        self.result = Result(world.account, world.log)

    async def go(self, say: Callable[[str], None]) -> Result:
        """All of it; `say` is told how it goes, once a phase."""
        watch = asyncio.create_task(self._watch())
        try:
            return await self._go(say)
        finally:
            watch.cancel()

    async def _watch(self) -> None:
        """Note when this process, through which all bytes go, was late: the machine was busy."""
        while True:
            begin = time.monotonic()
            await asyncio.sleep(WATCH_SECONDS)
            late_ms = (time.monotonic() - begin - WATCH_SECONDS) * 1000
            self.result.late_ms = max(self.result.late_ms, late_ms)
            if late_ms > LATE_MS:
                self._world.note(f"the machine was busy for {late_ms:.0f} ms")
                self.result.account.stalls.append((now_ms() - late_ms, now_ms()))

    async def _go(self, say: Callable[[str], None]) -> Result:
        start = time.monotonic()
        await asyncio.gather(*(person.come() for person in self._people))
        await self._recover(now_ms(), wakes=False)
        async for phase in self._phases():
            if time.monotonic() - start > self._plan.seconds:
                break
            ms = await self._phase(phase)
            self.result.phases += 1
            spent = time.monotonic() - start
            say(f"{spent:6.0f} s  phase {phase.number}: {_told(phase)}; recovered in {ms:.0f} ms")
            await until_idle(IDLE_SECONDS)  # the next one meets stamps that are not overloaded
        await self._end()
        self.result.seconds = time.monotonic() - start
        return self.result

    async def _phases(self) -> AsyncIterator[Phase]:
        """Those of the plan, after the deaths, which are numbered downwards from -1."""
        for number in range(self._plan.deaths):
            yield death(-1 - number, await self._in_use())
        for phase in self._plan.phases:
            yield phase

    async def _in_use(self) -> int:
        """The stamp by which somebody sent their last text who sends all by the servers."""
        last = "() => window.chaos.lastStamp()"
        sent = [await person.tab.ask(last) for person in self._people if person.call.blocked]
        return next((stamp for stamp in sent if stamp is not None), 0)

    async def _phase(self, phase: Phase) -> float:
        """ms from all is well until everybody has recovered."""
        began = now_ms()
        self._world.note(f"phase {phase.number}, scope {phase.scope}")
        acting = {deed.call for deed in phase.deeds}
        before = await self._connections(acting)
        async with asyncio.TaskGroup() as both:
            for event in phase.events:
                both.create_task(self._event(event))
            for deed in phase.deeds:
                both.create_task(self._deed(deed))
        await self._faults.repair()
        well = now_ms()
        self._world.note("all is well")
        missing = [person for person in self._people if not person.inside]
        await asyncio.gather(*(person.come() for person in missing))
        await self._recover(well, wakes=phase.number % WAIT_EVERY != 0)
        settled = now_ms()
        self._compare(before, await self._connections(acting))
        one = phase.scope is Scope.ONE
        self.result.account.spans.append(Span(phase.number, began, settled, one))
        return settled - well

    async def _event(self, event: Event) -> None:
        await asyncio.sleep(event.at_ms / 1000)
        name = self._lab.stamps[event.stamp].name
        self._world.note(f"{event.what} {event.part} of stamp {name}")
        self.result.events[event.what] += 1
        await self._faults.carry_out(event)
        if event.what in DEADLY and event.part in SIGNALING:
            await self._probe(event.stamp)

    async def _probe(self, stamp: int) -> None:
        """A text through the servers, right after a stamp has died."""
        blocked = [person for person in self._people if person.call.blocked]
        probe = "(stamp) => window.chaos.probe(stamp)"
        await asyncio.gather(*(person.tab.ask(probe, stamp) for person in blocked))

    async def _deed(self, deed: Deed) -> None:
        await asyncio.sleep(deed.at_ms / 1000)
        self.result.acts[deed.act] += 1
        await self._person(deed.call, deed.person).act(deed)

    async def _recover(self, well: float, *, wakes: bool) -> None:
        """Wait until every call is up and every page has its sockets; note who is late.

        `wakes`: once the calls are up, the pages are told that the network is back, so that they
        do not wait for their next try.
        """
        late = await self._until(lambda: not self._late(), well, RECOVER_SECONDS)
        self.result.up_ms.append(now_ms() - well)
        if late:
            self._note_late(self._late(), now_ms())
        if wakes:
            await asyncio.gather(*map(self._wake, range(len(self._people))))
        await self._until(lambda: all(map(self._has_sockets, self._people)), well, SOCKETS_SECONDS)
        self.result.sockets_ms.append(now_ms() - well)
        for person in self._people:
            if person.view is not None:
                listed = [peer.id for peer in person.view.peers]
                self.result.account.listing(person.stay, listed, now_ms())

    async def _wake(self, number: int) -> None:
        await asyncio.sleep(WAKES_SECONDS * number / len(self._people))
        await self._people[number].tab.ask("() => void dispatchEvent(new Event('online'))")

    async def _until(self, done: Callable[[], bool], well: float, seconds: float) -> bool:
        """Look at all pages until `done`, or `seconds` after `well`. Whether it is too late."""
        while True:
            await asyncio.gather(*(person.look() for person in self._people))
            if done():
                return False
            if now_ms() - well > seconds * 1000:
                return True
            await asyncio.sleep(LOOK_SECONDS)

    def _late(self) -> list[int]:
        """The calls that are not up."""
        return [call for call in range(self._plan.calls) if not self._is_up(call)]

    def _note_late(self, late: Sequence[int], now: float) -> None:
        for call in late:
            for person, other in self._pair(call), self._pair(call)[::-1]:
                if not _lists(person, other):
                    words = f"{person} does not list the other"
                    self.result.account.note("not-listed", call, now, words)
            words = "; ".join(_state(person) for person in self._pair(call))
            self.result.account.note("not-connected", call, now, words)

    def _is_up(self, call: int) -> bool:
        """Whether both list each other, and are connected unless no path can be found."""
        ann, bob = self._pair(call)
        return all(
            _lists(one, other) and _reaches(one, other) for one, other in ((ann, bob), (bob, ann))
        )

    def _has_sockets(self, person: Person) -> bool:
        """To every stamp; or to none, if they sleep."""
        if person.view is None:
            return False
        return len(person.view.sockets) in (0, len(self._lab.stamps))

    async def _connections(self, acting: set[int]) -> dict[Person, tuple[int, str]]:
        """Of everybody who is connected and whose call is left in peace: number and state."""
        await asyncio.gather(*(person.look() for person in self._people))
        found = {}
        for person in self._people:
            if person.call.number not in acting and not person.call.blocked and person.view:
                for peer in person.view.peers:
                    if peer.state == "connected":
                        found[person] = peer.connection, peer.connection_state
        return found

    def _compare(
        self, before: dict[Person, tuple[int, str]], after: dict[Person, tuple[int, str]]
    ) -> None:
        for person, connection in before.items():
            now = after.get(person, (0, "gone"))
            self.result.account.held(person.stay, now_ms(), connection, now)

    async def _end(self) -> None:
        """Everybody stops talking and closes their page; the reports arrive."""
        await asyncio.gather(*(p.tab.ask("() => window.chaos.quiet()") for p in self._people))
        await asyncio.sleep(self._plan.last_seconds)
        await asyncio.gather(*(person.go() for person in self._people))
        account = self.result.account
        await reports.count(self._lab, account, self._plan.report_seconds)
        self.result.calls = sum(stay.person == 1 for stay in account.lives)

    def _pair(self, call: int) -> tuple[Person, Person]:
        return self._person(call, 0), self._person(call, 1)

    def _person(self, call: int, number: int) -> Person:
        return self._people[2 * call + number]


def _lists(person: Person, other: Person) -> bool:
    return (
        person.view is not None
        and other.view is not None
        and any(peer.id == other.view.self for peer in person.view.peers)
    )


def _reaches(person: Person, other: Person) -> bool:
    if person.call.blocked:
        return True
    assert person.view is not None and other.view is not None
    return any(
        peer.id == other.view.self and peer.state == "connected" for peer in person.view.peers
    )


def _state(person: Person) -> str:
    if person.view is None or person.view.self is None:
        return f"{person} is in no room ({person.view.alarm if person.view else 'no page'})"
    peers = ", ".join(f"{peer.state}/{peer.connection_state}" for peer in person.view.peers)
    return (
        f"{person} is {person.view.state}, sockets {person.view.sockets}, peers {peers or 'none'}"
    )


def _told(phase: Phase) -> str:
    events = Counter(str(event.what) for event in phase.events)
    return f"{phase.scope}, " + ", ".join(f"{what} {n}" for what, n in events.items())


def ports(lab: Lab) -> dict[int, int]:
    """The number of the stamp at each port that clients connect to."""
    parts = [(n, part) for n, stamp in enumerate(lab.stamps) for part in stamp.parts]
    return {part.proxy.port: number for number, part in parts}


@asynccontextmanager
async def people(
    lab: Lab, browser: Browser, calls: int, talk_ms: int
) -> AsyncIterator[tuple[World, list[Person]]]:
    """Two for each call, with a browser each, which end after the block."""
    world = World(lab.page, Account(), {"stamps": ports(lab), "talkMs": talk_ms})
    found: list[Person] = []
    try:
        for number in range(calls):
            call = Call(number, await _room(lab, number), number % BLOCKED_EVERY == 1)
            found += [await Person.make(world, browser, call, each) for each in (0, 1)]
        yield world, found
    finally:
        await asyncio.gather(*(person.tab.end() for person in found), return_exceptions=True)


async def _room(lab: Lab, number: int) -> str:
    """A room that was created for every other call, an open one for the others."""
    if number % 2:
        return f"chaos-{number}"
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{lab.stamps[0].api}/rooms", json={"capacity": 8})
    return str(answer.json()["room"])


async def run(lab: Lab, browser: Browser, plan: Plan, say: Callable[[str], None]) -> Result:
    """The whole run. Raises DidNotStart or NotWell if a stamp cannot be repaired."""
    async with people(lab, browser, plan.calls, plan.talk_ms) as (world, found):
        return await Run(lab, world, found, plan).go(say)
