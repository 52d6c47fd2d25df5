"""Lost seats: whose was given up or has expired, and who may have one again. Pure.

Who lost a seat of a created room may have it again for LEFT_MS from when it ended, in spite of a
lock that came before and without an invite. A lock, a kick and a revoked invite end that
(signaling/hosts.py). It is not inside the lock any more (`Orders.inside`).
"""

from msgspec import structs

from signaling import orders
from signaling.room_document import LEFT_MS, Lost, Member, Room, is_over, member_of, seat_end

MAX_LOST = 64  # the newest count, and hosts before guests


def find(room: Room, peer: str, now: int) -> Lost | None:
    """The seat that the peer may have again."""
    lost = room.lost.get(peer)
    return lost if lost is not None and lost.until > now else None


def forget(room: Room, peer: str) -> Room:
    """The peer has a seat again."""
    if peer not in room.lost:
        return room
    return structs.replace(room, lost={p: each for p, each in room.lost.items() if p != peer})


def own_seat(room: Room, peer: str, now: int) -> tuple[Room, Member | None]:
    """The peer's seat, and the room without it if it is over."""
    member = member_of(room, peer)
    if member is None or not is_over(member, now):
        return room, member
    members = tuple(m for m in room.members if m.peer != peer)
    return structs.replace(lose(room, member, seat_end(member, now), now), members=members), None


def lose(room: Room, member: Member, at: int, now: int) -> Room:
    """The member loses its seat, or lost it at `at`, and may come back to a created room."""
    if room.terms is None:
        return room
    mine = Lost(at + LEFT_MS, member.role, member.invited, member.invite)
    others = {peer: lost for peer, lost in room.lost.items() if peer != member.peer}
    kept = {peer: each for peer, each in {**others, member.peer: mine}.items() if each.until > now}
    # Hosts last: whoever comes and goes under many names does not make them guests.
    newest = sorted(kept.items(), key=lambda each: each[1].role == "host")[-MAX_LOST:]
    outside = orders.lose(room.orders, member.peer)
    return structs.replace(room, lost=dict(newest), orders=outside)
