"""From a report to the row that is kept, and from rows to the sums that are shown. Pure.

A row says no moment (an hour), no exact amount (powers of two, quarter octaves for times) and no
word outside the vocabularies of report.py. Who reported is not an argument here.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct, structs

from stats.report import PHASES, Browser, Outcome, Path, Report, Side, Transport, Turn

HOUR = 3_600_000  # ms
DAY = 24  # hours
STEPS = 4  # buckets of time per octave: each is 19 % wider than the one before it
MAX_BUCKET = 128
MANY = 10  # retries: this, or more
MEDIA = {"data": 1, "audio": 2, "video": 4}

type Bucket = Annotated[int, Meta(ge=0, le=MAX_BUCKET)] | None
type Amount = Annotated[int, Meta(ge=0, le=2**44)]


class Row(Struct, frozen=True, omit_defaults=True):
    """One report as it lies in the queue and in the database."""

    id: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]  # a hash of the report's
    hour: Annotated[int, Meta(ge=0, le=10_000_000)]  # since 1970
    outcome: Outcome
    side: Side
    bytes_up: Amount  # to the nearest power of two, or 0
    bytes_down: Amount
    duration: Amount  # seconds, likewise
    media: Annotated[int, Meta(ge=0, le=7)]  # MEDIA, added up
    retries: Annotated[int, Meta(ge=0, le=MANY)]
    turn: Turn
    browser: Browser
    path: Path | None = None
    transport: Transport | None = None
    admit: Bucket = None  # buckets of time: see bucket_of
    signal: Bucket = None
    ice: Bucket = None
    dtls: Bucket = None
    open: Bucket = None
    total: Bucket = None  # all the phases together, if it connected
    demo: bool = False  # demonstration data: nobody's call


class Key(NamedTuple):
    """What a sum is of."""

    measure: str
    day: int  # since 1970
    detail: str = ""
    demo: bool = False


class Sum(NamedTuple):
    """What a sum of a day has come to: a Key, and how many."""

    measure: str
    day: int
    detail: str
    demo: bool
    n: int


def anonymize(report: Report, now: int) -> Row:
    """The row of a report that came at `now` (epoch ms)."""
    spent = {name: ms for name, ms in structs.asdict(report.phases).items() if ms is not None}
    buckets: dict[str, Any] = {name: bucket_of(ms) for name, ms in spent.items()}
    connected = report.outcome == "connected"
    return Row(
        id=hashlib.sha256(b"report:" + report.id.encode()).hexdigest()[:32],
        hour=min(report.ended_at, now) // HOUR,
        outcome=report.outcome,
        side=report.side,
        bytes_up=_power_of_two(report.bytes_up),
        bytes_down=_power_of_two(report.bytes_down),
        duration=_power_of_two(report.duration),
        media=sum(MEDIA[kind] for kind in set(report.media)),
        retries=min(report.retries, MANY),
        turn=report.turn,
        browser=report.browser,
        path=report.path,
        transport=report.transport,
        total=bucket_of(sum(spent.values())) if connected and spent else None,
        **buckets,
    )


def bucket_of(ms: float) -> int:
    """The bucket of a time: 0 below a millisecond, then `STEPS` for each doubling."""
    return 0 if ms < 1 else 1 + math.floor(STEPS * math.log2(ms) + 1e-9)


def millis_of(bucket: float) -> float:
    """Where a bucket begins, in ms. With a fraction: that far into it."""
    return bucket if bucket < 1 else float(2 ** ((bucket - 1) / STEPS))


def _power_of_two(amount: float) -> int:
    return 0 if amount < 1 else int(2 ** round(math.log2(amount)))


def tally(rows: Iterable[Row]) -> Counter[Key]:
    """What these rows add to the sums. Order does not matter, and neither does how they are split.

    A call is counted by its first side; `peers`, `browser` and times are of both sides.
    """
    sums: Counter[Key] = Counter()
    for row in rows:
        day = row.hour // DAY
        for measure, detail, amount in _measures(row):
            sums[Key(measure, day, detail, row.demo)] += amount
    return sums


def _measures(row: Row) -> list[tuple[str, str, int]]:
    added: list[tuple[str, str, int]] = [("peers", "", 1), ("browser", row.browser, 1)]
    if row.outcome == "connected":
        times: list[tuple[str, Any]] = [(name, getattr(row, name)) for name in (*PHASES, "total")]
        added += [(name, str(bucket), 1) for name, bucket in times if bucket is not None]
    if row.side == "second":
        return added
    moved = row.bytes_up + row.bytes_down
    added += [("calls", "", 1), ("outcome", row.outcome, 1), ("turn", row.turn, 1)]
    added.append(("seconds", "", row.duration))
    if row.outcome == "connected":
        path = row.path or ""  # not told
        added.append(("path", f"{path}/{row.transport or ''}", 1))
        added += [("bytes", path, moved), ("path-seconds", path, row.duration)]
    return added
