"""`python -m stats demo`: write demonstration data into a local database."""

import argparse
import time
from collections.abc import Iterable
from itertools import batched
from pathlib import Path

from stats.commands import database
from stats.demo import rows
from stats.drivers import Driver
from stats.migrate import migrate
from stats.row import Row
from stats.store import Store

BATCH_ROWS = 5_000  # in one transaction
MAX_DAYS = 365  # as far as the page looks back
MAX_CALLS_PER_DAY = 100_000
SQLITE_MAGIC = b"SQLite format 3\0"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--days", type=int, default=60, help="up to today")
    parser.add_argument("--calls-per-day", type=float, default=200, metavar="N", help="today's")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same calls")
    database.add_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print how many reports were written. Raises SystemExit with a sentence for a bad option."""
    if not 1 <= args.days <= MAX_DAYS:
        raise SystemExit(f"demo: --days has to be 1 to {MAX_DAYS}, not {args.days}")
    if not 0 < args.calls_per_day <= MAX_CALLS_PER_DAY:
        raise SystemExit(f"demo: --calls-per-day has to be 1 to {MAX_CALLS_PER_DAY:,}")
    sql = database.read_database(args.database)
    if sql.path is None or not is_sqlite(Path(sql.path)):
        raise SystemExit("demo: demonstration data is written into a SQLite file and nothing else")
    made = rows(args.days, args.calls_per_day, args.seed, time.time_ns() // 1_000_000)
    new, count = fill(database.open_database(sql), made)
    print(f"{count:,} reports, {new:,} of them new, marked as demonstration data: {sql.path}")
    return 0


def is_sqlite(path: Path) -> bool:
    """Whether a file is a SQLite database, or can become one because it is empty or absent.

    https://www.sqlite.org/fileformat.html §1.3
    """
    if not path.exists():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC)) in (SQLITE_MAGIC, b"")


def fill(driver: Driver, made: Iterable[Row]) -> tuple[int, int]:
    """Write rows. Returns how many were new, and how many there were.

    Raises StoreAway or StoreFailed.
    """
    migrate(driver)
    store = Store(driver)
    new = count = 0
    try:
        for batch in batched(made, BATCH_ROWS, strict=False):
            new += store.write(batch)
            count += len(batch)
    finally:
        store.close()
    return new, count
