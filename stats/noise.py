"""Noise in what is published: differential privacy of one report in one day. Pure.

A day is published once, when it is over (released.py). To every sum of it that could be published
a random integer is added: of the two-sided geometric distribution (the discrete Laplace of Ghosh,
Roughgarden and Sundararajan 2009), with P(x) in proportion to exp(-|x| · epsilon / sensitivity).

A report is in one sum of each of MEASURES at most. So epsilon is divided among them (SHARES), and
what is published of a day is epsilon-differentially private for one report: whatever it says, and
whether it came at all, no answer is more than exp(epsilon) times as probable. Every sum gets noise
that a report could be in, also where there is none: otherwise the names of the sums would tell.

| measure        | share | moved by one report             | standard deviation at epsilon 1 |
|----------------|-------|---------------------------------|---------------------------------|
| calls          | 15 %  | 1                               | 9                               |
| outcome        | 15 %  | 1                               | 9                               |
| candidate-type | 10 %  | 1                               | 14                              |
| peers, browser | 5 %   | 1                               | 28                              |
| relay-bytes    | 15 %  | 2,048 MiB, by the clips (row.py) | 19 GiB                         |
| bytes          | 5 %   | 2,048 MiB                       | 57 GiB                          |
| total          | 10 %  | 1                               | 14                              |
| each phase     | 4 %   | 1                               | 35                              |

Times are released by octaves, which have fewer sums than buckets, and read as spread evenly.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import get_args

from msgspec import Struct

from stats.buckets import BUCKETS_PER_DOUBLING
from stats.report import PHASES, Browser, CandidateType, Outcome, Transport
from stats.row import MAX_KEPT_BYTES
from stats.sums import TIMES, Sum

SHARES = {
    **{"calls": 0.15, "outcome": 0.15, "candidate-type": 0.1, "peers": 0.05, "browser": 0.05},
    **{"relay-bytes": 0.15, "bytes": 0.05, "total": 0.1},
    **dict.fromkeys(PHASES, 0.04),
}
BYTES_UNIT = 2**20  # bytes are released in these
BYTES = ("bytes", "relay-bytes")
SENSITIVITY = dict.fromkeys(BYTES, 2 * MAX_KEPT_BYTES // BYTES_UNIT)  # of the others: 1
OCTAVES = 22  # 2^22 ms are more than the longest phases together (report.py)
# A figure is shown if it is at least so many standard deviations of its noise.
SHOWN_DEVIATIONS = 5


def _words(alias: object) -> tuple[str, ...]:
    """Of a closed vocabulary."""
    return get_args(getattr(alias, "__value__", alias))


_TYPES = ("", *_words(CandidateType))
# Of each measure, all details that a sum can have.
CELLS: dict[str, tuple[str, ...]] = {
    "calls": ("",),
    "peers": ("",),
    "outcome": _words(Outcome),
    "browser": _words(Browser),
    "candidate-type": tuple(f"{a}/{b}" for a, b in product(_TYPES, ("", *_words(Transport)))),
    "bytes": _TYPES,
    "relay-bytes": ("",),
    **{name: tuple(map(str, range(OCTAVES + 1))) for name in TIMES},
}

type Chance = Callable[[], float]  # the next random number, 0 ≤ x < 1


class Noise(Struct, frozen=True):
    """How much noise there is. `epsilon` > 0: of one report in all that is published of a day."""

    epsilon: float

    def scale(self, measure: str) -> float:
        """Of the noise in a sum of this measure; of bytes in BYTES_UNIT."""
        return SENSITIVITY.get(measure, 1) / (self.epsilon * SHARES[measure])

    def deviation(self, measure: str) -> float:
        """The standard deviation of the noise in a sum, of bytes in bytes."""
        one = math.exp(-1 / self.scale(measure))
        unit = _unit(measure)
        return unit * math.sqrt(2 * one) / (1 - one)

    def least(self, measure: str, days: int = 1) -> int:
        """Below this, a figure of so many days says more about the noise than about calls."""
        sums = days * (len(CELLS[measure]) if measure in TIMES else 1)
        return math.ceil(SHOWN_DEVIATIONS * self.deviation(measure) * math.sqrt(sums))

    def draw(self, measure: str, chance: Chance) -> int:
        """A two-sided geometric number: the difference of two geometric ones."""
        scale = self.scale(measure)
        return _geometric(scale, chance) - _geometric(scale, chance)

    def released(self, day: int, sums: Iterable[Sum], chance: Chance) -> list[Sum]:
        """What is published of a day. Demonstration data is copied: it is nobody's."""
        sums = list(sums)
        exact = Counter[tuple[str, str]]()
        for measure, on, detail, demo, n in sums:
            if on == day and not demo and measure in CELLS:
                exact[measure, _cell(measure, detail)] += n
        demo_sums = [each for each in sums if each.day == day and each.demo]
        return [*self._noised(day, exact, chance), *demo_sums]

    def _noised(self, day: int, exact: Counter[tuple[str, str]], chance: Chance) -> Iterator[Sum]:
        for measure, details in CELLS.items():
            unit = _unit(measure)
            for detail in details:
                n = round(exact[measure, detail] / unit) + self.draw(measure, chance)
                yield Sum(measure, day, detail, False, n * unit)


def _unit(measure: str) -> int:
    return BYTES_UNIT if measure in BYTES else 1


def spread(sums: Iterable[Sum]) -> Iterator[Sum]:
    """Released sums as sums of buckets: an octave is spread over its buckets."""
    for each in sums:
        if each.demo or each.measure not in TIMES or each.detail == "0":
            yield each
            continue
        first = (int(each.detail) - 1) * BUCKETS_PER_DOUBLING + 1
        for number in range(BUCKETS_PER_DOUBLING):
            n = (each.n + number) // BUCKETS_PER_DOUBLING  # together each.n
            yield Sum(each.measure, each.day, str(first + number), False, n)


def _cell(measure: str, detail: str) -> str:
    """The detail under which a sum is released: of times the octave, 0 for those below 1 ms."""
    if measure not in TIMES:
        return detail
    return str(min(OCTAVES, -(-int(detail) // BUCKETS_PER_DOUBLING)))


def _geometric(scale: float, chance: Chance) -> int:
    """At least n with probability exp(-n / scale)."""
    return math.floor(-scale * math.log(1 - chance()))
