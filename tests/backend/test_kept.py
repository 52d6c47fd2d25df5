"""An instance that may not read the database shows what another one has shown."""

import json
from pathlib import Path

import pytest

from backend.kept import LOADED_EVERY_MS, SAVED_EVERY_MS, KeptPages
from cloud.documents import Away, Change
from cloud.memory import MemoryDocuments
from stats.drivers import Sqlite
from stats.migrate import migrate
from stats.published import WINDOWS_DAYS, Page, Published
from stats.store import Store, StoreAway
from tests.stats.reports import NOW, rows

PAGE = Page(b'{"calls":1}', 'W/"tag"', NOW)


class Gone(MemoryDocuments):
    def update(self, key, decide):  # type: ignore[no-untyped-def]
        raise Away("timeout")

    def read(self, key: str) -> bytes | None:
        raise Away("timeout")


class Counted(MemoryDocuments):
    reads = writes = 0

    def update(self, key, decide):  # type: ignore[no-untyped-def]
        self.writes += 1
        return super().update(key, decide)

    def read(self, key: str) -> bytes | None:
        self.reads += 1
        return super().read(key)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    driver = Sqlite(str(tmp_path / "db"))
    migrate(driver)
    made = Store(driver)
    made.write(rows(20))
    return made


def nothing(now: int) -> bool:
    return False


@pytest.mark.parametrize("days", WINDOWS_DAYS)
def test_a_new_instance_shows_what_another_has_read(store: Store, days: int) -> None:
    documents = MemoryDocuments()
    shown = Published(store, keeper=KeptPages(documents)).page(days, NOW)
    new = Published(store, may_read=nothing, keeper=KeptPages(documents))
    assert new.page(days, NOW + 3_600_000) == shown and shown.read_at == NOW
    assert json.loads(shown.body)["latest"]["calls"] == 20


def test_a_range_that_the_page_does_not_offer_is_not_kept(store: Store) -> None:
    documents = Counted()
    Published(store, keeper=KeptPages(documents)).page(14, NOW)
    assert documents.writes == 0
    with pytest.raises(StoreAway):
        Published(store, may_read=nothing, keeper=KeptPages(documents)).page(14, NOW)


def test_without_anything_kept_it_says_that_it_is_away(store: Store) -> None:
    for documents in (MemoryDocuments(), Gone()):
        with pytest.raises(StoreAway):
            Published(store, may_read=nothing, keeper=KeptPages(documents)).page(7, NOW)


def test_a_store_that_is_away_takes_no_answer_with_it(store: Store) -> None:
    assert Published(store, keeper=KeptPages(Gone())).page(7, NOW).body


def test_it_is_written_and_read_once_in_a_while_only() -> None:
    documents = Counted()
    pages = KeptPages(documents)
    for step in range(20):
        pages.save(7, PAGE, NOW + step * SAVED_EVERY_MS // 10)
    assert documents.writes == 2
    for step in range(20):
        assert pages.load(7, NOW + step * LOADED_EVERY_MS // 10) == PAGE
    assert documents.reads == 2


@pytest.mark.parametrize("junk", [b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_document_that_cannot_be_read_is_none(junk: bytes) -> None:
    documents = MemoryDocuments()
    documents.update("statistics-page-7", lambda _: Change(junk, NOW, None))
    assert KeptPages(documents).load(7, NOW) is None


def test_a_page_of_a_year_fits_a_document(store: Store) -> None:
    documents = MemoryDocuments()
    Published(store, keeper=KeptPages(documents)).page(365, NOW)
    kept = documents.read("statistics-page-365")
    assert kept is not None and len(kept) < 200_000
