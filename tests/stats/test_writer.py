"""Reports that come at the same time are written in one transaction, and all callers are told."""

from collections.abc import Iterable
from threading import Event

import pytest

from stats.drivers import Sqlite
from stats.row import Row
from stats.store import Store, StoreAway
from stats.writer import MAX_ROWS, Writer
from tests.stats.reports import rows


class Slow(Store):
    """A store that waits to be let go, and remembers how much it was given at once."""

    def __init__(self) -> None:
        super().__init__(Sqlite(":memory:"))
        self.go, self.began = Event(), Event()
        self.batches: list[list[Row]] = []
        self.error: Exception | None = None

    def write(self, rows: Iterable[Row]) -> int:
        self.batches.append(list(rows))
        self.began.set()
        assert self.go.wait(5)
        if self.error is not None:
            raise self.error
        return len(self.batches[-1])


def test_what_comes_while_one_is_written_is_written_together() -> None:
    store, made = Slow(), rows(20)
    writer = Writer(store)
    first = writer.write(made[0])
    assert store.began.wait(5)
    others = [writer.write(one) for one in made[1:]]
    assert not first.done()
    store.go.set()
    for future in [first, *others]:
        future.result(5)
    assert store.batches == [made[:1], made[1:]]


def test_a_failure_is_told_to_all_who_waited_and_to_nobody_after() -> None:
    store, made = Slow(), rows(3)
    store.error = StoreAway("SQLite 5")
    store.go.set()
    writer = Writer(store)
    for one in made[:2]:
        with pytest.raises(StoreAway, match="SQLite 5"):
            writer.write(one).result(5)
    store.error = None
    writer.write(made[2]).result(5)


def test_one_transaction_is_bounded() -> None:
    store, made = Slow(), rows(MAX_ROWS + 2)
    writer = Writer(store)
    futures = [writer.write(made[0])]
    assert store.began.wait(5)
    futures += [writer.write(one) for one in made[1:]]
    store.go.set()
    for future in futures:
        future.result(5)
    assert [len(batch) for batch in store.batches] == [1, MAX_ROWS, 1]


def test_who_gave_up_is_not_written_now() -> None:
    store, made = Slow(), rows(3)
    writer = Writer(store)
    first = writer.write(made[0])
    assert store.began.wait(5)
    assert writer.write(made[1]).cancel()
    last = writer.write(made[2])
    store.go.set()
    first.result(5)
    last.result(5)
    assert store.batches == [made[:1], made[2:]]
