"""A report that reaches two stamps, or one of them twice, is one row: the database exists once.

Two apps, each with documents and a queue of its own, and one SQLite file. A client that has no
answer from one stamp gives the same report, with the same proof, to the other.
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
from lab.stack import SIGNING_KEYS
from signaling import meeting
from signaling.errors import Forbidden
from signaling.places import read_place
from signaling.tokens import KeyRing, Met, PeerToken, sign_peer
from stats.drivers import Sqlite
from stats.migrate import migrate
from tests.stats.reports import NOW, RING, VISIT, proof, report

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SEEDS = range(10)


def report_at(**changes: Any) -> dict[str, Any]:
    return report(met=proof("room", changes.get("side", "first")), **changes)


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

    def take(self, report: dict[str, Any], peer: str = "A" * 16, visit: int = VISIT) -> None:
        """`POST /api/report`. The token may be of the other stamp: the keys are the same."""
        who = PeerToken("room", peer, "guest", visit, "L" * 16)
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
    assert counted(database) == (2, 2), "another peer is another call"


async def test_both_stamps_may_write_it_at_the_same_moment_and_more_than_once(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    sent = [report_at() for _ in range(20)]
    for number, one in enumerate(sent):
        for stamp in stamps:
            stamp.take(one, f"{number:016}")
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


ANN, BOB = "A" * 16, "B" * 16  # Bob is the impolite one


async def test_both_sides_of_a_call_count_once_each_whichever_stamp_gave_the_proofs(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    for number, stamp in enumerate(stamps):  # their clocks differ, so their proofs do
        met = {peer: proof("room", other=peer, at=NOW + 60_000 * number) for peer in (ANN, BOB)}
        stamp.take(report(met=met[ANN], side="first"), BOB)
        stamp.take(report(met=met[BOB], side="second"), ANN)
        await stamp.write()
    assert counted(database) == (2, 1)


async def test_one_pair_counts_once_whatever_it_says_until_one_of_them_loads_its_page_again(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    first, _ = stamps
    for outcome in ("connected", "failed-ice", "left-early"):
        first.take(report(met=proof("room", other=ANN), outcome=outcome), BOB)
    await first.write()
    assert counted(database) == (1, 1)
    first.take(report(met=proof("room", other=ANN)), BOB, VISIT + 5_000)
    await first.write()
    assert counted(database) == (2, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"met": "made.up.here"},
        {"met": proof("another-room", other=ANN)},
        {"met": proof("room", other=BOB)},
        {"met": proof("room", other="C" * 16)},
        {"met": proof("room", other=ANN), "side": "second"},
        {"met": proof("room", other=ANN, at=NOW - 16 * 24 * HOUR_MS)},
        {"met": sign_peer(RING, PeerToken("room", ANN, "guest", VISIT, ""), NOW + HOUR_MS)},
    ],
    ids=["made up", "of another room", "of oneself", "of the other side", "the wrong side", "old"]
    + ["another token"],
)
async def test_without_a_proof_of_this_pair_nothing_is_taken(
    wrong: dict[str, Any], stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    with pytest.raises(Forbidden) as refused:
        stamps[0].take(report(**wrong), BOB)
    assert refused.value.code == "not_met"
    assert stamps[0].queue == []


def granted(room: str, peer: str, at: int = NOW) -> str:
    return meeting.sign_granted(RING, read_place(RING, room, NOW).key, peer, at)


async def test_bytes_over_a_relay_count_for_whom_a_stamp_has_granted_one(
    stamps: tuple[Stamp, Stamp], database: Path
) -> None:
    relayed = {"turn": "used", "candidateType": "relay", "bytesUp": 2**20, "bytesDown": 0}
    wrong = (
        {},
        {"granted": "made.up.here"},
        {"granted": granted("room", ANN)},
        {"granted": granted("another-room", BOB)},
        {"granted": granted("room", BOB, NOW - 16 * 24 * HOUR_MS)},
        {"granted": proof("room", other=ANN)},
    )
    for brought in wrong:
        with pytest.raises(Forbidden) as refused:
            stamps[0].take(report(met=proof("room", other=ANN), **relayed, **brought), BOB)
        assert refused.value.code == "not_granted"
    for side, me, other in (("first", BOB, ANN), ("second", ANN, BOB)):
        said = {**relayed, "side": side, "turn": "used" if me == ANN else "none"}
        stamps[1].take(
            report(met=proof("room", other=other), granted=granted("room", me), **said), me
        )
    await stamps[1].write()
    with closing(sqlite3.connect(database)) as connection:
        sums = dict(connection.execute("SELECT measure, n FROM sums").fetchall())
    assert (sums["bytes"], sums["relay-bytes"]) == (2**20, 2**20), "one of two used a relay"


def test_a_call_keeps_its_name_while_keys_are_changed() -> None:
    proven = proof("room", other=ANN)
    me = Met(read_place(RING, "room", NOW).key, BOB, VISIT)
    newer = KeyRing({"newer": b"another key, thirty-two bytes ++", **RING.keys})
    names = {meeting.call_side(ring, me, proven, "first", NOW) for ring in (RING, newer)}
    assert len(names) == 1
