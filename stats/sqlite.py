"""The statements for SQLite. Rows travel as one JSON parameter. Pure."""

from collections.abc import Iterable

from stats.row import EVENT_COLUMNS, Column
from stats.sums import SUM_COLUMNS


def _names(columns: Iterable[Column]) -> str:
    return ", ".join(column.name for column in columns)


def _values(columns: Iterable[Column]) -> str:
    """Each column's value out of a JSON object, in the order of the columns."""
    members = ((f"value ->> '{column.name}'", column.missing) for column in columns)
    return ", ".join(
        member if missing is None else f"coalesce({member}, {missing})"
        for member, missing in members
    )


BEGIN = "BEGIN IMMEDIATE"

# Inserts the rows that are new, and returns their ids.
INSERT_EVENTS = f"""\
INSERT OR IGNORE INTO events ({_names(EVENT_COLUMNS)})
SELECT {_values(EVENT_COLUMNS)}
FROM json_each(?)
RETURNING id"""

ADD_SUMS = f"""\
INSERT INTO sums ({_names(SUM_COLUMNS)})
SELECT {_values(SUM_COLUMNS)}
FROM json_each(?) WHERE true
ON CONFLICT DO UPDATE SET n = n + excluded.n"""

# `calls` and `peers` of every day.
READ_TOTALS = f"SELECT {_names(SUM_COLUMNS)} FROM sums WHERE measure IN ('calls', 'peers')"
# Some measures of the days from ? on.
READ_SUMS = f"""\
SELECT {_names(SUM_COLUMNS)} FROM sums
WHERE measure IN (SELECT value FROM json_each(?)) AND day >= ?"""

# At most ?1 rows of before hour ?2.
DELETE_OLD = """\
DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE hour < ?2 LIMIT ?1)"""

VERSION_TABLE = """\
CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)"""
READ_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
WRITE_VERSION = "INSERT INTO schema_version (version, name) VALUES (?, ?)"
PREPARE = (VERSION_TABLE,)
