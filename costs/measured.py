"""The load that the forecast counts with: measured if there is enough, else assumed. Pure."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from costs.forecast import Load
from stats.sums import Sum

MEASURES = ("calls", "seconds", "candidate-type", "bytes")
ENOUGH = 10  # calls; an average of fewer says little
ASSUMED = Load(calls_per_day=1_000)

# Where the assumed figures come from.
WHY = {
    "calls_per_day": "assumed",
    "minutes": "assumed",
    "relay_share": "assumed: 0.10-0.30 is seen (Twilio, Xirsys 15 %, callstats 22 %)",
    "payload_gb": "assumed: one file of 100 MB a call",
}


class Known(Struct, frozen=True):
    """A load, and of each figure in it where it comes from."""

    load: Load
    sources: dict[str, str]


def known(sums: Iterable[Sum], calls_per_day: float | None = None) -> Known:
    """From the sums of MEASURES. `calls_per_day`, if given, counts instead of what was measured.

    Real calls if there are any, or else demonstration data, which is then called that.
    """
    real, demo = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    days: dict[bool, set[int]] = {False: set(), True: set()}
    for found in sums:
        (demo if found.demo else real)[found.measure, found.detail] += found.n
        if found.measure == "calls":
            days[found.demo].add(found.day)
    fictitious = not days[False]
    figures = _figures(demo if fictitious else real, days[fictitious])
    note = "demonstration data" if fictitious else "measured"
    values, sources = {}, {}
    for name, why in WHY.items():
        value, of = figures.get(name, (getattr(ASSUMED, name), ""))
        values[name], sources[name] = value, f"{note}: {of}" if of else why
    if calls_per_day is not None:
        values["calls_per_day"], sources["calls_per_day"] = calls_per_day, "given"
    return Known(Load(**values), sources)


def _figures(n: Counter[tuple[str, str]], days: set[int]) -> dict[str, tuple[float, str]]:
    """What there is enough of: the figure, and what it is the average of."""
    figures: dict[str, tuple[float, str]] = {}
    calls = n["calls", ""]
    if calls >= ENOUGH:
        span = max(days) - min(days) + 1
        figures["calls_per_day"] = calls / span, f"{calls:,} calls in {span} days"
        if n["seconds", ""]:
            figures["minutes"] = n["seconds", ""] / calls / 60, f"{calls:,} calls"
    told, relayed = _candidate_types(n)
    if told >= ENOUGH:
        figures["relay_share"] = relayed / told, f"{relayed:,} of {told:,} calls that connected"
    if relayed >= ENOUGH and n["bytes", "relay"]:
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
