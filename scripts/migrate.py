"""Bring the database up to date and let the stamps in: `python -m scripts.migrate OUTPUTS`.

The database has a firewall, and a hosted agent has another address in each run. So a firewall
rule lets in the one address of this machine while this command runs. The work is that of
`python -m stats migrate` and, for each stamp's identity, `python -m stats grant`, as the user or
identity of `az login`.

    python -m scripts.migrate OUTPUTS                              as an administrator
    python -m scripts.migrate OUTPUTS --migrator NAME CLIENT_ID    lets a pipeline in
    python -m scripts.migrate OUTPUTS --no-grant                   as that pipeline
"""

import argparse
import ipaddress
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from scripts.deployment import Deployment, NotADeployment, read
from stats import tsql
from stats.commands.database import credential
from stats.connect import open_driver
from stats.store import Store, StoreAway, StoreFailed

WHO_AM_I = "https://api.ipify.org"
# A firewall rule needs some seconds to work, and a paused database about a minute to resume.
TRIES = 5
PAUSE_SECONDS = 15.0  # between two tries


class Refused(Exception):
    """What could not be done, in one sentence."""


def main() -> int:
    """0 when the database is up to date, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.migrate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="what `terraform output -json` wrote")
    parser.add_argument("--address", help="of this machine; default: a web service is asked for it")
    parser.add_argument("--no-grant", action="store_true", help="the stamps are let in already")
    parser.add_argument("--migrator", nargs=2, metavar=("NAME", "CLIENT_ID"))
    args = parser.parse_args()
    try:
        deployment = read(args.outputs)
        with open_firewall(deployment, args.address or _address()):
            _stats(deployment, "migrate")
            for stamp in () if args.no_grant else deployment.stamps.values():
                _stats(deployment, "grant", stamp.identity, stamp.identity_client_id)
            if args.migrator:
                _execute(
                    deployment, tsql.grant_migrations(args.migrator[0], UUID(args.migrator[1]))
                )
    except (NotADeployment, Refused, StoreAway, StoreFailed, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


@contextmanager
def open_firewall(deployment: Deployment, address: str) -> Iterator[None]:
    """A rule in the server's firewall for one address, deleted at the end, after a failure too."""
    rule = f"pipeline-{os.environ.get('BUILD_BUILDID') or os.getpid()}"
    where = ("-g", deployment.resource_group, "-s", deployment.sql_server, "-n", rule)
    span = ("--start-ip-address", address, "--end-ip-address", address)
    try:
        _az("sql", "server", "firewall-rule", "create", *where, *span)
        yield
    finally:
        _az("sql", "server", "firewall-rule", "delete", *where)


def _address() -> str:
    try:
        return str(ipaddress.IPv4Address(requests.get(WHO_AM_I, timeout=10).text.strip()))
    except (requests.RequestException, ValueError):
        raise Refused("the address of this machine is unknown: say --address") from None


def _stats(deployment: Deployment, *command: str) -> None:
    environ = {**os.environ, "SQL_CONNECTION": deployment.sql_connection}
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        if subprocess.run([sys.executable, "-m", "stats", *command], env=environ).returncode == 0:
            return
    raise Refused(f"`python -m stats {command[0]}` failed {TRIES} times")


def _execute(deployment: Deployment, statements: tuple[str, ...]) -> None:
    driver = open_driver(None, deployment.sql_connection, credential, wait=60)

    def work(cursor: Any) -> None:
        for statement in statements:
            cursor.execute(statement)

    Store(driver).transaction(work)


def _az(*arguments: str) -> None:
    command = ["az", *arguments, "-o", "none", "--only-show-errors"]
    if (status := subprocess.run(command).returncode) != 0:
        raise Refused(f"`az {' '.join(arguments[:4])}` failed with {status}")


if __name__ == "__main__":
    sys.exit(main())
