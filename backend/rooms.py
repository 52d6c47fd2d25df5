"""Rooms that somebody created: `POST /api/rooms`, and what only their host may do."""

from typing import Annotated

from msgspec import Meta, Struct

from backend import turn
from backend.admission import pay
from backend.http import Ok, require_token
from backend.pushes import carry_out, change_room
from backend.wiring import Services
from signaling import room as rooms
from signaling import tokens
from signaling.errors import Forbidden
from signaling.messages import PeerId
from signaling.names import read_room_name
from signaling.room import Room, RoomOptions
from signaling.tokens import InviteToken, PeerToken


class RoomCreated(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/rooms`. `expires_at` is in epoch ms."""

    room: str
    host_token: str
    invite: str
    expires_at: int
    capacity: int
    invite_only: bool
    turn: str
    turn_sides: int


class KickRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/{room}/kick`."""

    peer: PeerId


class LockRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/{room}/lock`."""

    locked: bool


class Locked(Struct, frozen=True):
    """Answer of `POST /api/rooms/{room}/lock`."""

    locked: bool


class InviteRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/{room}/invite`. `ttl` is in seconds."""

    uses: Annotated[int, Meta(ge=1, le=1_000)] = 1
    ttl: Annotated[int, Meta(ge=60, le=604_800)] = 86_400


class Invited(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/rooms/{room}/invite`. `expires_at` is in epoch ms."""

    invite: str
    expires_at: int
    uses: int


def create_room(services: Services, options: RoomOptions, network: str = "") -> RoomCreated:
    """`POST /api/rooms`. Raises Conflict (room_exists), RateLimited or ProofRequired."""
    now, ring = services.now(), services.ring
    pay(services, network, options.proof, now, known=False)
    name = options.room or services.new_id() + services.new_id()[:6]

    def decide(old: Room | None) -> tuple[Room, Room]:
        made = rooms.create(old, options, now)
        return made, made

    made = services.rooms.update(name, decide)
    invite = InviteToken(name, services.new_id(), made.capacity)
    return RoomCreated(
        room=name,
        host_token=tokens.sign_host(ring, name, now, made.expires_at),
        invite=tokens.sign_invite(ring, invite, now, made.expires_at),
        expires_at=made.expires_at,
        capacity=made.capacity,
        invite_only=made.invite_only,
        turn=made.turn,
        turn_sides=made.turn_sides,
    )


def kick(services: Services, name: str, ask: KickRequest, bearer: str | None) -> Ok:
    """`POST /api/rooms/{room}/kick`. Raises what `_require_host` does, NotFound, Unavailable."""
    now = _require_host(services, name, bearer)
    effects, late = change_room(services, name, lambda old: rooms.kick(old, name, ask.peer, now))
    turn.end(services, name, ask.peer)
    carry_out(services, name, [*late, *effects], must_close=True)
    return Ok()


def lock(services: Services, name: str, ask: LockRequest, bearer: str | None) -> Locked:
    """`POST /api/rooms/{room}/lock`. Raises what `_require_host` does, or NotFound."""
    now = _require_host(services, name, bearer)
    services.rooms.update(name, lambda old: (rooms.lock(old, ask.locked, now), None))
    return Locked(ask.locked)


def invite(services: Services, name: str, ask: InviteRequest, bearer: str | None) -> Invited:
    """`POST /api/rooms/{room}/invite`. Raises what `_require_host` does, or NotFound."""
    now = _require_host(services, name, bearer)
    until = min(now + ask.ttl * 1000, rooms.expiry(services.rooms.read(name), now))
    token = InviteToken(name, services.new_id(), ask.uses)
    signed = tokens.sign_invite(services.ring, token, now, until)
    return Invited(signed, until, ask.uses)


def _require_host(services: Services, name: str, bearer: str | None) -> int:
    """Now, if the caller is a host of this room.

    Raises Unauthorized or Forbidden (wrong_room, not_host, kicked).
    """
    now = services.now()
    held = tokens.read_bearer(services.ring, require_token(bearer), now)
    if held.room != read_room_name(name):
        raise Forbidden("wrong_room", "This token is for another room.")
    if isinstance(held, PeerToken):
        if held.role != "host":
            raise Forbidden("not_host", "Only the host of the room can do this.")
        rooms.check_not_kicked(services.rooms.read(name), held.peer)
    return now
