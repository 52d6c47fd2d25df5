"""What the calls do about TURN: mint by the room's policy, and end what was minted.

Whatever goes wrong here, the caller still gets STUN: a call that could connect directly is never
refused for the sake of a relay.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from backend.wiring import Services
from signaling import meeting, tokens
from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import TurnPolicy
from signaling.errors import HeliographError, Unavailable
from signaling.messages import Moment, PeerId, Seconds
from signaling.places import place_in_token
from signaling.room import Admitted
from signaling.room_document import Room
from turn.ice import IceServer

if TYPE_CHECKING:
    from turn.minting import Answer


# As turn/ladder.py and turn/ledger.py have them, which are not imported where there is no TURN.
type Level = Literal["normal", "one-sided", "invited", "stun-only"]
type Ceiling = Literal["peer", "room", "network", "day", "month"]
type Rule = Literal["off", "one-sided", "invited", "stun-only", "unavailable"]


class TurnRequest(Struct, frozen=True):
    """Body of `POST /api/turn`: towards which peer, and where."""

    to: PeerId | None = None
    region: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")] | None = None


class TurnAnswer(Struct, frozen=True, rename="camel"):
    """Answer of `POST /api/turn`. STUN servers, and TURN servers if `granted`."""

    ice_servers: tuple[IceServer, ...]
    granted: bool = False
    level: Level = "normal"  # of the ladder
    reason: Ceiling | Rule | UnsetType = UNSET  # why not
    ttl: Seconds | UnsetType = UNSET  # seconds that the credential is good for, from now on
    expires_at: Moment | UnsetType = UNSET  # the same by this stamp's clock, epoch ms
    degraded: bool | UnsetType = UNSET  # no provider answers


class Ice(Struct, frozen=True):
    """What negotiate says about ICE. `ttl` (seconds): `servers` hold a TURN server for so long.

    `relay_bytes`: what the ledger reserves for one side of a relayed connection, before it is
    renewed. Nothing ends there; it says what the owner counts with.
    """

    servers: tuple[IceServer, ...]
    policy: TurnPolicy
    ttl: int | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET  # the same by this stamp's clock, epoch ms
    relay_bytes: int | None = None


class Stun(Struct, frozen=True, rename="camel"):
    """Answer of `GET /api/ice`: the STUN servers, which cost nothing and are the same for all."""

    ice_servers: tuple[IceServer, ...]


def stun(services: Services) -> Stun:
    """`GET /api/ice`: for a description that is made before anybody joins."""
    return Stun(_stun(services))


def mint(services: Services, ask: TurnRequest, token: str, network: str) -> TurnAnswer:
    """`POST /api/turn`. Raises Unauthorized, NotFound or Forbidden (not_member, kicked)."""
    now = services.now()
    held = tokens.read_peer(services.ring, token, now)
    key = place_in_token(services.ring, held.room, now).key
    try:
        room = services.rooms.read(key)
    except Unavailable:
        return TurnAnswer(_stun(services), reason="unavailable")
    rooms.check_member(room, held.peer, now)
    return _mint(services, key, held.peer, room, ask, network)


def at_negotiate(services: Services, key: str, room: Room, admitted: Admitted, network: str) -> Ice:
    """The ICE servers of negotiate's answer; with the policy `eager`, TURN at once."""
    settings = services.settings.turn
    policy = "off" if settings is None else room.turn
    if settings is None or policy == "off":
        return Ice(_stun(services), policy)
    from turn.plan import expected_bytes

    relay_bytes = expected_bytes(settings.kbps)
    stun_only = Ice(_stun(services), policy, relay_bytes=relay_bytes)
    if policy != "eager":
        return stun_only
    try:
        answer = _mint(services, key, admitted.member.peer, room, TurnRequest(), network)
    except HeliographError:
        return stun_only
    return Ice(answer.ice_servers, policy, answer.ttl, answer.expires_at, relay_bytes)


def end(services: Services, key: str, peer: str) -> None:
    """Revoke and settle what a peer holds, where that can be done. Never raises."""
    if services.minting is not None:
        services.minting.leave(key, peer, services.now())


def _mint(
    services: Services, key: str, peer: str, room: Room | None, ask: TurnRequest, network: str
) -> TurnAnswer:
    minting, member = services.minting, document.member_of(room, peer)
    if minting is None or room is None or member is None or room.turn == "off":
        return TurnAnswer(_stun(services), reason="off")
    from turn.minting import Ask

    # A call goes on although the other's seat is gone; a made-up peer must not be a way round
    # the rule of one side, so it counts as none.
    other = "" if ask.to is None or document.member_of(room, ask.to) is None else ask.to
    wish = Ask(
        key,
        peer,
        network,
        other=other,
        invited=member.invited,
        both_sides=room.turn_sides == 2,
        region=ask.region,
    )
    now = services.now()
    granted = meeting.sign_granted(services.ring, key, peer, now)  # what fails here costs nothing
    minted = minting.mint(wish, services.new_id()[:4], now)
    return _turn_answer(services, minted, granted, now)


def seconds_left(until: int, now: int) -> int:
    """What a client counts by its own stopwatch: its clock may be wrong by hours."""
    return max(0, until - now) // 1000


def _turn_answer(services: Services, minted: "Answer", granted: str, now: int) -> TurnAnswer:
    """`now`: when the credential was asked for. Its life is counted from then.

    `granted`: the proof for reports.
    """
    until = minted.expires_at
    relays = (structs.replace(each, granted=granted) for each in minted.servers)
    return TurnAnswer(
        ice_servers=(*_stun(services), *relays),
        granted=bool(minted.servers),
        level=minted.level.word,
        reason=UNSET if minted.refusal is None else minted.refusal,
        ttl=UNSET if until is None else seconds_left(until, now),
        expires_at=UNSET if until is None else until,
        degraded=True if minted.degraded else UNSET,
    )


def _stun(services: Services) -> tuple[IceServer, ...]:
    urls = services.settings.stun_urls
    return (IceServer(urls),) if urls else ()
