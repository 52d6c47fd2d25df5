"""The store of statistics: rows are kept and counted once, sums are read, old rows are deleted."""

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

import msgspec

from stats.dates import DAY_HOURS
from stats.drivers import Driver
from stats.row import Row
from stats.sums import Sum, tally

DELETED_AT_ONCE = 5_000  # rows in one transaction
PAUSES_SECONDS = (0.2, 2.0)  # between the tries of a transaction

_encode = msgspec.json.encode


class StoreAway(Exception):
    """The database is away, locked or full for now. The text is a number."""


class StoreFailed(Exception):
    """The database refuses, and waiting does not help. The text is a number."""


class Store:
    """One connection. It is opened when needed, and again when lost. Threads take turns.

    Every method may raise StoreAway or StoreFailed. Then nothing was written. Only if the answer to
    the commit was lost, everything was.
    """

    def __init__(self, driver: Driver, pauses: Sequence[float] = PAUSES_SECONDS) -> None:
        """`pauses`: seconds before the second try, the third …; () for one try."""
        self._driver, self._pauses = driver, pauses
        self._lock = Lock()
        self._connection: Any = None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, rows: Iterable[Row]) -> int:
        """Keep and count the rows that are not there yet. Returns how many those were."""
        unique = {row.id: row for row in rows}

        def work(cursor: Any) -> int:
            cursor.execute(self._driver.sql.INSERT_EVENTS, (_encode([*unique.values()]).decode(),))
            new = [str(id) for (id,) in cursor.fetchall()]
            if new:
                sums = tally(unique[id] for id in new)
                # Every writer uses one order, so that two rarely wait for each other.
                listed = [Sum(*key, n)._asdict() for key, n in sorted(sums.items())]
                cursor.execute(self._driver.sql.ADD_SUMS, (_encode(listed).decode(),))
            return len(new)

        return self.transaction(work)

    def totals(self) -> list[Sum]:
        """`calls` and `peers` of every day."""
        return self.transaction(lambda cursor: _sums(cursor, self._driver.sql.READ_TOTALS))

    def read(self, measures: Iterable[str], since: int) -> list[Sum]:
        """The sums of the days from `since` (days since 1970) on."""
        asked = (_encode([*measures]).decode(), since)
        return self.transaction(lambda cursor: _sums(cursor, self._driver.sql.READ_SUMS, asked))

    def retain(self, day: int, at_once: int = DELETED_AT_ONCE) -> int:
        """Delete the rows of before `day` (days since 1970). Returns how many. Sums stay.

        `at_once`: rows in one transaction.
        """
        limits = (at_once, day * DAY_HOURS)

        def work(cursor: Any) -> int:
            return int(cursor.execute(self._driver.sql.DELETE_OLD, limits).rowcount)

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
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _attempt[T](self, work: Callable[[Any], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._driver.connect()
            cursor = self._connection.cursor()
            cursor.execute(self._driver.sql.BEGIN)
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
            number, again = reason
            raise (StoreAway if again else StoreFailed)(number) from None

    def close(self) -> None:
        """Close the connection. What was not committed is dropped."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                if self._driver.reason(error) is None:
                    raise


def _sums(cursor: Any, statement: str, parameters: Sequence[Any] = ()) -> list[Sum]:
    cursor.execute(statement, parameters)
    return list(map(Sum._make, cursor.fetchall()))
