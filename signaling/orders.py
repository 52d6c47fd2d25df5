"""Orders: what the hosts of a created room have decided, as one stamp tells it to another. Pure.

Clients carry them, signed, from stamp to stamp. Merging is the same in any order and any number of
times:

 lock      the higher version; of two equal ones the one that locks
 kicked    everybody whom either knows
 revoked   every invite that either knows
"""

from collections.abc import Iterable

from msgspec import Struct

MAX_KICKED = 128  # the newest count; all of them fit a token
MAX_REVOKED = 64


class Orders(Struct, frozen=True):
    """`kicked`: peers. `revoked`: ids of invites. Oldest first."""

    version: int = 0  # of the lock: how often it was changed
    locked: bool = False
    kicked: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()


NONE = Orders()


def merge(one: Orders, other: Orders) -> Orders:
    """What both say together."""
    lock = max((one.version, one.locked), (other.version, other.locked))
    kicked = _union(one.kicked, other.kicked, MAX_KICKED)
    return Orders(*lock, kicked, _union(one.revoked, other.revoked, MAX_REVOKED))


def kick(orders: Orders, peer: str, invite: str) -> Orders:
    """`invite`: the id of the one that the peer came by, which ends with it; or empty."""
    revoked = (invite,) if invite else ()
    return merge(orders, Orders(kicked=(peer,), revoked=revoked))


def revoke(orders: Orders, invite: str) -> Orders:
    """The invite with this id admits nobody new."""
    return merge(orders, Orders(revoked=(invite,)))


def lock(orders: Orders, locked: bool) -> Orders:
    """The newest word on the lock."""
    return Orders(orders.version + 1, locked, orders.kicked, orders.revoked)


def _union(one: Iterable[str], other: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))[-most:]
