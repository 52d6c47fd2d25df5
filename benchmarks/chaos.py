"""What do people in a call notice while stamps die?

    python -m benchmarks.chaos [--events 1000] [--seed 1] [--calls 6] [--minutes 60] [--json FILE]

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
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.chaos.account import violations
from lab.chaos.browser import chromium
from lab.chaos.run import Plan, Result, run
from lab.chaos.schedule import schedule
from lab.chaos.told import slowest, table, trace
from lab.stamps import running

REPORT_SECONDS = 90.0  # a report whose host was killed comes out of the queue after 60 s


def main() -> int:
    """Print the table. 0: nothing happened that must not; 1: something did, and what."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos")
    parser.add_argument("--events", type=int, default=1_000, help="faults and repairs, in all")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--calls", type=int, default=6, help="of two people, at a time")
    parser.add_argument("--minutes", type=float, default=60, help="no phase begins later")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to it")
    parser.add_argument(
        "--logs", type=Path, metavar="FOLDER", help="keep what the stamps say there"
    )
    arguments = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores; seed {arguments.seed},"
        f" {arguments.events} events, {arguments.calls} calls at a time",
        flush=True,
    )
    with TemporaryDirectory() as folder:
        result = asyncio.run(measure(arguments, arguments.logs or Path(folder)))
    found = violations(result.account)
    print(table(result, found))
    for text in [trace(result, one) for one in found[:MAX_TRACES]] + slowest(result, MAX_TRACES):
        print("\n" + text)
    return 1 if found else 0


MAX_TRACES = 10


async def measure(arguments: argparse.Namespace, folder: Path) -> Result:
    """The run that was asked for."""
    phases = schedule(arguments.seed, arguments.events, arguments.calls)
    plan = Plan(phases, arguments.calls, arguments.minutes * 60, REPORT_SECONDS)
    async with running(2, folder) as lab, chromium() as browser:
        return await run(lab, browser, plan, lambda words: print(words, flush=True))


if __name__ == "__main__":
    sys.exit(main())
