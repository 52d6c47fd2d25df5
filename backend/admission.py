"""Into a room and out of it: `POST /api/negotiate`, `POST /api/sleep` and `POST /api/leave`."""

from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from backend import charges, told, turn
from backend.http import require_token
from backend.network import UNKNOWN
from backend.proof import Proof, SentProof
from backend.pushes import carry_out, change_room
from backend.wiring import Services
from signaling import messages, news, offers, orders, tokens
from signaling import room as rooms
from signaling import room_document as document
from signaling.admission_rate import Network, Price
from signaling.budget import Payer, network_in_seat
from signaling.codes import Capacity, TurnPolicy
from signaling.day_budget import seconds_left
from signaling.effects import Effect
from signaling.errors import DayFull, Forbidden, ProofRequired, RateLimited
from signaling.messages import Ordered, Seconds
from signaling.names import Name, Role, SentName, read_peer_name
from signaling.offers import SentOffers
from signaling.orders import Orders
from signaling.places import Place, SentRoom, SentSecret, place_in_token, read_place, read_secret
from signaling.room import Admission, Admitted, PeerInfo, PresenceNeeded
from signaling.room_document import Member, ParkedOffer, Room
from signaling.seats import Seat
from signaling.signalr import HUB
from signaling.tokens import CLOCKS_SECONDS, PEER_TTL_SECONDS, HostToken, PeerToken
from turn.ice import IceServer

# Of a negotiate's members, those that may stand in its URL, which services write into their logs.
IN_QUERY = ("room", "name", "proof")
PATH = f"/client/?hub={HUB}"  # of SignalR Service
MAX_OTHERS = 32  # the others of the largest room are fewer
LOOK_UP_SECONDS = 1.5  # that a newcomer waits for all look-ups together


class NegotiateRequest(Struct, frozen=True):
    """Body or query of `POST /api/negotiate`. `visit` is in epoch ms."""

    room: SentRoom | None = None
    name: SentName | None = None
    secret: SentSecret | None = None
    orders: tokens.OrdersText | None = None
    proof: SentProof | None = None
    visit: messages.Moment | None = None
    offers: SentOffers = ()
    have: Annotated[tuple[messages.Seq, ...], Meta(max_length=MAX_OTHERS)] = ()

    def filled_from(self, query: Mapping[str, str]) -> "NegotiateRequest":
        """What the body does not say, from the query: where a plain SignalR client puts it."""
        missing = (name for name in IN_QUERY if getattr(self, name) is None)
        return structs.replace(self, **{name: query.get(name) for name in missing})


class Negotiated(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/negotiate`: SignalR's own, and what a peer needs.

    Times are epoch ms; `ttl` and `turn_ttl` are seconds from now on.
    """

    url: str
    access_token: str
    room: SentRoom
    peer: messages.PeerId
    role: Role
    name: Name
    token: tokens.TokenText
    ttl: Seconds
    expires_at: messages.Moment
    ice_servers: tuple[IceServer, ...]
    turn: TurnPolicy
    peers: tuple[PeerInfo, ...]
    capacity: Capacity
    locked: bool
    stamp: str
    visit: messages.Moment
    admitted_at: messages.Moment
    socket_admitted_at: messages.Moment | UnsetType = UNSET
    parked: tuple[messages.Seq, ...] | UnsetType = UNSET
    turn_ttl: Seconds | UnsetType = UNSET
    turn_expires_at: messages.Moment | UnsetType = UNSET
    relay_bytes: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    secret: SentSecret | UnsetType = UNSET  # that the server drew
    orders: tokens.OrdersText | UnsetType = UNSET


def negotiate(
    services: Services, ask: NegotiateRequest, token: str | None, network: Network = UNKNOWN
) -> Negotiated:
    """`POST /api/negotiate`: admit a peer, and answer everything it needs at once.

    The same `secret` is the same peer, however often it asks and whichever stamp.
    Raises BadRequest (invalid_room, invalid_name, invalid_secret), Unauthorized, Forbidden,
    NotFound, Conflict (room_full), TooLarge, RateLimited, DayFull, ProofRequired or Unavailable. A
    refusal changes nothing.
    """
    now = services.now()
    place, admission, drawn = _read_admission(services, ask, token, now)
    known = token is not None or place.invite is not None
    proof = pay(services, network, ask.proof, now, room=place.key if known else "")
    closed = not known and charges.newcomers_refused(services, place.key, network)
    try:
        (room, admitted), late = _admit(services, place, admission, now, closed=closed)
    except Exception:
        proof.give_back()
        raise
    for peer in admitted.obeyed.kicked:
        turn.end(services, place.key, peer)
    ice = turn.at_negotiate(services, place.key, room, admitted, network.customer)
    seat = _seat(place, room, admitted.member, network_in_seat(network), now)
    answer = _negotiated(services, place, room, admitted, (seat, ice), now)
    effects = [*late, *admitted.effects]
    if admitted.obeyed.changed and isinstance(answer.orders, str):
        said = Ordered(answer.orders, answer.locked)
        effects += news.tell(room, "orders", said, now)
    carry_out(services, place.key, effects)
    return answer if drawn is None else structs.replace(answer, secret=drawn)


class LeaveRequest(Struct, frozen=True):
    """Body of `POST /api/leave`. `told`: the peers who have heard it from the caller itself."""

    told: Annotated[tuple[messages.PeerId, ...], Meta(max_length=MAX_OTHERS)] = ()


ANYBODY = LeaveRequest()


def leave(services: Services, token: str | None, ask: LeaveRequest = ANYBODY) -> None:
    """`POST /api/leave`. Raises Unauthorized or Unavailable; to leave twice is no error."""
    now = services.now()
    held = tokens.read_peer(services.ring, require_token(token), now)
    key = place_in_token(services.ring, held.room, now).key

    def decide(old: Room | None) -> tuple[Room | None, tuple[bool, list[Effect]]]:
        room, effects = rooms.leave(old, held.peer, held.visit, now, ask.told)
        return room, (room is not old, effects)

    (has_left, effects), late = change_room(services, key, decide)
    if has_left:  # though there may be nobody to tell, and no socket to end
        turn.end(services, key, held.peer)
    carry_out(services, key, [*late, *effects])


def sleep(services: Services, token: str) -> None:
    """`POST /api/sleep`: keep the seat without a socket for as long as a new token would count.

    Raises Unauthorized, Forbidden (not_member, kicked), NotFound, RateLimited, Abuse or
    Unavailable.
    """
    now = services.now()
    held = tokens.read_peer(services.ring, token, now)
    place = place_in_token(services.ring, held.room, now)
    charges.check_rate(services, Payer(place.key, held.peer))
    until = _expiry(place, now) + CLOCKS_SECONDS * 1000

    def decide(old: Room | None) -> tuple[Room, list[Effect]]:
        document.check_not_kicked(old, held.peer)
        return rooms.sleep(old, held.peer, held.visit, until, now)

    effects, late = change_room(services, place.key, decide)
    carry_out(services, place.key, [*late, *effects])


def pay(
    services: Services, network: Network, proof: str | None, now: int, *, room: str = ""
) -> Proof:
    """Let one admission through, at its price. `room`: the key of whose invite or token it brings.

    Who is refused later gets the proof back, to use it again. What was taken from the network's
    buckets stays taken: to try what is refused is not free. Raises RateLimited, ProofRequired, or
    Unauthorized (bad_proof).
    """
    brought = Proof() if proof is None else services.proofs.check(proof, now)
    proven = proof is not None
    match services.admission_rate.price(network, room=room, proven=proven, now=now):
        case Price.PROOF:
            raise ProofRequired(services.proofs.challenge(now))
        case Price.REFUSED:
            raise RateLimited("rate_limited", "Too many from your network. Please wait.", 5)
    brought.use()
    return brought


def _read_admission(
    services: Services, ask: NegotiateRequest, token: str | None, now: int
) -> tuple[Place, Admission, str | None]:
    """The room, who asks to come in on what ground, and the secret if it is a new one of ours.

    A peer token only says that its holder was admitted before: the secret is who it is.
    """
    ring = services.ring
    name = None if ask.name is None else read_peer_name(ask.name)
    held = None if token is None else tokens.read_bearer(ring, token, now)
    place = read_place(ring, ask.room if held is None or ask.room is not None else held.room, now)
    if held is not None and place_in_token(ring, held.room, now).identity != place.identity:
        raise Forbidden("wrong_room", "This token is for another room.")
    drawn = services.new_secret() if ask.secret is None else None
    secret = drawn or read_secret(ask.secret or "")
    admission = Admission(
        peer=place.peer(secret),
        name=name,
        role="host" if isinstance(held, HostToken) else "guest",
        visit=now if ask.visit is None else ask.visit,
        terms=place.terms,
        life=place.life or services.new_id(),
        invite=place.invite,
        orders=read_orders(services, ask.orders, place, now),
        offers=_read_offers(ask.offers),
        have=ask.have,
    )
    return place, admission, drawn


def _read_offers(brought: tuple[ParkedOffer, ...]) -> tuple[ParkedOffer, ...]:
    offers.check(brought)
    for offer in brought:
        messages.check_body("offer", offer.body)
    return brought


def read_orders(services: Services, text: str | None, place: Place, now: int) -> Orders:
    """What another stamp has told of this room. Raises Unauthorized, or Forbidden (wrong_room)."""
    if text is None:
        return orders.NONE
    room, said = tokens.read_orders(services.ring, text, now)
    if place_in_token(services.ring, room, now).identity != place.identity:
        raise Forbidden("wrong_room", "These orders are for another room.")
    return said


def _admit(
    services: Services, place: Place, admission: Admission, now: int, *, closed: bool
) -> tuple[tuple[Room, Admitted], list[Effect]]:
    """One update of the room; a second one only if there are stale members to look up.

    `closed`: for who has no seat, because the messages of the day are used up.
    """

    def decide(old: Room | None) -> tuple[Room, tuple[Room, Admitted]]:
        if closed and document.member_of(document.alive(old, now), admission.peer) is None:
            raise DayFull(seconds_left(now))
        room, admitted = rooms.admit(old, admission, now)
        return room, (room, admitted)

    try:
        return change_room(services, place.key, decide)
    except PresenceNeeded as needed:
        present = _look_up(services, needed.life, needed.peers)
    admission = structs.replace(admission, present=present)
    return change_room(services, place.key, decide)


def _look_up(services: Services, life: str, peers: tuple[str, ...]) -> dict[str, bool]:
    """Whether the service knows these peers; without those it could not tell of in time."""
    is_present = services.signalr.is_present
    asked = {services.lookups.submit(is_present, life, peer): peer for peer in peers}
    done, late = wait(asked, LOOK_UP_SECONDS)
    for future in late:
        future.cancel()
    return {asked[future]: future.result() for future in done if not _failed(future)}


def _failed(future: Future[bool]) -> bool:
    return future.cancelled() or future.exception() is not None


def _expiry(place: Place, now: int) -> int:
    """Until when a peer token made now is good: for its time, or until the room ends."""
    until = now + PEER_TTL_SECONDS * 1000
    return until if place.terms is None else min(until, place.ends_at)


def _seat(place: Place, room: Room, me: Member, network: str, now: int) -> Seat:
    """What the connection that a peer opens next is."""
    # Later than that of the socket we know: the instance that gave it may have a clock ahead.
    admitted_at = max(now, me.admitted + 1)
    return Seat(place.key, room.life, me.peer, place.over_at // 1000, admitted_at, network)


def _negotiated(
    services: Services,
    place: Place,
    room: Room,
    admitted: Admitted,
    given: tuple[Seat, turn.Ice],
    now: int,
) -> Negotiated:
    settings, me, (seat, ice) = services.settings, admitted.member, given
    expires_at = _expiry(place, now)
    return Negotiated(
        url=settings.signalr.client_endpoint + PATH,
        room=place.name,
        peer=me.peer,
        role=me.role,
        name=me.name,
        ttl=turn.seconds_left(expires_at, now),
        expires_at=expires_at,
        peers=told.listed(services, place.key, admitted.others, now),
        capacity=room.capacity,
        locked=room.orders.locked,
        stamp=settings.stamp,
        visit=me.visit,
        admitted_at=seat.admitted,
        socket_admitted_at=me.admitted or UNSET,
        parked=admitted.parked or UNSET,
        ice_servers=ice.servers,
        turn=ice.policy,
        turn_ttl=ice.ttl,
        turn_expires_at=ice.expires_at,
        relay_bytes=UNSET if ice.relay_bytes is None else ice.relay_bytes,
        **_signed(services, place, room, me, seat, now),
    )


def _signed(
    services: Services, place: Place, room: Room, me: Member, seat: Seat, now: int
) -> dict[str, Any]:
    """The tokens of the answer."""
    token = PeerToken(place.name, me.peer, me.role, me.visit, "" if place.life else room.life)
    audience, ring = services.settings.signalr.audience + PATH, services.ring
    signed = {
        "access_token": tokens.sign_connect(services.signalr_key, audience, seat, now),
        "token": tokens.sign_peer(ring, token, _expiry(place, now)),
    }
    if room.orders != orders.NONE:
        signed["orders"] = tokens.sign_orders(ring, place.name, room.orders, place.ends_at)
    return signed
