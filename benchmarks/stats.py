"""How fast reports are written, and how fast their sums are read.

    python -m benchmarks.stats [--reports 1000000] [--runs 5]

Writing: through `write_reports` of function_app.py (decode, check, write, count, commit on the
disk), on SQLite. Azure gives the function one message for each call, and makes up to 24 calls at
once (batchSize 16 and half as many again). Rows that wait are written in one transaction. Measured:
one call after the other, and 24 calls at once. The queue and the Functions host are not in the
figure. Target: 2,000 reports a second.

Reading: what `GET /api/stats` does once a minute, with this many reports in a year. Measured: with
a read of the database, and from what was read before. Target: 200 ms.
"""

import argparse
import asyncio
import os
import platform
import random
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import azure.functions as func
import msgspec

from stats.anonymize import anonymize
from stats.drivers import Sqlite
from stats.migrate import migrate
from stats.published import Published
from stats.report import Phases, Report
from stats.row import Row
from stats.store import Store

CALLS_AT_ONCE = 24
NOW = time.time_ns() // 1_000_000
DAY_MS = 86_400_000
SETTINGS = {
    "AzureSignalRConnectionString": "Endpoint=http://localhost;AccessKey=k;Version=1.0;",
    "HELIOGRAPH_SIGNING_KEYS": "bench:" + "A" * 43,
    "HELIOGRAPH_STORAGE": "memory",
}


def main() -> None:
    """Print reports per second written, and milliseconds a summary takes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stats")
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median (min-max)")
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "stats.sqlite")
        migrate(Sqlite(path))
        writing(path, options.runs)
        filling(path, options.reports)
        reading(path, options.runs)


def writing(path: str, runs: int) -> None:
    """Measure `write_reports`, one call at a time and 24 at once."""
    os.environ |= {**SETTINGS, "SQL_CONNECTION": f"sqlite:///{path}"}
    import function_app

    # The decorators return a builder. The worker would call the function in it.
    write: Any = function_app.write_reports.build(func.AuthLevel.ANONYMOUS).get_user_function()
    for at_once in (1, CALLS_AT_ONCE):
        rates = [asyncio.run(written(write, at_once)) for _ in range(runs)]
        print(f"written, {at_once:2} at once           {middle(rates)} reports/s  target 2,000")


async def written(write: Any, at_once: int, count: int = 4_800) -> float:
    """Reports per second: always `at_once` of them under way."""
    rows = some_rows(count, days=1)
    waiting = iter([func.QueueMessage(body=msgspec.json.encode(row)) for row in rows])

    async def lane() -> None:
        for message in waiting:
            await write(message)

    start = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(at_once)))
    return count / (time.perf_counter() - start)


def filling(path: str, count: int) -> None:
    """Write `count` reports of a year into the database at `path`, and say how fast that was."""
    start = time.perf_counter()
    with Store(Sqlite(path)) as store:
        for rows in batched(some_rows(count, days=365), 5_000, strict=False):
            store.write(rows)
    took = time.perf_counter() - start
    size = os.path.getsize(path) / 1e6
    print(
        f"filled with {count:,} reports in batches of 5,000: {count / took:,.0f}/s, {size:.0f} MB"
    )


def reading(path: str, runs: int) -> None:
    """Measure the summary of 30 and of 365 days, read afresh and from memory."""
    with Store(Sqlite(path)) as store:
        for days in (30, 365):
            fresh = [spent(lambda: Published(store).page(days, NOW)) for _ in range(runs)]  # noqa: B023
            print(f"summary of {days:3} days, read      {middle(fresh)} ms         target 200")
            shown = Published(store)
            shown.page(days, NOW)
            again = [spent(lambda: shown.page(days - 1 - n, NOW)) for n in range(runs)]  # noqa: B023
            print(f"summary of {days:3} days, in memory {middle(again)} ms")


def some_rows(count: int, days: int) -> Iterator[Row]:
    """Rows of plausible reports, spread over the last `days`."""
    chance = random.Random(1)
    for _ in range(count):
        ended = NOW - chance.randrange(days * DAY_MS) if days > 1 else NOW
        ice = chance.lognormvariate(5, 0.6)
        phases = Phases(chance.lognormvariate(4, 0.5), 90, min(ice, 9_000), 60, 25)
        relayed = chance.random() < 0.2
        yield anonymize(
            Report(
                met="not looked at",
                outcome="connected" if chance.random() < 0.97 else "failed-ice",
                side="first" if chance.random() < 0.5 else "second",
                phases=phases,
                bytes_up=chance.randrange(10**8),
                bytes_down=chance.randrange(10**8),
                duration=chance.lognormvariate(5, 1),
                media=("data", "audio"),
                retries=0,
                turn="used" if relayed else "none",
                browser=chance.choice(("chromium", "firefox", "safari")),
                candidate_type="relay" if relayed else chance.choice(("host", "srflx", "prflx")),
                transport="udp",
            ),
            secrets.token_hex(16),
            ended,
        )


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def middle(values: list[float]) -> str:
    """`median (least-most)`."""
    return f"{statistics.median(values):8,.0f} ({min(values):,.0f}-{max(values):,.0f})"


if __name__ == "__main__":
    main()
