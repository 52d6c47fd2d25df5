"""`python -m stats retain`: delete reports that are older than STATS_RETENTION_DAYS."""

import argparse
import os
import time

from stats.commands.database import LOCAL, open_database
from stats.settings import read_sql
from stats.sql import Store


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Sums per day stay. The app does this by itself once a day."


def run(args: argparse.Namespace) -> int:
    sql = read_sql({"SQL_CONNECTION": LOCAL, **os.environ})
    kept = 90 if sql is None else sql.retention_days
    with Store(open_database()) as store:
        print(f"{store.retain(int(time.time()) // 86_400 - kept)} deleted")
    return 0
