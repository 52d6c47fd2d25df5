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
| `relay-bytes`    |                              | bytes, both directions  | who used a relay  |
| `type-seconds`   | candidate type               | the duration            | connected, first  |

A call has two sides and at most two rows. So calls are counted by their first side. What goes over
a relay is counted for the side that was given it, and has proved that: each relay costs.
"""

from collections import Counter
from collections.abc import Iterable
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
        for measure, detail, amount in _added(row):
            sums[Key(measure, day, detail, row.demo)] += amount
    return sums


def _added(row: Row) -> list[tuple[str, str, int]]:
    """What one row adds: the measure, the detail and the amount of each."""
    connected = row.outcome == "connected"
    added: list[tuple[str, str, int]] = [("peers", "", 1), ("browser", row.browser, 1)]
    if connected:
        times: list[tuple[str, int | None]] = [(name, getattr(row, name)) for name in TIMES]
        added += [(name, str(bucket), 1) for name, bucket in times if bucket is not None]
        if row.turn == "used":
            added.append(("relay-bytes", "", row.bytes_up + row.bytes_down))
    if row.side == "second":
        return added
    added += [("calls", "", 1), ("outcome", row.outcome, 1), ("turn", row.turn, 1)]
    added.append(("seconds", "", row.duration))
    if connected:
        candidate_type = row.candidate_type or ""  # "": the client did not say
        added += [
            ("candidate-type", f"{candidate_type}/{row.transport or ''}", 1),
            ("bytes", candidate_type, row.bytes_up + row.bytes_down),
            ("type-seconds", candidate_type, row.duration),
        ]
    return added
