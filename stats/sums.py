"""What rows add up to: one number for each day, measure and detail. Pure.

| Measure          | Detail                       | Adds                    | Counted for       |
|------------------|------------------------------|-------------------------|-------------------|
| `peers`          |                              | 1                       | every row         |
| `browser`        | the browser                  | 1                       | every row         |
| a phase, `total` | the bucket                   | 1                       | connected rows    |
| `calls`          |                              | 1                       | first sides       |
| `outcome`        | the outcome                  | 1                       | first sides       |
| `turn`           | what TURN did                | 1                       | first sides       |
| `seconds`        |                              | the duration            | first sides       |
| `candidate-type` | candidate type `/` transport | 1                       | connected, first  |
| `bytes`          | candidate type               | bytes, both directions  | connected, first  |
| `type-seconds`   | candidate type               | the duration            | connected, first  |

A call has two sides and at most two rows. So calls are counted by their first side.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stats.dates import DAY_HOURS
from stats.report import PHASES
from stats.row import Column, Row

TIMES = (*PHASES, "total")

SUM_COLUMNS = (
    Column("measure", "TEXT", "VARCHAR(16)"),
    Column("day", "INTEGER", "INT"),
    Column("detail", "TEXT", "VARCHAR(16)"),
    Column("demo", "INTEGER", "BIT"),
    Column("n", "INTEGER", "BIGINT"),
)


class Key(NamedTuple):
    """What a sum is of. `day`: days since 1970; `demo`: of demonstration data."""

    measure: str
    day: int
    detail: str = ""
    demo: bool = False


class Sum(NamedTuple):
    """A sum as the database holds it: a Key, and how many."""

    measure: str
    day: int
    detail: str
    demo: bool
    n: int


def tally(rows: Iterable[Row]) -> Counter[Key]:
    """What these rows add to the sums.

    The order of the rows does not matter, nor does it if they are added in several parts.
    """
    sums: Counter[Key] = Counter()
    for row in rows:
        day = row.hour // DAY_HOURS
        for measure, detail, amount in _measures(row):
            sums[Key(measure, day, detail, row.demo)] += amount
    return sums


def _measures(row: Row) -> Iterator[tuple[str, str, int]]:
    """The measure, the detail and the amount of everything that one row adds to."""
    connected = row.outcome == "connected"
    yield "peers", "", 1
    yield "browser", row.browser, 1
    if connected:
        for name in TIMES:
            if (bucket := getattr(row, name)) is not None:
                yield name, str(bucket), 1
    if row.side == "second":
        return
    yield "calls", "", 1
    yield "outcome", row.outcome, 1
    yield "turn", row.turn, 1
    yield "seconds", "", row.duration
    if connected:
        candidate_type = row.candidate_type or ""  # "": the client did not say
        yield "candidate-type", f"{candidate_type}/{row.transport or ''}", 1
        yield "bytes", candidate_type, row.bytes_up + row.bytes_down
        yield "type-seconds", candidate_type, row.duration
