"""The database: SQLite or Azure SQL. The only module that touches a driver.

A text of a driver can quote what was written, so none leaves this module: errors have numbers.
"""

import re
import sqlite3
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from types import ModuleType
from typing import Any, Protocol

import msgspec

from stats import sqlite, tsql
from stats.anonymize import DAY, Key, Row, Sum, tally

TOKEN = 1256  # SQL_COPT_SS_ACCESS_TOKEN
SLICE = 5_000  # rows deleted at once
PAUSES = (0.2, 2.0)  # seconds between the tries of a write
# Azure SQL: throttled, moved, waking up, deadlocked; and 2601/2627, where two instances write the
# same at once and the second try finds it there.
# https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
TRANSIENT = {
    *(233, 1205, 1222, 2601, 2627, 4060, 4221, 10053, 10054, 10060, 10928, 10929),
    *(40143, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920, 51222),
}
TRANSIENT_STATES = {"08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001"}
BUSY = {5: "busy", 6: "locked", 10: "I/O error", 13: "full", 14: "cannot be opened"}


class StoreAway(Exception):
    """The database is away, locked or full for now. The text is a number."""


class StoreFailed(Exception):
    """The database refuses for a reason that waiting does not cure. The text is a number."""


class Driver(Protocol):
    """One kind of database."""

    @property
    def sql(self) -> ModuleType:
        """Its statements."""
        ...

    def connect(self) -> Any: ...

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        """Its number, and whether to try again; None if the error is not the driver's."""
        ...


class Sqlite:
    sql = sqlite

    def __init__(self, path: str, wait: float = 5.0) -> None:
        self._path, self._wait = path, wait

    def connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(
            self._path, timeout=self._wait, isolation_level=None, check_same_thread=False
        )
        try:
            # Readers and the writer do not wait for each other; a commit is on the disk.
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            made.close()
            raise
        return made

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more closely
        return f"SQLite {code}", code in BUSY


class Odbc:
    sql = tsql

    def __init__(
        self, connection: str, token: Callable[[], str] | None = None, wait: int = 30
    ) -> None:
        """`token` gives an Entra token for the database; without it the string must open it."""
        self._connection, self._token, self._wait = connection, token, wait

    def connect(self) -> Any:
        import pyodbc

        token = None if self._token is None else self._token()
        attributes = {} if token is None else {TOKEN: _packed(token)}
        made = pyodbc.connect(
            self._connection, autocommit=False, timeout=self._wait, attrs_before=attributes
        )
        made.timeout = self._wait
        return made

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        import pyodbc
        from azure.core.exceptions import AzureError

        if isinstance(error, AzureError):
            return "no token", True
        if not isinstance(error, pyodbc.Error):
            return None
        state, text = (*map(str, error.args), "", "")[:2]
        # "[08001] [Microsoft]… text (40613) (SQLDriverConnect)"
        numbers = [int(number) for number in re.findall(r"\((\d{1,6})\)", text)]
        again = state in TRANSIENT_STATES or not TRANSIENT.isdisjoint(numbers)
        known = state if re.fullmatch(r"[0-9A-Z]{5}", state) else "-"
        return " ".join(["SQL", known, *map(str, filter(None, numbers))]), again


def _packed(token: str) -> bytes:
    data = token.encode("utf-16-le")
    return struct.pack(f"<I{len(data)}s", len(data), data)


class Store:
    """One connection, opened when needed and opened again when lost. Threads take turns.

    Every method may raise StoreAway or StoreFailed; then nothing of it has happened, or (when the
    answer to a commit was lost) all of it.
    """

    def __init__(self, driver: Driver, pauses: Sequence[float] = PAUSES) -> None:
        self._driver, self._pauses = driver, pauses
        self._lock = Lock()
        self._connection: Any = None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, rows: Iterable[Row]) -> int:
        """Keep and count what is not there yet; how many that were."""
        unique = {row.id: row for row in rows}

        def work(cursor: Any) -> int:
            cursor.execute(self._driver.sql.INSERT_EVENTS, (_json(unique.values()),))
            new = [str(id) for (id,) in cursor.fetchall()]
            if new:
                sums = tally(unique[id] for id in new)
                # In one order everywhere, so that two writers rarely wait for each other.
                listed = [{**key._asdict(), "n": n} for key, n in sorted(sums.items())]
                cursor.execute(self._driver.sql.ADD_SUMS, (_json(listed),))
            return len(new)

        return self.transaction(work)

    def totals(self) -> list[Sum]:
        """`calls` and `peers` of every day."""
        return self.transaction(lambda cursor: _sums(cursor, self._driver.sql.READ_TOTALS))

    def read(self, measures: Iterable[str], since: int) -> list[Sum]:
        """The sums of the days from `since` (days since 1970) on."""
        asked = (_json(list(measures)), since)
        return self.transaction(lambda cursor: _sums(cursor, self._driver.sql.READ_SUMS, asked))

    def retain(self, day: int) -> int:
        """Delete the rows of before `day`, in slices; how many. Sums stay."""
        deleted = SLICE
        total = 0
        while deleted == SLICE:
            deleted = self.transaction(
                lambda c: int(c.execute(self._driver.sql.DELETE_OLD, (SLICE, day * DAY)).rowcount)
            )
            total += deleted
        return total

    def transaction[T](self, work: Callable[[Any], T]) -> T:
        """Do `work` with a cursor and commit; again if that may help."""
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
                pass  # an error of a later statement of a batch shows only here
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
        """Drop the connection, and with it what was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                if self._driver.reason(error) is None:
                    raise


def _json(value: Any) -> str:
    return msgspec.json.encode(list(value)).decode()


def _sums(cursor: Any, statement: str, parameters: Sequence[Any] = ()) -> list[Sum]:
    cursor.execute(statement, parameters)
    return list(map(Sum._make, cursor.fetchall()))


def key_of(found: Sum) -> Key:
    return Key(*found[:4])
