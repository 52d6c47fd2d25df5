"""Orders: what the hosts of a created room have decided, as one stamp tells it to another. Pure.

Clients carry them, signed, from stamp to stamp. Merging is the same in any order and any number of
times, as long as the bounds are not reached:

 lock      the higher version; of two equal ones the one that locks
 inside    of the same lock: everybody whom either has found inside
 kicked    everybody whom either knows
 revoked   every invite that either knows
"""

from collections.abc import Iterable

from msgspec import Struct

MAX_KICKED = 128  # the newest count; all of them fit a token
MAX_REVOKED = 64
MAX_INSIDE = 64


class Orders(Struct, frozen=True):
    """`kicked`, `inside`: peers. `revoked`: ids of invites. Oldest first.

    `inside`: who was in the room when it was locked, and comes back in spite of the lock.
    """

    version: int = 0  # of the lock: how often it was changed
    locked: bool = False
    kicked: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


NONE = Orders()


def merge(one: Orders, other: Orders) -> Orders:
    """What both say together."""
    version, locked = lock = max(_lock(one), _lock(other))
    found = [orders.inside for orders in (one, other) if locked and _lock(orders) == lock]
    inside = _union(found[0], found[-1], MAX_INSIDE) if found else ()
    kicked = _union(one.kicked, other.kicked, MAX_KICKED)
    revoked = _union(one.revoked, other.revoked, MAX_REVOKED)
    return Orders(version, locked, kicked, revoked, inside)


def kick(orders: Orders, peer: str, invite: str) -> Orders:
    """`invite`: the id of the one that the peer came by, which ends with it; or empty."""
    revoked = (invite,) if invite else ()
    return merge(orders, Orders(kicked=(peer,), revoked=revoked))


def revoke(orders: Orders, invite: str) -> Orders:
    """The invite with this id admits nobody new."""
    return merge(orders, Orders(revoked=(invite,)))


def lock(orders: Orders, locked: bool, inside: Iterable[str]) -> Orders:
    """The newest word on the lock. `inside`: who is in the room."""
    kept = tuple(inside) if locked else ()
    return Orders(orders.version + 1, locked, orders.kicked, orders.revoked, kept[-MAX_INSIDE:])


def _lock(orders: Orders) -> tuple[int, bool]:
    return orders.version, orders.locked


def _union(one: Iterable[str], other: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))[-most:]
