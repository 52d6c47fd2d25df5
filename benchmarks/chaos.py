"""What do people in a call notice while stamps die?

    python -m benchmarks.chaos [--events 1000] [--seed 1] [--calls 6] [--minutes 90] [--json FILE]

Two complete stamps on loopback, each with a Functions host, a SignalR emulator and a storage as
processes of their own; two-party calls in real Chromium pages that talk, reload, leave and come
again. By the seed, parts and whole stamps are killed (SIGKILL), frozen (SIGSTOP), cut off, slowed
and restored; after each group of faults all is well, and everybody has 30 s to be in a call again.
lab/chaos/schedule.py says what may happen when, lab/chaos/account.py what counts as a violation.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from lab.chaos.account import Violation, signals, violations
from lab.chaos.joins import ALIVE, Joins, joins
from lab.chaos.run import Plan, Result, run
from lab.chaos.schedule import schedule
from lab.chaos.times import times
from lab.chaos.told import row, slowest, table, traces
from lab.chromium import chromium
from lab.stamps import running
from stats.chaos import Chaos, Times, checks

STAMPS = 2
MAX_TRACES = 4  # of each kind
REPORT_SECONDS = 90.0  # a report whose host was killed comes out of the queue after 60 s


def main() -> int:
    """Print the table. 0: all is as it has to be; 1: something is not, and what."""
    arguments = _arguments()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores; seed {arguments.seed},"
        f" {arguments.events} events, {arguments.calls} calls at a time",
        flush=True,
    )
    with TemporaryDirectory() as folder:
        joined, result = asyncio.run(measure(arguments, arguments.logs or Path(folder)))
    found = violations(result.account)
    print(table(result, found))
    print("\n".join(row(f"join, {name}", times(ms)) for name, ms in joined.ms.items()))
    figures = chaos(arguments.seed, result, found, joined)
    missed = [check for check in checks(figures) if not check.met]
    for check in missed:
        print(f"MISSED: {check.name}: {check.measured}, at most {check.at_most:g}")
    for text in traces(result, found, MAX_TRACES) + slowest(result, MAX_TRACES):
        print("\n" + text)
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2))
    return 1 if found or missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos")
    parser.add_argument("--events", type=int, default=1_000, help="faults and repairs, in all")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--calls", type=int, default=6, help="of two people, at a time")
    parser.add_argument("--joins", type=int, default=20, help="for each fault, and as many without")
    parser.add_argument("--first", type=int, default=0, help="the phase to begin with")
    parser.add_argument("--minutes", type=float, default=90, help="no phase begins later")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to it")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="an empty one, for the stamps")
    return parser.parse_args()


async def measure(arguments: argparse.Namespace, folder: Path) -> tuple[Joins, Result]:
    """The joins and the run that were asked for."""
    phases = schedule(arguments.seed, arguments.events, arguments.calls)[arguments.first :]
    plan = Plan(phases, arguments.calls, arguments.minutes * 60, REPORT_SECONDS)
    async with running(STAMPS, folder) as lab, chromium() as browser:
        if not lab.page:
            raise SystemExit("benchmarks.chaos: the page is not built: make build")
        joined = await joins(lab, browser, arguments.joins)
        return joined, await run(lab, browser, plan, lambda words: print(words, flush=True))


def chaos(seed: int, result: Result, found: Sequence[Violation], joined: Joins) -> Chaos:
    """The figures of `--json`."""
    kinds = Counter(one.kind for one in found)
    return Chaos(
        seeds=(seed,),
        stamps=STAMPS,
        seconds=round(result.seconds, 1),
        events=dict(result.events),
        calls=result.calls,
        not_connected=kinds["not-connected"] + kinds["not-listed"] + kinds["not-joined"],
        listed_gone=kinds["listed-gone"],
        reports_lost=kinds["report-lost"],
        reports_twice=kinds["report-twice"],
        texts_lost=kinds["text-lost"],
        channels_broken=kinds["channel-broken"],
        signal_after_death_ms=_figures([one.ms for one in signals(result.account)]),
        join_both_ms=_figures(joined.ms.get(ALIVE, [])),
        join_one_dead_ms=_figures(joined.one_dead),
    )


def _figures(ms: Sequence[float]) -> Times | None:
    found = times(ms)
    if found is None:
        return None
    return Times(found.count, round(found.p50, 1), round(found.p99, 1))


if __name__ == "__main__":
    sys.exit(main())
