"""The room: one frozen document and every transition it can make. docs/protocol.md §3, §4.

Each transition takes the room as stored (None: no such room) and returns the next one (None:
delete it) with what follows from it. A refusal is raised and changes nothing. Time is epoch
milliseconds and always an argument.
"""

from collections.abc import Iterable
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
from signaling.messages import Joined, Left
from signaling.tokens import PEER_TTL, InviteToken

DEFAULT_CAPACITY = 8
DEFAULT_TTL = 86_400  # seconds
GRACE = 30_000  # ms that a seat is kept without a socket
DOUBT = 60_000  # ms after which a silent member is looked up in the service
MAX_KICKED = 256
MAX_PARKED = 16_384  # bytes of one offer: a full room of them still fits one document


class ParkedOffer(Struct, frozen=True):
    """A complete offer that waits for the next newcomer."""

    seq: int
    body: Raw


class Member(Struct, frozen=True, omit_defaults=True):
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


class RoomOptions(Struct, frozen=True):
    """Body of `POST /api/rooms`."""

    room: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")] | None = None
    capacity: Annotated[int, Meta(ge=2, le=32)] = DEFAULT_CAPACITY
    inviteOnly: bool = False
    ttl: Annotated[int, Meta(ge=60, le=86_400)] = DEFAULT_TTL
    turn: Literal["late", "eager", "off"] = "late"
    turnSides: Literal[1, 2] = 2
    proof: str | None = None


class PeerInfo(Struct, frozen=True, omit_defaults=True):
    """One of the others, as negotiate lists them."""

    peer: str
    name: str
    role: str
    joinedAt: int
    offer: ParkedOffer | None = None


class Admission(Struct, frozen=True):
    """Who asks to come in, on what ground, and what the service says of the silent members."""

    peer: str
    name: str | None  # None keeps the name of a member who resumes
    role: str
    issued_at: int | None = None  # of the peer token of a member who resumes
    invite: InviteToken | None = None
    present: frozenset[str] = frozenset()  # doubtful peers whom the service knows
    absent: frozenset[str] = frozenset()  # doubtful peers whom it does not know


class Admitted(Struct, frozen=True):
    member: Member
    others: tuple[PeerInfo, ...]
    effects: tuple[Effect, ...]


def create(room: Room | None, options: RoomOptions, now: int) -> Room:
    """Raises Conflict (room_exists)."""
    if _alive(room, now) is not None:
        raise Conflict("room_exists", "There is a room of this name already.")
    return Room(
        expires_at=now + options.ttl * 1000,
        born=now,
        created=True,
        capacity=options.capacity,
        invite_only=options.inviteOnly,
        turn=options.turn,
        turn_sides=options.turnSides,
    )


def admit(room: Room | None, name: str, ask: Admission, now: int) -> tuple[Room, Admitted]:
    """Let a peer into room `name`, or back into it. Raises Forbidden or Conflict."""
    room = _alive(room, now) or Room(expires_at=0, born=now)
    room, gone = _prune(room, ask, now)
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
        effects.append(SendToPeer(name, other.peer, "joined", _joined(member)))
        if other.connection and other.joined_at >= member.seen:
            effects.append(SendToPeer(name, peer, "joined", _joined(other)))
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
    return _with_member(room, member, now), [SendToRoom(name, "left", Left(peer, "lost"))]


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
    """Raises NotFound (room_not_found, peer_not_found)."""
    room = _required(room, now)
    # Asked again, the connections are closed again: the first time may have failed half way.
    if member_of(room, peer) is None and peer not in room.kicked:
        raise NotFound("peer_not_found", "This peer is not in the room.")
    until = {**room.kicked, peer: now + PEER_TTL * 1000}
    recent = dict(sorted(until.items(), key=lambda item: item[1])[-MAX_KICKED:])
    room = structs.replace(room, kicked=recent)
    return _without_member(room, peer, now), [
        SendToRoom(name, "left", Left(peer, "kicked")),
        ClosePeer(name, peer, "kicked", "The host has removed you from this room."),
    ]


def lock(room: Room | None, locked: bool, now: int) -> Room:
    """Raises NotFound (room_not_found)."""
    return structs.replace(_required(room, now), locked=locked)


def park(room: Room | None, peer: str, offer: ParkedOffer, now: int) -> Room:
    """Keep a member's offer for the next newcomer. Raises Forbidden (not_member) or TooLarge."""
    if len(bytes(offer.body)) > MAX_PARKED:
        raise TooLarge("too_large", f"An offer to be parked has at most {MAX_PARKED} bytes.")
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


def doubtful(room: Room | None, asking: str, now: int) -> tuple[str, ...]:
    """Peers to look up in the service before they are listed: its events can be lost."""
    members = () if room is None else room.members
    return tuple(m.peer for m in members if m.peer != asking and _is_doubtful(m, now))


def _is_doubtful(member: Member, now: int) -> bool:
    return now - member.seen >= (DOUBT if member.connection else GRACE)


def member_of(room: Room | None, peer: str) -> Member | None:
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


def _prune(room: Room, ask: Admission, now: int) -> tuple[Room, list[str]]:
    """Without members who are gone and kicks that have expired; and who is gone."""
    kept: list[Member] = []
    gone: list[str] = []
    for m in room.members:
        # Whoever came back since the look-up is not doubtful any more.
        doubt = m.peer != ask.peer and _is_doubtful(m, now)
        if doubt and m.peer in ask.present:
            kept.append(structs.replace(m, seen=now))
        elif doubt and (m.peer in ask.absent or not m.connection):
            gone.append(m.peer)
        else:
            kept.append(m)
    kicked = {peer: until for peer, until in room.kicked.items() if until > now}
    return structs.replace(room, members=tuple(kept), kicked=kicked), gone


def _joined(member: Member) -> Joined:
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
        waiting = max([now + GRACE, *room.kicked.values()])
        connected = any(m.connection for m in members)
        expires_at = now + DEFAULT_TTL * 1000 if connected else waiting
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
    return msgspec.json.encode(room)


_DECODER = msgspec.json.Decoder(Room)


def load(data: bytes) -> Room:
    return _DECODER.decode(data)
