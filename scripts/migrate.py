"""Bring the database up to date and let stamps in: `python -m scripts.migrate OUTPUTS`.

The database has a firewall, and a hosted agent another address each time: a rule lets this
machine in, by one address, for as long as this runs. Which address that is, the server says when
it refuses (error 40615). A rule takes up to five minutes to count, and a database that sleeps a
minute to wake: this waits ten. The work is that of `python -m stats migrate` and `grant`, as
whoever `az login` says.

    python -m scripts.migrate OUTPUTS                              the tables
    python -m scripts.migrate OUTPUTS --grant STAMP [STAMP …]      let stamps in (administrators)
    python -m scripts.migrate OUTPUTS --migrator NAME CLIENT_ID    let a pipeline in (same)

ODBC in the environment is the driver's file, where none is installed: scripts/odbc prints it.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from scripts.azure import AzureRefused, az
from scripts.deployment import NotADeployment, Shared, read_shared, read_stamp
from stats import tsql
from stats.commands.database import credential
from stats.connect import open_driver
from stats.settings import read_sql
from stats.store import Store, StoreAway, StoreFailed

WAIT_SECONDS = 600.0
PAUSE_SECONDS = 15.0
LOGIN_WAIT_SECONDS = 60
# https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues, 40615
REFUSED_ADDRESS = re.compile(r"Client with IP address '(\d{1,3}(?:\.\d{1,3}){3})'")


class Refused(Exception):
    """What could not be done, in one sentence."""


def main() -> int:
    """0 when the database is up to date, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.migrate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="the folder of scripts/infra outputs")
    parser.add_argument("--address", help="of this machine; default: what the server says")
    parser.add_argument("--grant", nargs="+", default=[], metavar="STAMP")
    parser.add_argument("--migrator", nargs=2, metavar=("NAME", "CLIENT_ID"))
    args = parser.parse_args()
    try:
        shared = read_shared(args.outputs)
        with door(shared, args.address, lambda: _connect(shared)):
            _stats(shared, "migrate")
            for name in args.grant:
                stamp = read_stamp(args.outputs, name)
                _stats(shared, "grant", stamp.identity, stamp.identity_client_id)
            if args.migrator:
                _execute(shared, tsql.grant_migrations(args.migrator[0], UUID(args.migrator[1])))
    except (NotADeployment, Refused, AzureRefused, StoreAway, StoreFailed, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


@contextmanager
def door(shared: Shared, address: str | None, connect: Callable[[], None]) -> Iterator[None]:
    """A rule in the server's firewall for one address, gone afterwards whatever happens.

    Without an address the server is asked by `connect`; if it lets us in, there is no rule.
    Raises Refused.
    """
    address = address or _wait_for(connect, WAIT_SECONDS, PAUSE_SECONDS)
    if address is None:
        yield
        return
    rule = f"pipeline-{os.environ.get('BUILD_BUILDID') or os.getpid()}"
    where = ("-g", shared.resource_group, "-s", shared.sql_server, "-n", rule)
    span = ("--start-ip-address", address, "--end-ip-address", address)
    try:
        az("sql", "server", "firewall-rule", "create", *where, *span)
        _wait_until_open(connect, WAIT_SECONDS, PAUSE_SECONDS)
        yield
    finally:
        az("sql", "server", "firewall-rule", "delete", *where)


def address_in(error: Exception) -> str | None:
    """The address that the server says it refuses, in the text of a driver's error."""
    found = REFUSED_ADDRESS.search(str(error))
    return found[1] if found else None


def _wait_for(connect: Callable[[], None], seconds: float, pause: float) -> str | None:
    """Our address as the server sees it; None when it lets us in. A server may be waking up."""
    until = time.monotonic() + seconds
    while True:
        try:
            connect()
            return None
        except Exception as error:  # the driver's own, of a module that may not be there
            if (address := address_in(error)) is not None:
                return address
            if time.monotonic() >= until:
                raise Refused("the database does not answer, and does not say why") from None
        time.sleep(pause)


def _wait_until_open(connect: Callable[[], None], seconds: float, pause: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            return connect()
        except Exception:  # see above
            if time.monotonic() >= until:
                raise Refused("the rule is there, and the database lets nobody in") from None
        time.sleep(pause)


def connection_string(shared: Shared) -> str:
    """With the driver's file in ODBC where there is one."""
    driver = os.environ.get("ODBC", "").strip()
    return f"Driver={{{driver}}};{shared.sql_connection}" if driver else shared.sql_connection


def _driver(shared: Shared) -> Any:
    sql = read_sql({"SQL_CONNECTION": connection_string(shared)})
    assert sql is not None
    return open_driver(sql.path, sql.connection, credential, wait=LOGIN_WAIT_SECONDS)


def _connect(shared: Shared) -> None:
    _driver(shared).connect().close()


def _stats(shared: Shared, *command: str) -> None:
    environ = {**os.environ, "SQL_CONNECTION": connection_string(shared)}
    if subprocess.run([sys.executable, "-m", "stats", *command], env=environ).returncode != 0:
        raise Refused(f"`python -m stats {command[0]}` failed")


def _execute(shared: Shared, statements: tuple[str, ...]) -> None:
    def work(cursor: Any) -> None:
        for statement in statements:
            cursor.execute(statement)

    Store(_driver(shared)).transaction(work)


if __name__ == "__main__":
    sys.exit(main())
