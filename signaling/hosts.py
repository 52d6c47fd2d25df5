"""What the hosts of a created room decide, and what other stamps say that they have. Pure.

               the room then                                     and who had lost a seat
kick           without the peer, for good; the invite that it    if by the same invite: cannot come
               came by admits nobody new                         back any more
lock           admits nobody but those who are in it now         cannot come back any more
unlock         admits people by the other rules again            -
one sanction   is locked for good: the oldest one is forgotten   cannot come back any more
too many       (signaling/orders.py)
revoke         the invite admits nobody new                      if by this invite: cannot
obey           all of that, as the orders of another stamp say
"""

from msgspec import Struct, structs

from signaling import news, orders
from signaling.codes import Invite
from signaling.effects import ClosePeer, Effect
from signaling.errors import Forbidden
from signaling.messages import Left
from signaling.orders import Orders
from signaling.room_document import Room, member_of


class Obeyed(Struct, frozen=True):
    """What the orders of another stamp have changed. `kicked`: who had a seat and lost it."""

    kicked: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    changed: bool = False


def kick(room: Room, peer: str, now: int) -> tuple[Room, list[Effect]]:
    """Remove a peer, whose identity cannot come back, wherever it may be. Ends its invite too.

    Asked again, its connections are closed again: the first time may have failed half way.
    """
    given = orders.kick(room.orders, peer, _invite_of(room, peer))
    after = _under(room, given, (peer,))
    return after, _ends(room, after, (peer,), now)


def lock(room: Room, locked: bool) -> Room:
    """Admit nobody new, or again everybody. A lock ends the right to come back of who is not in.

    Raises Forbidden (room_locked) for a room that stays locked.
    """
    if room.orders.full and not locked:
        words = "More people were removed than can be remembered: this room stays locked."
        raise Forbidden("room_locked", words)
    lost = {} if locked else room.lost
    return structs.replace(room, orders=orders.lock(room.orders, locked, _inside(room)), lost=lost)


def revoke(room: Room, invite: Invite) -> Room:
    """The invite admits nobody new. Who came by it stays, and cannot come back without its seat."""
    return _under(room, orders.revoke(room.orders, invite.id), ())


def obey(room: Room, given: Orders, now: int) -> tuple[Room, Obeyed]:
    """The room under the orders of another stamp too.

    The other stamp may not know by which invite somebody came whom it has kicked: we may.
    """
    ended = tuple(filter(None, (_invite_of(room, peer) for peer in given.kicked)))
    merged = orders.merge(orders.merge(room.orders, given), Orders(revoked=ended))
    if merged == room.orders:
        return room, Obeyed()
    kicked = tuple(m.peer for m in room.members if m.peer in merged.kicked)
    after = _under(room, merged, kicked)
    return after, Obeyed(kicked, tuple(_ends(room, after, kicked, now)), True)


def _ends(before: Room, after: Room, kicked: tuple[str, ...], now: int) -> list[Effect]:
    """What the others and those who were removed have to hear."""
    effects: list[Effect] = []
    for peer in kicked:
        member = member_of(before, peer)
        left = Left(peer, "kicked", 0 if member is None else member.visit)
        effects += news.tell(after, "left", left, now)
        words = "The host has removed you from this room."
        effects.append(ClosePeer(after.life, peer, "kicked", words))
    return effects


def _under(room: Room, given: Orders, peers: tuple[str, ...]) -> Room:
    """The room under these orders, which remove `peers`. It stays, to remember them."""
    ended = set(given.revoked) - set(room.orders.revoked)
    gone = {*peers, *given.kicked}
    lost = {
        peer: each
        for peer, each in room.lost.items()
        if peer not in gone and each.invite not in ended
    }
    members = tuple(m for m in room.members if m.peer not in gone)
    after = structs.replace(room, lost=lost, members=members)
    locks = given.locked and not (room.orders.locked and given.version == room.orders.version)
    if locks:
        after = structs.replace(after, lost={})
    if locks and given.full and not given.inside:  # nobody has locked it: it is who is in now
        given = structs.replace(given, inside=tuple(_inside(after)))
    return structs.replace(after, orders=given)


def _inside(room: Room) -> list[str]:
    return [member.peer for member in room.members]


def _invite_of(room: Room, peer: str) -> str:
    """The id of the invite that the peer came by, or had come by; empty without one."""
    seat = member_of(room, peer) or room.lost.get(peer)
    return "" if seat is None else seat.invite
