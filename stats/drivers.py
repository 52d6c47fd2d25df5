"""The two kinds of database: SQLite and Azure SQL. The only module that imports a driver.

The text of a driver's error can quote what was written. So an error leaves this module as a number.
"""

import re
import sqlite3
import struct
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from stats import sqlite, tsql

ACCESS_TOKEN = 1256  # SQL_COPT_SS_ACCESS_TOKEN
# Azure SQL: throttled, moved, waking up, deadlocked; and 2601/2627: two instances wrote the same at
# once, and the second try finds it there.
# https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
TRANSIENT = {
    *(233, 1205, 1222, 2601, 2627, 4060, 4221, 10053, 10054, 10060, 10928, 10929),
    *(40143, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920, 51222),
}
TRANSIENT_STATES = {"08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001"}
# SQLite's result codes: https://www.sqlite.org/rescode.html
SQLITE_TRANSIENT = {5: "busy", 6: "locked", 10: "I/O error", 13: "full", 14: "cannot be opened"}


class Driver(Protocol):
    """One kind of database."""

    @property
    def sql(self) -> ModuleType:
        """The module with its statements: sqlite.py or tsql.py."""
        ...

    def connect(self) -> Any:
        """A new DB-API connection. Raises the driver's errors."""
        ...

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        """The number of an error, and whether another try may help.

        None if the error is not the driver's.
        """
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

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        """See Driver."""
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary result code
        return f"SQLite {code}", code in SQLITE_TRANSIENT


class Odbc:
    """Azure SQL or SQL Server by Microsoft's ODBC driver. It is imported at the first use."""

    sql = tsql

    def __init__(
        self, connection: str, token: Callable[[], str] | None = None, wait: int = 30
    ) -> None:
        """`token` returns an Entra token for the database.

        Without it, `connection` has to name a user. `wait`: seconds for a login or a statement.
        """
        self._connection, self._token, self._wait = connection, token, wait

    def connect(self) -> Any:
        """Raises pyodbc.Error, or AzureError where no token can be had."""
        import pyodbc

        token = None if self._token is None else self._token()
        attributes = {} if token is None else {ACCESS_TOKEN: _packed(token)}
        made = pyodbc.connect(
            self._connection, autocommit=False, timeout=self._wait, attrs_before=attributes
        )
        made.timeout = self._wait
        return made

    def reason(self, error: Exception) -> tuple[str, bool] | None:
        """See Driver."""
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
    """A token as the driver takes it: UTF-16 after its length in bytes."""
    data = token.encode("utf-16-le")
    return struct.pack(f"<I{len(data)}s", len(data), data)
