"""What was measured, and what is said of it. Times are ms. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some times: the one in the middle, and the outermost. `failed`: never came about."""

    median: float
    least: float
    most: float
    failed: int = 0

    @staticmethod
    def of(times: Sequence[float], failed: int = 0) -> "Spread | None":
        """None if there is no time."""
        return Spread(median(times), min(times), max(times), failed) if times else None

    def __str__(self) -> str:
        failed = f", {self.failed} never" if self.failed else ""
        return f"{self.median:,.0f} ({self.least:,.0f}–{self.most:,.0f}{failed})"


@dataclass(slots=True)
class Series:
    """Times by system and by what was varied: round trips, distances, numbers of people."""

    title: str
    column: str  # what was varied
    times: dict[tuple[str, Hashable], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    failed: dict[tuple[str, Hashable], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, system: str, at: Hashable, ms: float | None) -> None:
        """A time, or None: it never came about."""
        if ms is None:
            self.failed[system, at] += 1
        else:
            self.times[system, at].append(ms)

    @property
    def systems(self) -> list[str]:
        """In the order in which they came."""
        return list(dict.fromkeys(system for system, _ in (*self.times, *self.failed)))

    @property
    def columns(self) -> list[Hashable]:
        """In the order in which they came."""
        return list(dict.fromkeys(at for _, at in (*self.times, *self.failed)))

    def spread(self, system: str, at: Hashable) -> Spread | None:
        """None if there is no time."""
        return Spread.of(self.times.get((system, at), ()), self.failed.get((system, at), 0))

    def line(self, system: str) -> tuple[float, float] | None:
        """a and b of a + b × the column, through the medians; None for fewer than two."""
        points = [
            (at, spread.median)
            for at in self.columns
            if isinstance(at, (int, float)) and (spread := self.spread(system, at))
        ]
        if len(points) < 2:
            return None
        slope, base = linear_regression(*zip(*points, strict=True))
        return base, slope


def table(series: Series, *, line: bool = False) -> str:
    """As Markdown: a row for each system. `line`: and the line through the medians."""
    heads = [series.title, *(f"{series.column} {at}" for at in series.columns)]
    rows = [heads + (["a + b × R"] if line else []), ["---"] * (len(heads) + line)]
    for system in series.systems:
        cells = [str(series.spread(system, at) or "never") for at in series.columns]
        rows.append([system, *cells, *([_line(series.line(system))] if line else [])])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _line(found: tuple[float, float] | None) -> str:
    return f"{found[0]:.0f} + {found[1]:.2f} R" if found else "–"


def as_json(all_series: Sequence[Series]) -> list[Mapping[str, object]]:
    """Every single time."""
    return [
        {
            "title": series.title,
            "column": series.column,
            "times": [
                {
                    "system": system,
                    "at": at,
                    "ms": series.times.get((system, at), []),
                    "failed": series.failed.get((system, at), 0),
                }
                for system in series.systems
                for at in series.columns
            ],
        }
        for series in all_series
    ]


def from_json(values: Sequence[Mapping[str, Any]]) -> list[Series]:
    """What `as_json` made."""
    found = []
    for value in values:
        series = Series(value["title"], value["column"])
        for each in value["times"]:
            for ms in (*each["ms"], *[None] * each["failed"]):
                series.add(each["system"], each["at"], ms)
        found.append(series)
    return found
