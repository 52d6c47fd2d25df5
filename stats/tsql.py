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


def _names(columns: Iterable[Column], prefix: str = "") -> str:
    return ", ".join(prefix + quote(column.name) for column in columns)


def _types(columns: Iterable[Column]) -> str:
    """Names with types: for a table variable, or for OPENJSON to read members by their names."""
    return ", ".join(f"{quote(column.name)} {column.tsql}" for column in columns)


def _values(columns: Iterable[Column], prefix: str) -> str:
    named = ((prefix + quote(column.name), column.missing) for column in columns)
    return ", ".join(
        name if missing is None else f"COALESCE({name}, {missing})" for name, missing in named
    )


# The driver opens a transaction with the first statement, so this only sets an option.
BEGIN = "SET XACT_ABORT ON"

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

ADD_SUMS = f"""\
SET NOCOUNT ON;
DECLARE @json NVARCHAR(MAX) = ?;
DECLARE @more TABLE ({_types(SUM_COLUMNS)});
DECLARE @old TABLE ({_types(SUM_COLUMNS)});
INSERT INTO @more ({_names(SUM_COLUMNS)})
SELECT {_names(SUM_COLUMNS)} FROM OPENJSON(@json) WITH ({_types(SUM_COLUMNS)});
DELETE FROM {SCHEMA}.sums
OUTPUT {_names(SUM_COLUMNS, "deleted.")} INTO @old
WHERE EXISTS (
    SELECT 1 FROM @more AS m
    WHERE m.measure COLLATE Latin1_General_BIN2 = sums.measure AND m.day = sums.day
        AND m.detail COLLATE Latin1_General_BIN2 = sums.detail AND m.demo = sums.demo
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
SELECT {_names(SUM_COLUMNS, "s.")} FROM {SCHEMA}.sums AS s
WHERE s.measure IN (
    SELECT value COLLATE Latin1_General_BIN2 FROM OPENJSON(?)
) AND s.day >= ?"""

# At most ? rows of before hour ?.
DELETE_OLD = f"DELETE TOP (?) FROM {SCHEMA}.events WHERE hour < ?"

LOCK = """\
SET NOCOUNT ON;
DECLARE @got INT;
EXEC @got = sp_getapplock @Resource = 'heliograph-migrate', @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = 60000;
IF @got < 0 THROW 51222, 'lock', 1;"""
CREATE_SCHEMA = f"IF SCHEMA_ID('{SCHEMA}') IS NULL EXEC('CREATE SCHEMA {SCHEMA}')"
VERSION_TABLE = f"""\
IF OBJECT_ID('{SCHEMA}.schema_version') IS NULL
    CREATE TABLE {SCHEMA}.schema_version (version INT PRIMARY KEY, name VARCHAR(100) NOT NULL)"""
READ_VERSION = f"SELECT COALESCE(MAX(version), 0) FROM {SCHEMA}.schema_version"
WRITE_VERSION = f"INSERT INTO {SCHEMA}.schema_version (version, name) VALUES (?, ?)"
PREPARE = (LOCK, CREATE_SCHEMA, VERSION_TABLE)


def grant(name: str, client_id: UUID) -> tuple[str, ...]:
    """The statements that give the app's identity access to one schema and to nothing else.

    The SID of an identity is its client id, in the byte order of a uniqueidentifier (little
    endian). With the SID, the database need not look the identity up in the directory.
    """
    user, literal = quote(name), name.replace("'", "''")
    create = f"CREATE USER {user} WITH SID = 0x{client_id.bytes_le.hex().upper()}, TYPE = E"
    return (
        f"IF DATABASE_PRINCIPAL_ID(N'{literal}') IS NULL\n{create}",
        f"GRANT SELECT, INSERT, DELETE ON SCHEMA::{SCHEMA} TO {user}",
    )
