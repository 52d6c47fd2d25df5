"""Into a room and out of it: `POST /api/negotiate` and `POST /api/leave`."""

from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from backend import turn
from backend.http import require_token
from backend.pushes import carry_out, change_room
from backend.wiring import Services
from signaling import messages, rate, tokens
from signaling import room as rooms
from signaling.admission_rate import Price
from signaling.effects import Effect
from signaling.errors import Forbidden, ProofRequired, RateLimited
from signaling.forward import Sender
from signaling.names import read_peer_name, read_room_name
from signaling.room import Admission, Admitted, PeerInfo, PresenceNeeded, Room
from signaling.signalr import HUB
from signaling.tokens import PEER_TTL_SECONDS, HostToken, PeerToken
from turn.ice import IceServer

LOOK_UP_SECONDS = 1.5  # that a newcomer waits for all look-ups together


class NegotiateRequest(Struct, frozen=True):
    """Body or query of `POST /api/negotiate`."""

    room: str | None = None
    name: str | None = None
    invite: str | None = None
    proof: str | None = None

    def filled_from(self, query: Mapping[str, str]) -> "NegotiateRequest":
        """What the body does not say, from the query: where a plain SignalR client puts it."""
        said = {name: value for name, value in structs.asdict(self).items() if value is not None}
        return NegotiateRequest(**{name: query.get(name) for name in self.__struct_fields__} | said)


class LeaveRequest(Struct, frozen=True):
    """Body of `POST /api/leave`: `sendBeacon` sets no headers."""

    token: str | None = None


class Limits(Struct, frozen=True, rename="camel"):
    """What this backend takes: bytes, characters, messages."""

    envelope: int = messages.MAX_ENVELOPE_BYTES
    text: int = messages.MAX_TEXT
    burst: int = rate.BURST
    per_second: int = rate.PER_SECOND


class Negotiated(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/negotiate`: SignalR's own, and what a peer needs. Times: epoch ms."""

    url: str
    access_token: str
    room: str
    peer: str
    role: str
    name: str
    token: str
    expires_at: int
    ice_servers: tuple[IceServer, ...]
    turn: str
    peers: tuple[PeerInfo, ...]
    capacity: int
    locked: bool
    stamp: str
    limits: Limits = Limits()
    turn_expires_at: int | UnsetType = UNSET


def negotiate(
    services: Services, ask: NegotiateRequest, bearer: str | None, network: str = ""
) -> Negotiated:
    """`POST /api/negotiate`: admit a peer, and answer everything it needs at once.

    Raises BadRequest (invalid_room, invalid_name), Unauthorized, Forbidden, Conflict
    (room_full), RateLimited, ProofRequired or Unavailable. A refusal changes nothing.
    """
    now = services.now()
    name, admission = _read_admission(services, ask, bearer, now)
    known = bearer is not None or admission.invite is not None
    pay(services, network, ask.proof, now, known=known)
    (room, admitted), late = _admit(services, name, admission, now)
    ice = turn.at_negotiate(services, name, room, admitted, network)
    answer = _negotiated(services, name, room, admitted, ice, now)
    carry_out(services, name, [*late, *admitted.effects])
    return answer


def leave(services: Services, ask: LeaveRequest, bearer: str | None) -> None:
    """`POST /api/leave`. Raises Unauthorized or Unavailable; to leave twice is no error."""
    now = services.now()
    held = tokens.read_peer(services.ring, require_token(bearer, ask.token), now)
    effects, late = change_room(
        services,
        held.room,
        lambda old: rooms.leave(old, held.room, held.peer, now, held.issued_at),
    )
    if effects:
        turn.end(services, held.room, held.peer)
    carry_out(services, held.room, [*late, *effects])


def pay(services: Services, network: str, proof: str | None, now: int, *, known: bool) -> None:
    """Let one admission through, at its price. `known`: it brings an invite or a token.

    Raises RateLimited, ProofRequired, or Unauthorized (bad_proof).
    """
    if proof is not None:
        services.proofs.check(proof, now)
    proven = proof is not None
    match services.admission_rate.price(network, known=known, proven=proven, now=now):
        case Price.PROOF:
            raise ProofRequired(services.proofs.challenge(now))
        case Price.REFUSED:
            raise RateLimited("rate_limited", "Too many from your network. Please wait.", 5)


def _read_admission(
    services: Services, ask: NegotiateRequest, bearer: str | None, now: int
) -> tuple[str, Admission]:
    """The room's name, and who asks to come in on what ground."""
    ring = services.ring
    name = None if ask.name is None else read_peer_name(ask.name)
    held = None if bearer is None else tokens.read_bearer(ring, bearer, now)
    if held is not None and ask.room is not None and ask.room != held.room:
        raise Forbidden("wrong_room", "This token is for another room.")
    room = read_room_name(ask.room if held is None else held.room)
    if isinstance(held, PeerToken):
        kept = held.name if name is None else name
        return room, Admission(held.peer, kept, held.role, issued_at=held.issued_at)
    invite = None if ask.invite is None else tokens.read_invite(ring, ask.invite, now)
    if invite is not None and invite.room != room:
        raise Forbidden("bad_invite", "This invite is for another room.")
    role = "host" if isinstance(held, HostToken) else "guest"
    return room, Admission(services.new_id(), name, role, invite=invite)


def _admit(
    services: Services, name: str, admission: Admission, now: int
) -> tuple[tuple[Room, Admitted], list[Effect]]:
    """One update of the room; a second one only if there are stale members to look up."""

    def decide(old: Room | None) -> tuple[Room, tuple[Room, Admitted]]:
        room, admitted = rooms.admit(old, name, admission, now)
        return room, (room, admitted)

    try:
        return change_room(services, name, decide)
    except PresenceNeeded as needed:
        present = _look_up(services, name, needed.peers)
    admission = structs.replace(admission, present=present)
    return change_room(services, name, decide)


def _look_up(services: Services, room: str, peers: tuple[str, ...]) -> dict[str, bool]:
    """Whether the service knows these peers; without those it could not tell of in time."""
    is_present = services.signalr.is_present
    asked = {services.lookups.submit(is_present, Sender(room, peer)): peer for peer in peers}
    done, late = wait(asked, LOOK_UP_SECONDS)
    for future in late:
        future.cancel()
    return {asked[future]: future.result() for future in done if not _failed(future)}


def _failed(future: Future[bool]) -> bool:
    return future.cancelled() or future.exception() is not None


def _negotiated(
    services: Services, name: str, room: Room, admitted: Admitted, ice: turn.Ice, now: int
) -> Negotiated:
    settings, me = services.settings, admitted.member
    expires_at = now + PEER_TTL_SECONDS * 1000
    if room.created:
        expires_at = min(expires_at, room.expires_at)
    token = PeerToken(name, me.peer, me.role, me.name)
    path = f"/client/?hub={HUB}"
    user_id = Sender(name, me.peer).user_id
    signed: dict[str, Any] = {
        "access_token": tokens.sign_connect(
            services.signalr_key, settings.signalr.audience + path, user_id, now
        ),
        "token": tokens.sign_peer(services.ring, token, now, expires_at),
    }
    return Negotiated(
        url=settings.signalr.client_endpoint + path,
        room=name,
        peer=me.peer,
        role=me.role,
        name=me.name,
        expires_at=expires_at,
        peers=admitted.others,
        capacity=room.capacity,
        locked=room.locked,
        stamp=settings.stamp,
        ice_servers=ice.servers,
        turn=ice.policy,
        turn_expires_at=UNSET if ice.expires_at is None else ice.expires_at,
        **signed,
    )
