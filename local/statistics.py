"""The database of statistics of the local stack: a file."""

import logging
from collections.abc import Mapping
from pathlib import Path

from stats.drivers import Sqlite
from stats.migrate import migrate
from stats.store import StoreAway, StoreFailed

log = logging.getLogger("local")


def prepare(environ: Mapping[str, str]) -> None:
    """A database in a file is brought up to date. Without it calls go on all the same."""
    path = environ.get("SQL_CONNECTION", "").partition("sqlite:///")[2]
    if path:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            migrate(Sqlite(path))
        except (OSError, StoreAway, StoreFailed) as error:
            log.warning("no statistics: %s: %s", type(error).__name__, error)
