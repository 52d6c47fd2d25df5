"""`python -m stats retain`: delete reports that are older than STATS_RETENTION_DAYS."""

import argparse
import time

from stats.commands.database import open_database, read_database
from stats.dates import day_number
from stats.store import Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Add no options: the settings say which database and how many days."""
    parser.epilog = "Sums per day stay. The app does this by itself once a day."


def run(args: argparse.Namespace) -> int:
    """Print how many reports were deleted. Raises StoreAway or StoreFailed."""
    sql = read_database()
    today = day_number(time.time_ns() // 1_000_000)
    with Store(open_database(sql)) as store:
        print(f"{store.retain(today - sql.retention_days)} deleted")
    return 0
