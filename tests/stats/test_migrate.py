"""Migrations: once each, safe to run twice and from several places."""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

import stats.migrate
from stats.migrate import SCHEMA, migrate, statements
from stats.sql import Driver, Sqlite, Store, StoreFailed
from tests.stats.databases import tables
from tests.stats.reports import row


def test_twice_is_once(driver: Driver) -> None:
    assert migrate(driver) == ["001_events_and_sums"]
    assert migrate(driver) == []
    assert tables(driver) == ([], [])


def test_from_several_places_at_once_is_once(driver: Driver) -> None:
    applied: list[list[str]] = []
    start = Barrier(4)

    def work() -> None:
        start.wait()
        applied.append(migrate(driver))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [[], [], [], ["001_events_and_sums"]]


def test_what_fails_leaves_nothing_and_what_comes_later_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sqlite"
    folder.mkdir()
    for script in (SCHEMA / "sqlite").iterdir():
        (folder / script.name).write_text(script.read_text())
    (folder / "002_next.sql").write_text("CREATE TABLE more (n INTEGER);\nNONSENSE;\n")
    monkeypatch.setattr(stats.migrate, "SCHEMA", tmp_path)
    driver = Sqlite(str(tmp_path / "db"))
    with pytest.raises(StoreFailed):
        migrate(driver)
    assert _names(driver) == set()
    (folder / "002_next.sql").unlink()
    assert migrate(driver) == ["001_events_and_sums"]
    with Store(driver) as store:
        store.write([row()])
    (folder / "002_next.sql").write_text("-- more\nCREATE TABLE more (n INTEGER);\n")
    assert migrate(driver) == ["002_next"]
    assert len(tables(driver)[0]) == 1 and "more" in _names(driver)


def _names(driver: Sqlite) -> set[str]:
    def work(cursor: Any) -> set[str]:
        found = cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name for (name,) in found}

    with Store(driver) as store:
        return store.transaction(work)


def test_both_dialects_have_the_same_scripts_and_columns() -> None:
    names = {d: sorted(p.name for p in (SCHEMA / d).glob("*.sql")) for d in ("sqlite", "tsql")}
    assert names["sqlite"] == names["tsql"]


def test_statements_end_at_the_end_of_a_line() -> None:
    text = "-- one; two\nCREATE a (b);\n\n-- more\nCREATE c;\n-- the end\n"
    assert statements(text) == ["-- one; two\nCREATE a (b)", "-- more\nCREATE c"]
