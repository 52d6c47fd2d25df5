"""The database that `--database` names; without it the one of SQL_CONNECTION."""

import argparse
import os
from pathlib import Path

from cloud.connection_strings import SettingsError
from stats.commands.database import LOCAL, credential
from stats.connect import open_driver
from stats.settings import SqlSettings, read_sql
from stats.sql import Driver


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database", metavar="PLACE", help="a SQLite file; unless said, SQL_CONNECTION"
    )


def where(place: str | None) -> SqlSettings:
    """`place`: a path, or what SQL_CONNECTION takes. Raises SettingsError."""
    environ = {"SQL_CONNECTION": LOCAL, **os.environ}
    if place is not None:
        named = "=" in place or "://" in place
        environ["SQL_CONNECTION"] = place if named else f"sqlite:///{place}"
    sql = read_sql(environ) or read_sql({"SQL_CONNECTION": LOCAL})
    assert sql is not None
    if sql.path == "":
        raise SettingsError("a SQLite database needs a path")
    return sql


def open_place(sql: SqlSettings) -> Driver:
    if sql.path is not None:
        Path(sql.path).parent.mkdir(parents=True, exist_ok=True)
    return open_driver(sql.path, sql.connection, credential, wait=60)
