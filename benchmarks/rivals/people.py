"""People in browsers who click, and what they then wait for. Times are ms."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from playwright.async_api import Browser, Page

from benchmarks.rivals.servers import Server, Servers

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05
SOON_MS = 300  # until a click that several people agree on
AT_REST_SECONDS = 1.0  # and 10 round trips: after a click, nothing more comes
_numbers = itertools.count()


class NeverOpened(Exception):
    """Not all channels were open in PATIENCE_SECONDS."""


class Scripted(Protocol):
    """A page of any browser."""

    async def evaluate(self, expression: str, argument: Any = None, /) -> Any:
        """What the function answers, as JSON."""


class Person:
    """A page in a browser context of its own: no connection is open yet."""

    def __init__(self, page: Page | Scripted) -> None:
        self._page = page

    async def use(self, server: Server, number: int, count: int) -> None:
        """Before the click. `number`: how many of `count` people came before."""
        who = {"number": number, "people": count}
        call = "([name, options, who]) => window.bench.use(name, options, who)"
        await self._page.evaluate(call, [server.name, server.options, who])

    async def click(self, room: str, at: float = 0) -> float:
        """Join at that moment, or at once. Answers when it was."""
        call = "([room, at]) => window.bench.click(room, at)"
        return float(await self._page.evaluate(call, [room, at]))

    async def steps(self) -> list[tuple[str, float]]:
        """What steps.js has noted: step, ms since 1970."""
        found = await self._page.evaluate("() => window.steps")
        return [(str(step), float(at)) for step, at in found]

    async def last(self, step: str) -> float:
        """When this step was done for the last time."""
        return max(at for each, at in await self.steps() if each == step)

    async def path(self) -> list[str]:
        """The types of candidates in use: ours, theirs."""
        found = await self._page.evaluate("() => window.bench.path()")
        return [str(each) for each in found]

    async def requests(self, path: str) -> int:
        """How many of its requests went to an address that ends so."""
        count = (
            "(path) => performance.getEntriesByType('resource')"
            ".filter(({ name }) => new URL(name).pathname === path).length"
        )
        return int(await self._page.evaluate(count, path))

    async def leave(self) -> None:
        """Leave; what was seen is forgotten."""
        await self._page.evaluate("async () => { await bench.leave(); bench.forget(); }")

    async def opened(self, count: int) -> float:
        """When so many channels were open. Raises NeverOpened."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            found = await self._page.evaluate("() => window.bench.opened()")
            if len(found) >= count:
                return float(found[count - 1])
            await asyncio.sleep(LOOK_SECONDS)
        raise NeverOpened


@asynccontextmanager
async def people(
    browser: Browser, servers: Servers, system: str, count: int, script: str = ""
) -> AsyncIterator[list[Person]]:
    """So many people with open pages; nobody has clicked. The pages close after the block.

    `script` runs in each page before its own.
    """
    contexts = [await browser.new_context() for _ in range(count)]
    try:
        if script:
            await asyncio.gather(*(context.add_init_script(script) for context in contexts))
        found = []
        for number, context in enumerate(contexts):
            page = await context.new_page()
            found.append(await person_at(page, servers, system, number, count))
        yield found
    finally:
        await asyncio.gather(*(context.close() for context in contexts))


async def person_at(page: Page, servers: Servers, system: str, number: int, count: int) -> Person:
    """Somebody at this page, who has not clicked. `number`: how many of `count` came before."""
    await page.goto(servers.page)
    return await person_there(page, servers, system, number, count)


async def person_there(
    page: Page | Scripted, servers: Servers, system: str, number: int, count: int
) -> Person:
    """The same, at a page that is loaded."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not await page.evaluate("() => window.bench !== undefined"):
        if time.monotonic() > until:
            raise NeverOpened
        await asyncio.sleep(LOOK_SECONDS)
    person = Person(page)
    await person.use(servers.systems[system], number, count)
    return person


def new_room() -> str:
    """A name that nobody has used."""
    return f"bench-{time.time_ns()}-{next(_numbers)}"


async def rest(round_trip: float) -> None:
    """Until what a click has caused is over."""
    await asyncio.sleep(AT_REST_SECONDS + round_trip / 100)


async def apart(two: Sequence[Person], round_trip: float, *, warm: bool) -> float:
    """From the second click to the open channel; the first person has been there for long.

    `warm`: the second one was in another room a moment ago.
    """
    first, second = two
    room = new_room()
    if warm:
        await second.click(new_room())
        await rest(round_trip)
        await second.leave()
    await first.click(room)
    await rest(round_trip)
    clicked = await second.click(room)
    return await second.opened(1) - clicked


async def together(two: Sequence[Person], apart_ms: float) -> float:
    """From the second click to the channel that is open on both sides."""
    room = new_room()
    begin = time.time() * 1000 + SOON_MS
    clicks = [one.click(room, begin + n * apart_ms) for n, one in enumerate(two)]
    clicked = max(await asyncio.gather(*clicks))
    return max(await asyncio.gather(*(one.opened(1) for one in two))) - clicked


async def at_once(everybody: Sequence[Person]) -> float:
    """From the click of all to the last channel."""
    room = new_room()
    begin = time.time() * 1000 + SOON_MS
    clicked = min(await asyncio.gather(*(one.click(room, begin) for one in everybody)))
    others = len(everybody) - 1
    return max(await asyncio.gather(*(one.opened(others) for one in everybody))) - clicked


async def last_of(everybody: Sequence[Person], round_trip: float) -> float:
    """From the click of the last to their last channel; the others came one by one before."""
    room = new_room()
    for one in everybody[:-1]:
        await one.click(room)
        await rest(round_trip)
    last = everybody[-1]
    clicked = await last.click(room)
    return await last.opened(len(everybody) - 1) - clicked
