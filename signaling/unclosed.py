"""Connections that have to end, and could not be ended: the room remembers them. Pure.

Any later change of the room carries it out, at whichever instance. What is done then:

 what was to end                       then
 all of a peer that was kicked         they are ended
 all of a peer that has left           they are ended; while it has a seat again they wait until
                                       that is over too: its new one would end with them
 one connection                        it is ended
"""

from collections.abc import Iterable

from msgspec import structs

from signaling.effects import Close, CloseConnection, CloseGroup, ClosePeer, Effect
from signaling.room_document import Room, Unclosed, member_of

MAX_UNCLOSED = 64  # the newest count


def keep(room: Room | None, closes: Iterable[Close]) -> Room | None:
    """These connections may still be open."""
    new = [_unclosed(each) for each in closes if not isinstance(each, CloseGroup)]
    if room is None or not new:
        return room
    unclosed = dict.fromkeys((*room.unclosed, *new))
    return structs.replace(room, unclosed=tuple(unclosed)[-MAX_UNCLOSED:])


def close(room: Room | None) -> tuple[Room | None, list[Effect]]:
    """The room without what can be ended now, and the ends of those connections."""
    if room is None or not room.unclosed:
        return room, []
    ends: list[Effect] = [_close(room, each) for each in room.unclosed if _has_to_end(room, each)]
    waits = tuple(each for each in room.unclosed if not _has_to_end(room, each))
    return structs.replace(room, unclosed=waits), ends


def ended(old: Room | None, new: Room | None) -> list[Close]:
    """What ends when a room changes so: sockets whose seats are gone, and those of before."""
    if old is None:
        return []
    closes = [_close(old, each) for each in old.unclosed]
    for member in old.members:
        now = member_of(new, member.peer)
        if not member.connection or (now and now.connection in ("", member.connection)):
            continue
        if now is not None:
            words = "You have joined from another window."
            closes.append(CloseConnection(member.connection, "replaced", words))
        elif new is not None and member.peer in new.orders.kicked:
            words = "The host has removed you from this room."
            closes.append(ClosePeer(old.life, member.peer, "kicked", words))
        else:
            words = "You are not in this room."
            closes.append(ClosePeer(old.life, member.peer, "not_member", words))
    return closes


def belongs_to(room: Room | None, close: Close) -> bool:
    """Whether it can be kept in the room: a socket of this life, or one that is named by its id."""
    if room is None:
        return False
    return isinstance(close, CloseConnection) or close.life == room.life


def without_seat(room: Room | None, closes: Iterable[Close]) -> list[Close]:
    """Those of them that end no socket that a seat names."""
    members = () if room is None else room.members
    named = {member.connection for member in members if member.connection}
    return [
        each
        for each in closes
        if not (isinstance(each, CloseConnection) and each.connection in named)
    ]


def _unclosed(close: ClosePeer | CloseConnection) -> Unclosed:
    if isinstance(close, ClosePeer):
        return Unclosed(close.code, close.message, peer=close.peer, silent=close.silent)
    silent = close.silent
    return Unclosed(close.code, close.message, connection=close.connection, silent=silent)


def _has_to_end(room: Room, each: Unclosed) -> bool:
    if each.connection:
        return True
    return each.peer in room.orders.kicked or member_of(room, each.peer) is None


def _close(room: Room, each: Unclosed) -> Close:
    if each.connection:
        return CloseConnection(each.connection, each.code, each.message, each.silent)
    return ClosePeer(room.life, each.peer, each.code, each.message, each.silent)
