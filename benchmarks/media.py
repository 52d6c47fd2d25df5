"""How long does it take until two people hear and see one another, and what do browsers refuse?

    python -m benchmarks.media [--runs 5] [--pairs chromium-chromium,chromium-firefox,
        firefox-chromium,firefox-firefox] [--ways connection,both,one,join,prepared]
        [--round-trip 0]

Both have a tone and a moving picture, and all is on this machine. The first of a pair has been in
the room for a second. `connection`: both add their tracks by `addTrack` when they are told of the
connection, from the second one's click on. `both`: they are connected, and both call
`room.media.start` in the same moment, from which it is counted. `one`: the first starts, and when
that is seen the second; the longer of the two. `join`: both give their tracks to `join`, from the
second one's click on. `prepared`: the same after `prepare()`, as the room page does it.
`--round-trip`: ms to the servers and back; from peer to peer nothing is delayed. A time is that of
the later side, when a video frame was decoded and audio had come. Refused: descriptions that a
browser did not take, by both, in all runs; taken back: rollbacks. Needs a Firefox (FIREFOX) for
the pairs with one.
"""

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

from playwright.async_api import Browser

from benchmarks.arguments import names
from benchmarks.machine import how
from lab.firefox import Firefox
from lab.media.people import Kind, Person, Studio, browsers, studio

PAIRS = ("chromium-chromium", "chromium-firefox", "firefox-chromium", "firefox-firefox")
WAYS = ("connection", "both", "one", "join", "prepared")
TITLES = {
    "connection": "both, by `addTrack` on `connection`",
    "both": "both in the same moment, by `room.media`",
    "one": "one, then the other",
    "join": "both, at `join`",
    "prepared": "both, at `join` after `prepare()`",
}
SETTLE_SECONDS = 1.0
PREPARED_SECONDS = 2.5  # an offer that waits gathers for 2 s at most
PATIENCE_MS = 30_000
SOON_MS = 300
SOURCES = ["microphone", "camera"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One meeting. `ms`: None if there was no media in PATIENCE_MS."""

    ms: float | None
    refused: int
    rollbacks: int
    descriptions: int


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.media")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pairs", type=names(PAIRS), default=list(PAIRS))
    parser.add_argument("--ways", type=names(WAYS), default=list(WAYS))
    parser.add_argument("--round-trip", type=float, default=0)
    arguments = parser.parse_args()
    print(f"{how(arguments.runs)}\n")
    head = "| pair | who adds | media both ways, ms: median (worst) | refused | taken back |"
    print(f"{head} descriptions |\n|---|---|---|---|---|---|", flush=True)
    return asyncio.run(_measure(arguments))


async def _measure(arguments: argparse.Namespace) -> int:
    failed = 0
    with TemporaryDirectory() as folder:
        async with studio(Path(folder)) as place:
            for pair in arguments.pairs:
                for way in arguments.ways:
                    trials = await _row(place, pair, way, arguments)
                    failed += sum(each.ms is None or each.refused > 0 for each in trials)
                    print(_line(pair, way, trials), flush=True)
    return 1 if failed else 0


async def _row(place: Studio, pair: str, way: str, arguments: argparse.Namespace) -> list[Trial]:
    """In browsers of their own: what one holds of an earlier row does not count."""
    kinds = cast(list[Kind], pair.split("-"))
    async with browsers(*kinds) as (one, other):
        place.set_round_trip(0)
        await _once(place, (one, other), way, f"{pair}-{way}-warm")
        place.set_round_trip(arguments.round_trip)
        return [
            await _once(place, (one, other), way, f"{pair}-{way}-{run}")
            for run in range(arguments.runs)
        ]


def _line(pair: str, way: str, trials: list[Trial]) -> str:
    times = [each.ms for each in trials if each.ms is not None]
    missing = len(trials) - len(times)
    taken = f"{median(times):.0f} ({max(times):.0f})" if times else "–"
    late = f", {missing} never" if missing else ""
    refused = sum(each.refused for each in trials)
    rollbacks = sum(each.rollbacks for each in trials)
    descriptions = median(each.descriptions for each in trials)
    title = f"| {pair.replace('-', ', ')} | {TITLES[way]} | {taken}{late}"
    return f"{title} | {refused} | {rollbacks} | {descriptions:.0f} |"


async def _once(
    place: Studio, pair: tuple[Browser | Firefox, Browser | Firefox], way: str, room: str
) -> Trial:
    people = [
        await Person.at(browser, place, name)
        for browser, name in zip(pair, ("Ann", "Ben"), strict=True)
    ]
    try:
        began, ended = await _meet(people, way, f"{room}-{time.time_ns()}"[-64:])
        taken: float | None = ended - began
    except Exception as error:  # of either driver: the row says how often
        print(str(error), file=sys.stderr)
        taken = None
    states: list[dict[str, Any]] = [await each.call("state") for each in people]
    for each in people:
        await each.close()
    return Trial(
        taken, *(sum(s[n] for s in states) for n in ("refused", "rollbacks", "descriptions"))
    )


async def _meet(people: list[Person], way: str, room: str) -> tuple[float, float]:
    """When it began and when media came both ways: ms since 1970."""
    adds = {"connection": "connection", "join": "join", "prepared": "join"}.get(way, "nothing")
    if way == "prepared":
        await asyncio.gather(*(each.prepare() for each in people))
        await asyncio.sleep(PREPARED_SECONDS)
    ann, ben = people
    await ann.join(room, adds)
    await asyncio.sleep(SETTLE_SECONDS)
    clicked = time.time() * 1000
    await ben.join(room, adds)
    if way == "both":
        return await _both(people)
    if way == "one":
        return await _one_by_one(people)
    return clicked, await _seen(people)


async def _both(people: list[Person]) -> tuple[float, float]:
    await _up(people)
    at = time.time() * 1000 + SOON_MS
    starting = [each.call("start", at=at, sources=SOURCES) for each in people]
    _, ended = await asyncio.gather(asyncio.gather(*starting), _seen(people))
    return at, ended


async def _one_by_one(people: list[Person]) -> tuple[float, float]:
    await _up(people)
    ann, ben = people
    first = await ann.call("start", sources=SOURCES)
    seen = await ben.call("both", PATIENCE_MS)
    second = await ben.call("start", sources=SOURCES)
    heard = await ann.call("both", PATIENCE_MS)
    return 0, max(seen - first, heard - second)


async def _up(people: list[Person]) -> None:
    await asyncio.gather(*(each.call("up", PATIENCE_MS) for each in people))
    await asyncio.sleep(SETTLE_SECONDS)


async def _seen(people: list[Person]) -> float:
    return float(max(await asyncio.gather(*(each.call("both", PATIENCE_MS) for each in people))))


if __name__ == "__main__":
    sys.exit(main())
