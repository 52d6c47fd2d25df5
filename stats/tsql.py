"""The statements for Azure SQL (T-SQL). Rows travel as one JSON parameter.

Only INSERT, SELECT and DELETE: the app has no right to UPDATE, and MERGE is not to be had
everywhere. A sum grows by being deleted and inserted in one transaction; two that do so at once
wait for each other, or one of them violates the key and is done again.
"""

from uuid import UUID

SCHEMA = "heliograph"

# Nothing is begun by hand: the driver opens a transaction with the first statement.
BEGIN = "SET XACT_ABORT ON"

_FORM = """\
        id CHAR(32), hour INT, outcome VARCHAR(16), side VARCHAR(6), path VARCHAR(5),
        transport VARCHAR(3), bytes_up BIGINT, bytes_down BIGINT, duration INT, media TINYINT,
        retries TINYINT, turn VARCHAR(8), browser VARCHAR(8), admit TINYINT, signal TINYINT,
        ice TINYINT, dtls TINYINT, [open] TINYINT, total TINYINT, demo BIT"""

# Rows that are new; their ids come back.
INSERT_EVENTS = f"""\
INSERT INTO {SCHEMA}.events (id, hour, outcome, side, path, transport, bytes_up, bytes_down,
    duration, media, retries, turn, browser, admit, signal, ice, dtls, [open], total, demo)
OUTPUT inserted.id
SELECT r.id, r.hour, r.outcome, r.side, r.path, r.transport, r.bytes_up, r.bytes_down,
    r.duration, r.media, r.retries, r.turn, r.browser, r.admit, r.signal, r.ice, r.dtls,
    r.[open], r.total, COALESCE(r.demo, 0)
FROM OPENJSON(?) WITH (
{_FORM}
) AS r
WHERE NOT EXISTS (
    SELECT 1 FROM {SCHEMA}.events AS e
    WHERE e.id = r.id COLLATE Latin1_General_BIN2
)"""

_SUM = "measure VARCHAR(16), day INT, detail VARCHAR(16), demo BIT, n BIGINT"

ADD_SUMS = f"""\
SET NOCOUNT ON;
DECLARE @json NVARCHAR(MAX) = ?;
DECLARE @more TABLE ({_SUM});
DECLARE @old TABLE ({_SUM});
INSERT INTO @more (measure, day, detail, demo, n)
SELECT measure, day, detail, demo, n FROM OPENJSON(@json) WITH ({_SUM});
DELETE FROM {SCHEMA}.sums
OUTPUT deleted.measure, deleted.day, deleted.detail, deleted.demo, deleted.n INTO @old
WHERE EXISTS (
    SELECT 1 FROM @more AS m
    WHERE m.measure COLLATE Latin1_General_BIN2 = sums.measure AND m.day = sums.day
        AND m.detail COLLATE Latin1_General_BIN2 = sums.detail AND m.demo = sums.demo
);
INSERT INTO {SCHEMA}.sums (measure, day, detail, demo, n)
SELECT measure, day, detail, demo, SUM(n)
FROM (
    SELECT measure, day, detail, demo, n FROM @more
    UNION ALL
    SELECT measure, day, detail, demo, n FROM @old
) AS both_of_them
GROUP BY measure, day, detail, demo;"""

READ_TOTALS = f"""\
SELECT measure, day, detail, demo, n FROM {SCHEMA}.sums WHERE measure IN ('calls', 'peers')"""
READ_SUMS = f"""\
SELECT s.measure, s.day, s.detail, s.demo, s.n FROM {SCHEMA}.sums AS s
WHERE s.measure IN (
    SELECT value COLLATE Latin1_General_BIN2 FROM OPENJSON(?)
) AND s.day >= ?"""

DELETE_OLD = f"DELETE TOP (?) FROM {SCHEMA}.events WHERE hour < ?"  # at most, before

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


def quote(name: str) -> str:
    """A name as T-SQL reads it, whatever is in it (QUOTENAME)."""
    return "[" + name.replace("]", "]]") + "]"


def grant(name: str, client_id: UUID) -> tuple[str, ...]:
    """The statements that let an app in, and into one schema only.

    An identity's SID is its client id, in the order of a uniqueidentifier (little endian). With
    it nobody has to be found in the directory.
    """
    user, literal = quote(name), name.replace("'", "''")
    create = f"CREATE USER {user} WITH SID = 0x{client_id.bytes_le.hex().upper()}, TYPE = E"
    return (
        f"IF DATABASE_PRINCIPAL_ID(N'{literal}') IS NULL\n{create}",
        f"GRANT SELECT, INSERT, DELETE ON SCHEMA::{SCHEMA} TO {user}",
    )
