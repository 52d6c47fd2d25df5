"""By which stamp a message goes, and when by the next. Pure; times are seconds.

The order of the stamps for one receiver, by the first of these that differs:

    1. the receiver is there, then not known to be there, then known to be absent
    2. our socket there is open, then not (HTTP)
    3. fewer failures since its last answer
    4. shorter smoothed round trip; not measured comes last
    5. smaller number

    event                                        failures   round trip
    `opened`                                     0          –
    `answered`                                   0          smoothed as RFC 6298 §2 does it
    `failed`: no answer in time, or a            one more   –
    transient error
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Reach = Literal["here", "unknown", "absent"]  # where a member is, as far as one stamp knows
REACHES: tuple[Reach, ...] = ("here", "unknown", "absent")
MIN_HEDGE, MAX_HEDGE = 0.15, 0.8  # seconds that a message waits before it goes by the next stamp
USUAL_FACTOR = 4  # how much longer than usual an answer may take: round trips have a long tail
MEAN_GAIN, DEVIATION_GAIN, DEVIATION_FACTOR = 1 / 8, 1 / 4, 4  # RFC 6298 §2.3


@dataclass(frozen=True, slots=True)
class Route:
    """What is known of one stamp. `mean`, `deviation`: of round trips, None before the first."""

    open: bool = False
    failures: int = 0
    mean: float | None = None
    deviation: float = 0.0


Routes = tuple[Route, ...]  # by the number of the stamp


def no_routes(stamps: int) -> Routes:
    """No socket is open, and nothing is measured."""
    return (Route(),) * stamps


def opened(routes: Routes, stamp: int) -> Routes:
    """Our socket there is open."""
    return _with(routes, stamp, replace(routes[stamp], open=True, failures=0))


def closed(routes: Routes, stamp: int) -> Routes:
    """Our socket there has ended."""
    return _with(routes, stamp, replace(routes[stamp], open=False))


def failed(routes: Routes, stamp: int) -> Routes:
    """No answer in time, or a transient error."""
    return _with(routes, stamp, replace(routes[stamp], failures=routes[stamp].failures + 1))


def answered(routes: Routes, stamp: int, seconds: float) -> Routes:
    """It has answered after so long (RFC 6298 §2.2 and §2.3: the deviation first)."""
    before = routes[stamp]
    if before.mean is None:
        return _with(
            routes, stamp, replace(before, failures=0, mean=seconds, deviation=seconds / 2)
        )
    deviation = before.deviation
    deviation += DEVIATION_GAIN * (abs(before.mean - seconds) - deviation)
    mean = before.mean + MEAN_GAIN * (seconds - before.mean)
    return _with(routes, stamp, replace(before, failures=0, mean=mean, deviation=deviation))


def order(routes: Routes, reach: Callable[[int], Reach]) -> list[int]:
    """All stamps, the best first. `reach`: where the receiver is; of a message to all, "here"."""

    def rank(stamp: int) -> tuple[int, bool, int, float, int]:
        route = routes[stamp]
        mean = float("inf") if route.mean is None else route.mean
        return REACHES.index(reach(stamp)), not route.open, route.failures, mean, stamp

    return sorted(range(len(routes)), key=rank)


def hedge_seconds(routes: Routes, stamp: int) -> float:
    """Without an answer for so long, the next stamp is tried too."""
    route = routes[stamp]
    if route.mean is None:
        return MAX_HEDGE
    usual = USUAL_FACTOR * route.mean + DEVIATION_FACTOR * route.deviation
    return min(MAX_HEDGE, max(MIN_HEDGE, usual))


def _with(routes: Routes, stamp: int, route: Route) -> Routes:
    return (*routes[:stamp], route, *routes[stamp + 1 :])
