"""The sums that were read, sorted once for every answer that is made of them. Pure.

A day has the same figures in every answer, so they are computed here. The figures of all days
together are computed in summarize.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from stats.buckets import percentile
from stats.crowd import rounded, withheld
from stats.dates import day_number, iso_day
from stats.noise import Noise
from stats.report import PHASES
from stats.summary import (
    CandidateTypeShares,
    Day,
    K,
    Percentiles,
    PhaseMedians,
    Pricing,
    Usage,
    no_pricing,
)
from stats.sums import TIMES, Sum

CANDIDATE_TYPES = ("host", "srflx", "prflx", "relay")
MEASURES = (
    "calls",
    "peers",
    "outcome",
    "candidate-type",
    "browser",
    "bytes",
    "relay-bytes",
    *TIMES,
)

type Groups = Mapping[str, Counter[str]]  # counts by detail, by measure
NO_COUNTS: Counter[str] = Counter()


class Question(Struct, frozen=True):
    """What is asked: the last `days` days at `now` (epoch ms), today included."""

    now: int
    days: int = 30
    k: int = K
    price: Pricing = no_pricing
    noise: Noise | None = None  # that is in the sums
    until: int | None = None  # the last day that is shown, in days since 1970; None: today

    def least(self, measure: str, days: int) -> int:
        """The least figure of `days` days that is shown: of `k` members, and more than noise."""
        return self.k if self.noise is None else max(self.k, self.noise.least(measure, days))

    @property
    def latest(self) -> int:
        """The newest day that is shown."""
        return self.today if self.until is None else self.until

    @property
    def today(self) -> int:
        """Days since 1970."""
        return day_number(self.now)

    @property
    def shown_days(self) -> int:
        """How many of the days that are asked for are shown."""
        return max(0, self.latest - self.since + 1)

    @property
    def since(self) -> int:
        """The first day that is asked for, in days since 1970."""
        return self.today - self.days + 1


class Digest:
    """What was read of the database.

    - `counts`: calls and peers of every day
    - `hidden`: the days whose counts are not shown
    - `days`: the sums of each day that `question` asks for
    - `daily`: the figures of those days, oldest first
    - `until`: as of `question`
    """

    def __init__(self, totals: Iterable[Sum], sums: Iterable[Sum], question: Question) -> None:
        """`totals`: `calls` and `peers` of every day; `sums`: MEASURES of the days asked for."""
        totals = list(totals)
        self.until = question.until
        self.demo = any(found.demo for found in totals)
        self.counts = _counts(totals)
        told = {day: (max(0, calls), max(0, peers)) for day, (calls, peers) in self.counts.items()}
        self.hidden = withheld(told, question.least("calls", 1), question.today) | {
            *range(question.latest + 1, question.today + 1)
        }
        self.days = _by_day(sums, question.since)
        self.daily = _daily(self.days, self.hidden, question)


def counts_of(groups: Groups, measure: str) -> Counter[str]:
    """The counts of a measure by detail."""
    return groups.get(measure, NO_COUNTS)


def candidate_type_counts(groups: Groups) -> Counter[str]:
    """Connected calls by candidate type, whatever the transport; "" where it was not reported."""
    counts: Counter[str] = Counter()
    for detail, n in counts_of(groups, "candidate-type").items():
        counts[detail.partition("/")[0]] += n
    return counts


def percentiles(buckets: Counter[str], k: int) -> Percentiles:
    """None for each if fewer than `k` times were counted."""
    return Percentiles(percentile(buckets, 0.50, k), percentile(buckets, 0.95, k))


def shown_bytes(measure: str, groups: Groups, question: Question, days: int) -> int | None:
    """The bytes of a measure; None if they are less than their noise may be."""
    amount, noise = counts_of(groups, measure).total(), question.noise
    return None if noise and amount < noise.least(measure, days) else amount


def _counts(totals: Iterable[Sum]) -> dict[int, tuple[int, int]]:
    """Calls and peers by day. Demonstration data and real data are added up."""
    found: Counter[tuple[str, int]] = Counter()
    for each in totals:
        found[each.measure, each.day] += each.n
    days = sorted({day for _, day in found})
    return {day: (found["calls", day], found["peers", day]) for day in days}


def _by_day(sums: Iterable[Sum], since: int) -> dict[int, Groups]:
    days: defaultdict[int, defaultdict[str, Counter[str]]]
    days = defaultdict(lambda: defaultdict(Counter))
    for measure, day, detail, _, n in sums:
        if day >= since:
            days[day][measure][detail] += n
    return {day: dict(groups) for day, groups in days.items()}


def not_negative(groups: Groups) -> Groups:
    """The groups as they are shown: noise can make a sum less than nothing."""
    return {measure: +counts for measure, counts in groups.items()}


def _daily(days: Mapping[int, Groups], hidden: set[int], question: Question) -> tuple[Day, ...]:
    days = {day: not_negative(groups) for day, groups in days.items()}
    relayed = {day: (candidate_type_counts(groups)["relay"],) for day, groups in days.items()}
    bytes_hidden = withheld(relayed, question.k, question.today) | hidden
    return tuple(
        _day(day, days.get(day, {}), day in hidden, day in bytes_hidden, question)
        for day in range(question.since, question.latest + 1)
    )


def _day(day: int, groups: Groups, hidden: bool, bytes_hidden: bool, question: Question) -> Day:
    k = question.least("calls", 1)
    calls, peers = (counts_of(groups, name).total() for name in ("calls", "peers"))
    shown: Groups = {} if hidden else groups
    total = percentiles(counts_of(shown, "total"), question.least("total", 1))
    relay_bytes = None if bytes_hidden else shown_bytes("relay-bytes", shown, question, 1)
    connected, of = counts_of(shown, "outcome")["connected"], counts_of(shown, "calls").total()
    medians = {
        name: percentile(counts_of(shown, name), 0.50, question.least(name, 1)) for name in PHASES
    }
    return Day(
        day=iso_day(day),
        calls=None if hidden else calls,
        peers=None if hidden else peers,
        success=rounded(connected, of, k),
        p50=total.p50,
        p95=total.p95,
        phases=PhaseMedians(**medians),
        candidate_types=_candidate_type_shares(shown, k),
        relay_bytes=relay_bytes,
        cost=_cost_of_day(calls, relay_bytes, question),
    )


def _cost_of_day(calls: int, relay_bytes: int | None, question: Question) -> float | None:
    if relay_bytes is None or calls < question.least("calls", 1):
        return None
    cost = question.price(Usage(calls, relay_bytes))
    return None if cost is None else round(cost.per1000 * calls / 1000, 4)


def _candidate_type_shares(groups: Groups, k: int) -> CandidateTypeShares:
    counts = candidate_type_counts(groups)
    whole = sum(counts[name] for name in CANDIDATE_TYPES)
    small = withheld({name: (counts[name],) for name in CANDIDATE_TYPES}, k, "")
    shares = {
        name: None if name in small else rounded(counts[name], whole, k) for name in CANDIDATE_TYPES
    }
    return CandidateTypeShares(**shares)
