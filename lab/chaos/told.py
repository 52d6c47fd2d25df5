"""What a run has seen, as text for people."""

from collections import Counter
from collections.abc import Sequence

from lab.chaos.account import NEVER_MS, Signal, Violation, signals
from lab.chaos.run import Result
from lab.chaos.times import Times, times

MAX_SIGNAL_MS = 1_500
BEFORE_MS, AFTER_MS = 20_000, 3_000  # of a trace, around its violation

# What may not happen, in the words of the table.
KINDS = {
    "not-connected": "calls not connected 30 s after all is well",
    "not-listed": "members there and not listed 30 s after all is well",
    "listed-gone": "members listed more than 90 s after they had gone",
    "not-joined": "joins that failed while a stamp was well",
    "report-lost": "reports lost",
    "report-twice": "reports counted twice",
    "text-lost": "texts lost though acknowledged",
    "text-twice": "texts shown twice",
    "channel-broken": "data channels that broke because signaling did",
    "alarm": "alarms while a stamp was well",
}


def table(result: Result, found: Sequence[Violation]) -> str:
    """Counts, figures and what is wrong."""
    account = result.account
    kinds = Counter(one.kind for one in found)
    taken = sum(text.taken is not None for text in account.texts.values())
    ids = {report.id for report in account.reports}
    lines = [
        f"{result.phases} phases in {result.seconds:,.0f} s",
        f"  events   {_counts(result.events)}",
        f"  people   {_counts(result.acts)}",
        f"  calls {result.calls:,}, texts acknowledged {taken:,} of {len(account.texts):,},"
        f" reports sent {len(ids):,}, of them in a queue {len(ids & account.waiting):,}",
        *(f"  {words:58}{kinds[kind]:>7,}" for kind, words in KINDS.items()),
        f"  the machine was busy {len(account.stalls):,} times,"
        f" for {result.late_ms:,.0f} ms at most: signals of these moments are left out",
        row("next signal after the stamp in use died", times([one.ms for one in signals(account)])),
        row("all calls are up again, after all is well", times(result.up_ms)),
        row("all sockets are open again, after all is well", times(result.sockets_ms)),
    ]
    return "\n".join(lines)


def row(name: str, found: Times | None) -> str:
    """A line of percentiles."""
    if found is None:
        return f"  {name:48}not measured"
    return f"  {name:48}p50 {found.p50:7,.0f}  p99 {found.p99:7,.0f} ms  of {found.count:,}"


def trace(result: Result, one: Violation) -> str:
    """What happened around a violation: events, and what people of that call did."""
    lines = _around(result, one.call, one.at)
    return "\n".join([f"{one.kind}: {one.words}", *lines])


def traces(result: Result, found: Sequence[Violation], most: int) -> list[str]:
    """Of each kind the first ones."""
    texts = []
    for kind in KINDS:
        texts += [trace(result, one) for one in found if one.kind == kind][:most]
    return texts


def slowest(result: Result, most: int) -> list[str]:
    """Traces of the signals after a death that took longest, if they took longer than allowed."""
    slow = [one for one in signals(result.account) if one.ms > MAX_SIGNAL_MS]
    slow.sort(key=lambda one: -one.ms)
    return [
        "\n".join([_slow(one), *_around(result, one.text.sender.call, one.text.at)])
        for one in slow[:most]
    ]


def _slow(one: Signal) -> str:
    took = "never came" if one.ms >= NEVER_MS else f"took {one.ms:,.0f} ms"
    return f"slow signal: text {one.text.id} of {one.text.sender} {took}; {one.text.way}"


def _around(result: Result, call: int, moment: float) -> list[str]:
    near = [
        (at, words)
        for at, words in result.log
        if moment - BEFORE_MS <= at <= moment + AFTER_MS
        and (not words.startswith("call ") or words.startswith(f"call {call} "))
    ]
    return [f"  {(at - moment) / 1000:+7.2f} s  {words}" for at, words in near]


def _counts(counted: Counter[str]) -> str:
    return f"{counted.total():,}: " + ", ".join(f"{name} {n:,}" for name, n in counted.items())
