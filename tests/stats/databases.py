"""What lies in a database, whichever it is; and Microsoft's driver."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stats.drivers import Driver
from stats.row import EVENT_COLUMNS
from stats.store import Store

SCRIPT = Path(__file__).parents[2] / "scripts" / "odbc"
COLUMNS = ", ".join(f'"{column.name}"' for column in EVENT_COLUMNS)


def tables(driver: Driver) -> tuple[list[Any], list[Any]]:
    """Every event and every sum, sorted."""
    place = "" if driver.sql.__name__.endswith("sqlite") else "heliograph."

    def work(cursor: Any) -> tuple[list[Any], list[Any]]:
        events = cursor.execute(f"SELECT {COLUMNS} FROM {place}events").fetchall()
        sums = cursor.execute(f"SELECT measure, day, detail, demo, n FROM {place}sums").fetchall()
        return sorted(map(str, events)), sorted(map(tuple, sums))

    with Store(driver) as store:
        return store.transaction(work)


def empty(driver: Driver) -> None:
    """Drop what is ours in a SQL Server."""

    def work(cursor: Any) -> None:
        for table in ("events", "sums", "released", "schema_version", "schema_checksum"):
            cursor.execute(f"DROP TABLE IF EXISTS heliograph.{table}")

    with Store(driver) as store:
        store.transaction(work)


def needs_odbc() -> str:
    """The path of the driver. Left out where it cannot be had, except in CI."""
    path = os.environ.get("ODBC")
    if not path:
        done = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
        path = done.stdout.strip()
    if not path and not (os.environ.get("CI") or os.environ.get("TF_BUILD")):
        pytest.skip("no unixodbc: scripts/odbc could not install it")
    assert path, "the tests of Azure SQL's driver need unixodbc: see scripts/odbc"
    return path
