"""The two kinds of database: SQLite and Azure SQL. The only module that imports a driver.

The text of a driver's error can quote what was written. So an error leaves this module as a number.
"""

import re
import sqlite3
import struct
from collections.abc import Callable, Sequence
from enum import Enum
from types import ModuleType
from typing import Any, Protocol

from stats import sqlite, tsql

STATEMENT_SECONDS = 30
ACCESS_TOKEN = 1256  # SQL_COPT_SS_ACCESS_TOKEN
# Azure SQL: throttled, moved, waking up, deadlocked; and 2601/2627: two instances wrote the same at
# once, and the second try finds it there.
# https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
TRANSIENT = {
    *(233, 1205, 1222, 2601, 2627, 4060, 4221, 10053, 10054, 10060, 10928, 10929),
    *(40143, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920, 51222),
}
# IMC01-IMC06: the driver could not bring a broken connection back (idle connection resiliency).
TRANSIENT_STATES = {
    *("08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001"),
    *("IMC01", "IMC02", "IMC03", "IMC04", "IMC05", "IMC06"),
}
# A value that the database does not take: out of range, no NULL, too long, no number, no JSON.
ROW_ERRORS = {220, 245, 515, 547, 2628, 8114, 8115, 8152, 13609}
# SQLite's result codes: https://www.sqlite.org/rescode.html
SQLITE_TRANSIENT = {5: "busy", 6: "locked", 10: "I/O error", 13: "full", 14: "cannot be opened"}
SQLITE_ROW_ERRORS = {18: "too big", 19: "constraint", 20: "mismatch"}


class Verdict(Enum):
    """What an error of a database means for who wrote."""

    AWAY = "away"  # another try may help
    ROW = "row"  # one of the rows is refused; the others may be taken without it
    FAILED = "failed"  # nothing helps


class Driver(Protocol):
    """One kind of database."""

    @property
    def sql(self) -> ModuleType:
        """The module with its statements: sqlite.py or tsql.py."""
        ...

    def connect(self) -> Any:
        """A new DB-API connection. Raises the driver's errors."""
        ...

    def sizes(self, parameters: Sequence[Any]) -> list[Any] | None:
        """What `cursor.setinputsizes` has to get before these parameters; None: no call."""
        ...

    def reason(self, error: Exception) -> tuple[str, Verdict] | None:
        """The number of an error, and what it means. None if the error is not the driver's."""
        ...


class Sqlite:
    """A SQLite file."""

    sql = sqlite

    def __init__(self, path: str, wait: float = 5.0) -> None:
        """`wait`: seconds to wait for a lock."""
        self._path, self._wait = path, wait

    def connect(self) -> sqlite3.Connection:
        """Raises sqlite3.Error."""
        made = sqlite3.connect(
            self._path, timeout=self._wait, isolation_level=None, check_same_thread=False
        )
        try:
            # WAL: readers and the writer do not wait for each other. FULL: a commit is on the disk.
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            made.close()
            raise
        return made

    def sizes(self, parameters: Sequence[Any]) -> list[Any] | None:
        """See Driver."""
        return None

    def reason(self, error: Exception) -> tuple[str, Verdict] | None:
        """See Driver."""
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary result code
        if code in SQLITE_TRANSIENT:
            return f"SQLite {code}", Verdict.AWAY
        return f"SQLite {code}", Verdict.ROW if code in SQLITE_ROW_ERRORS else Verdict.FAILED


class Odbc:
    """Azure SQL or SQL Server by Microsoft's ODBC driver. It is imported at the first use."""

    sql = tsql

    def __init__(
        self,
        connection: str,
        token: Callable[[], str] | None = None,
        wait: int = 30,
        statement: int = STATEMENT_SECONDS,
    ) -> None:
        """`token` returns an Entra token for the database.

        Without it, `connection` has to name a user. `wait`: seconds for a login, `statement`: for
        one statement; 0: no limit.
        """
        self._connection, self._token = connection, token
        self._wait, self._statement = wait, statement

    def connect(self) -> Any:
        """Raises pyodbc.Error, or AzureError where no token can be had."""
        import pyodbc

        # To close a connection has to end its session: a database with one never sleeps.
        pyodbc.pooling = False
        token = None if self._token is None else self._token()
        attributes = {} if token is None else {ACCESS_TOKEN: _packed(token)}
        made = self._dial(attributes)
        try:
            made.timeout = self._statement
            # An error ends the whole transaction, not its own statement alone.
            made.execute("SET XACT_ABORT ON")
            made.commit()
        except BaseException:
            made.close()
            raise
        return made

    def _dial(self, attributes: dict[int, bytes]) -> Any:
        import pyodbc

        return pyodbc.connect(
            self._connection, autocommit=False, timeout=self._wait, attrs_before=attributes
        )

    def sizes(self, parameters: Sequence[Any]) -> list[Any] | None:
        """Every text as NVARCHAR(MAX).

        By itself the driver sends a text of more than 2,000 characters as NTEXT, which OPENJSON
        does not take, and a shorter one as NVARCHAR of its length: a plan for each (pyodbc #620).
        """
        import pyodbc

        whole = (pyodbc.SQL_WVARCHAR, 0, 0)
        return [whole if isinstance(one, str) else None for one in parameters]

    def reason(self, error: Exception) -> tuple[str, Verdict] | None:
        """See Driver."""
        import pyodbc
        from azure.core.exceptions import AzureError

        if isinstance(error, AzureError):
            return "no token", Verdict.AWAY
        if not isinstance(error, pyodbc.Error):
            return None
        state, text = (*map(str, error.args), "", "")[:2]
        # "[08001] [Microsoft]… text (40613) (SQLDriverConnect)"
        numbers = [int(number) for number in re.findall(r"\((\d{1,6})\)", text)]
        known = state if re.fullmatch(r"[0-9A-Z]{5}", state) else "-"
        said = " ".join(["SQL", known, *map(str, filter(None, numbers))])
        if state in TRANSIENT_STATES or not TRANSIENT.isdisjoint(numbers):
            return said, Verdict.AWAY
        # Class 22: data exceptions; 23: violated constraints (ISO/IEC 9075).
        of_a_row = state[:2] in ("22", "23") or not ROW_ERRORS.isdisjoint(numbers)
        return said, Verdict.ROW if of_a_row else Verdict.FAILED


def _packed(token: str) -> bytes:
    """A token as the driver takes it: UTF-16 after its length in bytes."""
    data = token.encode("utf-16-le")
    return struct.pack(f"<I{len(data)}s", len(data), data)
