"""From a place to a database."""

from collections.abc import Callable
from typing import Any

from stats.sql import Driver, Odbc, Sqlite

SCOPE = "https://database.windows.net/.default"
MICROSOFT = "Driver={ODBC Driver 18 for SQL Server};"


def open_driver(
    path: str | None, connection: str | None, credential: Callable[[], Any], *, wait: float
) -> Driver:
    """SQLite at `path`, or Azure SQL with an Azure credential, which is made when it is needed.

    `wait`: seconds for a lock, or for a database that wakes up.
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
