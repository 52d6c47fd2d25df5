"""python -m stats demo: fill a local database with calls that nobody made."""

import argparse
import time
from collections.abc import Iterable
from itertools import batched
from pathlib import Path

from stats.anonymize import Row
from stats.commands import place
from stats.demo import rows
from stats.migrate import migrate
from stats.sql import Driver, Store

BATCH = 5_000  # rows in a transaction
MOST = 365  # days; as far as the page looks back
MANY = 100_000  # calls a day
MAGIC = b"SQLite format 3\0"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=60, help="up to today")
    parser.add_argument("--calls-per-day", type=float, default=200, metavar="N", help="today's")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same calls")
    place.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Raises SystemExit with a sentence for what cannot be used."""
    if not 1 <= args.days <= MOST:
        raise SystemExit(f"demo: --days has to be 1 to {MOST}, not {args.days}")
    if not 0 < args.calls_per_day <= MANY:
        raise SystemExit(f"demo: --calls-per-day has to be 1 to {MANY:,}")
    sql = place.where(args.database)
    if sql.path is None or not is_sqlite(Path(sql.path)):
        raise SystemExit("demo: demonstration data is written into a SQLite file and nothing else")
    made = rows(args.days, args.calls_per_day, args.seed, time.time_ns() // 1_000_000)
    new, count = fill(place.open_place(sql), made)
    print(f"{count:,} reports, {new:,} of them new, marked as demonstration data: {sql.path}")
    return 0


def is_sqlite(path: Path) -> bool:
    """Or may become one: https://www.sqlite.org/fileformat.html §1.3."""
    if not path.exists():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (MAGIC, b"")


def fill(driver: Driver, made: Iterable[Row]) -> tuple[int, int]:
    """How many reports were new, and how many there are. Raises StoreAway or StoreFailed."""
    migrate(driver)
    store = Store(driver)
    new = count = 0
    try:
        for batch in batched(made, BATCH, strict=False):
            new += store.write(batch)
            count += len(batch)
    finally:
        store.close()
    return new, count
