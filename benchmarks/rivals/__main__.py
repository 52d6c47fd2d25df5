"""How long do people wait for one another, with ours and with other systems?

    python -m benchmarks.rivals [--runs 11] [--scenes apart,warm,together,mesh,late]
        [--systems heliograph,peerjs,…] [--round-trips 0,50,100,200] [--json FILE] [--write]

Each system has its own server and its own client. A proxy before every server makes a round trip
take so long, and opening a connection too. There is no TLS: it adds a round trip to each connection
that has to be opened (TLS 1.3). Pages and servers have different origins. Systems and round trips
take turns within each run. A page is open for a second before anybody clicks. Needs Chromium, Node,
and what `npm ci` installs in benchmarks/rivals.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from benchmarks import machine
from benchmarks.arguments import names, numbers
from benchmarks.rivals import people, report
from benchmarks.rivals.figures import Series, as_json, table
from benchmarks.rivals.people import NeverOpened, Person
from benchmarks.rivals.servers import SYSTEMS, Servers, check_built, serving
from lab.chromium import chromium

ROUND_TRIP = 100  # where it is not what is varied
DISTANCES = (0, 100, 300, 500, 700, 1_000, 1_500)
MESHES = (4, 8)

type Act = Callable[[Sequence[Person]], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One measurement. `at`: the value of what is varied."""

    at: int
    round_trip: float
    people: int
    act: Act


@dataclass(frozen=True, slots=True)
class Scene:
    """What is measured. `line`: it grows with the round trip."""

    title: str
    column: str
    trials: tuple[Trial, ...]
    line: bool = False


def scenes(round_trips: Sequence[int]) -> dict[str, Scene]:
    """By name."""

    def second(r: int, *, warm: bool) -> Trial:
        return Trial(r, r, 2, lambda two: people.apart(two, r, warm=warm))

    def both(ms: int) -> Trial:
        return Trial(ms, ROUND_TRIP, 2, lambda two: people.together(two, ms))

    def late(count: int) -> Trial:
        return Trial(count, ROUND_TRIP, count, lambda all_: people.last_of(all_, ROUND_TRIP))

    return {
        "apart": Scene(
            "the first has waited", "R =", tuple(second(r, warm=False) for r in round_trips), True
        ),
        "warm": Scene(
            "the same, warm", "R =", tuple(second(r, warm=True) for r in round_trips), True
        ),
        "together": Scene("clicks apart by", "ms:", tuple(both(ms) for ms in DISTANCES)),
        "mesh": Scene(
            "all at once",
            "people:",
            tuple(Trial(count, ROUND_TRIP, count, people.at_once) for count in MESHES),
        ),
        "late": Scene("the last of them", "people:", tuple(late(count) for count in MESHES)),
    }


def main() -> int:
    """Print the tables."""
    arguments = _arguments()
    check_built("benchmarks.rivals")
    how = f"{machine.how(arguments.runs)}, ms; R = {ROUND_TRIP} ms where it is not said"
    print(how, flush=True)
    found = asyncio.run(_measure(arguments))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=1))
    if arguments.write:
        report.save(as_json(found), how)
        report.write(json.loads(report.RESULTS.read_text()))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--scenes", type=names(scenes([])), default=list(scenes([])))
    parser.add_argument("--systems", type=names(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--round-trips", type=numbers, default=[0, 50, 100, 200], metavar="MS,…")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every time to it")
    parser.add_argument("--write", action="store_true", help="write the docs anew")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> list[Series]:
    chosen = scenes(arguments.round_trips)
    found = []
    with TemporaryDirectory() as folder:
        async with serving(Path(folder)) as servers, chromium() as browser:
            for name in arguments.scenes:
                scene = chosen[name]
                series = Series(scene.title, scene.column)
                for system, trial in _turns(scene, arguments.systems, arguments.runs):
                    series.add(system, trial.at, await _try(browser, servers, system, trial))
                print(f"\n{table(series, line=scene.line)}", flush=True)
                found.append(series)
    return found


def _turns(scene: Scene, systems: Sequence[str], runs: int) -> Iterator[tuple[str, Trial]]:
    """Whoever is first in one run is last in the next: a machine that slows down is fair to all."""
    for run in range(runs):
        for trial in scene.trials:
            shift = run % len(systems)
            for system in (*systems[shift:], *systems[:shift]):
                yield system, trial


async def _try(browser: Browser, servers: Servers, system: str, trial: Trial) -> float | None:
    servers.set_round_trip(0)
    async with people.people(browser, servers, system, trial.people) as found:
        await people.rest(0)  # the pages have been open for a moment
        servers.set_round_trip(trial.round_trip)
        try:
            return await trial.act(found)
        except NeverOpened:
            return None


if __name__ == "__main__":
    sys.exit(main())
