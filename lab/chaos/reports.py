"""Which reports have arrived: rows of the database, and messages that lie in queues."""

import asyncio
import base64
import binascii
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lab.chaos.account import Account
from lab.stamps import SIGNING_KEYS, Lab
from signaling import meeting, tokens
from signaling.places import place_in_token
from signaling.tokens import KeyRing, Met

LOOK_SECONDS = 0.5
RING = KeyRing.parse(SIGNING_KEYS)
QUIET_SECONDS = 8.0  # no queue holds anything for so long: nothing more comes


@dataclass(frozen=True, slots=True)
class Arrived:
    """Of each report its `rows`; how many the sums hold; which are `waiting` in a queue."""

    rows: Counter[str]
    summed: int
    waiting: set[str]


def call_side(met: str, side: str, token: str) -> str:
    """The id of the row of a report that brought these: as the stamps name it."""
    now = time.time_ns() // 1_000_000
    held = tokens.read_peer(RING, token, now)
    me = Met(place_in_token(RING, held.room, now).key, held.peer, held.visit)
    return meeting.call_side(RING, me, met, side, now)


async def count(lab: Lab, account: Account, seconds: float) -> None:
    """Put into the account what has come of its reports; see `arrived`."""
    expected = {report.id for report in account.reports}
    files = [lab.folder / f"{stamp.name}.sqlite" for stamp in lab.stamps]
    found = await arrived(lab.statistics, files, expected, seconds)
    account.counted, account.waiting, account.summed = found.rows, found.waiting, found.summed


async def arrived(
    database: Path, storages: Sequence[Path], expected: Collection[str], seconds: float
) -> Arrived:
    """What has come of the reports with the ids `expected`: those of their rows.

    Waits until each of them is a row or no queue brings more, and no longer than `seconds`.
    """
    until = quiet = time.monotonic() + seconds
    while True:
        waiting = {row for storage in storages for row in queued(storage)}
        rows, summed = written(database)
        now = time.monotonic()
        quiet = until if waiting else min(quiet, now + QUIET_SECONDS)
        if rows.keys() >= set(expected) or now > quiet:
            return Arrived(rows, summed, waiting)
        await asyncio.sleep(LOOK_SECONDS)


def written(database: Path) -> tuple[Counter[str], int]:
    """How many rows there are of each key, and how many reports the sums hold."""
    with closing(_open(database)) as opened, opened:
        opened.execute("BEGIN")  # both at the same moment
        rows = opened.execute("SELECT id FROM events").fetchall()
        sums = opened.execute("SELECT n FROM sums WHERE measure = 'peers'").fetchall()
    return Counter(key for (key,) in rows), sum(n for (n,) in sums)


def queued(storage: Path) -> set[str]:
    """The keys of the rows in the queues of a local storage; poisoned ones do not count."""
    with closing(_open(storage)) as opened:
        texts = opened.execute("SELECT text FROM messages WHERE queue NOT LIKE '%poison'")
        return {key for (text,) in texts.fetchall() for key in _key(text)}


def _key(text: str) -> list[str]:
    try:
        message = json.loads(base64.b64decode(text))
    except (ValueError, binascii.Error):
        return []
    return [str(message["id"])] if isinstance(message, dict) and "id" in message else []


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
