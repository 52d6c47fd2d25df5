"""The last statistics that were shown, kept for an instance that may not read the database.

An instance that has just started has read nothing, and the database may sleep (wakes.py) or be
away. What another instance has shown lies in one document for each range of days.
"""

import logging
import zlib
from threading import Lock

import msgspec

from cloud.documents import Away, Busy, Change, Documents
from stats.dates import DAY_MS
from stats.published import Page

SAVED_EVERY_MS = 600_000  # at most, by one instance
LOADED_EVERY_MS = 60_000
LIFETIME_MS = 30 * DAY_MS
MOST_BYTES = 1_000_000  # of a page

log = logging.getLogger("heliograph")


class KeptPages:
    """Pages by their range of days. Threads share it. A store that is away keeps nothing."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = Lock()
        self._saved_at: dict[int, int] = {}  # epoch ms, by days
        self._loaded: dict[int, tuple[int, Page | None]] = {}  # and when

    def save(self, days: int, page: Page, now: int) -> None:
        """Keep what has just been read."""
        with self._lock:
            if 0 <= now - self._saved_at.get(days, 0) < SAVED_EVERY_MS:
                return
            self._saved_at[days] = now
        packed = zlib.compress(msgspec.msgpack.encode(page))
        change = Change(packed, now + LIFETIME_MS, None)
        try:
            self._documents.update(_key(days), lambda _: change)
        except (Away, Busy) as error:
            log.warning("a page is not kept: %s", type(error).__name__)

    def load(self, days: int, now: int) -> Page | None:
        """What was kept last; None if there is nothing, or it cannot be had."""
        with self._lock:
            at, page = self._loaded.get(days, (0, None))
            if 0 <= now - at < LOADED_EVERY_MS:
                return page
        page = self._read(days)
        with self._lock:
            self._loaded[days] = now, page
        return page

    def _read(self, days: int) -> Page | None:
        try:
            packed = self._documents.read(_key(days))
            if packed is None:
                return None
            unpacked = zlib.decompressobj().decompress(packed, MOST_BYTES)
            return msgspec.msgpack.decode(unpacked, type=Page)
        except Away:
            return None
        except (zlib.error, msgspec.MsgspecError) as error:
            log.warning("a kept page cannot be read: %s", type(error).__name__)
            return None


def _key(days: int) -> str:
    return f"statistics-page-{days}"
