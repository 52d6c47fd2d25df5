"""`python -m stats migrate`: bring the database to the newest schema. May be run at any time."""

import argparse

from stats.commands.database import open_database
from stats.migrate import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    """Takes nothing: SQL_CONNECTION says where."""


def run(args: argparse.Namespace) -> int:
    applied = migrate(open_database())
    print("\n".join(f"applied {name}" for name in applied) or "up to date")
    return 0
