"""Open the database that the settings name."""

from collections.abc import Callable
from typing import Any

from stats.drivers import Driver, Odbc, Sqlite

SCOPE = "https://database.windows.net/.default"
MICROSOFT = "Driver={ODBC Driver 18 for SQL Server};"


def open_driver(
    path: str | None, connection: str | None, credential: Callable[[], Any], *, wait: float
) -> Driver:
    """SQLite at `path`, or Azure SQL by an ODBC connection string and a token of `credential`.

    Nothing is connected yet, and `credential` is called at the first connection. `wait`: seconds
    for a lock, or for a login (a paused database wakes up first).
    """
    if path is not None:
        return Sqlite(path, wait)
    assert connection is not None
    if "driver=" not in connection.lower():
        connection = MICROSOFT + connection
    made: list[Any] = []

    def token() -> str:
        if not made:
            made.append(credential())
        return str(made[0].get_token(SCOPE).token)

    return Odbc(connection, token, round(wait))
