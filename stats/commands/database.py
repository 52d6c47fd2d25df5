"""The database that a command works on: SQL_CONNECTION, or the local stack's file."""

import os
from pathlib import Path
from typing import Any

from stats.connect import open_driver
from stats.settings import read_sql
from stats.sql import Driver

LOCAL = "sqlite:///.heliograph/stats.sqlite"


def open_database() -> Driver:
    """Azure SQL is opened as whoever runs this: `az login`, a pipeline, or an identity.

    Raises SettingsError.
    """
    environ = {"SQL_CONNECTION": LOCAL, **os.environ}
    sql = read_sql(environ) or read_sql({"SQL_CONNECTION": LOCAL})
    assert sql is not None
    if sql.path is not None:
        Path(sql.path).parent.mkdir(parents=True, exist_ok=True)
    return open_driver(sql.path, sql.connection, credential, wait=60)


def credential() -> Any:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()
