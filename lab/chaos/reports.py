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
from pathlib import Path

LOOK_SECONDS = 0.5


async def arrived(
    database: Path, storages: Sequence[Path], expected: Collection[str], seconds: float
) -> tuple[Counter[str], set[str]]:
    """Rows by the id of the report, and the ids that lie in a queue.

    Waits until every expected one is a row, and no longer than `seconds`.
    """
    until = time.monotonic() + seconds
    while True:
        counted = rows(database)
        if all(counted[id_] for id_ in expected) or time.monotonic() > until:
            return counted, {id_ for storage in storages for id_ in queued(storage)}
        await asyncio.sleep(LOOK_SECONDS)


def rows(database: Path) -> Counter[str]:
    """How many rows each report has."""
    return Counter(id_ for (id_,) in _ask(database, "SELECT id FROM events"))


def queued(storage: Path) -> set[str]:
    """The ids of the reports in the queues of a local storage; poisoned ones do not count."""
    texts = _ask(storage, "SELECT text FROM messages WHERE queue NOT LIKE '%poison'")
    return {id_ for (text,) in texts for id_ in _ids(text)}


def _ids(text: str) -> list[str]:
    try:
        message = json.loads(base64.b64decode(text))
    except (ValueError, binascii.Error):
        return []
    found = message if isinstance(message, list) else [message]
    return [str(one["id"]) for one in found if isinstance(one, dict) and "id" in one]


def _ask(file: Path, query: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as database:
        return database.execute(query).fetchall()
