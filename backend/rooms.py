"""Rooms that somebody created: `POST /api/rooms`, and what only their host may do.

To create a room and to make an invite only signs: every stamp reads both (signaling/codes.py).
What a host decides is stored, told to the members, and carried by them to the other stamps as
orders (signaling/orders.py).
"""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from backend import charges, turn
from backend.admission import pay, read_orders
from backend.http import require_token
from backend.network import UNKNOWN
from backend.proof import SentProof
from backend.pushes import carry_out, change_room
from backend.wiring import Services
from signaling import codes, hosts, news, tokens
from signaling import room_document as document
from signaling.admission_rate import Network
from signaling.budget import HOST, Payer, payer_from
from signaling.codes import (
    MAX_USES,
    NONCE_BITS,
    NUMBER_BITS,
    Capacity,
    Code,
    CodeText,
    Terms,
    TurnPolicy,
)
from signaling.codes import Invite as InviteTerms
from signaling.day_budget import seconds_left
from signaling.effects import Effect
from signaling.errors import BadRequest, DayFull, Forbidden, NotFound
from signaling.hosts import Obeyed
from signaling.messages import Moment, Ordered, PeerId
from signaling.places import MAX_TTL_SECONDS, Place, place_of, read_place
from signaling.room_document import DEFAULT_CAPACITY, Room
from signaling.tokens import PeerToken

Uses = Annotated[int, Meta(ge=1, le=MAX_USES)]  # of an invite


class RoomOptions(Struct, frozen=True, rename="camel"):
    """Body of `POST /api/rooms`. `ttl` is in seconds."""

    capacity: Capacity = DEFAULT_CAPACITY
    invite_only: bool = False
    ttl: Annotated[int, Meta(ge=60, le=MAX_TTL_SECONDS)] = MAX_TTL_SECONDS
    turn: TurnPolicy = "late"
    turn_sides: Literal[1, 2] = 2
    proof: SentProof | None = None


class RoomCreated(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/rooms`. `expires_at` is in epoch ms."""

    room: CodeText
    host_token: tokens.TokenText
    invite: CodeText
    expires_at: Moment
    capacity: Capacity
    invite_only: bool
    turn: TurnPolicy
    turn_sides: Annotated[int, Meta(ge=1, le=2)]


class KickRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/kick`."""

    peer: PeerId


class LockRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/lock`. `orders`: what the caller knows from another stamp."""

    locked: bool
    orders: tokens.OrdersText | None = None


class Done(Struct, frozen=True):
    """Answer of kick and revoke. `orders`: for other stamps."""

    orders: tokens.OrdersText
    ok: bool = True


class Locked(Struct, frozen=True):
    """Answer of `POST /api/rooms/lock`. `orders`: for other stamps."""

    locked: bool
    orders: tokens.OrdersText


class RevokeRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/revoke`."""

    invite: CodeText


class InviteRequest(Struct, frozen=True):
    """Body of `POST /api/rooms/invite`. `ttl` is in seconds."""

    uses: Uses = 1
    ttl: Annotated[int, Meta(ge=60, le=604_800)] = 86_400


class Invited(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/rooms/invite`. `expires_at` is in epoch ms."""

    invite: CodeText
    expires_at: Moment
    uses: Uses


def create_room(
    services: Services, options: RoomOptions, network: Network = UNKNOWN
) -> RoomCreated:
    """`POST /api/rooms`. Raises RateLimited, DayFull, ProofRequired or Unavailable."""
    now, ring = services.now(), services.ring
    if charges.newcomers_refused(services, "", network):
        raise DayFull(seconds_left(now))
    pay(services, network, options.proof, now)
    terms = Terms(
        capacity=options.capacity,
        invite_only=options.invite_only,
        turn=options.turn,
        turn_sides=options.turn_sides,
        ends_at=codes.round_up(now, options.ttl),
        nonce=services.new_number(NONCE_BITS),
    )
    place = place_of(ring, Code(terms, None, ring.names[0]))
    invite = InviteTerms(terms.capacity, terms.ends_at, services.new_number(NUMBER_BITS))
    services.rooms.expect_none(place.key)
    return RoomCreated(
        room=place.name,
        host_token=tokens.sign_host(ring, place.name, terms.ends_at),
        invite=codes.write(ring, Code(terms, invite, ring.names[0])),
        expires_at=terms.ends_at,
        capacity=terms.capacity,
        invite_only=terms.invite_only,
        turn=terms.turn,
        turn_sides=terms.turn_sides,
    )


def kick(
    services: Services, ask: KickRequest, token: str | None, network: Network = UNKNOWN
) -> Done:
    """`POST /api/rooms/kick`. Raises what `_require_host` does, or Unavailable."""
    now, place, payer = _require_host(services, token, network)

    def decide(room: Room) -> tuple[Room, list[Effect]]:
        return hosts.kick(room, ask.peer, now)

    room = _order(services, place, decide, (now, payer), ends=ask.peer)
    return Done(_signed(services, place, room, now))


def lock(
    services: Services, ask: LockRequest, token: str | None, network: Network = UNKNOWN
) -> Locked:
    """`POST /api/rooms/lock`. Raises what `_require_host` does, or Unavailable.

    It counts as later than all locks of which the host has heard, at whichever stamp they were.
    """
    now, place, payer = _require_host(services, token, network)
    known = read_orders(services, ask.orders, place, now)
    obeyed = Obeyed()

    def decide(room: Room) -> tuple[Room, list[Effect]]:
        nonlocal obeyed
        room, obeyed = hosts.obey(room, known, now)
        return hosts.lock(room, ask.locked), list(obeyed.effects)

    room = _order(services, place, decide, (now, payer))
    for peer in obeyed.kicked:
        turn.end(services, place.key, peer)
    return Locked(ask.locked, _signed(services, place, room, now))


def revoke(
    services: Services, ask: RevokeRequest, token: str | None, network: Network = UNKNOWN
) -> Done:
    """`POST /api/rooms/revoke`. Who came by the invite stays.

    Raises what `_require_host` does, BadRequest (invalid_options) or Unavailable.
    """
    now, place, payer = _require_host(services, token, network)
    revoked = read_place(services.ring, ask.invite, now)
    invite = revoked.invite
    if invite is None or revoked.identity != place.identity:
        raise BadRequest("invalid_options", "This is no invite to this room.")
    room = _order(services, place, lambda room: (hosts.revoke(room, invite), []), (now, payer))
    return Done(_signed(services, place, room, now))


def invite(
    services: Services, ask: InviteRequest, token: str | None, network: Network = UNKNOWN
) -> Invited:
    """`POST /api/rooms/invite`. Raises what `_require_host` does."""
    now, place, payer = _require_host(services, token, network)
    until = min(codes.round_up(now, ask.ttl), place.ends_at)
    made = InviteTerms(ask.uses, until, services.new_number(NUMBER_BITS))
    code = structs.replace(_code_of(place), invite=made)
    return Invited(codes.write(services.ring, code), until, ask.uses)


def _order(
    services: Services,
    place: Place,
    decide: Callable[[Room], tuple[Room, list[Effect]]],
    who: tuple[int, Payer],
    *,
    ends: str | None = None,
) -> Room:
    """Carry out what a host decides, and tell the members.

    `who`: now, and who pays for it. `ends`: the peer that it removes.
    """
    now, payer = who

    def change(old: Room | None) -> tuple[Room, tuple[Room, list[Effect]]]:
        room, effects = decide(document.found(old, place.terms, place.life or "", now))
        return room, (room, effects)

    (room, effects), late = change_room(services, place.key, change)
    if ends is not None:
        turn.end(services, place.key, ends)
    said = Ordered(_signed(services, place, room, now), room.orders.locked)
    wanted = [*late, *effects, *news.tell(room, "orders", said, now)]
    carry_out(services, place.key, wanted, must_close=ends is not None, payer=payer)
    return room


def _signed(services: Services, place: Place, room: Room, now: int) -> str:
    return tokens.sign_orders(services.ring, place.name, room.orders, place.ends_at)


def _code_of(place: Place) -> Code:
    """Raises NotFound (room_not_found): an open room has no host."""
    if place.code is None:
        raise NotFound("room_not_found", "Nobody created a room of this name.")
    return place.code


def _require_host(
    services: Services, token: str | None, network: Network
) -> tuple[int, Place, Payer]:
    """Now, the room of the token, if the caller is a host of it, and who pays.

    Raises Unauthorized, NotFound, Forbidden (not_host, kicked), RateLimited,
    Abuse or DayFull.
    """
    now = services.now()
    held = tokens.read_bearer(services.ring, require_token(token), now)
    place = read_place(services.ring, held.room, now)
    _code_of(place)
    if isinstance(held, PeerToken):
        if held.role != "host":
            raise Forbidden("not_host", "Only the host of the room can do this.")
        document.check_not_kicked(services.rooms.read(place.key), held.peer)
    payer = payer_from(place.key, network, HOST)
    charges.check_host(services, payer)
    return now, place, payer
