"""The store of statistics: rows are kept and counted once, sums are read, old rows are deleted."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from stats.dates import DAY_HOURS
from stats.drivers import Driver, Verdict
from stats.row import Row
from stats.sums import Sum, tally

RELEASED_AT_ONCE = 31  # days in one transaction
DELETED_AT_ONCE = 2_000  # rows in one transaction; at 5,000 SQL Server locks the whole table
# Between the tries of a transaction; a quarter more or less, so that two that collided do not
# collide again.
PAUSES_SECONDS = (0.2, 2.0)
# For work that nobody waits for: a paused database takes about a minute to wake up (40613). The
# first pause is short, for two who collided.
WAKING_PAUSES_SECONDS = (0.5, 5.0, 15.0, 30.0, 60.0)
# A session keeps a database from pausing, and the driver opens a transaction after each commit.
IDLE_SECONDS = 60.0

_encode = msgspec.json.encode


class StoreAway(Exception):
    """The database is away, locked or full for now. The text is a number."""


class StoreFailed(Exception):
    """The database refuses, and waiting does not help. The text is a number."""


class RowRefused(StoreFailed):
    """A row does not fit. Without it the others may be taken."""


class Store:
    """One connection: opened when needed, again when lost, closed when idle. Threads take turns.

    Every method may raise StoreAway or StoreFailed. Then nothing was written. Only if the answer to
    the commit was lost, everything was.
    """

    def __init__(
        self,
        driver: Driver,
        pauses: Sequence[float] = PAUSES_SECONDS,
        idle: float = IDLE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`pauses`: seconds before the second try, the third …; () for one try.

        `idle`: seconds without a transaction after which the connection is closed. `sleep` waits.
        """
        self._driver, self._pauses, self._idle, self._sleep = driver, pauses, idle, sleep
        self._lock = Lock()
        self._connection: Any = None
        self._closed = Event()  # of this connection
        self._used_at = 0.0  # by time.monotonic

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, rows: Iterable[Row]) -> int:
        """Keep and count the rows that are not there yet. Returns how many those were."""
        unique = {row.id: row for row in rows}

        def work(cursor: Any) -> int:
            # In one order in every writer, so that two that share rows do not deadlock.
            ordered = [unique[id] for id in sorted(unique)]
            self._execute(cursor, self._driver.sql.INSERT_EVENTS, _encode(ordered).decode())
            new = [str(id) for (id,) in cursor.fetchall()]
            if new:
                sums = tally(unique[id] for id in new)
                listed = [Sum(*key, n)._asdict() for key, n in sorted(sums.items())]
                self._execute(cursor, self._driver.sql.ADD_SUMS, _encode(listed).decode())
            return len(new)

        return self.transaction(work)

    def totals(self) -> list[Sum]:
        """`calls` and `peers` of every day."""
        return self.transaction(lambda cursor: self._sums(cursor, self._driver.sql.READ_TOTALS))

    def read(self, measures: Iterable[str], since: int) -> list[Sum]:
        """The sums of the days from `since` (days since 1970) on."""
        asked = (_encode(sorted({*measures})).decode(), since)
        statement = self._driver.sql.READ_SUMS
        return self.transaction(lambda cursor: self._sums(cursor, statement, *asked))

    def release(self, until: int, noised: Callable[[int, list[Sum]], list[Sum]]) -> None:
        """Release each day up to `until` (days since 1970) that is not released yet, once.

        Days are released in one run, from the first of which there is a sum. `noised` makes what
        is published of a day out of its sums.
        """

        def work(cursor: Any) -> bool:
            if not self._unreleased(cursor, until):
                return False
            cursor.execute(self._driver.sql.LOCK_RELEASE)  # another instance may do the same
            days = self._unreleased(cursor, until)
            if days:
                found = self._sums(cursor, self._driver.sql.READ_DAYS, days[0], days[-1])
                rows = [row for day in days for row in noised(day, found)]
                listed = _encode([row._asdict() for row in rows]).decode()
                self._execute(cursor, self._driver.sql.ADD_RELEASED, listed)
            return bool(days)

        while self.transaction(work):
            pass

    def _unreleased(self, cursor: Any, until: int) -> range:
        """The next days to release, RELEASED_AT_ONCE at most."""
        self._execute(cursor, self._driver.sql.READ_FIRST_AND_LAST)
        first, last = cursor.fetchone()
        if first is None:
            return range(0)
        start = first if last is None else last + 1
        return range(start, min(until + 1, start + RELEASED_AT_ONCE))

    def read_released(self, measures: Iterable[str], since: int) -> list[Sum]:
        """As `read`, of what was released."""
        asked = (_encode(sorted({*measures})).decode(), since)
        statement = self._driver.sql.READ_RELEASED
        return self.transaction(lambda cursor: self._sums(cursor, statement, *asked))

    def released_totals(self) -> list[Sum]:
        """As `totals`, of what was released."""
        statement = self._driver.sql.READ_RELEASED_TOTALS
        return self.transaction(lambda cursor: self._sums(cursor, statement))

    def retain(self, day: int, at_once: int = DELETED_AT_ONCE) -> int:
        """Delete the rows of before `day` (days since 1970). Returns how many. Sums stay.

        `at_once`: rows in one transaction.
        """

        def work(cursor: Any) -> int:
            delete, *count = self._driver.sql.DELETE_OLD
            self._execute(cursor, delete, at_once, day * DAY_HOURS)
            for statement in count:
                cursor.execute(statement)
            (deleted,) = cursor.fetchone()
            return int(deleted)

        total = deleted = self.transaction(work)
        while deleted == at_once:
            deleted = self.transaction(work)
            total += deleted
        return total

    def transaction[T](self, work: Callable[[Any], T]) -> T:
        """Do `work` with a cursor and commit. Done again, after a pause, where that may help."""
        for pause in (*self._pauses, None):
            try:
                with self._lock:
                    return self._attempt(work)
            except StoreAway:
                if pause is None:
                    raise
                self._sleep(pause * random.uniform(0.75, 1.25))
        raise AssertionError("unreachable")

    def _attempt[T](self, work: Callable[[Any], T]) -> T:
        try:
            cursor = self._open().cursor()
            if begin := self._driver.sql.BEGIN:
                cursor.execute(begin)
            result = work(cursor)
            while getattr(cursor, "nextset", bool)():
                pass  # an error of a later statement of a batch is raised only here
            self._connection.commit()
            return result
        except BaseException as error:
            self.close()
            reason = self._driver.reason(error) if isinstance(error, Exception) else None
            if reason is None:
                raise
            number, verdict = reason
            raise ERRORS[verdict](number) from None
        finally:
            self._used_at = time.monotonic()

    def _open(self) -> Any:
        """The connection; a new one is closed once it is idle."""
        if self._connection is None:
            self._connection = self._driver.connect()
            self._closed = Event()
            watch = Thread(target=self._watch, args=(self._closed,), name="idle", daemon=True)
            watch.start()
        return self._connection

    def _watch(self, closed: Event) -> None:
        """Close a connection that nobody uses any more. Ends with the connection."""
        left = self._idle
        while not closed.wait(left):
            with self._lock:
                left = self._used_at + self._idle - time.monotonic()
                if left <= 0 and not closed.is_set():
                    self.close()

    def _execute(self, cursor: Any, statement: str, *parameters: Any) -> None:
        sizes = self._driver.sizes(parameters)
        if sizes is not None:
            cursor.setinputsizes(sizes)
        cursor.execute(statement, parameters)

    def _sums(self, cursor: Any, statement: str, *parameters: Any) -> list[Sum]:
        self._execute(cursor, statement, *parameters)
        return list(map(Sum._make, cursor.fetchall()))

    def close(self) -> None:
        """Close the connection. What was not committed is dropped."""
        connection, self._connection = self._connection, None
        self._closed.set()
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                if self._driver.reason(error) is None:
                    raise


ERRORS = {Verdict.AWAY: StoreAway, Verdict.ROW: RowRefused, Verdict.FAILED: StoreFailed}
