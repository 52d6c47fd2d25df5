"""From the digest of the sums to the answer of `GET /api/stats`. Pure.

What is withheld follows crowd.py: no group smaller than `k` is shown, nor can it be computed from
what is shown.
"""

from collections import Counter, defaultdict

from stats.crowd import OTHER, merge, share
from stats.dates import iso_day
from stats.digest import (
    MEASURES,
    Digest,
    Groups,
    Question,
    candidate_type_counts,
    counts_of,
    not_negative,
    percentiles,
    shown_bytes,
)
from stats.summary import (
    BrowserShare,
    CandidateTypeShare,
    Cost,
    Counts,
    FailureCount,
    Latest,
    PhaseTimes,
    Summary,
    Usage,
)
from stats.sums import TIMES


def summarize(digest: Digest, question: Question) -> Summary:
    """The answer. `question` asks for the digest's days or fewer, at the same moment."""
    whole, days = _whole(digest, question), question.days
    k = question.least("calls", days)
    calls, outcomes = counts_of(whole, "calls").total(), counts_of(whole, "outcome")
    moved, relayed = _bytes(whole, question)
    least = {name: question.least(name, days) for name in MEASURES}
    return Summary(
        days=question.days,
        k=k,
        as_of=question.now,
        demo=digest.demo,
        latest=_latest(digest, question),
        total=_total(digest, question.least("calls", len(digest.counts))),
        success=share(outcomes["connected"], calls, k),
        phases=PhaseTimes(
            **{name: percentiles(counts_of(whole, name), least[name]) for name in TIMES}
        ),
        candidate_types=_candidate_types(
            counts_of(whole, "candidate-type"), least["candidate-type"]
        ),
        browsers=_browsers(counts_of(whole, "browser"), least["browser"]),
        failures=_failures(outcomes, least["outcome"]),
        relay_bytes=relayed,
        bytes=moved,
        cost=_cost(calls, relayed, question),
        daily=digest.daily[len(digest.daily) - question.shown_days :],
    )


def _whole(digest: Digest, question: Question) -> Groups:
    """The sums of all days that are asked for."""
    whole: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for day, groups in digest.days.items():
        if day >= question.since:
            for measure, details in groups.items():
                whole[measure].update(details)
    return not_negative(whole)


def _latest(digest: Digest, question: Question) -> Latest:
    day = question.latest
    counts = (0, 0) if day in digest.hidden else digest.counts.get(day, (0, 0))
    shown = _shown(*counts, question.least("calls", 1))
    return Latest(iso_day(day), shown.calls, shown.peers)


def _total(digest: Digest, k: int) -> Counts:
    counts = digest.counts.values()
    calls, peers = (sum(each) for each in zip(*counts, strict=True)) if counts else (0, 0)
    return _shown(max(0, calls), max(0, peers), k)


def _shown(calls: int, peers: int, k: int) -> Counts:
    """If one of the two is small, neither is shown."""
    if 0 < calls < k or 0 < peers < k:
        return Counts(None, None)
    return Counts(calls or None, peers or None)


def _candidate_types(counts: Counter[str], k: int) -> tuple[CandidateTypeShare, ...]:
    reported = Counter({name: n for name, n in counts.items() if not name.startswith("/")})
    shares = ((detail.partition("/"), part) for detail, part in _shares(reported, f"{OTHER}/", k))
    return tuple(
        CandidateTypeShare(candidate_type, transport or None, part)
        for (candidate_type, _, transport), part in shares
    )


def _browsers(counts: Counter[str], k: int) -> tuple[BrowserShare, ...]:
    return tuple(BrowserShare(name, part) for name, part in _shares(counts, OTHER, k))


def _failures(outcomes: Counter[str], k: int) -> tuple[FailureCount, ...]:
    failed = {name: n for name, n in outcomes.items() if name != "connected"}
    return tuple(FailureCount(name, n) for name, n in merge(failed, OTHER, k).items())


def _shares(counts: Counter[str], other: str, k: int) -> list[tuple[str, float]]:
    merged = merge(counts, other, k)
    whole = sum(merged.values())
    return [(name, round(n / whole, 4)) for name, n in merged.items()]


def _bytes(whole: Groups, question: Question) -> tuple[int | None, int | None]:
    """All bytes and relayed bytes. Their difference is not the bytes of fewer than `k` calls."""
    calls = candidate_type_counts(whole)
    days = question.days
    k = question.least("candidate-type", days)
    if calls.total() < k:
        return None, None
    small = any(0 < n < k for n in (calls["relay"], calls.total() - calls["relay"]))
    relayed = None if small else shown_bytes("relay-bytes", whole, question, days)
    return shown_bytes("bytes", whole, question, days), relayed


def _cost(calls: int, relay_bytes: int | None, question: Question) -> Cost | None:
    if relay_bytes is None or calls < question.least("calls", question.days):
        return None
    return question.price(Usage(calls, relay_bytes))
