-- One row per report, kept for STATS_RETENTION_DAYS. `id` makes writing twice harmless.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    hour INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    side TEXT NOT NULL,
    path TEXT,
    transport TEXT,
    bytes_up INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    media INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    turn TEXT NOT NULL,
    browser TEXT NOT NULL,
    admit INTEGER,
    signal INTEGER,
    ice INTEGER,
    dtls INTEGER,
    open INTEGER,
    total INTEGER,
    demo INTEGER NOT NULL
);

CREATE INDEX events_hour ON events (hour);

-- What is shown: one sum per day, measure and detail (stats/sums.py: tally).
CREATE TABLE sums (
    measure TEXT NOT NULL,
    day INTEGER NOT NULL,
    detail TEXT NOT NULL,
    demo INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (measure, day, detail, demo)
) WITHOUT ROWID;
