-- One row per report, kept for STATS_RETENTION_DAYS. `id` makes writing twice harmless.
-- Clustered by time, so that old rows go in runs; the key is random and lies beside it.
CREATE TABLE heliograph.events (
    id CHAR(32) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT pk_events PRIMARY KEY NONCLUSTERED,
    hour INT NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    side VARCHAR(6) NOT NULL,
    path VARCHAR(5) NULL,
    transport VARCHAR(3) NULL,
    bytes_up BIGINT NOT NULL,
    bytes_down BIGINT NOT NULL,
    duration INT NOT NULL,
    media TINYINT NOT NULL,
    retries TINYINT NOT NULL,
    turn VARCHAR(8) NOT NULL,
    browser VARCHAR(8) NOT NULL,
    admit TINYINT NULL,
    signal TINYINT NULL,
    ice TINYINT NULL,
    dtls TINYINT NULL,
    [open] TINYINT NULL,
    total TINYINT NULL,
    demo BIT NOT NULL
);

CREATE CLUSTERED INDEX events_hour ON heliograph.events (hour);

-- What is shown: one sum per day, measure and detail (stats/sums.py: tally).
CREATE TABLE heliograph.sums (
    measure VARCHAR(16) COLLATE Latin1_General_BIN2 NOT NULL,
    day INT NOT NULL,
    detail VARCHAR(16) COLLATE Latin1_General_BIN2 NOT NULL,
    demo BIT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_sums PRIMARY KEY CLUSTERED (measure, day, detail, demo)
);
