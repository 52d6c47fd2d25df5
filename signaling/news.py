"""What the others in a room are told of one of them: who by name, and who by the group. Pure.

A socket is in the group a moment after the room knows of it, and does not hear what the group is
told in between. Who opens one while fewer than BY_NAME others have one has that in its seat
(`Member.by_name_until`), and is told by its name as long as that may be so:

 has a socket              and opened it as      is told
 for less than BY_NAME_MS  one of the first      by its name
                           a later one           by the group. Once it is in the group it reads the
                                                 room, for what it missed (untold.missed)
 for longer                                      by the group

So a call of two needs no read, and a room that fills at once no more calls than BY_NAME for each
that comes. SignalR Service bills each delivery, and asks the same for a name and for the group.
"""

from msgspec import Struct

from signaling.effects import Effect, SendToPeer, SendToRoom
from signaling.messages import Target
from signaling.room_document import Room, member_of

BY_NAME = 2  # members: a call of two
# A call takes the time before it waits for the document, and then for the service, and clocks
# differ: SAME_MOMENT_MS of signaling/room.py and PUSHES_SECONDS of backend/pushes.py together, and
# some more.
BY_NAME_MS = 30_000


def by_name_until(room: Room, peer: str, now: int) -> int:
    """Until when a peer whose socket opens now is told by its name; 0: it is not."""
    others = sum(bool(member.connection) for member in room.members if member.peer != peer)
    return now + BY_NAME_MS if others < BY_NAME else 0


def tell(
    room: Room, target: Target, argument: Struct, now: int, *, but: str | None = None
) -> list[Effect]:
    """The pushes by which everybody hears this who has a socket. `but`: a peer that does not."""
    hear = [m for m in room.members if m.connection and m.peer != but]
    named = [m for m in hear if m.by_name_until > now]
    told: list[Effect] = [SendToPeer(room.life, m.peer, target, argument) for m in named]
    if len(named) < len(hear):
        spared = (m for m in room.members if m in named or m.peer == but)
        without = tuple(m.connection for m in spared if m.connection)
        told.append(SendToRoom(room.life, target, argument, without))
    return told


def is_named(room: Room, peer: str, now: int) -> bool:
    """Whether a peer is told by its name, whatever the group hears."""
    member = member_of(room, peer)
    return member is not None and member.by_name_until > now
