"""What `python -m benchmarks.chaos --json FILE` writes: how calls went while stamps died. Pure.

The benchmark runs many two-party calls over several local stamps, and at random kills, freezes,
cuts off, slows and restores what they are made of. A figure that a run did not measure is null.

    {"seeds": [1, 2], "stamps": 2, "seconds": 1800.5,
     "events": {"kill": 210, "freeze": 190, "blackhole": 100, "slow": 120, "restore": 380},
     "calls": 4123, "notConnected30s": 0, "listedGone90s": 0, "reportsLost": 0,
     "reportsTwice": 0, "textsLost": 0, "channelsBroken": 0,
     "signalAfterDeathMs": {"count": 312, "p50": 420, "p99": 1310},
     "joinBothMs": {"count": 900, "p50": 180, "p99": 700},
     "joinOneDeadMs": {"count": 450, "p50": 390, "p99": 1200}}
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

MAX_SIGNAL_MS = 1_500  # p99, from the death of a stamp to the next signal that arrives
MAX_JOIN_DELAY_MS = 400  # median of joins with one stamp dead, beside those with both alive

Count = Annotated[int, Meta(ge=0)]
Milliseconds = Annotated[float, Meta(ge=0)]


class Times(Struct, frozen=True):
    """Percentiles of `count` times, in milliseconds."""

    count: Annotated[int, Meta(ge=1)]
    p50: Milliseconds
    p99: Milliseconds

    def __post_init__(self) -> None:
        if self.p50 > self.p99:
            raise ValueError("p50 is more than p99")


class Chaos(Struct, frozen=True, rename="camel"):
    """A run of the benchmark, or several with a seed each."""

    seeds: Annotated[tuple[int, ...], Meta(min_length=1)]  # each makes its part of the run again
    stamps: Annotated[int, Meta(ge=2)]
    seconds: Annotated[float, Meta(ge=0)]  # that it took
    events: dict[str, Count]  # what was done to the stamps, how often
    calls: Count  # of two peers
    # Calls, 30 s after all was well again.
    not_connected: Count = field(name="notConnected30s")
    # Members who were listed 90 s after they had gone, or longer.
    listed_gone: Count = field(name="listedGone90s")
    reports_lost: Count
    reports_twice: Count  # counted twice
    texts_lost: Count  # though they had been acknowledged
    channels_broken: Count  # data channels that broke because signaling did
    # From the death of the stamp that signals went by to the next signal that arrived.
    signal_after_death_ms: Times | None = None
    join_both_ms: Times | None = None  # `join` resolved, both stamps alive
    join_one_dead_ms: Times | None = None


class Check(Struct, frozen=True, rename="camel"):
    """A figure, the most that it may be, and whether it is. None: not measured."""

    name: str
    measured: float | None
    at_most: float
    met: bool | None


def parse(text: bytes) -> Chaos:
    """The figures in a file of the benchmark. Raises ValueError, which says what does not fit."""
    try:
        return msgspec.json.decode(text, type=Chaos)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ValueError(f"not what benchmarks.chaos writes: {error}") from None


def join_delay_ms(chaos: Chaos) -> float | None:
    """How much longer the median join takes while one stamp is dead; None if not measured."""
    both, one_dead = chaos.join_both_ms, chaos.join_one_dead_ms
    return None if both is None or one_dead is None else one_dead.p50 - both.p50


def checks(chaos: Chaos) -> tuple[Check, ...]:
    """What a run has to show."""
    signal = chaos.signal_after_death_ms
    figures: tuple[tuple[str, float | None, float], ...] = (
        ("calls not connected 30 s after all is well", chaos.not_connected, 0),
        ("members listed 90 s after they had gone", chaos.listed_gone, 0),
        ("reports lost", chaos.reports_lost, 0),
        ("reports counted twice", chaos.reports_twice, 0),
        ("texts lost though acknowledged", chaos.texts_lost, 0),
        ("data channels that broke with signaling", chaos.channels_broken, 0),
        ("ms to the next signal, p99", signal.p99 if signal else None, MAX_SIGNAL_MS),
        ("ms more for a join, one stamp dead, p50", join_delay_ms(chaos), MAX_JOIN_DELAY_MS),
    )
    return tuple(
        Check(name, measured, most, None if measured is None else measured <= most)
        for name, measured, most in figures
    )


def times(chaos: Chaos) -> dict[str, Times | None]:
    """What the percentiles are of."""
    return {
        "next signal after a stamp died": chaos.signal_after_death_ms,
        "join, both stamps alive": chaos.join_both_ms,
        "join, one stamp dead": chaos.join_one_dead_ms,
    }
