"""The database that a command works on: `--database`, SQL_CONNECTION, or the local stack's file."""

import argparse
import os
from pathlib import Path
from typing import Any

from cloud.connection_strings import SettingsError
from stats.connect import open_driver
from stats.drivers import Driver
from stats.settings import SqlSettings, read_sql

LOCAL = "sqlite:///.heliograph/stats.sqlite"
WAIT_SECONDS = 60  # for a lock, or for a database that wakes up


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add `--database` to the options of a command."""
    parser.add_argument(
        "--database", metavar="PLACE", help="a SQLite file; default: what SQL_CONNECTION names"
    )


def read_database(place: str | None = None) -> SqlSettings:
    """Where the database is. Raises SettingsError.

    `place`: a path, or a text that SQL_CONNECTION could have; None: SQL_CONNECTION, or LOCAL.
    """
    environ = {"SQL_CONNECTION": LOCAL, **os.environ}
    if place is not None:
        is_setting = "=" in place or "://" in place
        environ["SQL_CONNECTION"] = place if is_setting else f"sqlite:///{place}"
    sql = read_sql(environ) or read_sql({**environ, "SQL_CONNECTION": LOCAL})
    assert sql is not None
    if sql.path == "":
        raise SettingsError("a SQLite database needs a path")
    return sql


def open_database(sql: SqlSettings) -> Driver:
    """The driver of a database. Makes the folder of a SQLite file; connects to nothing yet.

    Azure SQL is opened with the identity of the command's user: `az login`, a pipeline, or a
    managed identity.
    """
    if sql.path is not None:
        Path(sql.path).parent.mkdir(parents=True, exist_ok=True)
    return open_driver(sql.path, sql.connection, credential, wait=WAIT_SECONDS)


def credential() -> Any:
    """The Azure credential of the command's user. Imports the SDK."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()
