"""The statements for SQLite. Rows travel as one JSON parameter."""

BEGIN = "BEGIN IMMEDIATE"

# Rows that are new; their ids come back.
INSERT_EVENTS = """\
INSERT OR IGNORE INTO events (id, hour, outcome, side, path, transport, bytes_up, bytes_down,
    duration, media, retries, turn, browser, admit, signal, ice, dtls, open, total, demo)
SELECT value ->> 'id', value ->> 'hour', value ->> 'outcome', value ->> 'side', value ->> 'path',
    value ->> 'transport', value ->> 'bytes_up', value ->> 'bytes_down', value ->> 'duration',
    value ->> 'media', value ->> 'retries', value ->> 'turn', value ->> 'browser',
    value ->> 'admit', value ->> 'signal', value ->> 'ice', value ->> 'dtls', value ->> 'open',
    value ->> 'total', coalesce(value ->> 'demo', 0)
FROM json_each(?)
RETURNING id"""

ADD_SUMS = """\
INSERT INTO sums (measure, day, detail, demo, n)
SELECT value ->> 'measure', value ->> 'day', value ->> 'detail', value ->> 'demo', value ->> 'n'
FROM json_each(?) WHERE true
ON CONFLICT DO UPDATE SET n = n + excluded.n"""

# Calls and peers of every day; everything of the days from ? on.
READ_TOTALS = "SELECT measure, day, detail, demo, n FROM sums WHERE measure IN ('calls', 'peers')"
READ_SUMS = """\
SELECT measure, day, detail, demo, n FROM sums
WHERE measure IN (SELECT value FROM json_each(?)) AND day >= ?"""

DELETE_OLD = """\
DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE hour < ?2 LIMIT ?1)"""

VERSION_TABLE = """\
CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)"""
READ_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
WRITE_VERSION = "INSERT INTO schema_version (version, name) VALUES (?, ?)"
PREPARE = (VERSION_TABLE,)
