"""Where the time goes from the second click to the open channel.

    python -m benchmarks.steps [--runs 11] [--round-trips 0,100]

Two people in real Chromium behind a proxy, as in benchmarks.rivals; the first one has waited. ms
after the click, median. Needs `make rivals`.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from benchmarks.rivals import people
from benchmarks.rivals.servers import FOLDER, Servers, serving
from lab.chromium import chromium

SECOND = ("negotiate is answered", "the other's description is set", "ICE has a path")
BOTH = (*SECOND, "DTLS is done", "the channel is open", "the socket is open")
FIRST = ("the other's description is set", "ICE has a path", "DTLS is done", "the channel is open")
SOCKET_SECONDS = 1.0

type Times = dict[tuple[str, str, int], list[float]]  # by person, step and round trip


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--round-trips", default="0,100", metavar="MS,…")
    arguments = parser.parse_args()
    trips = [int(each) for each in arguments.round_trips.split(",")]
    times = asyncio.run(_measure(arguments.runs, trips))
    print(f"{platform.machine()}, {os.cpu_count()} cores; median of {arguments.runs} runs, ms")
    print("| ms after the second click | " + " | ".join(f"R = {trip}" for trip in trips) + " |")
    print("|---" * (1 + len(trips)) + "|")
    for who, steps in (("second", BOTH), ("first", FIRST)):
        for step in steps:
            found = [times.get((who, step, trip)) for trip in trips]
            cells = [f"{median(each):.0f}" if each else "–" for each in found]
            print(f"| {who}: {step} | " + " | ".join(cells) + " |")
    return 0


async def _measure(runs: int, trips: list[int]) -> Times:
    times: Times = defaultdict(list)
    with TemporaryDirectory() as folder:
        async with serving(Path(folder)) as servers, chromium() as browser:
            for _ in range(runs):
                for trip in trips:
                    for who, step, ms in await _once(browser, servers, trip):
                        times[who, step, trip].append(ms)
    return times


async def _once(browser: Browser, servers: Servers, trip: int) -> list[tuple[str, str, float]]:
    """The steps after the second click."""
    servers.set_round_trip(0)
    script = (FOLDER / "steps.js").read_text()
    async with people.people(browser, servers, "heliograph", 2, script) as two:
        servers.set_round_trip(trip)
        before = time.time() * 1000
        opened = await people.apart(two, trip, warm=False)
        await asyncio.sleep(SOCKET_SECONDS + trip / 100)
        clicked = await two[1].last("the channel is open") - opened
        assert clicked > before
        first, second = [await one.steps() for one in two]
    named = [("first", *each) for each in first] + [("second", *each) for each in second]
    return [(who, step, at - clicked) for who, step, at in named if at >= clicked]


if __name__ == "__main__":
    sys.exit(main())
