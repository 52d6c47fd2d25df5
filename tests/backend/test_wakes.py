"""The wakes of the statistics' database are counted for all instances together."""

from collections.abc import Callable
from typing import Any

import pytest

from backend import reports
from backend.settings import Settings
from backend.wakes import SharedWakes
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.documents import Away, Change
from cloud.memory import MemoryDocuments
from signaling.errors import Unavailable
from signaling.tokens import KeyRing
from stats.dates import DAY_MS
from stats.settings import read_sql
from stats.store import Store
from stats.wakes import AWAKE_MS
from tests.stats.fake_odbc import FakeOdbc, Server
from tests.stats.reports import rows

NOON = 20_000 * DAY_MS + DAY_MS // 2
HOUR_MS = 3_600_000
AZURE = "Server=s;Database=d"


class Gone(MemoryDocuments):
    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        raise Away("timeout")


def test_two_instances_share_the_wakes_of_a_day() -> None:
    documents = MemoryDocuments()
    one, other = SharedWakes(documents, 2), SharedWakes(documents, 2)
    assert one.ask(NOON) and other.ask(NOON + HOUR_MS)
    assert not one.ask(NOON + 2 * HOUR_MS) and not other.ask(NOON + 2 * HOUR_MS)
    other.written(NOON + 3 * HOUR_MS)
    assert one.ask(NOON + 3 * HOUR_MS)


def test_nobody_is_woken_while_the_count_is_away() -> None:
    wakes = SharedWakes(Gone(), 4)
    assert not wakes.ask(NOON)
    wakes.written(NOON)


def test_a_document_that_cannot_be_read_counts_from_nothing() -> None:
    documents = MemoryDocuments()
    documents.update("statistics-wakes", lambda _: Change(b"junk", NOON + DAY_MS, None))
    assert SharedWakes(documents, 1).ask(NOON)


class World:
    """An app whose statistics lie in a database that sleeps when nobody uses it."""

    def __init__(self, **environ: str) -> None:
        self.now, self.server = NOON, Server()
        connection = SignalRConnection("http://x", "http://x", "http://x", "k")
        exact = {"HELIOGRAPH_STATS_EPSILON": "0"}
        sql = read_sql({"SQL_CONNECTION": AZURE, **exact, **environ})
        settings = Settings(connection, KeyRing({"k": b"k" * 32}), None, "test", (), sql=sql)
        self.services = Services(settings, lambda: self.now)

        def open_store(wait: int, pauses: Any) -> Store:
            return Store(FakeOdbc(self.server), pauses, sleep=self.server.pass_time)

        self.services._report_store = open_store  # type: ignore[method-assign]

    def ask(self) -> None:
        reports.stats(self.services, None, None)


def test_the_page_shows_old_figures_when_the_wakes_of_the_day_are_used() -> None:
    world = World(STATS_WAKES_PER_DAY="1")
    with Store(FakeOdbc(world.server)) as store:
        store.write(rows(20))
    world.ask()
    asked = len(world.server.statements)
    for _ in range(24):
        world.now += HOUR_MS // 2
        world.ask()  # old, and answered
    assert len(world.server.statements) == asked + 2  # once more, the next day


def test_an_instance_that_has_nothing_to_show_says_until_when() -> None:
    world = World(STATS_WAKES_PER_DAY="0")
    with pytest.raises(Unavailable) as refused:
        world.ask()
    assert (refused.value.code, refused.value.retry_after) == ("unavailable", 12 * 3_600)
    assert world.server.logins == 0


def test_retention_wakes_the_database_and_reading_is_free_then() -> None:
    world = World(STATS_WAKES_PER_DAY="0")
    world.server.awake_at = None
    assert reports.retain(world.services) == 0
    world.ask()
    assert not world.server.sessions or world.server.logins > 1


def test_reports_that_are_written_make_reading_free() -> None:
    world = World(STATS_WAKES_PER_DAY="0")
    writer = world.services.report_writer
    assert writer is not None
    for one in rows(2):  # the second is written after the first was told
        writer.write(one).result(10)
    world.ask()


def test_a_database_that_never_sleeps_is_read_without_a_count() -> None:
    world = World(STATS_WAKES_PER_DAY=str(DAY_MS // AWAKE_MS))
    assert world.services.wakes is None
    assert World(SQL_CONNECTION="sqlite:///x").services.wakes is None
