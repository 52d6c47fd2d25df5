"""What members may not have heard: a push failed, or they were not in the group yet. Pure.

A room remembers whom it is about (`Room.untold`), and not what was to be said: it is told how
things stand then.

 the peer then has          is told as
 no seat                    left (kicked), or left (expired)
 a seat with a socket       joined
 a seat without a socket    disconnected, asleep if it was when last heard of
"""

from collections.abc import Iterable

from msgspec import Struct, structs

from signaling import news
from signaling.effects import Effect, SendToPeer
from signaling.messages import Disconnected, Left, LeftReason, Target
from signaling.room import joined_of
from signaling.room_document import Room, member_of

MAX_UNTOLD = 64  # peers; the newest count
# Nobody knows any more which page load it was: it counts for any, and one that has come since has a
# seat.
ANY_VISIT = 2**53 - 1


def keep(room: Room | None, peers: Iterable[str]) -> Room | None:
    """The others may not have heard what became of these peers."""
    if room is None:
        return None
    new = list(dict.fromkeys(peers))
    untold = [peer for peer in room.untold if peer not in new] + new
    return structs.replace(room, untold=tuple(untold[-MAX_UNTOLD:]))


def tell(room: Room | None, now: int) -> tuple[Room | None, list[Effect]]:
    """The room without its untold, and the messages to its members."""
    if room is None or not room.untold:
        return room, []
    told = [
        effect
        for peer in room.untold
        for effect in news.tell(room, *_said(room, peer), now, but=peer)
    ]
    return structs.replace(room, untold=()), told


def missed(before: Room, room: Room | None, peer: str) -> list[Effect]:
    """What a peer has to be told that was not in the group while it was being added to it.

    `before`: the room as its own `connect` left it; `room`: as it is once the group has the
    connection. Whatever changes after that, it hears by the group. So nobody's clock counts.
    """
    me = member_of(before, peer)
    now = member_of(room, peer)
    if room is None or me is None or now is None or now.connection != me.connection:
        return []  # it has another socket by now, or none
    said = (_said(room, each) for each in changed(before, room))
    return [SendToPeer(room.life, peer, *each) for each in said]


def changed(old: Room | None, new: Room | None) -> list[str]:
    """The peers whose seats or sockets are not what they were.

    Who has got a seat and no socket yet is announced when the socket opens.
    """
    then, since = ({m.peer: m.connection for m in (r.members if r else ())} for r in (old, new))
    return [peer for peer in then | since if then.get(peer, "") != since.get(peer)]


def _said(room: Room, peer: str) -> tuple[Target, Struct]:
    member = member_of(room, peer)
    if member is None:
        reason: LeftReason = "kicked" if peer in room.orders.kicked else "expired"
        return "left", Left(peer, reason, ANY_VISIT)
    if member.connection:
        return "joined", joined_of(member)
    asleep = member.asleep_until > member.seen
    return "disconnected", Disconnected(peer, asleep)
