"""What each call does: read, decide through the pure modules, answer.

Knows neither HTTP nor Azure Functions. Pushes are returned for the output binding; whatever
only REST can do is done here. Every function may raise the errors of signaling/errors.py.
"""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from backend import http, turn
from backend.wiring import Services
from cloud.signalr_rest import ServiceAway
from signaling import messages, room, tokens
from signaling.effects import AddToGroup, Close, CloseConnection, Effect, Push
from signaling.errors import Abuse, Forbidden, ProofRequired, RateLimited, Unauthorized, Unavailable
from signaling.forward import Sender, broadcast, relay
from signaling.gate import Toll
from signaling.messages import Envelope, PeerId
from signaling.rate import BURST, PER_SECOND, Verdict
from signaling.room import Admission, Admitted, ParkedOffer, Room, RoomOptions
from signaling.signalr import HUB, Invocation
from signaling.tokens import InviteToken, PeerToken

LOOKUP_DEADLINE = 1.5  # seconds that a newcomer waits for all look-ups together

log = logging.getLogger("heliograph")


class NegotiateRequest(Struct, frozen=True):
    room: str | None = None
    name: str | None = None
    invite: str | None = None
    proof: str | None = None

    def filled_from(self, query: Mapping[str, str]) -> "NegotiateRequest":
        """What the body does not say, from the query: where a plain SignalR client puts it."""
        return NegotiateRequest(
            query.get("room") if self.room is None else self.room,
            query.get("name") if self.name is None else self.name,
            query.get("invite") if self.invite is None else self.invite,
            query.get("proof") if self.proof is None else self.proof,
        )


class KickRequest(Struct, frozen=True):
    peer: PeerId


class LockRequest(Struct, frozen=True):
    locked: bool


class InviteRequest(Struct, frozen=True):
    uses: Annotated[int, Meta(ge=1, le=1_000)] = 1
    ttl: Annotated[int, Meta(ge=60, le=604_800)] = 86_400


class LeaveRequest(Struct, frozen=True):
    token: str | None = None


type Outcome = tuple[Any, list[Push]]  # what is answered, what is pushed


def create_room(services: Services, options: RoomOptions, network: str = "") -> Outcome:
    now = services.now()
    _pay_toll(services, network, options.proof, known=False)
    name = options.room or services.new_id() + services.new_id()[:6]
    made = services.rooms.update(name, lambda old: _twice(room.create(old, options, now)))
    ring = services.ring
    invite = InviteToken(name, services.new_id(), made.capacity)
    answer = {
        "room": name,
        "hostToken": tokens.sign_host(ring, name, now, made.expires_at),
        "invite": tokens.sign_invite(ring, invite, now, made.expires_at),
        "expiresAt": made.expires_at,
        "capacity": made.capacity,
        "inviteOnly": made.invite_only,
        "turn": made.turn,
        "turnSides": made.turn_sides,
    }
    return answer, []


def negotiate(
    services: Services, ask: NegotiateRequest, bearer: str | None, network: str = ""
) -> Outcome:
    now = services.now()
    name, admission = _admission(services, ask, bearer, now)
    known = bearer is not None or admission.invite is not None
    _pay_toll(services, network, ask.proof, known=known)
    admission = _look_up(services, name, admission, now)

    def decide(old: Room | None) -> tuple[Room, tuple[Room, Admitted]]:
        new, admitted = room.admit(old, name, admission, now)
        return new, (new, admitted)

    entered, admitted = services.rooms.update(name, decide)
    answer = _negotiated(services, name, entered, admitted, now)
    answer |= turn.at_negotiate(services, name, entered, admitted, network)
    return answer, _carry_out(services, admitted.effects)


def _admission(
    services: Services, ask: NegotiateRequest, bearer: str | None, now: int
) -> tuple[str, Admission]:
    ring = services.ring
    name = None if ask.name is None else http.read_name(ask.name)
    held = None if bearer is None else tokens.read_bearer(ring, bearer, now)
    if held is not None and ask.room is not None and ask.room != held.room:
        raise Forbidden("wrong_room", "This token is for another room.")
    wanted = http.read_room(ask.room if held is None else held.room)
    if isinstance(held, PeerToken):
        kept = held.name if name is None else name
        return wanted, Admission(held.peer, kept, held.role, issued_at=held.issued_at)
    invite = None if ask.invite is None else tokens.read_invite(ring, ask.invite, now)
    if invite is not None and invite.room != wanted:
        raise Forbidden("bad_invite", "This invite is for another room.")
    role = "guest" if held is None else "host"
    return wanted, Admission(services.new_id(), name, role, invite=invite)


def _look_up(services: Services, name: str, admission: Admission, now: int) -> Admission:
    """Ask the service about silent members. What it cannot say in time stays unknown."""
    peers = room.doubtful(services.rooms.read(name), admission.peer, now)
    if not peers:
        return admission
    present = services.dataplane.is_present
    asked = {services.lookups.submit(present, Sender(name, peer)): peer for peer in peers}
    done, late = wait(asked, LOOKUP_DEADLINE)
    for future in late:
        future.cancel()
    said = {asked[future]: future.result() for future in done if not _failed(future)}
    return structs.replace(
        admission,
        present=frozenset(peer for peer, there in said.items() if there),
        absent=frozenset(peer for peer, there in said.items() if not there),
    )


def _failed(future: Future[bool]) -> bool:
    return future.cancelled() or future.exception() is not None


def _negotiated(
    services: Services, name: str, entered: Room, admitted: Admitted, now: int
) -> dict[str, Any]:
    settings, me = services.settings, admitted.member
    expires_at = now + tokens.PEER_TTL * 1000
    if entered.created:
        expires_at = min(expires_at, entered.expires_at)
    token = PeerToken(name, me.peer, me.role, me.name)
    url = f"{settings.signalr.client_endpoint}/client/?hub={HUB}"
    user_id = Sender(name, me.peer).user_id
    return {
        "url": url,
        "accessToken": tokens.sign_connect(settings.signalr.access_key, url, user_id, now),
        "room": name,
        "peer": me.peer,
        "role": me.role,
        "name": me.name,
        "token": tokens.sign_peer(services.ring, token, now, expires_at),
        "expiresAt": expires_at,
        "peers": admitted.others,
        "capacity": entered.capacity,
        "locked": entered.locked,
        "limits": {
            "envelope": messages.MAX_ENVELOPE,
            "text": messages.MAX_TEXT,
            "burst": BURST,
            "perSecond": PER_SECOND,
        },
        "stamp": settings.stamp,
    }


def relay_for(services: Services, body: bytes, bearer: str | None) -> Outcome:
    """`POST /api/relay`: unlike a socket, a token can outlive its holder's place."""
    now = services.now()
    held = tokens.read_peer(services.ring, given(bearer), now)
    _check_rate(services, f"{held.room}.{held.peer}", now)
    envelope = messages.parse_envelope(body)
    try:
        room.check_member(services.rooms.read(held.room), held.peer, now)
    except Unavailable:
        log.warning("relay goes on without documents")  # a signed token is enough for a message
    going = relay(Sender(held.room, held.peer), envelope)
    if isinstance(going, ParkedOffer):
        park(services, Sender(held.room, held.peer), going)
        return {"ok": True}, []
    return {"ok": True}, [going]


def leave(services: Services, ask: LeaveRequest, bearer: str | None) -> Outcome:
    now = services.now()
    held = tokens.read_peer(services.ring, given(bearer or ask.token), now)
    pushes = services.rooms.update(
        held.room, lambda old: room.leave(old, held.room, held.peer, now, held.issued_at)
    )
    if pushes:
        turn.end(services, held.room, held.peer)
    return None, _carry_out(services, pushes)


def kick(services: Services, name: str, ask: KickRequest, bearer: str | None) -> Outcome:
    now = _host(services, name, bearer)
    effects = services.rooms.update(name, lambda old: room.kick(old, name, ask.peer, now))
    turn.end(services, name, ask.peer)
    return {"ok": True}, _carry_out(services, effects, must=True)


def lock(services: Services, name: str, ask: LockRequest, bearer: str | None) -> Outcome:
    now = _host(services, name, bearer)
    services.rooms.update(name, lambda old: (room.lock(old, ask.locked, now), None))
    return {"locked": ask.locked}, []


def invite(services: Services, name: str, ask: InviteRequest, bearer: str | None) -> Outcome:
    now = _host(services, name, bearer)
    until = min(now + ask.ttl * 1000, room.expiry(services.rooms.read(name), now))
    token = InviteToken(name, services.new_id(), ask.uses)
    signed = tokens.sign_invite(services.ring, token, now, until)
    return {"invite": signed, "expiresAt": until, "uses": ask.uses}, []


def hub_call(services: Services, call: Invocation, *, everyone: bool) -> Push | ParkedOffer:
    """`signal` and `broadcast`. No I/O."""
    _check_rate(services, call.connection_id, services.now())
    envelope: Envelope = messages.parse_envelope(call.argument)
    return (broadcast if everyone else relay)(call.sender, envelope)


def park(services: Services, sender: Sender, offer: ParkedOffer) -> None:
    now = services.now()
    services.rooms.update(sender.room, lambda old: _twice(room.park(old, sender.peer, offer, now)))


def connected(services: Services, call: Invocation) -> list[Push]:
    """While the documents are away the newcomer hears the room, but is not announced."""
    now, who = services.now(), call.sender
    try:
        effects = services.rooms.update(
            who.room, lambda old: room.connect(old, who.room, who.peer, call.connection_id, now)
        )
    except Unavailable:
        log.warning("somebody connects without documents")
        return [AddToGroup(who.room, call.connection_id)]
    return _carry_out(services, effects)


def disconnected(services: Services, call: Invocation) -> list[Push]:
    services.buckets.forget(call.connection_id)
    now, who = services.now(), call.sender
    effects = services.rooms.update(
        who.room, lambda old: room.disconnect(old, who.room, who.peer, call.connection_id, now)
    )
    return _carry_out(services, effects)


def close_abuser(services: Services, call: Invocation) -> None:
    words = "You have sent too many messages for too long."
    _carry_out(services, [CloseConnection(call.connection_id, "rate_limited", words)])


def _pay_toll(services: Services, network: str, proof: str | None, *, known: bool) -> None:
    """Raises RateLimited or ProofRequired; or Unauthorized (bad_proof)."""
    now, proven = services.now(), proof is not None
    if proof is not None:
        services.proofs.check(proof, now)
    match services.gate.toll(network, known=known, proven=proven, now=now):
        case Toll.PROOF:
            raise ProofRequired(services.proofs.challenge(now))
        case Toll.REFUSED:
            raise RateLimited("rate_limited", "Too many from your network. Please wait.", 5)


def _host(services: Services, name: str, bearer: str | None) -> int:
    """Now, if the caller is a host of this room. Raises Unauthorized or Forbidden."""
    now = services.now()
    held = tokens.read_bearer(services.ring, given(bearer), now)
    if held.room != http.read_room(name):
        raise Forbidden("wrong_room", "This token is for another room.")
    if isinstance(held, PeerToken):
        if held.role != "host":
            raise Forbidden("not_host", "Only the host of the room can do this.")
        room.check_not_kicked(services.rooms.read(name), held.peer)
    return now


def given(bearer: str | None) -> str:
    if bearer is None:
        raise Unauthorized("missing_token", "This call needs a token.")
    return bearer


def _check_rate(services: Services, caller: str, now: int) -> None:
    """Raises RateLimited, or Abuse when that has happened too often in a row."""
    verdict = services.buckets.take(caller, now)
    if verdict is Verdict.ALLOWED:
        return
    kind = Abuse if verdict is Verdict.ABUSE else RateLimited
    raise kind("rate_limited", "Too many messages. Please slow down.", 1)


def _carry_out(services: Services, effects: Iterable[Effect], *, must: bool = False) -> list[Push]:
    """Do what only REST can do; the rest is for the output binding. Raises Unavailable."""
    pushes: list[Push] = []
    for effect in effects:
        if not isinstance(effect, Close):
            pushes.append(effect)
            continue
        try:
            services.dataplane.close(effect)
        except ServiceAway as error:
            log.warning("a connection could not be closed: %s", error)
            if must:
                raise Unavailable("unavailable", "A service we need is away.", 2) from error
    return pushes


def _twice[T](value: T) -> tuple[T, T]:
    """For an update whose result is the new room."""
    return value, value
