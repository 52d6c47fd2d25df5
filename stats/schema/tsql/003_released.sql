-- What is published of each day that is over: sums with noise, drawn once (stats/released.py).
-- Columns as in `sums`. A day is there with all its sums or with none.
CREATE TABLE heliograph.released (
    measure VARCHAR(16) COLLATE Latin1_General_BIN2 NOT NULL,
    day INT NOT NULL,
    detail VARCHAR(16) COLLATE Latin1_General_BIN2 NOT NULL,
    demo BIT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_released PRIMARY KEY CLUSTERED (measure, day, detail, demo)
);
