"""The units of the day (signaling/day_budget.py), counted for all instances of a stamp.

One document a day holds the sum. No message waits for it: what an instance has spent is told in the
background, by a block or once a minute, and the answer is what all have spent. So the document is
written a thousand times a day by blocks and once a minute by each instance that sends something; it
needs no shards. What an instance has not told when it ends is lost: less than a block.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor

import msgspec

from cloud.documents import Away, Busy, Change, Documents
from signaling.budget import Payer
from signaling.day_budget import DAY_MS, DayBudget, Kind, Usage, Way, merge

log = logging.getLogger("heliograph")


class Spending:
    """The day's budget of a stamp. Threads share it."""

    def __init__(
        self, budget: DayBudget, documents: Callable[[], Documents], threads: Callable[[], Executor]
    ) -> None:
        """`documents` and `threads` are made when they are needed first."""
        self._budget, self._documents, self._threads = budget, documents, threads
        self._closed: tuple[Kind, ...] = ()  # as it was logged last

    def way(self, payer: Payer, kind: Kind, now: int) -> Way:
        """How this would be paid at `now` (epoch ms)."""
        return self._budget.way(payer, kind, now)

    def spend(self, payer: Payer, units: int, now: int, way: Way = Way.DAY) -> None:
        """It is sent, and costs so much. Waits for nothing."""
        self._budget.spend(payer, units, now, way)
        told = self._budget.tell(now)
        if told is not None:
            self._log(self._budget.closed(now))
            self._threads().submit(self._tell, told)

    def _log(self, closed: tuple[Kind, ...]) -> None:
        """Say so when more or less is refused than before."""
        if closed != self._closed:
            self._closed = closed
            names = ", ".join(kind.name for kind in closed) or "nothing"
            log.warning("of the day's messages so much is used that this is refused: %s", names)

    def _tell(self, told: Usage) -> None:
        """Add what was spent to the document."""

        def decide(before: bytes | None) -> Change[Usage]:
            usage = merge(_decode(before, told.day), told)
            return Change(msgspec.json.encode(usage), (told.day + 2) * DAY_MS, usage)

        try:
            self._budget.told(self._documents().update(f"spending-{told.day}", decide))
        except (Away, Busy) as error:
            self._budget.not_told()
            log.warning("what messages cost is not counted yet: %s", type(error).__name__)
        except BaseException:
            self._budget.not_told()
            raise


def _decode(before: bytes | None, day: int) -> Usage:
    try:
        return Usage(day) if before is None else msgspec.json.decode(before, type=Usage)
    except msgspec.MsgspecError:
        return Usage(day)
