"""The answer of `GET /api/stats`: docs/protocol.md. Pure.

None is null on the wire: withheld because fewer than `k` are behind it, or not measured. Shares are
0 to 1. Times are in ms. On the wire the names are in camel case.
"""

from collections.abc import Callable

from msgspec import Struct

K = 10  # groups with fewer members are not shown
MAX_DAYS = 365


class Usage(Struct, frozen=True):
    """What some calls used, as far as it is shown."""

    calls: int
    relay_bytes: int


class Cost(Struct, frozen=True, rename="camel"):
    """The variable cost of 1,000 calls. `as_of`: the date of the prices, YYYY-MM-DD."""

    per1000: float
    currency: str
    as_of: str


type Pricing = Callable[[Usage], Cost | None]


def no_pricing(usage: Usage) -> Cost | None:
    """The Pricing without prices."""
    return None


class Counts(Struct, frozen=True):
    """Calls, and their sides that sent a report."""

    calls: int | None
    peers: int | None


class Latest(Struct, frozen=True):
    """Of the newest day that is shown: today, or where there is noise one that is over."""

    day: str  # YYYY-MM-DD
    calls: int | None
    peers: int | None


class Percentiles(Struct, frozen=True):
    """The median and the 95th percentile, in ms."""

    p50: int | None
    p95: int | None


class PhaseTimes(Struct, frozen=True):
    """The times of the phases of calls that connected; `total` is all phases together."""

    admit: Percentiles
    signal: Percentiles
    ice: Percentiles
    dtls: Percentiles
    open: Percentiles
    total: Percentiles


class PhaseMedians(Struct, frozen=True):
    """The median of each phase, in ms."""

    admit: int | None
    signal: int | None
    ice: int | None
    dtls: int | None
    open: int | None


class CandidateTypeShare(Struct, frozen=True, rename="camel"):
    """The share of connected calls with this candidate type and transport.

    Small groups are together: `candidate_type` is "other" and `transport` None.
    """

    candidate_type: str
    transport: str | None
    share: float


class CandidateTypeShares(Struct, frozen=True):
    """The share of each candidate type on one day."""

    host: float | None
    srflx: float | None
    prflx: float | None
    relay: float | None


class BrowserShare(Struct, frozen=True):
    """The share of sides with this browser."""

    browser: str
    share: float


class FailureCount(Struct, frozen=True):
    """How many calls ended in an outcome other than `connected`."""

    outcome: str
    count: int


class Day(Struct, frozen=True, rename="camel"):
    """One day (UTC)."""

    day: str  # YYYY-MM-DD
    calls: int | None
    peers: int | None
    success: float | None  # share of calls that connected
    p50: int | None  # of all phases together
    p95: int | None
    phases: PhaseMedians
    candidate_types: CandidateTypeShares
    relay_bytes: int | None
    cost: float | None  # of the day's calls


class Summary(Struct, frozen=True, rename="camel"):
    """The whole answer."""

    days: int  # as asked
    k: int
    as_of: int  # epoch ms
    demo: bool  # whether demonstration data is in it
    latest: Latest
    total: Counts  # of all days, not only of those asked for
    success: float | None
    phases: PhaseTimes
    candidate_types: tuple[CandidateTypeShare, ...]
    browsers: tuple[BrowserShare, ...]
    failures: tuple[FailureCount, ...]
    relay_bytes: int | None
    bytes: int | None
    cost: Cost | None
    daily: tuple[Day, ...]  # oldest first
