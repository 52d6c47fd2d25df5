"""How long does it take until a page is connected, in a network that blocks WebSockets?

    python -m benchmarks.blocked_sockets [--runs 5] [--browsers chromium,firefox]
        [--ways pass,refuse,reset,hang,swallow,mute] [--round-trip 0]

One person clicks, alone in a room, and all is on this machine. The time is from the click until
the stamp has a connection of the page: by a WebSocket, or by long polling where WebSockets are
refused, reset, left without an answer, or opened and not let through in both directions or in one
(lab/upgrades.py). `first`: in a browser that knows nothing of its network; `next`: in the next
room. `--round-trip`: ms to the servers and back. Needs a Firefox (FIREFOX) for its rows.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import cast

from playwright.async_api import Browser

from benchmarks.arguments import names
from benchmarks.machine import how
from lab.firefox import Firefox
from lab.media.people import Kind, Person, Studio, browsers, studio
from lab.upgrades import Sockets

WAYS = [each.value for each in Sockets]
BROWSERS = ["chromium", "firefox"]
PATIENCE_MS = 60_000
PREPARED_SECONDS = 2.5  # as long as a person needs to click
REST_SECONDS = 0.5  # after it is connected, as the other way to the servers may still be opening


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blocked_sockets")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ways", type=names(WAYS), default=WAYS)
    parser.add_argument("--browsers", type=names(BROWSERS), default=BROWSERS)
    parser.add_argument("--round-trip", type=float, default=0)
    arguments = parser.parse_args()
    print(f"{how(arguments.runs)}; {arguments.round_trip:.0f} ms to the servers and back\n")
    print("| WebSockets | browser | first, ms | next, ms |\n|---|---|---|---|", flush=True)
    asyncio.run(_measure(arguments))
    return 0


async def _measure(arguments: argparse.Namespace) -> None:
    kinds = cast(list[Kind], arguments.browsers)
    with TemporaryDirectory() as folder:
        async with studio(Path(folder)) as place, browsers(*kinds) as started:
            place.set_round_trip(arguments.round_trip)
            for way in arguments.ways:
                for kind, browser in zip(kinds, started, strict=True):
                    await _once(place, browser, Sockets.PASS, f"warm-{way}-{kind}")
                    times = [
                        await _once(place, browser, Sockets(way), f"{way}-{kind}-{run}")
                        for run in range(arguments.runs)
                    ]
                    first, again = zip(*times, strict=True)
                    print(f"| {way} | {kind} | {_cell(first)} | {_cell(again)} |", flush=True)


async def _once(
    place: Studio, browser: Browser | Firefox, way: Sockets, room: str
) -> tuple[float, float]:
    """ms, the first time and in the next room."""
    _, signalr = place.doors
    signalr.sockets = way
    person = await Person.at(browser, place, "Ann")
    await person.call("forget")
    try:
        return await _join(person, f"{room}-a"), await _join(person, f"{room}-b")
    finally:
        await person.close()


async def _join(person: Person, room: str) -> float:
    await person.prepare()
    await asyncio.sleep(PREPARED_SECONDS)
    await person.join(room)
    taken = float(await person.call("connected", PATIENCE_MS))
    await asyncio.sleep(REST_SECONDS)
    await person.call("leave")
    return taken


def _cell(times: Sequence[float]) -> str:
    return f"{median(times):.0f} ({min(times):.0f}–{max(times):.0f})"


if __name__ == "__main__":
    sys.exit(main())
