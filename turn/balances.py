"""What lies in the ledger: grants, and the balances of networks, rooms, peers, day and month. Pure.

Money is whole micro-dollars, time is epoch milliseconds, a day is a UTC day. A balance is what was
spent in the period, plus what is held for live grants. turn/ledger.py has the life of a grant and
all changes.
"""

from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from turn.money import UNSEEN_MS

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1)


class State(Enum):
    """Where a grant is in its life. Settled and lapsed grants are in no document."""

    RESERVED = "reserved"
    MINTED = "minted"
    ENDED = "ended"


class Grant(Struct, frozen=True, omit_defaults=True):
    """One credential: enough to attribute its usage, to revoke it and to settle it."""

    id: str  # the label that the provider knows it by
    provider: str
    amount: int  # reserved
    price: int  # micro-dollars per GB
    opened_at: int
    expires_at: int
    until: int  # settled by then, or it lapses: expiry and the lag of the provider's figures
    room: str  # a keyed hash, as are peer, network and other
    peer: str
    network: str
    other: str = ""  # the peer at the other end; "" when not said
    risk: int = 0  # what a thief takes before it is revoked; 0 where nobody would know
    shard: int = 0
    first: bool = False  # it took its network's first relay of the day
    state: State = State.RESERVED
    handle: str = ""  # what the provider revokes it by, while it is minted
    used: int = 0  # by the latest figures

    @property
    def hold(self) -> int:
        """What it may cost: as reserved, or more if more is known."""
        return max(self.amount, self.used)


class Shard(Struct, frozen=True, omit_defaults=True):
    """A part of everybody's ledger: what its networks, the day and the month have spent."""

    day: str = ""  # YYYY-MM-DD, the period of all but `month`; its month is the period of `month`
    networks: dict[str, int] = {}  # charged today, by network: spent, or more for idle relays
    month: int = 0  # spent this month, today included
    grants: dict[str, Grant] = {}
    idle: int = 0  # charged to networks today for relays they hardly used: no money, nobody's bill
    users: tuple[str, ...] = ()  # networks of which figures showed today that they use a relay
    firsts: tuple[
        str, ...
    ] = ()  # networks at home here whose first relay (turn/fairness.py) is gone

    @property
    def held(self) -> int:
        """All holds together."""
        return sum(grant.hold for grant in self.grants.values())

    @property
    def day_balance(self) -> int:
        """Spent and held today."""
        return sum(self.networks.values()) - self.idle + self.held

    @property
    def month_balance(self) -> int:
        """Spent and held this month."""
        return self.month + self.held

    def network_balance(self, network: str) -> int:
        """Charged to one network today, and held for it."""
        holds = (grant.hold for grant in self.grants.values() if grant.network == network)
        return self.networks.get(network, 0) + sum(holds)

    def exposure(self, now: int) -> int:
        """What could be stolen by now and be in no figures yet."""
        return sum(grant.risk for grant in self.at_risk(now))

    def at_risk(self, now: int) -> list[Grant]:
        """Grants whose credential lives, or lived until so lately that no figures can show it."""
        return [grant for grant in self.grants.values() if now < grant.expires_at + UNSEEN_MS]


class RoomHold(Struct, frozen=True):
    """What a room holds for one grant, and for which pair."""

    peer: str
    other: str
    amount: int
    until: int
    relays_until: int  # until then `peer` counts as one side of a pair; 0 once ended
    risk: int = 0  # of the grant


class RoomLedger(Struct, frozen=True, omit_defaults=True):
    """What a room's peers have spent, and what is held for them."""

    day: str = ""  # YYYY-MM-DD, the period of `peers`
    peers: dict[str, int] = {}  # charged today, by peer: spent, or more for idle relays
    holds: dict[str, RoomHold] = {}  # by grant

    def exposure(self, now: int) -> int:
        """What its live credentials together put at risk."""
        return sum(hold.risk for hold in self.holds.values() if now < hold.relays_until)

    @property
    def balance(self) -> int:
        """Charged to the whole room today, and held for it."""
        return sum(self.peers.values()) + sum(hold.amount for hold in self.holds.values())

    def peer_balance(self, peer: str) -> int:
        """Charged to one peer today, and held for it."""
        holds = (hold.amount for hold in self.holds.values() if hold.peer == peer)
        return self.peers.get(peer, 0) + sum(holds)


def iso_day(now: int) -> str:
    """The UTC day, as YYYY-MM-DD."""
    return _day_text(now // DAY_MS)


@lru_cache(4)
def _day_text(day: int) -> str:
    """Asked with each look at a ledger, and a process sees few days."""
    return (EPOCH + timedelta(day)).isoformat()
