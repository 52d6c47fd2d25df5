-- What is published of each day that is over: sums with noise, drawn once (stats/released.py).
-- Columns as in `sums`. A day is there with all its sums or with none.
CREATE TABLE released (
    measure TEXT NOT NULL,
    day INTEGER NOT NULL,
    detail TEXT NOT NULL,
    demo INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (measure, day, detail, demo)
) WITHOUT ROWID;
