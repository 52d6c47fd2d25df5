"""The contract of the store, for each database: kept once, counted once, whatever happens."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from stats.digest import MEASURES
from stats.drivers import Driver, Sqlite
from stats.migrate import migrate
from stats.row import Row
from stats.store import Store, StoreAway, StoreFailed
from stats.sums import Key, tally
from tests.stats.databases import tables
from tests.stats.reports import DAY, TODAY, row, rows, some_rows


def test_a_report_is_kept_and_counted(store: Store) -> None:
    made = row(candidateType="relay", transport="tls")
    assert store.write([made]) == 1
    found = {Key(*one[:4]): one.n for one in store.read(MEASURES, TODAY)}
    assert found == {key: n for key, n in tally([made]).items() if key.measure in MEASURES}
    assert [(one.measure, one.n) for one in sorted(store.totals())] == [("calls", 1), ("peers", 1)]


def test_the_same_report_counts_once_in_one_batch_and_in_two(store: Store, driver: Driver) -> None:
    first, second = rows(2)
    assert store.write([first, first]) == 1
    assert store.write([second, first]) == 1
    assert store.write([first, second]) == 0
    events, sums = tables(driver)
    assert len(events) == 2
    assert [n for measure, *_, n in sums if measure == "calls"] == [2]


def test_days_before_the_ones_asked_for_are_not_read(store: Store) -> None:
    store.write([row(), row(age=DAY)])
    assert {one.day for one in store.read(["calls"], TODAY)} == {TODAY}
    assert {one.day for one in store.totals()} == {TODAY, TODAY - 1}


def test_nothing_is_written_of_nothing(store: Store, driver: Driver) -> None:
    assert store.write([]) == 0
    assert tables(driver) == ([], [])


def test_demonstration_data_is_marked(store: Store) -> None:
    store.write([structs.replace(row(), demo=True)])
    assert all(one.demo for one in store.totals())


def test_old_reports_go_in_slices_and_their_sums_stay(store: Store, driver: Driver) -> None:
    store.write([*rows(5, age=5 * DAY), *rows(3)])
    before = tables(driver)[1]
    assert store.retain(TODAY - 2, at_once=2) == 5
    assert store.retain(TODAY - 2) == 0
    events, sums = tables(driver)
    assert len(events) == 3 and sums == before


def test_many_who_write_the_same_at_once_write_it_once(store: Store, driver: Driver) -> None:
    made, start = rows(40), Barrier(4)

    def work() -> None:
        start.wait()
        with Store(driver, pauses=(0.05,) * 20) as own:
            for one in made:
                own.write([one])

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events, sums = tables(driver)
    assert len(events) == 40
    assert {tuple(one[:4]): one[4] for one in sums} == {tuple(k): n for k, n in tally(made).items()}


class Crash(Exception):
    """The process ends here."""


class Dying:
    """A connection of a process that ends at the `at`-th step: before it, or just after."""

    def __init__(self, connection: Any, at: int, *, after: bool) -> None:
        self._connection, self._left, self._after = connection, at, after

    def cursor(self) -> "Dying":
        return self

    def execute(self, *statement: Any) -> Any:
        return self._step(self._connection.execute, *statement)

    def fetchall(self) -> Any:
        return self._result.fetchall()

    def commit(self) -> None:
        self._step(self._connection.commit)

    def close(self) -> None:
        self._connection.close()

    def _step(self, do: Any, *values: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        self._result = do(*values)
        if self._left == 0:
            raise Crash
        return self._result


class DyingDriver(Sqlite):
    def __init__(self, path: str, at: int, after: bool) -> None:
        super().__init__(path)
        self._at, self._dies_after = at, after

    def connect(self) -> Any:
        return Dying(super().connect(), self._at, after=self._dies_after)


ids = [letter * 22 for letter in "ABCDEFGH"]
deliveries = st.lists(
    st.tuples(
        st.lists(some_rows(ids), max_size=6),
        st.none() | st.tuples(st.integers(1, 4), st.booleans()),  # a crash at which step
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(deliveries, st.randoms())
def test_any_order_any_repetition_and_any_crash_give_the_same_tables(
    batches: list[tuple[list[Row], Any]], random: Any
) -> None:
    # Of one id there is one report: the first that anybody sent.
    known: dict[str, Row] = {}
    sent = [([known.setdefault(r.id, r) for r in batch], crash) for batch, crash in batches]
    with TemporaryDirectory() as folder:
        calm = Sqlite(str(Path(folder) / "calm"))
        migrate(calm)
        with Store(calm) as store:
            store.write(known.values())
        stormy = Sqlite(str(Path(folder) / "stormy"))
        migrate(stormy)
        for batch, crash in sent:
            if crash is not None:
                dying = DyingDriver(str(Path(folder) / "stormy"), *crash)
                # A batch that is known already takes fewer steps and may get through.
                with suppress(Crash), Store(dying) as store:
                    store.write(batch)
        again = [batch for batch, _ in sent] * 2  # the queue brings back what was not acknowledged
        random.shuffle(again)
        with Store(stormy) as store:
            for batch in again:
                store.write(batch)
        assert tables(stormy) == tables(calm)


# --- databases that are not well ------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    file = str(tmp_path / "stats.sqlite")
    migrate(Sqlite(file))
    yield file


def test_a_locked_database_is_tried_again_and_then_away(path: str) -> None:
    store = Store(Sqlite(path, wait=0.01), pauses=(0.01,))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreAway, match="^SQLite 5$"):
            store.write([row()])
        other.execute("ROLLBACK")
    assert store.write([row()]) == 1
    store.close()


class Small(Sqlite):
    """A disk with room for nothing more."""

    full = True

    def connect(self) -> sqlite3.Connection:
        made = super().connect()
        if self.full:
            made.execute("PRAGMA max_page_count = 1")  # SQLite takes what there is already
        return made


def test_a_full_disk_takes_nothing_and_later_everything(path: str) -> None:
    driver = Small(path)
    made = rows(2_000)
    with pytest.raises(StoreAway, match="^SQLite 13$"):
        Store(driver, pauses=()).write(made)
    assert tables(Sqlite(path)) == ([], [])
    driver.full = False
    with Store(driver) as store:
        assert store.write(made) == 2_000


def test_a_corrupt_database_fails_by_number(path: str) -> None:
    Path(path).write_bytes(b"no database at all" * 1_000)
    with pytest.raises(StoreFailed, match="^SQLite (11|26)$") as failure:
        Store(Sqlite(path)).write([row()])
    assert failure.value.__cause__ is None and failure.value.__suppress_context__


def test_a_database_without_tables_fails_by_number(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="^SQLite 1$"):
        Store(Sqlite(str(tmp_path / "empty"))).totals()


def test_a_database_that_cannot_be_opened_is_away(tmp_path: Path) -> None:
    with pytest.raises(StoreAway, match="^SQLite 14$"):
        Store(Sqlite(str(tmp_path / "no" / "folder")), pauses=()).totals()
