"""The database is read at most once a minute, and old figures are served while it is away."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from stats.drivers import Sqlite
from stats.migrate import migrate
from stats.published import MAX_AGE_MS, RETRY_AFTER_MS, Published, same
from stats.store import Store, StoreAway
from stats.sums import Sum
from tests.stats.reports import NOW, rows


class Watched(Store):
    """Counts how often it is read; away when told so."""

    reads, away = 0, False
    hold: Event | None = None

    def read(self, measures: Iterable[str], since: int) -> list[Sum]:
        self.reads += 1
        if self.hold is not None:
            assert self.hold.wait(5)
        if self.away:
            raise StoreAway("SQLite 5")
        return super().read(measures, since)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Watched]:
    driver = Sqlite(str(tmp_path / "db"))
    migrate(driver)
    with Watched(driver) as made:
        made.write(rows(20))
        yield made


def calls(page: Any) -> Any:
    return json.loads(page.body)["latest"]["calls"]


def test_it_is_read_once_a_minute_whoever_asks(store: Watched) -> None:
    shown = Published(store)
    first = shown.page(30, NOW)
    store.write(rows(20))
    assert calls(first) == calls(shown.page(30, NOW + MAX_AGE_MS - 1)) == 20
    for days in (8, 9, 15, 29):
        shown.page(days, NOW + 1)
    assert store.reads == 1
    assert calls(shown.page(30, NOW + MAX_AGE_MS)) == 40
    assert store.reads == 2


@pytest.mark.parametrize("back", [60_000, 7_200_000, 8 * 86_400_000])
def test_it_is_read_again_although_the_clock_was_set_back(store: Watched, back: int) -> None:
    shown = Published(store)
    shown.page(30, NOW)
    for at in (NOW - back, NOW - back + 1):
        shown.page(30, at)
    assert store.reads == 2


def test_however_many_ranges_are_asked_for_there_are_four_reads(store: Watched) -> None:
    shown = Published(store)
    for days in range(1, 366):
        assert len(json.loads(shown.page(days, NOW).body)["daily"]) == days
    assert store.reads == 4


def test_what_is_old_is_served_while_the_database_is_away(store: Watched) -> None:
    shown = Published(store)
    first = shown.page(30, NOW)
    store.away = True
    later = NOW + 3_600_000
    assert shown.page(30, later) == first
    assert shown.page(30, later + RETRY_AFTER_MS - 1) == first and store.reads == 2
    store.away = False
    assert shown.page(30, later + RETRY_AFTER_MS) != first


def test_with_nothing_to_serve_it_says_so_and_does_not_ask_at_once_again(store: Watched) -> None:
    store.away = True
    shown = Published(store)
    for _ in range(3):
        with pytest.raises(StoreAway):
            shown.page(30, NOW)
    assert store.reads == 1


def test_while_one_reads_others_get_what_there_is(store: Watched) -> None:
    shown = Published(store)
    first = shown.page(30, NOW)
    store.hold = Event()
    reader = Thread(target=shown.page, args=(30, NOW + MAX_AGE_MS))
    reader.start()
    while store.reads < 2:
        pass
    assert shown.page(30, NOW + MAX_AGE_MS) == first
    store.hold.set()
    reader.join()


def test_the_first_who_ask_together_wait_for_one_read_but_not_long(store: Watched) -> None:
    shown = Published(store, wait=0.01)
    store.hold = Event()
    reader = Thread(target=shown.page, args=(30, NOW))
    reader.start()
    while store.reads < 1:
        pass
    with pytest.raises(StoreAway):
        shown.page(30, NOW)
    store.hold.set()
    reader.join()
    assert calls(shown.page(30, NOW)) == 20 and store.reads == 1


def test_the_tag_changes_with_the_figures_only(store: Watched) -> None:
    shown = Published(store)
    first, later = shown.page(30, NOW), shown.page(30, NOW + MAX_AGE_MS)
    assert first.tag == later.tag and first.body != later.body
    assert shown.page(31, NOW).tag != first.tag
    store.write(rows(1))
    assert shown.page(30, NOW + 2 * MAX_AGE_MS).tag != first.tag


@pytest.mark.parametrize(
    ("header", "is_same"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
    ],
)
def test_tags_are_compared_weakly(header: str | None, is_same: bool) -> None:
    assert same(header, 'W/"a"') == is_same
