"""`python -m stats migrate`: bring the database to the newest schema. May be run at any time."""

import argparse

from stats.commands.database import open_database, read_database
from stats.migrate import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    """Add nothing: SQL_CONNECTION names the database."""


def run(args: argparse.Namespace) -> int:
    """Print the names of the scripts that were applied. Raises StoreAway or StoreFailed."""
    applied = migrate(open_database(read_database()))
    print("\n".join(f"applied {name}" for name in applied) or "up to date")
    return 0
