"""Percentiles of times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles of `count` times, in ms."""

    count: int
    p50: float
    p99: float


def times(values: Sequence[float]) -> Times | None:
    """By the nearest rank; None if there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return Times(len(ordered), _rank(ordered, 50), _rank(ordered, 99))


def _rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]
