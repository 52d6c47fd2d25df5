"""From a report to the row that is kept of it. Pure.

A row holds no moment (only an hour), no exact amount (powers of two, and buckets for times) and no
word outside the vocabularies of report.py. Amounts are clipped, so that no report moves a sum by
more than is stated (row.py). Who sent the report is not an argument here.
"""

import math
from typing import Any

from msgspec import structs

from stats.buckets import buckets_of
from stats.dates import HOUR_MS
from stats.report import Report
from stats.row import MAX_KEPT_BYTES, MAX_KEPT_RETRIES, MAX_KEPT_SECONDS, MEDIA_BITS, Row


def anonymize(report: Report, id: str, now: int) -> Row:
    """The row of a report that arrived at `now` (epoch ms): the call ended `report.age` before.

    `id`: of this side of the call, 32 hexadecimal digits.
    """
    times = {name: ms for name, ms in structs.asdict(report.phases).items() if ms is not None}
    if times and report.outcome == "connected":
        times["total"] = sum(times.values())
    buckets: dict[str, Any] = buckets_of(times)
    return Row(
        id=id,
        hour=(now - report.age) // HOUR_MS,
        outcome=report.outcome,
        side=report.side,
        bytes_up=min(power_of_two(report.bytes_up), MAX_KEPT_BYTES),
        bytes_down=min(power_of_two(report.bytes_down), MAX_KEPT_BYTES),
        duration=min(power_of_two(report.duration), MAX_KEPT_SECONDS),
        media=sum(MEDIA_BITS[medium] for medium in set(report.media)),
        retries=min(report.retries, MAX_KEPT_RETRIES),
        turn=report.turn,
        browser=report.browser,
        candidate_type=report.candidate_type,
        transport=report.transport,
        **buckets,
    )


def power_of_two(amount: float) -> int:
    """The nearest power of two (by its logarithm); 0 below 1."""
    return 0 if amount < 1 else int(2 ** round(math.log2(amount)))
