"""Ceilings: the most that may be spent, and how they are divided over stamps and shards. Pure.

Money is micro-dollars. What the owner sets is for all stamps together. Each stamp has a ledger of
its own and asks no other, so each works with an equal share of every ceiling. Within a stamp, what
belongs to everybody (day, month, exposure) is divided into SHARDS equal parts. A network's ceiling
is divided too, into parts in which at least one credential fits. The parts of a ceiling never add
up to more than the ceiling.
"""

import hashlib
from collections.abc import Sequence

from msgspec import Struct, structs

SHARDS = 8  # documents of a stamp: many mints a second must not wait for one document
# How many credentials' money a stamp's share has to hold, so that one can be minted in any shard.
_PARTS = {"peer": 1, "room": 1, "network": 1, "day": SHARDS, "month": SHARDS}


class Ceilings(Struct, frozen=True):
    """The most that may be spent. Peer, room and network: by the UTC day.

    `exposure`: what all live credentials together could lose before anybody knows. The last
    credential that a shard lets in may pass it. The defaults are for two stamps and the dearest
    vendor (Twilio, 0.30 for a credential): each stamp can mint one for a peer, and one for both
    sides of a pair in one room and network.
    """

    peer: int = 600_000
    room: int = 1_200_000
    network: int = 1_200_000
    day: int = 5_000_000
    month: int = 60_000_000
    exposure: int = 10_000_000

    def of_stamp(self, stamps: int) -> "Ceilings":
        """The share of each of `stamps` stamps (1 or more), rounded down."""
        return Ceilings(**{scope: money // stamps for scope, money in structs.asdict(self).items()})

    def in_shard(self, network: int) -> "Ceilings":
        """One shard's part, rounded down; `network` is the part of the network that asks."""
        day, month, exposure = self.day // SHARDS, self.month // SHARDS, self.exposure // SHARDS
        return structs.replace(self, network=network, day=day, month=month, exposure=exposure)


def too_low(ceilings: Ceilings, reservation: int, stamps: int) -> dict[str, int]:
    """Ceilings with whose share a stamp cannot mint, and the least that they have to be.

    `ceilings` are those of all stamps together. `reservation`: what the dearest credential holds.
    """
    least = {scope: stamps * parts * reservation for scope, parts in _PARTS.items()}
    # A part of nothing counts as full (turn/ladder.py), also where a credential costs nothing.
    for scope in ("day", "month", "exposure"):
        least[scope] = max(least.get(scope, 0), stamps * SHARDS)
    return {scope: money for scope, money in least.items() if getattr(ceilings, scope) < money}


def network_parts(ceiling: int, reservation: int) -> tuple[int, ...]:
    """A network's ceiling, divided over as many shards as it may use: 1 to SHARDS parts.

    `reservation`: the most that one credential reserves. Each part is a multiple of it (the first
    also has the rest), so that dividing costs no credential. The sum is the ceiling.
    """
    size = max(1, reservation)
    credentials = ceiling // size
    count = max(1, min(SHARDS, credentials))
    each, more = divmod(credentials, count)
    parts = [size * (each + (place < more)) for place in range(count)]
    parts[0] += ceiling - sum(parts)
    return tuple(parts)


def shards_for(network: str, label: str, parts: Sequence[int]) -> list[tuple[int, int]]:
    """Where to reserve a grant, in the order to try: (shard, the network's part of it).

    The shards are the network's own. Its labels begin at different ones, so that all are used.
    """
    home, start = home_of(network), _hash(label)
    places = [(start + step) % len(parts) for step in range(len(parts))]
    return [((home + place) % SHARDS, parts[place]) for place in places]


def home_of(network: str) -> int:
    """The first of a network's shards."""
    return _hash(network) % SHARDS


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
