"""The document of a room: what is stored of it, and how to find one's way in it. Pure.

signaling/room.py has what becomes of its seats, signaling/hosts.py what its hosts decide.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct, structs

from signaling import orders
from signaling.codes import Terms, TurnPolicy
from signaling.errors import Forbidden
from signaling.messages import Delivery, Seq
from signaling.names import Role
from signaling.orders import Orders

DEFAULT_CAPACITY = 8
SEAT_MS = 30_000  # that a seat is kept without a socket
LEFT_MS = 600_000  # in which who lost its seat may come back as if it had not


class ParkedOffer(Struct, frozen=True):
    """A complete offer that waits for a newcomer."""

    seq: Seq
    body: Raw


class Member(Struct, frozen=True, omit_defaults=True):
    """Somebody with a seat in the room."""

    peer: str
    name: str
    role: Role
    joined_at: int
    seen: int
    visit: int  # the newest of its page loads: epoch ms by the clock of that machine
    connection: str = ""  # the SignalR connection id; "" while there is no socket
    admitted: int = 0  # when negotiate gave the answer with which that socket was opened
    by_name_until: int = 0  # it is told by its name what the others hear (signaling/news.py)
    offers: tuple[ParkedOffer, ...] = ()
    offered: int = 0  # the highest seq of those that it has brought
    invited: bool = False  # came by an invite, or is a host
    invite: str = ""  # the id of the one that it came by
    asleep_until: int = 0
    mail: tuple[Delivery, ...] = ()  # what waits for its socket (signaling/mail.py)


class Lost(Struct, frozen=True, omit_defaults=True):
    """A seat that its peer may have again."""

    until: int
    role: Role = "guest"
    invited: bool = False
    invite: str = ""


class Unclosed(Struct, frozen=True, omit_defaults=True):
    """Connections that have to end (signaling/unclosed.py): of a peer, or one of them."""

    code: str
    message: str
    peer: str = ""
    connection: str = ""
    silent: bool = False


class Room(Struct, frozen=True, omit_defaults=True):
    """The document. Times are epoch ms."""

    life: str
    expires_at: int
    terms: Terms | None = None  # None: nobody created it, and it lives as long as its members
    orders: Orders = orders.NONE
    members: tuple[Member, ...] = ()  # oldest first
    invites: dict[str, int] = {}  # invite id → admissions so far
    lost: dict[str, Lost] = {}  # by peer, oldest first, hosts after all others
    untold: tuple[str, ...] = ()  # peers whose last change the others may not have heard of
    unclosed: tuple[Unclosed, ...] = ()  # connections that may still be open, and must not be

    @property
    def capacity(self) -> int:
        """How many members it takes."""
        return DEFAULT_CAPACITY if self.terms is None else self.terms.capacity

    @property
    def invite_only(self) -> bool:
        """Whether a newcomer needs an invite."""
        return self.terms is not None and self.terms.invite_only

    @property
    def turn(self) -> TurnPolicy:
        """When its peers get TURN: late, eager or off."""
        return "late" if self.terms is None else self.terms.turn

    @property
    def turn_sides(self) -> int:
        """Of a pair that may hold a relay."""
        return 2 if self.terms is None else self.terms.turn_sides


def found(room: Room | None, terms: Terms | None, life: str, now: int) -> Room:
    """The room, or a new one in which nobody is if there is none, or one whose time is over.

    A created room is made so at each stamp when it first hears of it.
    """
    expires_at = now + SEAT_MS if terms is None else terms.over_at
    return alive(room, now) or Room(life, expires_at, terms)


def alive(room: Room | None, now: int) -> Room | None:
    """The room, if its time is not over."""
    return room if room is not None and room.expires_at > now else None


def member_of(room: Room | None, peer: str) -> Member | None:
    """The peer's seat, None without one."""
    members: Iterable[Member] = () if room is None else room.members
    return next((m for m in members if m.peer == peer), None)


def seat_end(member: Member, now: int) -> int:
    """When the seat of a member ends or has ended; of one with a socket not before `now`."""
    return now if member.connection else max(member.seen + SEAT_MS, member.asleep_until)


def is_over(member: Member, now: int) -> bool:
    """Whether the seat ended so long ago that its peer has none, though nobody has noticed."""
    return seat_end(member, now) + LEFT_MS <= now


def seat_of(room: Room | None, peer: str, now: int) -> tuple[Room, Member]:
    """The living room, and the peer's seat in it. Raises Forbidden (not_member)."""
    room = alive(room, now)
    member = member_of(room, peer)
    if room is None or member is None or is_over(member, now):
        raise Forbidden("not_member", "You are not in this room.")
    return room, member


def with_member(room: Room, member: Member) -> Room:
    """The room with this in place of what it had of the member; how long it lives stays."""
    members = tuple(member if m.peer == member.peer else m for m in room.members)
    return structs.replace(room, members=members)


def check_not_kicked(room: Room | None, peer: str) -> None:
    """Raises Forbidden (kicked)."""
    if room is not None and peer in room.orders.kicked:
        raise Forbidden("kicked", "The host has removed you from this room.")


def dump(room: Room) -> bytes:
    """As it is stored: JSON."""
    return msgspec.json.encode(room)


_DECODER = msgspec.json.Decoder(Room)


def load(data: bytes) -> Room:
    """What `dump` made."""
    return _DECODER.decode(data)
