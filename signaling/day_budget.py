"""What a stamp may send in a day (UTC), in units (signaling/budget.py), and who of it. Pure.

The ladder: as the day's units go, less is taken. What a call that stands needs comes last:

 what                                                       is taken while less is used than
 RELAY      text or data to a peer, through the server      75 % of the day
 BROADCAST  text or data to everyone                        85 %
 NEWCOMER   somebody without an invite or token; a room     95 %
 CALL       offers, answers, candidates, restarts, byes and
            acks to a peer, sockets of members, host calls  always: see "trickle"

Shares. A network or room that has used little today is not asked further (400 and 1,000 units of a
million: SMALL, SMALL_ROOM): the last third of the day is there for those alone, 830 networks that
use all of it or some 20,000 that have one call. Any other may use as much as is left of the first
two thirds: a third of the day if nobody else uses much, two ninths beside one that does the same,
and a hundred of them 0.66 % each. These are the dynamic thresholds of turn/fairness.py.

Trickle. Where a share or the day is used up, CALL still passes by a small bucket of the network (of
the room, where nobody can tell the network). It does not count for the day, or many networks could
use up the day of all others with it. So a day costs at most its units, the trickle of the networks
that have used up their shares, and a block for each instance.

Each instance counts by itself and tells the others in blocks, not for each message
(backend/spending.py). What it has not told is bounded: with MOST_UNTOLD of the day it goes on as
if the day were used up. Of rooms and networks the KEPT largest of each are remembered for all
instances: whoever is not among them has used less than a KEPTth of the day.
"""

from collections import Counter
from enum import Enum
from threading import Lock

from msgspec import Struct

from signaling.budget import Payer
from signaling.rate import Rate, Tokens

DAY_MS = 86_400_000
MESSAGES_PER_DAY = 1_000_000  # what a unit of SignalR's Standard tier includes
LEAST_PER_DAY, MOST_PER_DAY = 1_000, 10**12
SMALL, LEAST_SMALL = 2_500, 100  # of a network: one part of so many of the day; units
SMALL_ROOM, LEAST_SMALL_ROOM = 1_000, 500  # the same of a room
TRICKLE = Rate(burst=200, per_second=0.05)
BLOCK, LEAST_BLOCK = 1_000, 50  # the same
MOST_UNTOLD = 20  # one part of so many of the day
TELL_MS = 60_000  # what was spent is told so often at least, while something is spent
KEPT = 256


class Kind(Enum):
    """What is asked for. The value: of the day, in percent, as long as less is used."""

    RELAY = 75
    BROADCAST = 85
    NEWCOMER = 95
    CALL = 100


class Way(Enum):
    """How something is paid."""

    DAY = "day"
    TRICKLE = "trickle"
    FULL = "full"  # it is refused


class Usage(Struct):
    """What was spent on a day: in all, and by room and network."""

    day: int = 0  # days since 1970, UTC
    spent: int = 0
    rooms: dict[str, int] = {}
    networks: dict[str, int] = {}


def merge(stored: Usage, told: Usage) -> Usage:
    """What is stored next, of the same day."""
    both = _both(stored, told)
    return Usage(told.day, both.spent, _largest(both.rooms), _largest(both.networks))


def _largest(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: -each[1])[:KEPT])


def day_of(now: int) -> int:
    """The day of `now` (epoch ms)."""
    return now // DAY_MS


def seconds_left(now: int) -> int:
    """Until the next day begins."""
    return -(-(DAY_MS - now % DAY_MS) // 1000)


class DayBudget:
    """What an instance knows of the day. Threads share it."""

    def __init__(self, total: int = MESSAGES_PER_DAY) -> None:
        """`total`: units a day."""
        self.total = total
        self._small = max(LEAST_SMALL, total // SMALL)
        self._small_room = max(LEAST_SMALL_ROOM, total // SMALL_ROOM)
        self._block = max(LEAST_BLOCK, total // BLOCK)
        self._rungs = {kind: total * kind.value // 100 for kind in Kind}
        self._open, self._most_untold = total * 2 // 3, total // MOST_UNTOLD
        self._trickle = Tokens(TRICKLE)
        self._lock = Lock()
        self._sum = Usage()  # of all instances, as far as this one knows, and its own
        self._telling = Usage()  # its own that is on its way to the others
        self._untold = Usage()  # its own that no other knows
        self._is_telling = False
        self._told_at = 0  # epoch ms; 0: nothing is known yet

    def way(self, payer: Payer, kind: Kind, now: int) -> Way:
        """How this would be paid at `now` (epoch ms). Nothing is."""
        with self._lock:
            self._turn(now)
            if self._has(payer, kind):
                return Way.DAY
            left = self._trickle.left(_account(payer), now)
            return Way.TRICKLE if kind is Kind.CALL and left >= 1 else Way.FULL

    def spend(self, payer: Payer, units: int, now: int, way: Way = Way.DAY) -> None:
        """It was sent, and cost so much."""
        with self._lock:
            self._turn(now)
            if way is not Way.DAY:
                self._trickle.take(_account(payer), now, units)
                return
            for usage in (self._sum, self._untold):
                usage.spent += units
                _add(usage.rooms, payer.key, units)
                if payer.networks:
                    _add(usage.networks, payer.networks[-1], units)

    def spent(self, now: int) -> int:
        """Units of today, as far as this instance knows."""
        with self._lock:
            self._turn(now)
            return self._sum.spent

    def closed(self, now: int) -> tuple[Kind, ...]:
        """What nobody can pay by the day any more, but those with a trickle."""
        spent = self.spent(now)
        return tuple(kind for kind, rung in self._rungs.items() if spent >= rung)

    def tell(self, now: int) -> Usage | None:
        """What is to be told now; None: nothing yet. `told` or `not_told` follows."""
        with self._lock:
            self._turn(now)
            late = self._told_at == 0 or not 0 <= now - self._told_at < TELL_MS
            if self._is_telling or not (late or self._untold.spent >= self._block):
                return None
            self._told_at, self._is_telling = now, True
            self._telling, self._untold = self._untold, Usage(self._untold.day)
            return self._telling

    def told(self, stored: Usage) -> None:
        """All instances know it: this is what they know."""
        with self._lock:
            self._is_telling = False
            if stored.day == self._untold.day:
                self._sum = _both(stored, self._untold)
                self._telling = Usage(stored.day)

    def not_told(self) -> None:
        """It could not be told, and is told later."""
        with self._lock:
            self._is_telling = False
            self._untold = _both(self._untold, self._telling)
            self._telling = Usage(self._untold.day)

    def _turn(self, now: int) -> None:
        """A new day begins; a clock that steps back begins none."""
        day = day_of(now)
        if day > self._untold.day:
            self._sum, self._untold = Usage(day), Usage(day)
            self._telling, self._told_at = Usage(day), 0

    def _has(self, payer: Payer, kind: Kind) -> bool:
        spent = self._sum.spent
        away = self._untold.spent + self._telling.spent
        if spent >= self._rungs[kind] or away >= self._most_untold:
            return False
        left = self._open - spent
        used = self._sum.rooms.get(payer.key, 0)
        if used >= self._small_room and used > left:
            return False
        used = self._sum.networks.get(payer.networks[-1], 0) if payer.networks else 0
        return used < self._small or used <= left


def _account(payer: Payer) -> str:
    return payer.networks[-1] if payer.networks else payer.key


def _add(counts: dict[str, int], name: str, units: int) -> None:
    counts[name] = counts.get(name, 0) + units


def _both(one: Usage, other: Usage) -> Usage:
    rooms, networks = Counter(one.rooms), Counter(one.networks)
    rooms.update(other.rooms)
    networks.update(other.networks)
    return Usage(one.day, one.spent + other.spent, dict(rooms), dict(networks))
