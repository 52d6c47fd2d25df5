"""The statements for Azure SQL (T-SQL). Rows travel as one JSON parameter. Pure.

The app uses INSERT, SELECT and DELETE only: it has no right to UPDATE, and MERGE is not available
everywhere. To add to a sum, it deletes the sum and inserts the new one in one transaction. When
two transactions do this at once, one waits for the other, or one violates the key and runs again.
"""

from collections.abc import Iterable
from uuid import UUID

from stats.row import EVENT_COLUMNS, Column
from stats.sums import SUM_COLUMNS

SCHEMA = "heliograph"


def quote(name: str) -> str:
    """A name as T-SQL reads it, whatever characters are in it (QUOTENAME)."""
    return "[" + name.replace("]", "]]") + "]"


def _declared(columns: Iterable[Column]) -> str:
    """As _types, for a table variable: with the collation of our tables."""
    types = ((quote(column.name), column.tsql) for column in columns)
    return ", ".join(
        f"{name} {kind}{' COLLATE Latin1_General_BIN2' if 'CHAR' in kind else ''}"
        for name, kind in types
    )


def _names(columns: Iterable[Column], prefix: str = "") -> str:
    return ", ".join(prefix + quote(column.name) for column in columns)


def _types(columns: Iterable[Column]) -> str:
    """Names with types: for OPENJSON to read members by their names."""
    return ", ".join(f"{quote(column.name)} {column.tsql}" for column in columns)


def _values(columns: Iterable[Column], prefix: str) -> str:
    named = ((prefix + quote(column.name), column.missing) for column in columns)
    return ", ".join(
        name if missing is None else f"COALESCE({name}, {missing})" for name, missing in named
    )


BEGIN = ""  # the driver opens a transaction with the first statement

# Inserts the rows that are new, and returns their ids.
INSERT_EVENTS = f"""\
INSERT INTO {SCHEMA}.events ({_names(EVENT_COLUMNS)})
OUTPUT inserted.id
SELECT {_values(EVENT_COLUMNS, "r.")}
FROM OPENJSON(?) WITH ({_types(EVENT_COLUMNS)}) AS r
WHERE NOT EXISTS (
    SELECT 1 FROM {SCHEMA}.events AS e
    WHERE e.id = r.id COLLATE Latin1_General_BIN2
)"""


def _lock(resource: str, timeout_ms: int) -> str:
    """Wait for a lock that goes with the transaction, or fail with 51222 (drivers.TRANSIENT)."""
    return f"""\
DECLARE @got INT;
EXEC @got = sp_getapplock @Resource = '{resource}', @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = {timeout_ms};
IF @got < 0 THROW 51222, 'lock', 1;"""


# One writer at a time: those of one day would wait for each other at the keys of its sums.
ADD_SUMS = f"""\
SET NOCOUNT ON;
DECLARE @json NVARCHAR(MAX) = ?;
{_lock("heliograph-sums", 10_000)}
DECLARE @more TABLE ({_declared(SUM_COLUMNS)});
DECLARE @old TABLE ({_declared(SUM_COLUMNS)});
INSERT INTO @more ({_names(SUM_COLUMNS)})
SELECT {_names(SUM_COLUMNS)} FROM OPENJSON(@json) WITH ({_types(SUM_COLUMNS)});
DELETE FROM {SCHEMA}.sums
OUTPUT {_names(SUM_COLUMNS, "deleted.")} INTO @old
WHERE EXISTS (
    SELECT 1 FROM @more AS m
    WHERE m.measure = sums.measure AND m.day = sums.day
        AND m.detail = sums.detail AND m.demo = sums.demo
);
INSERT INTO {SCHEMA}.sums ({_names(SUM_COLUMNS)})
SELECT measure, day, detail, demo, SUM(n)
FROM (
    SELECT {_names(SUM_COLUMNS)} FROM @more
    UNION ALL
    SELECT {_names(SUM_COLUMNS)} FROM @old
) AS old_and_new
GROUP BY measure, day, detail, demo;"""

# `calls` and `peers` of every day.
READ_TOTALS = f"""\
SELECT {_names(SUM_COLUMNS)} FROM {SCHEMA}.sums WHERE measure IN ('calls', 'peers')"""
# Some measures of the days from ? on.
READ_SUMS = f"""\
SELECT {_names(SUM_COLUMNS, "s.")}
FROM OPENJSON(?) WITH (measure VARCHAR(16) '$') AS asked
JOIN {SCHEMA}.sums AS s
    ON s.measure = asked.measure COLLATE Latin1_General_BIN2 AND s.day >= ?"""

# What was released (released.py) is read in the same way.
READ_RELEASED = READ_SUMS.replace(f"{SCHEMA}.sums", f"{SCHEMA}.released")
READ_RELEASED_TOTALS = READ_TOTALS.replace(f"{SCHEMA}.sums", f"{SCHEMA}.released")
# The first day of which there is a sum, and the last that was released.
READ_FIRST_AND_LAST = f"""\
SELECT (SELECT MIN(day) FROM {SCHEMA}.sums), (SELECT MAX(day) FROM {SCHEMA}.released)"""
# The sums of the days from ? to ?.
READ_DAYS = f"SELECT {_names(SUM_COLUMNS)} FROM {SCHEMA}.sums WHERE day BETWEEN ? AND ?"
# One instance at a time: a day is released once.
LOCK_RELEASE = "SET NOCOUNT ON;\n" + _lock("heliograph-release", 3_000)
ADD_RELEASED = f"""\
INSERT INTO {SCHEMA}.released ({_names(SUM_COLUMNS)})
SELECT {_names(SUM_COLUMNS)} FROM OPENJSON(?) WITH ({_types(SUM_COLUMNS)})"""

# At most ? rows of before hour ?; and how many it were, whatever NOCOUNT says on this connection.
DELETE_OLD = (
    f"""\
SET NOCOUNT ON;
DELETE TOP (?) FROM {SCHEMA}.events WHERE hour < ?;
SELECT @@ROWCOUNT""",
)

LOCK = f"SET NOCOUNT ON;\n{_lock('heliograph-migrate', 60_000)}"
CREATE_SCHEMA = f"IF SCHEMA_ID('{SCHEMA}') IS NULL EXEC('CREATE SCHEMA {SCHEMA}')"
VERSION_TABLE = f"""\
IF OBJECT_ID('{SCHEMA}.schema_version') IS NULL
    CREATE TABLE {SCHEMA}.schema_version (version INT PRIMARY KEY, name VARCHAR(100) NOT NULL)"""
# What each script said when it was applied.
CHECKSUM_TABLE = f"""\
IF OBJECT_ID('{SCHEMA}.schema_checksum') IS NULL
    CREATE TABLE {SCHEMA}.schema_checksum (version INT PRIMARY KEY, checksum CHAR(64) NOT NULL)"""
READ_CHECKSUMS = f"SELECT version, checksum FROM {SCHEMA}.schema_checksum"
WRITE_CHECKSUM = f"INSERT INTO {SCHEMA}.schema_checksum (version, checksum) VALUES (?, ?)"
READ_VERSION = f"SELECT COALESCE(MAX(version), 0) FROM {SCHEMA}.schema_version"
WRITE_VERSION = f"INSERT INTO {SCHEMA}.schema_version (version, name) VALUES (?, ?)"
PREPARE = (LOCK, CREATE_SCHEMA, VERSION_TABLE, CHECKSUM_TABLE)


def create_user(name: str, client_id: UUID) -> tuple[str, ...]:
    """The statements that make a user of an identity.

    The SID of an identity is its client id, in the byte order of a uniqueidentifier (little
    endian). With the SID, the database need not look the identity up in the directory. A user of
    the name with another SID is of an identity that is gone: made anew, it has another client id.
    """
    user, literal = quote(name), name.replace("'", "''")
    sid = f"0x{client_id.bytes_le.hex().upper()}"
    return (
        "IF EXISTS (SELECT 1 FROM sys.database_principals "
        f"WHERE name = N'{literal}' AND sid <> {sid})\nDROP USER {user}",
        f"IF DATABASE_PRINCIPAL_ID(N'{literal}') IS NULL\n"
        f"CREATE USER {user} WITH SID = {sid}, TYPE = E",
    )


def grant(name: str, client_id: UUID) -> tuple[str, ...]:
    """The statements that give the app's identity access to one schema and to nothing else."""
    rights = f"GRANT SELECT, INSERT, DELETE ON SCHEMA::{SCHEMA} TO {quote(name)}"
    return (*create_user(name, client_id), rights)


def grant_migrations(name: str, client_id: UUID) -> tuple[str, ...]:
    """The statements that let an identity run migrations: our schema, and nothing beside it."""
    user = quote(name)
    return (
        *create_user(name, client_id),
        f"GRANT SELECT, INSERT, UPDATE, DELETE, ALTER ON SCHEMA::{SCHEMA} TO {user}",
        f"GRANT CREATE TABLE TO {user}",
    )
