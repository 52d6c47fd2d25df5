"""Databases: SQLite always, a SQL Server where HELIOGRAPH_TEST_SQL names one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stats.drivers import Driver, Odbc, Sqlite
from stats.migrate import migrate
from stats.store import Store
from tests.stats.databases import empty, needs_odbc

SERVER = os.environ.get("HELIOGRAPH_TEST_SQL")


@pytest.fixture(params=["sqlite", pytest.param("sqlserver", marks=pytest.mark.sqlserver)])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    """An empty database."""
    if request.param == "sqlite":
        return Sqlite(str(tmp_path / "stats.sqlite"))
    if not SERVER:
        pytest.skip("HELIOGRAPH_TEST_SQL is not set")
    made = Odbc(SERVER)
    empty(made)
    return made


@pytest.fixture
def store(driver: Driver) -> Iterator[Store]:
    migrate(driver)
    with Store(driver, pauses=(0.01, 0.1)) as made:
        yield made


@pytest.fixture(scope="session")
def odbc() -> str:
    """The path of Microsoft's driver."""
    return needs_odbc()
