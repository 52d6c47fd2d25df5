"""`python -m stats grant NAME CLIENT_ID`: give the app access to its part of the database."""

import argparse
import re
import sys
import uuid

from stats import tsql
from stats.commands.database import open_database, read_database
from stats.drivers import Odbc
from stats.store import Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("name", help="what the user is called: the name of the managed identity")
    parser.add_argument("client_id", type=uuid.UUID, help="the client id of the identity")
    parser.add_argument("--print", action="store_true", help="print the statements; do nothing")


def run(args: argparse.Namespace) -> int:
    """1 with a sentence on stderr for a bad name or SQLite. Raises StoreAway or StoreFailed."""
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,128}", args.name):
        print("NAME has 1 to 128 characters and no control characters.", file=sys.stderr)
        return 1
    statements = tsql.grant(args.name, args.client_id)
    if args.print:
        print("\n".join(f"{statement};" for statement in statements))
        return 0
    driver = open_database(read_database())
    if not isinstance(driver, Odbc):
        print(
            "SQLite has no users. SQL_CONNECTION has to name an Azure SQL database.",
            file=sys.stderr,
        )
        return 1

    def work(cursor: object) -> None:
        for statement in statements:
            cursor.execute(statement)  # type: ignore[attr-defined]

    with Store(driver) as store:
        store.transaction(work)
    print("granted")
    return 0
