"""Messages for a member whose socket is not open yet. Pure.

Who has just been admitted needs two to three round trips until its socket is open, and what is sent
to it by name meanwhile reaches nobody. Two people who come in the same moment would then wait for
the sender's clock. So what comes by `POST /api/signal` waits in the room, and is sent when the
socket has been checked; the receiver drops what it has had (docs/protocol.md §4).
"""

from msgspec import structs

from signaling.effects import SendToPeer
from signaling.messages import Delivery
from signaling.room_document import Member, Room, alive, member_of, with_member

MAX_MESSAGES = 16
MAX_BYTES = 8_192  # of all bodies of a member: with its parked offer, a full room still fits


def waits(room: Room | None, peer: str, now: int) -> bool:
    """Whether the peer has a seat whose socket is to come. One that sleeps is not awaited."""
    member = member_of(alive(room, now), peer)
    return member is not None and not member.connection and member.asleep_until <= now


def keep(room: Room | None, peer: str, message: Delivery, now: int) -> Room | None:
    """The message waits, if the peer's socket is to come and there is space; a repeat does not."""
    member = member_of(room, peer)
    if room is None or member is None or not waits(room, peer, now) or not _fits(member, message):
        return room
    return with_member(room, structs.replace(member, mail=(*member.mail, message)))


def deliver(room: Room, member: Member) -> tuple[Member, list[SendToPeer]]:
    """The member without its mail, and the mail."""
    user = room.life, member.peer
    effects = [SendToPeer(*user, "signal", each) for each in member.mail]
    return structs.replace(member, mail=()), effects


def _fits(member: Member, message: Delivery) -> bool:
    if any((m.sender, m.seq) == (message.sender, message.seq) for m in member.mail):
        return False
    size = sum(len(bytes(m.body)) for m in (*member.mail, message))
    return len(member.mail) < MAX_MESSAGES and size <= MAX_BYTES
