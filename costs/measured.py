"""The load that the forecast counts with: measured if enough calls are, else assumed. Pure."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from costs.model import Load
from stats.sums import Sum

MEASURES = ("calls", "seconds", "candidate-type", "bytes")
MIN_CALLS = 10  # the average of fewer says little
ASSUMED = Load(calls_per_day=1_000)

# Where the assumed figures come from.
ASSUMED_SOURCES = {
    "calls_per_day": "assumed",
    "minutes": "assumed",
    "relay_share": "assumed: 0.10-0.30 is seen (Twilio, Xirsys 15 %, callstats 22 %)",
    "payload_gb": "assumed: one file of 100 MB a call",
}


class SourcedLoad(Struct, frozen=True):
    """A load, and for each figure in it where the figure comes from."""

    load: Load
    sources: dict[str, str]


def sourced_load(sums: Iterable[Sum], calls_per_day: float | None = None) -> SourcedLoad:
    """The load that the sums of MEASURES show.

    Real calls are used if there are any, and demonstration data if not; the sources say which.
    `calls_per_day` is used instead of what was measured, if it is given. Raises ValueError.
    """
    real, demo = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    days: dict[bool, set[int]] = {False: set(), True: set()}
    for found in sums:
        (demo if found.demo else real)[found.measure, found.detail] += found.n
        if found.measure == "calls":
            days[found.demo].add(found.day)
    only_demo = not days[False]
    figures = _figures(demo if only_demo else real, days[only_demo])
    note = "demonstration data" if only_demo else "measured"
    values, sources = {}, {}
    for name, why in ASSUMED_SOURCES.items():
        value, of = figures.get(name, (getattr(ASSUMED, name), ""))
        values[name], sources[name] = value, f"{note}: {of}" if of else why
    if calls_per_day is not None:
        values["calls_per_day"], sources["calls_per_day"] = calls_per_day, "given"
    return SourcedLoad(Load(**values), sources)


def _figures(n: Counter[tuple[str, str]], days: set[int]) -> dict[str, tuple[float, str]]:
    """The figures with at least MIN_CALLS calls behind them, each with a text that says which."""
    figures: dict[str, tuple[float, str]] = {}
    calls = n["calls", ""]
    if calls >= MIN_CALLS:
        span = max(days) - min(days) + 1
        figures["calls_per_day"] = calls / span, f"{calls:,} calls in {span} days"
        if n["seconds", ""]:
            figures["minutes"] = n["seconds", ""] / calls / 60, f"{calls:,} calls"
    told, relayed = _candidate_types(n)
    if told >= MIN_CALLS:
        figures["relay_share"] = relayed / told, f"{relayed:,} of {told:,} calls that connected"
    if relayed >= MIN_CALLS and n["bytes", "relay"]:
        each = n["bytes", "relay"] / 1e9 / relayed
        figures["payload_gb"] = each, f"{relayed:,} relayed calls, bytes kept as powers of two"
    return figures


def _candidate_types(n: Counter[tuple[str, str]]) -> tuple[int, int]:
    """Connected calls whose candidate type is known, and how many of them were relayed."""
    counts: Counter[str] = Counter()
    for (measure, detail), count in n.items():
        if measure == "candidate-type":
            counts[detail.partition("/")[0]] += count
    return sum(counts.values()) - counts[""], counts["relay"]
