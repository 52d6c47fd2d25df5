"""The answers of `GET /api/stats`: read at most once a minute, and served old while SQL is away.

A database that sleeps is woken a limited number of times a day (wakes.py); beyond that old figures
are served too, and `asOf` says how old they are. What was shown last is kept for instances that
have read nothing yet.
"""

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import Protocol

import msgspec
from msgspec import Struct, structs

from stats.digest import MEASURES, Digest, Question
from stats.noise import Chance, Noise
from stats.released import CHANCE, Exact, Released, Source
from stats.store import Store, StoreAway, StoreFailed
from stats.summarize import summarize
from stats.summary import MAX_DAYS, K, Pricing, no_pricing

MAX_AGE_MS = 60_000  # what was read is served for this long
RETRY_AFTER_MS = 10_000  # between two tries of a database that is away
READER_WAIT_SECONDS = 1.0  # the first caller's read may take this long for the others
# The database is read for these ranges only. Any other range is part of one of them.
WINDOWS_DAYS = (7, 30, 90, MAX_DAYS)


type MayRead = Callable[[int], bool]  # now (epoch ms) → whether the database may be read


def always(now: int) -> bool:
    """For a database that does not sleep."""
    return True


class Resting(StoreAway):
    """The database sleeps and is not woken any more today."""


class Page(Struct, frozen=True):
    """An answer in JSON and its ETag. The tag stays the same if only the time has changed."""

    body: bytes
    tag: str
    read_at: int  # epoch ms: when the database was read


class Keeper(Protocol):
    """Where pages are kept for other instances; of WINDOWS_DAYS only."""

    def save(self, days: int, page: Page, now: int) -> None:
        """Keep what has just been read. Never raises."""
        ...

    def load(self, days: int, now: int) -> Page | None:
        """What was kept last. Never raises."""
        ...


class KeepNothing:
    """For a process that is alone."""

    def save(self, days: int, page: Page, now: int) -> None:
        """Do nothing."""

    def load(self, days: int, now: int) -> Page | None:
        """Nothing."""
        return None


class Read(Struct, frozen=True):
    """What was read, and when."""

    at: int  # epoch ms
    digest: Digest


class Window:
    """The sums of some days as they were read last. Threads share it; one of them reads."""

    def __init__(self, source: Source, question: Question, wait: float, may_read: MayRead) -> None:
        """`question`: for how many days; `wait`: seconds for another thread's first read."""
        self._source, self._question, self._wait = source, question, wait
        self._may_read = may_read
        self._lock = Lock()
        self._last: Read | None = None
        self._tried = 0  # epoch ms of a try that failed; 0 after one that did not
        self.pages: dict[tuple[int, int], Page] = {}  # by days asked for, and when it was read

    def read(self, now: int) -> Read:
        """What was read less than MAX_AGE_MS ago; older while the database is away.

        A clock that stepped back counts as one that went on.

        Raises StoreAway, Resting or StoreFailed if there is not even something old.
        """
        last = self._last
        if last is not None and 0 <= now - last.at < MAX_AGE_MS:
            return last
        if not self._lock.acquire(timeout=self._wait if last is None else 0):
            if last is None:
                raise StoreAway("another thread reads")
            return last  # another thread reads just now
        try:
            return self._refresh(now)
        except (StoreAway, StoreFailed):
            if self._last is None:
                raise
            return self._last
        finally:
            self._lock.release()

    def _refresh(self, now: int) -> Read:
        if self._last is not None and 0 <= now - self._last.at < MAX_AGE_MS:
            return self._last  # read by the thread that held the lock before
        if 0 <= now - self._tried < RETRY_AFTER_MS:
            raise StoreAway("tried a moment ago")
        self._tried = now
        if not self._may_read(now):
            raise Resting("sleeps")
        question = structs.replace(self._question, now=now)
        found = self._source.read(MEASURES, question.since, now)
        question = structs.replace(question, until=found.until)
        digest = Digest(found.totals, found.sums, question)
        self._last, self._tried = Read(now, digest), 0
        self.pages.clear()
        return self._last


class Published:
    """The answers of `GET /api/stats`. Threads share it."""

    def __init__(
        self,
        store: Store,
        k: int = K,
        price: Pricing = no_pricing,
        *,
        wait: float = READER_WAIT_SECONDS,
        may_read: MayRead = always,
        noise: Noise | None = None,
        keeper: Keeper = KeepNothing(),  # noqa: B008 has no state
        chance: Chance = CHANCE,
    ) -> None:
        """`k`: smaller groups are not shown; `wait`: seconds for another thread's first read.

        `noise`: of days that are over, and nothing of today; None: exact figures, today's too.
        `chance`: what the noise is drawn from.
        """
        self._keeper = keeper
        self._question = Question(0, 0, k, price, noise)
        source = Exact(store) if noise is None else Released(store, noise, chance)
        self._windows = {
            days: Window(source, structs.replace(self._question, days=days), wait, may_read)
            for days in WINDOWS_DAYS
        }

    def page(self, days: int, now: int) -> Page:
        """The answer for the last `days` days (1 to MAX_DAYS) at `now` (epoch ms).

        Raises StoreAway, Resting or StoreFailed if there is nothing to serve.
        """
        window = next(self._windows[size] for size in WINDOWS_DAYS if size >= days)
        try:
            read = window.read(now)
        except (StoreAway, StoreFailed):
            kept = self._keeper.load(days, now) if days in WINDOWS_DAYS else None
            if kept is None:
                raise
            return kept
        key = (days, read.at)
        page = window.pages.get(key)
        if page is None:
            page = window.pages[key] = self._page(days, read)
            if days in WINDOWS_DAYS:
                self._keeper.save(days, page, now)
        return page

    def _page(self, days: int, read: Read) -> Page:
        asked = structs.replace(self._question, now=read.at, days=days, until=read.digest.until)
        summary = summarize(read.digest, asked)
        # Weak (RFC 9110 §8.8.1): two answers with one tag can differ in `asOf`.
        tagged = msgspec.json.encode(structs.replace(summary, as_of=0))
        tag = f'W/"{hashlib.sha256(tagged).hexdigest()[:22]}"'
        return Page(msgspec.json.encode(summary), tag, read.at)


def same(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names this tag (RFC 9110 §13.1.2: compared weakly)."""
    named = {part.strip().removeprefix("W/") for part in (header or "").split(",")}
    return "*" in named or tag.removeprefix("W/") in named
