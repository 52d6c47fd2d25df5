"""What is published: worked out at most once a minute, and served stale while SQL is away."""

import hashlib
from threading import Lock

import msgspec
from msgspec import Struct, structs

from stats.sql import Store, StoreAway, StoreFailed
from stats.summary import MAX_DAYS, MEASURES, Digest, K, Pricing, Question, no_pricing, summarize

AGE = 60_000  # ms that what was read is good for
PATIENCE = 10_000  # ms between two tries of a database that is away
COMPANY = 1.0  # seconds to wait for somebody else who reads
# However many ranges are asked for, the database is read for these.
WINDOWS = (7, 30, 90, MAX_DAYS)


class Page(Struct, frozen=True):
    """An answer in JSON. The tag stays while nothing but the time has changed."""

    body: bytes
    tag: str


class Found(Struct, frozen=True):
    at: int  # epoch ms
    digest: Digest


class Window:
    """The sums of some days as they were read last. Threads share it; one of them reads."""

    def __init__(self, store: Store, question: Question) -> None:
        self._store, self._question = store, question
        self._lock = Lock()
        self._found: Found | None = None
        self._tried = 0
        self.pages: dict[tuple[int, int], Page] = {}  # by days asked for, and when it was found

    def read(self, now: int) -> Found:
        """Raises StoreAway or StoreFailed if there is nothing to serve, not even something old."""
        found = self._found
        if found is not None and now - found.at < AGE:
            return found
        if not self._lock.acquire(timeout=0 if found else COMPANY):
            if found is None:
                raise StoreAway("being read")
            return found  # somebody else is reading just now
        try:
            return self._refresh(now)
        except (StoreAway, StoreFailed):
            if self._found is None:
                raise
            return self._found
        finally:
            self._lock.release()

    def _refresh(self, now: int) -> Found:
        if self._found is not None and now - self._found.at < AGE:
            return self._found  # by who held the lock before
        if now - self._tried < PATIENCE:
            raise StoreAway("tried a moment ago")
        self._tried = now
        question = structs.replace(self._question, now=now)
        sums = self._store.read(MEASURES, question.since)
        digest = Digest(self._store.totals(), sums, question)
        self._found, self._tried = Found(now, digest), 0
        self.pages.clear()
        return self._found


class Published:
    """The answers of `GET /api/stats`."""

    def __init__(self, store: Store, k: int = K, price: Pricing = no_pricing) -> None:
        self._asked = Question(0, 0, k, price)
        asked = {days: structs.replace(self._asked, days=days) for days in WINDOWS}
        self._windows = {days: Window(store, question) for days, question in asked.items()}

    def page(self, days: int, now: int) -> Page:
        """For 1 to MAX_DAYS days. Raises StoreAway or StoreFailed with nothing to serve."""
        window = next(self._windows[size] for size in WINDOWS if size >= days)
        found = window.read(now)
        key = (days, found.at)
        page = window.pages.get(key)
        if page is None:
            page = window.pages[key] = self._page(days, found)
        return page

    def _page(self, days: int, found: Found) -> Page:
        said = summarize(found.digest, structs.replace(self._asked, now=found.at, days=days))
        lasting = msgspec.json.encode({name: said[name] for name in said if name != "asOf"})
        # Weak (RFC 9110 §8.8.1): two answers with one tag can differ in `asOf`.
        return Page(msgspec.json.encode(said), f'W/"{hashlib.sha256(lasting).hexdigest()[:22]}"')


def same(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag (RFC 9110 §13.1.2: compared weakly)."""
    named = {part.strip().removeprefix("W/") for part in (header or "").split(",")}
    return "*" in named or tag.removeprefix("W/") in named
