"""Migrations: once each, safe to run twice and from several places."""

import shutil
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from stats.drivers import Driver, Sqlite
from stats.migrate import SCHEMA, ScriptChanged, migrate, statements
from stats.store import Store, StoreFailed
from tests.stats.databases import tables
from tests.stats.reports import row

ALL = ["001_events_and_sums", "002_candidate_type", "003_released", "004_relay_bytes"]


def test_twice_is_once(driver: Driver) -> None:
    assert migrate(driver) == ALL
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
    assert sorted(applied) == [[], [], [], ALL]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A copy of our scripts for SQLite, to add to or take from."""
    folder = tmp_path / "schema"
    shutil.copytree(SCHEMA / "sqlite", folder / "sqlite")
    return folder


def test_what_fails_leaves_nothing_and_what_comes_later_is_added(
    tmp_path: Path, schema: Path
) -> None:
    script = schema / "sqlite" / "900_next.sql"
    script.write_text("CREATE TABLE more (n INTEGER);\nNONSENSE;\n")
    driver = Sqlite(str(tmp_path / "db"))
    with pytest.raises(StoreFailed):
        migrate(driver, schema)
    assert _names(driver) == set()
    script.unlink()
    assert migrate(driver, schema) == ALL
    with Store(driver) as store:
        store.write([row()])
    script.write_text("-- more\nCREATE TABLE more (n INTEGER);\n")
    assert migrate(driver, schema) == ["900_next"]
    assert len(tables(driver)[0]) == 1 and "more" in _names(driver)


def test_a_database_of_version_1_keeps_its_reports_and_sums(tmp_path: Path, schema: Path) -> None:
    for name in ALL[1:]:
        (schema / "sqlite" / f"{name}.sql").unlink()
    driver = Sqlite(str(tmp_path / "db"))
    assert migrate(driver, schema) == ALL[:1]
    columns = "id, hour, outcome, side, path, bytes_up, bytes_down, duration, media, retries"

    def old(cursor: Any) -> None:
        cursor.execute(
            f"INSERT INTO events ({columns}, turn, browser, demo) VALUES "
            "('a', 1, 'connected', 'first', 'relay', 2, 4, 8, 1, 0, 'used', 'other', 0)"
        )
        cursor.execute(
            "INSERT INTO sums (measure, day, detail, demo, n) VALUES "
            "('calls', 1, '', 0, 1), ('path', 1, 'relay/udp', 0, 1), "
            "('path-seconds', 1, 'relay', 0, 8)"
        )

    with Store(driver) as store:
        store.transaction(old)
    assert migrate(driver) == ALL[1:]
    events, sums = tables(driver)
    assert len(events) == 1 and "relay" in events[0]
    assert sums == [
        ("calls", 1, "", 0, 1),
        ("candidate-type", 1, "relay/udp", 0, 1),
        ("type-seconds", 1, "relay", 0, 8),
    ]


def test_a_script_that_was_edited_after_it_was_applied_is_refused_by_its_name(
    driver: Driver, tmp_path: Path
) -> None:
    migrate(driver)
    folder = tmp_path / "edited"
    shutil.copytree(SCHEMA, folder)
    for script in folder.glob("*/001_*.sql"):
        script.write_text(script.read_text() + "-- one more word\n")
    with pytest.raises(ScriptChanged, match="001_events_and_sums.sql"):
        migrate(driver, folder)
    assert migrate(driver) == []


def test_the_end_of_a_line_is_no_change(driver: Driver, tmp_path: Path) -> None:
    migrate(driver)
    folder = tmp_path / "windows"
    shutil.copytree(SCHEMA, folder)
    for script in folder.glob("*/*.sql"):
        script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate(driver, folder) == []


def test_what_was_applied_before_there_were_checksums_is_not_compared(tmp_path: Path) -> None:
    driver = Sqlite(str(tmp_path / "db"))
    migrate(driver)
    with Store(driver) as store:
        store.transaction(lambda cursor: cursor.execute("DROP TABLE schema_checksum"))
    assert migrate(driver) == []


def _names(driver: Sqlite) -> set[str]:
    def work(cursor: Any) -> set[str]:
        found = cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name for (name,) in found}

    with Store(driver) as store:
        return store.transaction(work)


def test_both_dialects_have_the_same_scripts() -> None:
    names = {d: sorted(p.name for p in (SCHEMA / d).glob("*.sql")) for d in ("sqlite", "tsql")}
    assert names["sqlite"] == names["tsql"]


def test_statements_end_at_the_end_of_a_line() -> None:
    text = "-- one; two\nCREATE a (b);\n\n-- more\nCREATE c;\n-- the end\n"
    assert statements(text) == ["-- one; two\nCREATE a (b)", "-- more\nCREATE c"]
