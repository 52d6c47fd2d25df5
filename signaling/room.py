"""The room: one frozen document and every transition it can make. docs/protocol.md §3, §4.

Each transition takes the room as stored (None: no such room) and returns the next one (None:
delete it) with what follows from it. A refusal is raised and changes nothing. Time is epoch
milliseconds and always an argument.

A member's seat, and what each call does to it:

                  admit             connect          disconnect      leave     kick
  no seat         a seat, if the    refused          nothing         nothing   refused, but for
                  rules allow it                                               one kicked before
  seat, no socket the same seat     socket, joined   nothing         no seat   kicked
  seat, socket    the same seat     replaces the     seat, no        no seat   kicked
                                    older socket     socket (*)
  kicked          refused           refused          nothing         nothing   kicked

(*) only if it is the socket that the seat names. Events of the service can be lost, so a member
who is silent for too long (`is_stale`) is looked up in the service before anyone is admitted;
one whom the service does not know loses the seat. A seat without a socket is kept for SEAT_MS.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct, structs

from signaling.effects import (
    AddToGroup,
    CloseConnection,
    ClosePeer,
    Effect,
    SendToPeer,
    SendToRoom,
)
from signaling.errors import Conflict, Forbidden, NotFound, TooLarge
from signaling.messages import Disconnected, Joined, Left
from signaling.tokens import PEER_TTL_SECONDS, InviteToken

DEFAULT_CAPACITY = 8
DEFAULT_TTL_SECONDS = 86_400
SEAT_MS = 30_000  # that a seat is kept without a socket
STALE_MS = 60_000  # of silence, after which a member with a socket is looked up in the service
MAX_KICKED = 256
MAX_PARKED_BYTES = 16_384  # of one offer: a full room of them still fits one document


class ParkedOffer(Struct, frozen=True):
    """A complete offer that waits for the next newcomer."""

    seq: int
    body: Raw


class Member(Struct, frozen=True, omit_defaults=True):
    """Somebody with a seat in the room."""

    peer: str
    name: str
    role: str  # guest | host
    joined_at: int
    seen: int
    connection: str = ""  # the SignalR connection id; "" while there is no socket
    offer: ParkedOffer | None = None
    invited: bool = False  # came by an invite, or is a host
    issued_at: int = 0  # of the newest token; what an older one asks for has been overtaken


class Room(Struct, frozen=True, omit_defaults=True):
    """The document. Times are epoch ms."""

    expires_at: int
    born: int
    created: bool = False  # by POST /api/rooms; others live as long as their members
    capacity: int = DEFAULT_CAPACITY
    invite_only: bool = False
    locked: bool = False
    turn: str = "late"  # late | eager | off
    turn_sides: int = 2  # of a pair that may hold a relay
    members: tuple[Member, ...] = ()  # oldest first
    kicked: dict[str, int] = {}  # peer → when its last token has expired
    invites: dict[str, int] = {}  # invite id → admissions so far
    untold: tuple[str, ...] = ()  # peers whose last change the others may not have heard of


class RoomOptions(Struct, frozen=True, rename="camel"):
    """Body of `POST /api/rooms`. `ttl` is in seconds."""

    room: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")] | None = None
    capacity: Annotated[int, Meta(ge=2, le=32)] = DEFAULT_CAPACITY
    invite_only: bool = False
    ttl: Annotated[int, Meta(ge=60, le=86_400)] = DEFAULT_TTL_SECONDS
    turn: Literal["late", "eager", "off"] = "late"
    turn_sides: Literal[1, 2] = 2
    proof: str | None = None


class PeerInfo(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One of the others, as negotiate lists them."""

    peer: str
    name: str
    role: str
    joined_at: int
    offer: ParkedOffer | None = None


class Admission(Struct, frozen=True):
    """Who asks to come in, on what ground, and what the service says of the stale members."""

    peer: str
    name: str | None  # None keeps the name of a member who resumes
    role: str
    issued_at: int | None = None  # of the peer token of a member who resumes
    invite: InviteToken | None = None
    # Whether the service knows a stale peer; one that it could not tell of in time is not in it.
    # None: the service has not been asked.
    present: Mapping[str, bool] | None = None


class PresenceNeeded(Exception):
    """Nothing is decided yet: ask the service about these peers, and then again."""

    def __init__(self, peers: tuple[str, ...]) -> None:
        super().__init__(f"{len(peers)} peers")
        self.peers = peers


class Admitted(Struct, frozen=True):
    """The newcomer, the others whom it is told of, and what they have to hear."""

    member: Member
    others: tuple[PeerInfo, ...]
    effects: tuple[Effect, ...]


def create(room: Room | None, options: RoomOptions, now: int) -> Room:
    """A new room at `now`. Raises Conflict (room_exists)."""
    if _alive(room, now) is not None:
        raise Conflict("room_exists", "There is a room of this name already.")
    return Room(
        expires_at=now + options.ttl * 1000,
        born=now,
        created=True,
        capacity=options.capacity,
        invite_only=options.invite_only,
        turn=options.turn,
        turn_sides=options.turn_sides,
    )


def admit(room: Room | None, name: str, ask: Admission, now: int) -> tuple[Room, Admitted]:
    """Let a peer into room `name`, or back into it.

    Raises Forbidden, Conflict, or PresenceNeeded if there are stale members and nobody has
    asked the service about them.
    """
    room = _alive(room, now) or Room(expires_at=0, born=now)
    room, gone = _without_gone(room, ask, now)
    before = member_of(room, ask.peer)
    check_not_kicked(room, ask.peer)
    if before is None:
        room, invited = _let_in(room, ask)
        offers = {m.peer: m.offer for m in room.members if m.connection}
        room = structs.replace(room, members=tuple(_without_offer(m) for m in room.members))
        member = Member(ask.peer, ask.name or "", ask.role, now, now, invited=invited)
    else:
        offers = {}
        kept = before.name if ask.name is None else ask.name
        member = structs.replace(before, name=kept, seen=now)
    member = structs.replace(member, issued_at=now)
    others = tuple(
        PeerInfo(m.peer, m.name, m.role, m.joined_at, offers.get(m.peer))
        for m in room.members
        if m.peer != ask.peer
    )
    effects = tuple(SendToRoom(name, "left", Left(peer, "expired")) for peer in gone)
    return _with_member(room, member, now), Admitted(member, others, effects)


def connect(
    room: Room | None, name: str, peer: str, connection: str, now: int
) -> tuple[Room | None, list[Effect]]:
    """A socket has opened. A peer has one: a second one ends the first.

    Everyone is told by name, not through the group: whoever connects in the same moment may not
    be in the group yet. And the newcomer hears of those who came since it was given its list.
    """
    member = member_of(_alive(room, now), peer)
    if room is None or member is None:
        refusal = CloseConnection(connection, "not_member", "You are not in this room.")
        return room, [refusal]
    effects: list[Effect] = []
    if member.connection and member.connection != connection:
        words = "You have joined from another window."
        effects.append(CloseConnection(member.connection, "replaced", words))
    effects.append(AddToGroup(name, connection))
    for other in room.members:
        if other.peer == peer:
            continue
        effects.append(SendToPeer(name, other.peer, "joined", joined_of(member)))
        if other.connection and other.joined_at >= member.seen:
            effects.append(SendToPeer(name, peer, "joined", joined_of(other)))
    member = structs.replace(member, connection=connection, seen=now)
    return _with_member(room, member, now), effects


def disconnect(
    room: Room | None, name: str, peer: str, connection: str, now: int
) -> tuple[Room | None, list[Effect]]:
    """A socket has closed. Counts only if it is still the peer's socket."""
    member = member_of(room, peer)
    if room is None or member is None or member.connection != connection:
        return room, []
    member = structs.replace(member, connection="", seen=now)
    return _with_member(room, member, now), [SendToRoom(name, "disconnected", Disconnected(peer))]


def leave(
    room: Room | None, name: str, peer: str, now: int, issued_at: int | None = None
) -> tuple[Room | None, list[Effect]]:
    """Ends the sockets too: what a socket sends and hears is not checked against the room.

    `issued_at`: of the token that asks. A reload's last word can come after its first: what an
    older token says is overtaken.
    """
    member = member_of(room, peer)
    if room is None or member is None:
        return room, []
    if issued_at is not None and issued_at < member.issued_at:
        return room, []
    effects: list[Effect] = [SendToRoom(name, "left", Left(peer, "left"))]
    if member.connection:
        effects.append(ClosePeer(name, peer, "not_member", "You have left this room."))
    return _without_member(room, peer, now), effects


def kick(room: Room | None, name: str, peer: str, now: int) -> tuple[Room | None, list[Effect]]:
    """Remove a member, whose identity cannot come back.

    Raises NotFound (room_not_found, peer_not_found).
    """
    room = _required(room, now)
    # Asked again, the connections are closed again: the first time may have failed half way.
    if member_of(room, peer) is None and peer not in room.kicked:
        raise NotFound("peer_not_found", "This peer is not in the room.")
    until = {**room.kicked, peer: now + PEER_TTL_SECONDS * 1000}
    recent = dict(sorted(until.items(), key=lambda item: item[1])[-MAX_KICKED:])
    room = structs.replace(room, kicked=recent)
    return _without_member(room, peer, now), [
        SendToRoom(name, "left", Left(peer, "kicked")),
        ClosePeer(name, peer, "kicked", "The host has removed you from this room."),
    ]


def lock(room: Room | None, locked: bool, now: int) -> Room:
    """Admit nobody new, or again everybody. Raises NotFound (room_not_found)."""
    return structs.replace(_required(room, now), locked=locked)


def park(room: Room | None, peer: str, offer: ParkedOffer, now: int) -> Room:
    """Keep a member's offer for the next newcomer. Raises Forbidden (not_member) or TooLarge."""
    if len(bytes(offer.body)) > MAX_PARKED_BYTES:
        raise TooLarge("too_large", f"An offer to be parked has at most {MAX_PARKED_BYTES} bytes.")
    member = member_of(_alive(room, now), peer)
    if room is None or member is None:
        raise Forbidden("not_member", "You are not in this room.")
    return _with_member(room, structs.replace(member, offer=offer), now)


def expiry(room: Room | None, now: int) -> int:
    """When an invite made now must end. Raises NotFound (room_not_found)."""
    return _required(room, now).expires_at


def check_member(room: Room | None, peer: str, now: int) -> None:
    """Raises Forbidden (not_member, kicked)."""
    check_not_kicked(room, peer)
    if member_of(_alive(room, now), peer) is None:
        raise Forbidden("not_member", "You are not in this room.")


def check_not_kicked(room: Room | None, peer: str) -> None:
    """Raises Forbidden (kicked)."""
    if room is not None and peer in room.kicked:
        raise Forbidden("kicked", "The host has removed you from this room.")


def is_stale(member: Member, now: int) -> bool:
    """Silent for so long that its socket may have ended unheard."""
    return now - member.seen >= (STALE_MS if member.connection else SEAT_MS)


def member_of(room: Room | None, peer: str) -> Member | None:
    """The peer's seat, None without one."""
    members: Iterable[Member] = () if room is None else room.members
    return next((m for m in members if m.peer == peer), None)


def _let_in(room: Room, ask: Admission) -> tuple[Room, bool]:
    """The rules for a newcomer, and whether an invite or a host's token speaks for it.

    A used invite is counted. Raises Forbidden or Conflict.
    """
    # A peer token that outlived its seat (a reload says `leave`) shows that its holder was admitted
    # before, unless it is older than the room: then it was for another room of this name.
    returns = ask.issued_at is not None and ask.issued_at >= room.born
    host = ask.role == "host"
    if room.locked and not (returns or host):
        raise Forbidden("room_locked", "The host has locked this room.")
    if len(room.members) >= room.capacity:
        raise Conflict("room_full", "This room is full.")
    if host or returns:
        return room, host or room.invite_only
    if ask.invite is None:
        if room.invite_only:
            raise Forbidden("invite_required", "This room takes only those with an invite.")
        return room, False
    used = room.invites.get(ask.invite.id, 0)
    if used < ask.invite.uses:
        return structs.replace(room, invites={**room.invites, ask.invite.id: used + 1}), True
    if room.invite_only:
        raise Forbidden("invite_used", "This invite has been used up.")
    return room, False


def _without_gone(room: Room, ask: Admission, now: int) -> tuple[Room, list[str]]:
    """Without kicks that have expired and members who are gone; and who is gone.

    Whoever came back since the service was asked is not stale any more. Raises PresenceNeeded.
    """
    stale = tuple(m.peer for m in room.members if m.peer != ask.peer and is_stale(m, now))
    if stale and ask.present is None:
        raise PresenceNeeded(stale)
    kept: list[Member] = []
    gone: list[str] = []
    for m in room.members:
        present = ask.present.get(m.peer) if ask.present and m.peer in stale else None
        if present:
            kept.append(structs.replace(m, seen=now))
        elif m.peer in stale and (present is False or not m.connection):
            gone.append(m.peer)
        else:
            kept.append(m)
    kicked = {peer: until for peer, until in room.kicked.items() if until > now}
    return structs.replace(room, members=tuple(kept), kicked=kicked), gone


def joined_of(member: Member) -> Joined:
    """What the others are told of a member who has come."""
    return Joined(member.peer, member.name, member.role, member.joined_at)


def _with_member(room: Room, member: Member, now: int) -> Room:
    found = any(m.peer == member.peer for m in room.members)
    members = tuple(member if m.peer == member.peer else m for m in room.members)
    return _until(room, members if found else (*members, member), now)


def _without_member(room: Room, peer: str, now: int) -> Room | None:
    members = tuple(m for m in room.members if m.peer != peer)
    # A kick has to be remembered even in a room without options of its own.
    if not members and not room.created and not room.kicked:
        return None
    return _until(room, members, now)


def _until(room: Room, members: tuple[Member, ...], now: int) -> Room:
    """A room nobody created lives a day after its last change, or a moment when empty."""
    expires_at = room.expires_at
    if not room.created:
        waiting = max([now + SEAT_MS, *room.kicked.values()])
        connected = any(m.connection for m in members)
        expires_at = now + DEFAULT_TTL_SECONDS * 1000 if connected else waiting
    return structs.replace(room, members=members, expires_at=expires_at)


def _without_offer(member: Member) -> Member:
    if not member.connection or member.offer is None:
        return member
    return structs.replace(member, offer=None)


def _alive(room: Room | None, now: int) -> Room | None:
    return room if room is not None and room.expires_at > now else None


def _required(room: Room | None, now: int) -> Room:
    alive = _alive(room, now)
    if alive is None:
        raise NotFound("room_not_found", "There is no such room.")
    return alive


def dump(room: Room) -> bytes:
    """As it is stored: JSON."""
    return msgspec.json.encode(room)


_DECODER = msgspec.json.Decoder(Room)


def load(data: bytes) -> Room:
    """What `dump` made."""
    return _DECODER.decode(data)
