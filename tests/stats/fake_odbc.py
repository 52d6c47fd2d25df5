"""Azure SQL as pyodbc shows it, without a server: what the statements do, and how they fail.

It keeps what tsql.py's statements would keep and knows no other statement. What it takes from the
real ones:

- a paused database refuses logins with 40613 while it wakes up, about a minute
  (troubleshoot-common-errors-issues of Azure SQL's documents)
- a text of more than 2,000 characters is sent as NTEXT unless `setinputsizes` says otherwise
  (pyodbc #620), and OPENJSON takes no NTEXT (error 8116)
- SET NOCOUNT ON holds until the session ends: from then on `rowcount` is -1. Before it, the first
  result of a batch that deletes is a count and not a row, and pyodbc has nothing to fetch
- a statement whose value does not fit an INT fails with 22003, error 8115
- sp_getapplock is held until the transaction ends, and waiting for it may take too long
- after a commit the session has a transaction again, so it counts as a session until it is closed
"""

import json
from collections.abc import Callable
from threading import Lock
from typing import Any

import pyodbc

from stats import tsql
from stats.drivers import Odbc

WAKES_UP = (
    "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Database 'd' on server 's' is not "
)
WAKES_UP += "currently available.  Please retry the connection later. (40613) (SQLDriverConnect)"
NTEXT = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Argument data type ntext is invalid "
NTEXT += "for argument 1 of OpenJson function. (8116) (SQLExecDirectW)"
OVERFLOW = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Arithmetic overflow error "
OVERFLOW += "converting expression to data type int. (8115) (SQLExecDirectW)"
LOCKED = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]lock (51222) (SQLExecDirectW)"
MOST_CHARACTERS = 2_000
MOST_INT = 2**31 - 1
ANY_LENGTH = (pyodbc.SQL_WVARCHAR, 0, 0)


class Server:
    """One database. `now` is in seconds, and only tests move it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.awake_at: float | None = 0.0  # None: asleep, until somebody logs in
        self.seconds_to_wake = 60.0
        self.waking_state = "08001"  # the SQLSTATE with 40613; it is not always the same
        self.events: dict[str, int] = {}  # hours by id
        self.sums: dict[tuple[Any, ...], int] = {}
        self.released: dict[tuple[Any, ...], int] = {}
        self.sessions: set[Session] = set()
        self.logins = 0
        self.statements: list[str] = []
        self.sums_lock = Lock()
        self.lock_seconds = 0.2  # how long sp_getapplock waits; 10 on a real one

    def pass_time(self, seconds: float) -> None:
        """Instead of sleeping."""
        self.now += seconds

    def log_in(self) -> "Session":
        """A new session. Raises pyodbc.Error while the database wakes up."""
        self.logins += 1
        if self.awake_at is None:
            self.awake_at = self.now + self.seconds_to_wake
        if self.now < self.awake_at:
            raise pyodbc.Error(self.waking_state, f"[{self.waking_state}] {WAKES_UP}")
        session = Session(self)
        self.sessions.add(session)
        return session


class FakeOdbc(Odbc):
    """The driver of a Server."""

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__("Server=s;Database=d", **options)
        self.server = server

    def _dial(self, attributes: dict[int, bytes]) -> Any:
        return self.server.log_in()


class Session:
    """A connection. What a transaction changes is there when it commits."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.timeout = 0
        self.nocount = False
        self.options: list[str] = []
        self._changes: list[Any] = []
        self._holds_lock = False

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def execute(self, statement: str) -> None:
        self.options.append(statement)

    def change(self, do: Any) -> None:
        self._changes.append(do)

    def lock_sums(self) -> None:
        """sp_getapplock. Raises pyodbc.Error when another holds it for too long."""
        if not self._holds_lock:
            if not self.server.sums_lock.acquire(timeout=self.server.lock_seconds):
                raise pyodbc.ProgrammingError("42000", f"[42000] {LOCKED}")
            self._holds_lock = True

    def commit(self) -> None:
        for do in self._changes:
            do()
        self._end()

    def close(self) -> None:
        self._end()
        self.server.sessions.discard(self)

    def _end(self) -> None:
        self._changes = []
        if self._holds_lock:
            self._holds_lock = False
            self.server.sums_lock.release()


class Cursor:
    """Runs the statements of tsql.py."""

    def __init__(self, session: Session) -> None:
        self._session, self._server = session, session.server
        self._sizes: list[Any] = []
        self._rows: list[tuple[Any, ...]] = []
        self._count_is_first = False
        self.rowcount = -1

    def setinputsizes(self, sizes: list[Any]) -> None:
        self._sizes = sizes

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> "Cursor":
        self._server.statements.append(statement)
        for place, one in enumerate(parameters):
            size = self._sizes[place] if place < len(self._sizes) else None
            if isinstance(one, str) and len(one) > MOST_CHARACTERS and size != ANY_LENGTH:
                raise pyodbc.ProgrammingError("42000", f"[42000] {NTEXT}")
        self._rows = []
        affected = STATEMENTS[statement](self, *parameters)
        if "SET NOCOUNT ON" in statement:
            self._session.nocount = True
        self.rowcount = -1 if self._session.nocount else affected
        self._count_is_first = "DELETE" in statement and not self._session.nocount
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...]:
        if self._count_is_first:
            raise pyodbc.ProgrammingError("No results.  Previous SQL was not a query.")
        return self._rows[0]

    def nextset(self) -> bool:
        return False

    def insert_events(self, text: str) -> int:
        rows = json.loads(text)
        if any(row["duration"] > MOST_INT for row in rows):
            raise pyodbc.DataError("22003", f"[22003] {OVERFLOW}")
        new = {row["id"]: row["hour"] for row in rows if row["id"] not in self._server.events}
        self._session.change(lambda: self._server.events.update(new))
        self._rows = [(id,) for id in new]
        return len(new)

    def add_sums(self, text: str) -> int:
        self._session.lock_sums()
        more = {tuple(list(one.values())[:4]): one["n"] for one in json.loads(text)}

        def add() -> None:
            for key, n in more.items():
                self._server.sums[key] = self._server.sums.get(key, 0) + n

        self._session.change(add)
        return len(more)

    def delete_old(self, most: int, hour: int) -> int:
        old = [id for id, at in self._server.events.items() if at < hour][:most]
        self._session.change(lambda: [self._server.events.pop(id) for id in old])
        self._rows = [(len(old),)]
        return len(old)

    def lock_release(self) -> int:
        """As the lock of the sums: whoever releases holds it until the end of the transaction."""
        self._session.lock_sums()
        return -1

    def read_first_and_last(self) -> int:
        first = min((key[1] for key in self._server.sums), default=None)
        self._rows = [(first, max((key[1] for key in self._server.released), default=None))]
        return 1

    def add_released(self, text: str) -> int:
        more = {tuple(list(one.values())[:4]): one["n"] for one in json.loads(text)}

        def add() -> None:
            assert not more.keys() & self._server.released.keys(), "the primary key"
            self._server.released.update(more)

        self._session.change(add)
        return len(more)

    def read_days(self, first: int, last: int) -> int:
        return self._read(self._server.sums, lambda key: first <= key[1] <= last)

    def read_sums(self, text: str, day: int) -> int:
        asked = json.loads(text)
        return self._read(self._server.sums, lambda key: key[0] in asked and key[1] >= day)

    def read_totals(self) -> int:
        return self._read(self._server.sums, lambda key: key[0] in ("calls", "peers"))

    def read_released(self, text: str, day: int) -> int:
        asked = json.loads(text)
        return self._read(self._server.released, lambda key: key[0] in asked and key[1] >= day)

    def read_released_totals(self) -> int:
        return self._read(self._server.released, lambda key: key[0] in ("calls", "peers"))

    def _read(self, table: dict[tuple[Any, ...], int], where: Callable[[Any], bool]) -> int:
        self._rows = [(*key, n) for key, n in table.items() if where(key)]
        return len(self._rows)


STATEMENTS = {
    tsql.INSERT_EVENTS: Cursor.insert_events,
    tsql.ADD_SUMS: Cursor.add_sums,
    tsql.DELETE_OLD[0]: Cursor.delete_old,
    tsql.READ_SUMS: Cursor.read_sums,
    tsql.READ_TOTALS: Cursor.read_totals,
    tsql.LOCK_RELEASE: Cursor.lock_release,
    tsql.READ_FIRST_AND_LAST: Cursor.read_first_and_last,
    tsql.READ_DAYS: Cursor.read_days,
    tsql.ADD_RELEASED: Cursor.add_released,
    tsql.READ_RELEASED: Cursor.read_released,
    tsql.READ_RELEASED_TOTALS: Cursor.read_released_totals,
}
