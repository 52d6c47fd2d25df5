"""Where published figures are read from: the sums as they are, or days released with noise.

A day is released once, some hours after it has ended, by whichever instance reads first; what was
drawn is stored, so asking again does not average it away. Reports that come later are not shown.
"""

from collections.abc import Iterable
from secrets import SystemRandom
from typing import Protocol

from msgspec import Struct

from stats.dates import HOUR_MS, day_number
from stats.noise import Chance, Noise, spread
from stats.store import Store
from stats.sums import Sum

# After midnight (UTC). A page that goes away reports at once; a device that slept reports later.
GRACE_MS = 6 * HOUR_MS
CHANCE: Chance = SystemRandom().random  # of the operating system: nobody can guess it


class Figures(Struct, frozen=True):
    """What was read. `until`: the last day that is shown, in days since 1970; None: today."""

    totals: list[Sum]
    sums: list[Sum]
    until: int | None = None


class Source(Protocol):
    """Both methods of reading. Raises StoreAway or StoreFailed."""

    def read(self, measures: Iterable[str], since: int, now: int) -> Figures:
        """Sums of these measures from the day `since` on; `calls` and `peers` of every day."""
        ...


class Exact:
    """The sums as they are at this moment."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, measures: Iterable[str], since: int, now: int) -> Figures:
        """Today included."""
        return Figures(self._store.totals(), self._store.read(measures, since))


class Released:
    """Days with noise, from the first day of which there is a sum to the last that is over."""

    def __init__(self, store: Store, noise: Noise, chance: Chance = CHANCE) -> None:
        self._store, self._noise, self._chance = store, noise, chance

    def read(self, measures: Iterable[str], since: int, now: int) -> Figures:
        """What was released; first it releases what is due."""
        until = day_number(now - GRACE_MS) - 1
        self._store.release(until, self._noised)
        sums = self._store.read_released(measures, since)
        return Figures(self._store.released_totals(), list(spread(sums)), until)

    def _noised(self, day: int, sums: list[Sum]) -> list[Sum]:
        return self._noise.released(day, sums, self._chance)
