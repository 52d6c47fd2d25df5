"""The ledger of a room: what each event of a grant's life does there. Pure.

turn/ledger.py has the table. `mint` and `use` do nothing here.
"""

from msgspec import structs

from turn.balances import Grant, RoomHold, RoomLedger, iso_day
from turn.ceilings import Ceilings
from turn.ledger import MAX_PEER_GRANTS, Refused, check_ceiling


def reserve(room: RoomLedger, grant: Grant, ceilings: Ceilings, now: int) -> RoomLedger:
    """Hold money for the room and the peer. Raises Refused (peer, room)."""
    room = lapse(room, now)
    live = sum(hold.peer == grant.peer for hold in room.holds.values())
    if grant.id in room.holds or live >= MAX_PEER_GRANTS:
        raise Refused("peer")
    check_ceiling(room.peer_balance(grant.peer) + grant.hold, ceilings.peer, "peer")
    check_ceiling(room.balance + grant.hold, ceilings.room, "room")
    hold = RoomHold(grant.peer, grant.other, grant.hold, grant.until, grant.expires_at, grant.risk)
    return structs.replace(room, holds={**room.holds, grant.id: hold})


def is_second(room: RoomLedger, grant: Grant, now: int) -> bool:
    """Whether the other side of this pair holds a relay already.

    A peer that does not say for whom its relay is may mean anybody: it counts for any pair it fits.
    """
    return any(
        hold.relays_until > now
        and hold.peer != grant.peer
        and grant.other in ("", hold.peer)
        and hold.other in ("", grant.peer)
        for hold in room.holds.values()
    )


def renews(room: RoomLedger, grant: Grant, now: int) -> bool:
    """Whether the peer's relay for this pair is in the last quarter of its life, and its newest."""
    quarter = (grant.expires_at - grant.opened_at) // 4
    left = [
        hold.relays_until - now
        for id, hold in room.holds.items()
        if id != grant.id and (hold.peer, hold.other) == (grant.peer, grant.other)
    ]
    return 0 < max(left, default=0) <= quarter


def end(room: RoomLedger, grant: Grant) -> RoomLedger:
    """`grant` has ended: what is held for it changes, and its side of the pair is free."""
    if grant.id not in room.holds:
        return room
    hold = RoomHold(grant.peer, grant.other, grant.hold, grant.until, relays_until=0)
    return structs.replace(room, holds={**room.holds, grant.id: hold})


def settle(room: RoomLedger, id: str, actual: int, now: int) -> RoomLedger:
    """The grant is over and cost `actual`. Settling it again changes nothing."""
    room = _open_day(room, now)
    hold = room.holds.get(id)
    if hold is None:
        return _tidy(room)
    return _tidy(_spend(room, id, hold.peer, actual, room.day))


def lapse(room: RoomLedger, now: int) -> RoomLedger:
    """Holds that nobody settled in time are spent, in the day in which they ran out."""
    room = _open_day(room, now)
    for id, hold in [(id, hold) for id, hold in room.holds.items() if hold.until <= now]:
        room = _spend(room, id, hold.peer, hold.amount, iso_day(hold.until))
    return room


def _open_day(room: RoomLedger, now: int) -> RoomLedger:
    day = max(room.day, iso_day(now))
    return room if day == room.day else RoomLedger(day, {}, room.holds)


def _spend(room: RoomLedger, id: str, peer: str, amount: int, day: str) -> RoomLedger:
    holds = {key: hold for key, hold in room.holds.items() if key != id}
    peers = room.peers
    if day == room.day and amount:
        peers = {**peers, peer: peers.get(peer, 0) + amount}
    return RoomLedger(room.day, peers, holds)


def _tidy(room: RoomLedger) -> RoomLedger:
    return room if room.holds or room.peers else RoomLedger()
