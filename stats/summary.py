"""From sums to what `GET /api/stats` says: docs/protocol.md. Pure.

Nobody is in it: see crowd.py. Times are percentiles of buckets, found between their ends.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from stats.anonymize import millis_of
from stats.crowd import OTHER, merge, rounded, share, withheld
from stats.report import PHASES

K = 10
MAX_DAYS = 365
DAY = 86_400_000  # ms
EPOCH = date(1970, 1, 1).toordinal()
TIMES = (*PHASES, "total")
PATHS = ("host", "srflx", "prflx", "relay")
COUNTED = ("calls", "peers")
MEASURES = (*COUNTED, "outcome", "path", "browser", "bytes", *TIMES)

type Sums = Iterable[tuple[str, int, str, bool, int]]  # measure, day, detail, demo, n
type Groups = Mapping[str, Counter[str]]  # details by measure
NOBODY: Counter[str] = Counter()


class Usage(Struct, frozen=True):
    """What is said of some calls, and what they cost by it."""

    calls: int
    relay_bytes: int


class Cost(Struct, frozen=True, rename="camel"):
    per1000: float
    currency: str
    as_of: str  # of the prices


type Pricing = Callable[[Usage], Cost | None]


def no_pricing(usage: Usage) -> Cost | None:
    return None


class Question(Struct, frozen=True):
    """What is asked: the last `days` days, today included."""

    now: int  # epoch ms
    days: int = 30
    k: int = K
    price: Pricing = no_pricing

    @property
    def today(self) -> int:
        return self.now // DAY

    @property
    def since(self) -> int:
        return self.today - self.days + 1


class Digest:
    """What was read, sorted once for every answer made of it.

    `totals`: `calls` and `peers` of every day; `sums`: all measures of the days that can be asked
    for. What is said of a day is the same in every answer.
    """

    def __init__(self, totals: Sums, sums: Sums, question: Question) -> None:
        totals = list(totals)
        self.demo = any(demo for *_, demo, _ in totals)
        self.counts = _counts(totals)
        self.hidden = withheld(self.counts, question.k, question.today)
        self.days = _by_day(sums, question.since)
        self.daily = _daily(self.days, self.hidden, question)  # oldest first


def summarize(digest: Digest, question: Question) -> dict[str, Any]:
    """The answer. `question` asks for no more days than the digest's did, of the same moment."""
    counts = [(0, 0), *digest.counts.values()]
    whole: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for day, groups in digest.days.items():
        if day >= question.since:
            for measure, details in groups.items():
                whole[measure].update(details)
    return {
        "days": question.days,
        "k": question.k,
        "asOf": question.now,
        "demo": digest.demo,
        "today": _today(digest.counts, digest.hidden, question),
        "total": _pair(tuple(map(sum, zip(*counts, strict=True))), question.k),
        **_figures(whole, question),
        "daily": digest.daily[-question.days :],
    }


def _counts(totals: Sums) -> dict[int, tuple[int, int]]:
    """Calls and peers by day."""
    found: Counter[tuple[str, int]] = Counter()
    for measure, day, _, _, n in totals:
        found[measure, day] += n
    days = sorted({day for _, day in found})
    return {day: (found["calls", day], found["peers", day]) for day in days}


def _by_day(sums: Sums, since: int) -> dict[int, dict[str, Counter[str]]]:
    days: defaultdict[int, defaultdict[str, Counter[str]]]
    days = defaultdict(lambda: defaultdict(Counter))
    for measure, day, detail, _, n in sums:
        if day >= since:
            days[day][measure][detail] += n
    return {day: dict(groups) for day, groups in days.items()}


def _today(
    counts: Mapping[int, tuple[int, int]], hidden: set[int], question: Question
) -> dict[str, int | None]:
    if question.today in hidden:
        return {"calls": None, "peers": None}
    return _pair(counts.get(question.today, (0, 0)), question.k)


def _pair(counts: tuple[int, ...], k: int) -> dict[str, int | None]:
    small = any(0 < n < k for n in counts)
    return {name: None if small or n < k else n for name, n in zip(COUNTED, counts, strict=True)}


def _figures(whole: Groups, question: Question) -> dict[str, Any]:
    k = question.k
    calls = _of(whole, "calls").total()
    outcomes = _of(whole, "outcome")
    failures = Counter({o: n for o, n in outcomes.items() if o != "connected"})
    moved, relayed = _bytes(whole, k)
    usage = Usage(calls, relayed or 0)
    return {
        "success": share(outcomes["connected"], calls, k),
        "phases": {name: _percentiles(_of(whole, name), k) for name in TIMES},
        "paths": _paths(_of(whole, "path"), k),
        "browsers": [
            {"browser": name, "share": part}
            for name, part in _shares(_of(whole, "browser"), OTHER, k)
        ],
        "failures": [
            {"outcome": name, "count": n} for name, n in merge(failures, OTHER, k).items()
        ],
        "relayBytes": relayed,
        "bytes": moved,
        "cost": question.price(usage) if calls >= k and relayed is not None else None,
    }


def _paths(paths: Counter[str], k: int) -> list[dict[str, Any]]:
    told = Counter({name: n for name, n in paths.items() if not name.startswith("/")})
    shares = _shares(told, f"{OTHER}/", k)
    split = [(*name.split("/"), part) for name, part in shares]
    return [{"path": path, "transport": way or None, "share": part} for path, way, part in split]


def _shares(groups: Counter[str], other: str, k: int) -> list[tuple[str, float]]:
    merged = merge(groups, other, k)
    whole = sum(merged.values())
    return [(name, round(n / whole, 4)) for name, n in merged.items()]


def _bytes(whole: Groups, k: int) -> tuple[int | None, int | None]:
    """All and relayed; neither is the other one less a few calls."""
    by_path, n = _of(whole, "bytes"), _path_counts(whole)
    moved = by_path.total() if n.total() >= k else None
    small = any(0 < part < k for part in (n["relay"], n.total() - n["relay"]))
    return moved, None if moved is None or small else by_path["relay"]


def _path_counts(groups: Groups) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, n in _of(groups, "path").items():
        counts[name.partition("/")[0]] += n
    return counts


def _daily(
    days: Mapping[int, Groups], hidden: set[int], question: Question
) -> list[dict[str, Any]]:
    relayed = {day: (_path_counts(groups)["relay"],) for day, groups in days.items()}
    secret = withheld(relayed, question.k, question.today) | hidden
    asked = range(question.since, question.today + 1)
    return [_day(day, days.get(day, {}), day in hidden, day in secret, question) for day in asked]


def _day(
    day: int, groups: Groups, hidden: bool, secret: bool, question: Question
) -> dict[str, Any]:
    k = question.k
    calls, peers = (_of(groups, name).total() for name in COUNTED)
    seen: Groups = {} if hidden else groups
    total = _percentiles(_of(seen, "total"), k)
    relay_bytes = None if secret else _of(seen, "bytes")["relay"]
    cost = None if relay_bytes is None or calls < k else question.price(Usage(calls, relay_bytes))
    return {
        "day": date.fromordinal(EPOCH + day).isoformat(),
        "calls": None if hidden else calls,
        "peers": None if hidden else peers,
        "success": rounded(_of(seen, "outcome")["connected"], _of(seen, "calls").total(), k),
        "p50": total["p50"],
        "p95": total["p95"],
        "phases": {name: _percentile(_of(seen, name), 0.50, k) for name in PHASES},
        "paths": _day_paths(seen, k),
        "relayBytes": relay_bytes,
        "cost": None if cost is None else round(cost.per1000 * calls / 1000, 4),
    }


def _day_paths(groups: Groups, k: int) -> dict[str, float | None]:
    counts = _path_counts(groups)
    whole = sum(counts[path] for path in PATHS)
    small = withheld({path: (counts[path],) for path in PATHS}, k, "")
    return {path: None if path in small else rounded(counts[path], whole, k) for path in PATHS}


def _of(groups: Groups, measure: str) -> Counter[str]:
    return groups.get(measure, NOBODY)


def _percentiles(buckets: Counter[str], k: int) -> dict[str, int | None]:
    return {"p50": _percentile(buckets, 0.50, k), "p95": _percentile(buckets, 0.95, k)}


def _percentile(buckets: Counter[str], part: float, k: int) -> int | None:
    """Milliseconds below which that part lies, as if a bucket were filled evenly."""
    rank = part * (total := buckets.total())
    if total < k:
        return None
    below = 0
    for bucket, n in sorted((int(bucket), n) for bucket, n in buckets.items()):
        below += n
        if below >= rank:
            return round(millis_of(bucket + 1 - (below - rank) / n))
    raise AssertionError("unreachable")
