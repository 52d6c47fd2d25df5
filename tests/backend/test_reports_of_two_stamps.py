"""A report that reaches two stamps, or one of them twice, is one row: the database exists once.

Two apps, each with documents and a queue of its own, and one SQLite file. A client that has no
answer from one stamp gives the same report, with the same id, to the other.
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend import reports
from backend.settings import Settings
from backend.wiring import Services
from lab.stack import SIGNING_KEY, SIGNING_KEYS
from signaling.tokens import KeyRing, PeerToken, sign_peer
from stats.drivers import Sqlite
from stats.migrate import migrate
from tests.stats.reports import NOW
from tests.stats.reports import report as report_at

RING = KeyRing({"tests": SIGNING_KEY})
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SEEDS = range(10)


class Stamp:
    """An app with its own clock, documents and queue. The queue may bring a message again."""

    def __init__(self, name: str, database: Path, now: int = NOW) -> None:
        environ = {
            "AzureSignalRConnectionString": "Endpoint=http://localhost;AccessKey=k;",
            "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
            "HELIOGRAPH_STORAGE": "memory",
            "HELIOGRAPH_STAMP": name,
            "HELIOGRAPH_STAMPS": "2",
            "SQL_CONNECTION": f"sqlite:///{database}",
        }
        self.services = Services(Settings.from_environ(environ), lambda: now)
        self.queue: list[bytes] = []

    def take(self, report: dict[str, Any], peer: str = "A" * 16) -> None:
        """`POST /api/report`. The token may be of the other stamp: the keys are the same."""
        who = PeerToken("room", peer, "guest", NOW, "L" * 16)
        token = sign_peer(RING, who, NOW + HOUR_MS)
        body = msgspec.json.encode(report)
        self.queue.append(reports.report(self.services, body, token).encode())

    async def write(self) -> None:
        """Everything that is in the queue, at once. It stays there: it may come again."""
        await asyncio.gather(*(reports.write(self.services, message) for message in self.queue))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "stats.sqlite"
    migrate(Sqlite(str(path)))
    return path


@pytest.fixture
def stamps(database: Path) -> Iterator[tuple[Stamp, Stamp]]:
    both = Stamp("a", database), Stamp("b", database)
    yield both
    close(*both)


def close(*stamps: Stamp) -> None:
    for stamp in stamps:
        if writer := stamp.services.report_writer:
            writer.store.close()


def counted(database: Path) -> tuple[int, int]:
    """Rows, and calls in the sums."""
    with closing(sqlite3.connect(database)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM events").fetchone()
        (calls,) = connection.execute(
            "SELECT coalesce(sum(n), 0) FROM sums WHERE measure = 'calls'"
        ).fetchone()
    return rows, calls


async def test_the_same_report_given_to_two_stamps_is_one_row(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    first, second = stamps
    assert first.services.documents is not second.services.documents
    sent = report_at()
    for stamp in stamps:
        stamp.take(sent)
        await stamp.write()
    assert counted(database) == (1, 1)
    first.take(report_at())
    await first.write()
    assert counted(database) == (2, 2), "another id is another report"


async def test_both_stamps_may_write_it_at_the_same_moment_and_more_than_once(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    sent = [report_at() for _ in range(20)]
    for number, report in enumerate(sent):
        for stamp in stamps:
            stamp.take(report, f"{number:016}")
    await asyncio.gather(*(stamp.write() for stamp in stamps for _ in range(3)))
    assert counted(database) == (20, 20)


async def test_stamps_whose_clocks_differ_by_minutes_count_it_once(database: Path) -> None:
    behind = Stamp("a", database, NOW - 4 * MINUTE_MS)
    ahead = Stamp("b", database, NOW + 4 * MINUTE_MS)
    sent = report_at()
    for age, stamp in ((0, behind), (HOUR_MS, ahead)):  # sent again it is older
        stamp.take({**sent, "age": age})
        await stamp.write()
    close(behind, ahead)
    assert counted(database) == (1, 1)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_is_lost_or_repeated_each_report_that_was_taken_is_one_row(
    seed: int, stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    chance = random.Random(seed)
    taken = 0
    for number in range(30):
        sent = report_at()
        asked = [stamp for stamp in stamps if chance.random() < 0.6]  # the others are away
        for stamp in asked * chance.randint(1, 2):
            stamp.take(sent, f"{number:016}")
        taken += bool(asked)
        if chance.random() < 0.3:
            await chance.choice(stamps).write()
    await asyncio.gather(*(stamp.write() for stamp in stamps))
    assert counted(database) == (taken, taken), f"seed {seed}"
