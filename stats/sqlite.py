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

# What was released (released.py) is read in the same way.
READ_RELEASED = READ_SUMS.replace("FROM sums", "FROM released")
READ_RELEASED_TOTALS = READ_TOTALS.replace("FROM sums", "FROM released")
# The first day of which there is a sum, and the last that was released.
READ_FIRST_AND_LAST = "SELECT (SELECT min(day) FROM sums), (SELECT max(day) FROM released)"
# The sums of the days from ? to ?.
READ_DAYS = f"SELECT {_names(SUM_COLUMNS)} FROM sums WHERE day BETWEEN ? AND ?"
LOCK_RELEASE = "SELECT 1"  # BEGIN IMMEDIATE has locked the file
ADD_RELEASED = f"""\
INSERT INTO released ({_names(SUM_COLUMNS)})
SELECT {_values(SUM_COLUMNS)}
FROM json_each(?)"""

# At most ?1 rows of before hour ?2; and how many it were.
DELETE_OLD = (
    "DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE hour < ?2 LIMIT ?1)",
    "SELECT changes()",
)

VERSION_TABLE = """\
CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)"""
# What each script said when it was applied.
CHECKSUM_TABLE = """\
CREATE TABLE IF NOT EXISTS schema_checksum (version INTEGER PRIMARY KEY, checksum TEXT NOT NULL)"""
READ_CHECKSUMS = "SELECT version, checksum FROM schema_checksum"
WRITE_CHECKSUM = "INSERT INTO schema_checksum (version, checksum) VALUES (?, ?)"
READ_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
WRITE_VERSION = "INSERT INTO schema_version (version, name) VALUES (?, ?)"
PREPARE = (VERSION_TABLE, CHECKSUM_TABLE)
