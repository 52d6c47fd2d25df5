"""Ceilings: the most that may be spent, and how they are divided over the ledger's shards. Pure.

Money is micro-dollars. What belongs to everybody (day, month, exposure) is divided into SHARDS
equal parts. A network's ceiling is divided too, into parts in which at least one credential fits.
The parts of a ceiling never add up to more than the ceiling.
"""

import hashlib
from collections.abc import Sequence

from msgspec import Struct, structs

SHARDS = 8  # documents: many mints a second must not wait for one document


class Ceilings(Struct, frozen=True):
    """The most that may be spent. Peer, room and network: by the UTC day.

    `exposure`: what all live credentials together could lose before anybody knows. The last
    credential that a shard lets in may pass it. With the defaults the dearest vendor can mint for
    one peer.
    """

    peer: int = 350_000
    room: int = 1_000_000
    network: int = 1_000_000
    day: int = 5_000_000
    month: int = 60_000_000
    exposure: int = 10_000_000

    def in_shard(self, network: int) -> "Ceilings":
        """One shard's part, rounded down; `network` is the part of the network that asks."""
        day, month, exposure = self.day // SHARDS, self.month // SHARDS, self.exposure // SHARDS
        return structs.replace(self, network=network, day=day, month=month, exposure=exposure)


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
    home, start = _hash(network), _hash(label)
    places = [(start + step) % len(parts) for step in range(len(parts))]
    return [((home + place) % SHARDS, parts[place]) for place in places]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
