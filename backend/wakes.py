"""The wakes of the statistics' database, counted for all instances of a stamp in one document."""

import logging
from threading import Lock

import msgspec

from cloud.documents import Away, Busy, Change, Documents
from stats.dates import DAY_MS
from stats.wakes import AWAKE_MS, Wakes, ask, written

KEY = "statistics-wakes"
TOLD_EVERY_MS = AWAKE_MS // 3  # that the database is awake

log = logging.getLogger("heliograph")


class SharedWakes:
    """The count, by its document. Threads share it."""

    def __init__(self, documents: Documents, most: int) -> None:
        """`most`: wakes a day."""
        self._documents, self._most = documents, most
        self._lock = Lock()
        self._told_at = 0  # epoch ms

    def ask(self, now: int) -> bool:
        """Whether the page may read the database at `now`; not while the count is away."""

        def decide(before: bytes | None) -> Change[bool]:
            state, allowed = ask(_decode(before), now, self._most)
            return Change(msgspec.json.encode(state), now + 2 * DAY_MS, allowed)

        try:
            return self._documents.update(KEY, decide)
        except (Away, Busy) as error:
            log.warning("the wakes of the database are not known: %s", type(error).__name__)
            return False

    def written(self, now: int) -> None:
        """Reports were written: the database is awake. Told once in a while only."""
        with self._lock:
            if 0 <= now - self._told_at < TOLD_EVERY_MS:
                return
            self._told_at = now

        def decide(before: bytes | None) -> Change[None]:
            state = written(_decode(before), now)
            return Change(msgspec.json.encode(state), now + 2 * DAY_MS, None)

        try:
            self._documents.update(KEY, decide)
        except (Away, Busy) as error:
            log.warning("nobody is told that the database is awake: %s", type(error).__name__)


def _decode(before: bytes | None) -> Wakes:
    try:
        return Wakes() if before is None else msgspec.json.decode(before, type=Wakes)
    except msgspec.MsgspecError:
        return Wakes()
