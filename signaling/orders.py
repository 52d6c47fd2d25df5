"""Orders: what the hosts of a created room have decided, as one stamp tells it to another. Pure.

Clients carry them, signed, from stamp to stamp. Merging is the same in any order and any number of
times, as long as the bounds are not reached:

 lock      the higher version; of two equal ones the one that locks
 inside    of the same lock: everybody whom either has found inside, but for
 outside   those who have lost their seat since, or were kicked, as either knows
 kicked    everybody whom either knows
 revoked   every invite that either knows
 full      if either is, or if more are kicked or revoked than are remembered

A sanction that nobody remembers any more must not let anybody in. So where they are full the room
is locked, and stays locked: the oldest of them are kept out by the lock.
"""

import itertools
from collections.abc import Iterable

from msgspec import Struct, structs

MAX_KICKED = 128  # the newest count; all of them fit a token
MAX_REVOKED = 64
MAX_INSIDE = 64


class Orders(Struct, frozen=True):
    """`kicked`, `inside`, `outside`: peers. `revoked`: ids of invites. Oldest first.

    `inside`: who was in the room when it was locked, and comes to other stamps in spite of the
    lock, as long as it is not `outside`: has lost its seat since. `full`: some kicked peers or
    revoked invites are forgotten, and the lock stays.
    """

    version: int = 0  # of the lock: how often it was changed
    locked: bool = False
    kicked: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    full: bool = False


NONE = Orders()


def merge(one: Orders, other: Orders) -> Orders:
    """What both say together."""
    version, locked = lock = max(_lock(one), _lock(other))
    same = [orders for orders in (one, other) if locked and _lock(orders) == lock]
    kicked, revoked = _union(one.kicked, other.kicked), _union(one.revoked, other.revoked)
    inside = _union(*(orders.inside for orders in same))
    gone = [peer for peer in inside if peer in kicked]
    outside = _union(*(orders.outside for orders in same), gone)[-MAX_INSIDE:]
    full = one.full or other.full or len(kicked) > MAX_KICKED or len(revoked) > MAX_REVOKED
    return Orders(
        version,
        locked or full,
        kicked[-MAX_KICKED:],
        revoked[-MAX_REVOKED:],
        tuple(peer for peer in inside if peer not in outside)[-MAX_INSIDE:],
        outside,
        full,
    )


def kick(orders: Orders, peer: str, invite: str) -> Orders:
    """`invite`: the id of the one that the peer came by, which ends with it; or empty."""
    revoked = (invite,) if invite else ()
    return merge(orders, Orders(kicked=(peer,), revoked=revoked))


def revoke(orders: Orders, invite: str) -> Orders:
    """The invite with this id admits nobody new."""
    return merge(orders, Orders(revoked=(invite,)))


def lock(orders: Orders, locked: bool, inside: Iterable[str]) -> Orders:
    """The newest word on the lock. `inside`: who is in the room. Full ones stay locked."""
    kept = tuple(inside)[-MAX_INSIDE:] if locked else ()
    sanctions = orders.kicked, orders.revoked
    return Orders(orders.version + 1, locked or orders.full, *sanctions, kept, full=orders.full)


def lose(orders: Orders, peer: str) -> Orders:
    """The peer has lost its seat: if it was inside, it is not any more."""
    if peer not in orders.inside:
        return orders
    return merge(orders, structs.replace(orders, outside=(peer,)))


def _lock(orders: Orders) -> tuple[int, bool]:
    return orders.version, orders.locked


def _union(*lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain(*lists)))
