"""The room: one frozen document and every transition it can make. docs/protocol.md §3, §4.

Each transition takes the room as stored (None: no such room) and returns the next one (None:
delete it) with what follows from it. A refusal is raised and changes nothing. Time is epoch
milliseconds and always an argument.

A member's seat, and what each call does to it:

                  admit             connect          disconnect      leave     sleep     kick
  no seat         a seat, if the    refused          nothing         nothing   refused   kicked
                  rules allow it
  seat, no socket the same seat     socket, joined   nothing         no seat   asleep    kicked
  seat, socket    the same seat     the socket of    seat, no        no seat   asleep    kicked
                                    the newer        socket (*)
                                    answer counts
  seat, asleep    the same seat,    socket, joined   seat, asleep    no seat   asleep    kicked
                  awake             awake            (*)
  kicked          refused           refused          nothing         nothing   refused   kicked

(*) only if it is the socket that the seat names. Events of the service can be lost, so a member
who is silent for too long (`is_stale`) is looked up in the service before anyone is admitted;
one whom the service does not know loses the seat. A seat without a socket is kept for SEAT_MS, one
that sleeps until it said.

Whoever has no seat gets one if

  room is                   open   locked    full   invite-only
  newcomer                  yes    no        no     with an invite that has uses left
  lost its seat in here (+) yes    yes       no     yes
  host                      yes    yes       no     yes

(+) for LEFT_MS from when it was given up or has expired (`Room.lost`), and so it is if nobody has
noticed. A lock forgets all of them, a kick or a revoked invite those who came by this invite. Past
a lock comes also who was in the room at any stamp when it was locked, and has lost no seat since
(`Orders.inside`).
"""

from collections.abc import Collection, Mapping

from msgspec import UNSET, Struct, UnsetType, structs

from signaling import hosts, lost, mail, news, offers, orders
from signaling.codes import Invite, Terms
from signaling.effects import (
    AddToGroup,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    Effect,
    SendToPeer,
)
from signaling.errors import Conflict, Forbidden
from signaling.hosts import Obeyed
from signaling.messages import Disconnected, Joined, Left, Moment, PeerId, SocketKnown
from signaling.names import Name, Role
from signaling.offers import GivenOffer
from signaling.orders import Orders
from signaling.places import MAX_TTL_SECONDS
from signaling.room_document import (
    SEAT_MS,
    Member,
    ParkedOffer,
    Room,
    alive,
    check_not_kicked,
    found,
    is_over,
    member_of,
    seat_end,
    seat_of,
)
from signaling.tokens import TokenText

STALE_MS = 30_000  # of silence, after which a member with a socket is looked up in the service
SAME_MOMENT_MS = 15_000  # two clocks, and how long a call waits for the document, are less apart


class PeerInfo(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One of the others, as negotiate lists them. `connected`: its socket is open here."""

    peer: PeerId
    name: Name
    role: Role
    joined_at: Moment
    visit: Moment
    connected: bool
    asleep: bool = False
    offer: GivenOffer | None = None
    met: TokenText | UnsetType = UNSET  # the proof of having met it (signaling/meeting.py)


class Admission(Struct, frozen=True):
    """Who asks to come in, on what ground, and what the service says of the stale members."""

    peer: str
    name: str | None  # None keeps the name of a member who comes again
    role: Role
    visit: int
    terms: Terms | None = None  # of the room; None: an open room
    life: str = ""  # that begins if there is no room
    invite: Invite | None = None
    orders: Orders = orders.NONE  # which other stamps have given
    # Whether the service knows a stale peer; one that it could not tell of in time is not in it.
    # None: the service has not been asked.
    present: Mapping[str, bool] | None = None
    offers: tuple[ParkedOffer, ...] = ()  # of its own, for whoever is there or comes next
    have: tuple[int, ...] = ()  # seqs of offers of others that another stamp has given it


class PresenceNeeded(Exception):
    """Nothing is decided yet: ask the service about these peers, and then again."""

    def __init__(self, life: str, peers: tuple[str, ...]) -> None:
        super().__init__(f"{len(peers)} peers")
        self.life, self.peers = life, peers


class Admitted(Struct, frozen=True):
    """The newcomer, the others whom it is told of, and what they have to hear."""

    member: Member
    others: tuple[PeerInfo, ...]
    effects: tuple[Effect, ...]
    obeyed: Obeyed = Obeyed()

    @property
    def parked(self) -> tuple[int, ...]:
        """The seqs of the newcomer's offers that wait in the room."""
        return tuple(offer.seq for offer in self.member.offers)


def admit(room: Room | None, ask: Admission, now: int) -> tuple[Room, Admitted]:
    """Let a peer into a room, or back into it.

    Raises Forbidden, Conflict, or PresenceNeeded if there are stale members and nobody has
    asked the service about them.
    """
    over = outlived(room, now)
    room, obeyed = hosts.obey(found(room, ask.terms, ask.life, now), ask.orders, now)
    room, gone = _without_gone(room, ask, now)
    room, before = lost.own_seat(room, ask.peer, now)
    check_not_kicked(room, ask.peer)
    brought = () if room.turn == "eager" else ask.offers
    if before is None:
        room, member = _let_in(room, ask, now)
        given = offers.give(room, member.peer, brought, now, ask.have)
        room = given.room
        # What was given is not given again, whatever is asked again.
        offered = offers.newest(brought)
        member = structs.replace(member, offers=given.left, offered=offered)
    else:
        member, given = offers.keep(_again(before, ask, now), brought), offers.Given(room)
    left = (
        told
        for m in gone
        for told in news.tell(room, "left", Left(m.peer, "expired", m.visit), now)
    )
    admitted = Admitted(
        member,
        others=tuple(
            _info(m, given.offers.get(m.peer), now) for m in room.members if m.peer != ask.peer
        ),
        effects=(*([over] if over else []), *obeyed.effects, *left, *given.sent),
        obeyed=obeyed,
    )
    return _with_member(room, member, now), admitted


def connect(
    room: Room | None, life: str, peer: str, connection: str, now: int, admitted: int = 0
) -> tuple[Room | None, list[Effect]]:
    """A socket has opened, for a seat in this life of the room. A second one ends the first.

    `admitted`: when negotiate gave the answer with which it was opened. The client is told, since
    nobody else can say that this event has come: the service calls once, and a socket whose event
    was lost stays open (docs/protocol.md §4).

    The others are told, as signaling/news.py says. Whoever has no socket yet is told when it
    connects: the newcomer hears of those who came since it was given its list.
    """
    living = alive(room, now)
    member = member_of(living, peer)
    if room is None or member is None or is_over(member, now) or room.life != life:
        refusal = CloseConnection(connection, "not_member", "You are not in this room.")
        return room, [refusal]
    if member.connection and admitted < member.admitted:
        # An event that was late: its client has opened the newer socket meanwhile.
        return room, [CloseConnection(connection, "unavailable", "You have a newer socket.")]
    effects: list[Effect] = []
    if member.connection and member.connection != connection:
        words = "You have joined from another window."
        effects.append(CloseConnection(member.connection, "replaced", words))
    effects.append(AddToGroup(life, connection))
    effects.append(SendToPeer(life, peer, "admitted", SocketKnown(admitted)))
    member, waiting = mail.deliver(room, member)
    effects += waiting
    since = (m for m in _came_after(room, member) if m.connection)
    effects += (SendToPeer(life, peer, "joined", joined_of(other)) for other in since)
    member = structs.replace(
        member,
        connection=connection,
        admitted=admitted,
        seen=now,
        asleep_until=0,
        by_name_until=news.by_name_until(room, peer, now),
    )
    room = _with_member(room, member, now)
    return room, [*effects, *news.tell(room, "joined", joined_of(member), now, but=peer)]


def _came_after(room: Room, member: Member) -> list[Member]:
    """Who may not be in the list that the member was given when it was let in.

    Members are in the order in which they were let in, whatever their times say: a call takes the
    time before it waits for the document, and two instances have two clocks. The time only spares
    who opens a socket anew those who were in its newer list.
    """
    after = room.members[[m.peer for m in room.members].index(member.peer) + 1 :]
    return [m for m in after if m.joined_at >= member.seen - SAME_MOMENT_MS]


def disconnect(
    room: Room | None, peer: str, connection: str, now: int
) -> tuple[Room | None, list[Effect]]:
    """A socket has closed. Counts only if it is still the peer's socket."""
    member = member_of(room, peer)
    if room is None or member is None or member.connection != connection:
        return room, []
    member = structs.replace(member, connection="", admitted=0, seen=now)
    return _with_member(room, member, now), _disconnected(room, member, now)


def leave(
    room: Room | None, peer: str, visit: int, now: int, told: Collection[str] = ()
) -> tuple[Room | None, list[Effect]]:
    """Ends the sockets too: what a socket sends and hears is not checked against the room.

    `visit`: the page load that leaves. A reload's last word can come after its first: what an
    older page says is overtaken. `told`: who has heard it from the peer itself.
    """
    member = member_of(room, peer)
    if room is None or member is None or visit < member.visit:
        return room, []
    effects: list[Effect] = []
    if any(m.peer not in told for m in room.members if m.peer != peer):
        effects += news.tell(room, "left", Left(peer, "left", member.visit), now, but=peer)
    if member.connection:
        words = "You have left this room."
        effects.append(ClosePeer(room.life, peer, "not_member", words, silent=True))
    room = lost.lose(room, member, min(now, seat_end(member, now)), now)
    return _without_member(room, peer, now), effects


def sleep(
    room: Room | None, peer: str, visit: int, until: int, now: int
) -> tuple[Room, list[Effect]]:
    """The peer's socket ends, and its seat is kept until `until`. Raises Forbidden (not_member).

    `visit`: the page load that asks. What an older page says is overtaken.
    """
    room, member = seat_of(room, peer, now)
    if visit < member.visit:
        return room, []
    member = structs.replace(member, asleep_until=until, seen=now)
    told = [] if member.connection else _disconnected(room, member, now)
    return _with_member(room, member, now), told


def missed(room: Room | None, peer: str, now: int) -> list[SendToPeer]:
    """What the peer would hear if its first socket opened now. Raises Forbidden (not_member)."""
    room, member = seat_of(room, peer, now)
    if member.connection:
        return []
    came = _came_after(room, member)
    told = [SendToPeer(room.life, peer, "joined", joined_of(each)) for each in came]
    return [*told, *mail.deliver(room, member)[1]]


def check_member(room: Room | None, peer: str, now: int) -> None:
    """Raises Forbidden (not_member, kicked)."""
    check_not_kicked(room, peer)
    seat_of(room, peer, now)


def is_stale(member: Member, now: int) -> bool:
    """Silent for so long that its socket may have ended unheard."""
    if member.asleep_until > now:
        return False
    return now - member.seen >= (STALE_MS if member.connection else SEAT_MS)


def joined_of(member: Member) -> Joined:
    """What the others are told of a member who has come."""
    return Joined(member.peer, member.name, member.role, member.joined_at, member.visit)


def outlived(room: Room | None, now: int) -> CloseGroup | None:
    """The end of the sockets that may have outlived the room, if its time is over.

    None if there are none: every socket in the group is a member's, or is still to be closed.
    """
    if room is None or alive(room, now) is not None:
        return None
    if not (room.unclosed or any(m.connection for m in room.members)):
        return None
    return CloseGroup(room.life, "room_not_found", "This room has ended.")


def _again(member: Member, ask: Admission, now: int) -> Member:
    """The same seat, for who has it already."""
    name = member.name if ask.name is None else ask.name
    role: Role = "host" if "host" in (member.role, ask.role) else "guest"
    visit = max(member.visit, ask.visit)
    return structs.replace(member, name=name, role=role, seen=now, visit=visit, asleep_until=0)


def _info(member: Member, offer: GivenOffer | None, now: int) -> PeerInfo:
    asleep = member.asleep_until > now and not member.connection
    who = (member.peer, member.name, member.role, member.joined_at, member.visit)
    return PeerInfo(*who, bool(member.connection), asleep, offer)


def _let_in(room: Room, ask: Admission, now: int) -> tuple[Room, Member]:
    """A seat for somebody without one, by the rules. Raises Forbidden or Conflict."""
    old = lost.find(room, ask.peer, now)
    host = ask.role == "host" or (old is not None and old.role == "host")
    inside = old is not None or ask.peer in room.orders.inside
    if room.orders.locked and not (inside or host):
        raise Forbidden("room_locked", "The host has locked this room.")
    if len(room.members) >= room.capacity:
        raise Conflict("room_full", "This room is full.")
    role: Role = "host" if host else "guest"
    member = Member(ask.peer, ask.name or "", role, now, now, ask.visit, invited=host)
    room = lost.forget(room, ask.peer)
    if old is not None:
        member = structs.replace(member, invited=host or old.invited, invite=old.invite)
        return room, member
    if host:
        return room, member
    refusal = _refusal(room, ask.invite, now)
    if refusal is not None and room.invite_only:
        raise refusal
    if refusal is not None or ask.invite is None:
        return room, member
    used = {**room.invites, ask.invite.id: room.invites.get(ask.invite.id, 0) + 1}
    member = structs.replace(member, invited=True, invite=ask.invite.id)
    return structs.replace(room, invites=used), member


def _refusal(room: Room, invite: Invite | None, now: int) -> Forbidden | None:
    """Why this invite does not admit one more."""
    if invite is None:
        return Forbidden("invite_required", "This room takes only those with an invite.")
    if invite.over_at <= now:
        return Forbidden("invite_expired", "This invite has expired.")
    if invite.id in room.orders.revoked:
        return Forbidden("invite_revoked", "This invite is not good any more.")
    if room.invites.get(invite.id, 0) >= invite.uses:
        return Forbidden("invite_used", "This invite has been used up.")
    return None


def _without_gone(room: Room, ask: Admission, now: int) -> tuple[Room, list[Member]]:
    """Without members who are gone; and who is gone.

    Whoever came back since the service was asked is not stale any more. Raises PresenceNeeded.
    """
    stale = tuple(m.peer for m in room.members if m.peer != ask.peer and is_stale(m, now))
    if stale and ask.present is None:
        raise PresenceNeeded(room.life, stale)
    kept: list[Member] = []
    gone: list[Member] = []
    for m in room.members:
        present = ask.present.get(m.peer) if ask.present and m.peer in stale else None
        if present:
            kept.append(structs.replace(m, seen=now))
        elif m.peer in stale and (present is False or not m.connection):
            gone.append(m)
        else:
            kept.append(m)
    for m in gone:
        room = lost.lose(room, m, seat_end(m, now), now)
    return structs.replace(room, members=tuple(kept)), gone


def _disconnected(room: Room, member: Member, now: int) -> list[Effect]:
    """What the others hear; nothing, if all of them sleep: they ask before they need to know."""
    if all(m.asleep_until > now for m in room.members if m.peer != member.peer):
        return []
    asleep = member.asleep_until > now
    said = Disconnected(member.peer, asleep)
    return news.tell(room, "disconnected", said, now, but=member.peer)


def _with_member(room: Room, member: Member, now: int) -> Room:
    found = any(m.peer == member.peer for m in room.members)
    members = tuple(member if m.peer == member.peer else m for m in room.members)
    return _until(room, members if found else (*members, member), now)


def _without_member(room: Room, peer: str, now: int) -> Room | None:
    members = tuple(m for m in room.members if m.peer != peer)
    # A created room has to remember who was kicked and which invites were used.
    if not members and room.terms is None:
        return None
    return _until(room, members, now)


def _until(room: Room, members: tuple[Member, ...], now: int) -> Room:
    """A room nobody created lives a day after its last change, or a moment when empty."""
    expires_at = room.expires_at
    if room.terms is None:
        waiting = max([now + SEAT_MS, *(m.asleep_until for m in members)])
        connected = any(m.connection for m in members)
        expires_at = now + MAX_TTL_SECONDS * 1000 if connected else waiting
    return structs.replace(room, members=members, expires_at=expires_at)
