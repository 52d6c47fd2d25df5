"""What the calls do about TURN: hand out relays by the room's policy, and end them.

Whatever goes wrong here, the caller still gets STUN: a call that could connect directly is never
refused for the sake of a relay.
"""

import logging
from typing import Annotated, Any

from msgspec import Meta, Struct

from backend.wiring import Services
from signaling import room as rooms
from signaling import tokens
from signaling.errors import HeliographError, Unavailable
from signaling.messages import PeerId
from signaling.room import Admitted, Room

log = logging.getLogger("heliograph")


class TurnRequest(Struct, frozen=True):
    to: PeerId | None = None
    region: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")] | None = None


def turn(services: Services, ask: TurnRequest, bearer: str, network: str) -> dict[str, Any]:
    """`POST /api/turn`. Raises Unauthorized or Forbidden (not_member, kicked)."""
    now = services.now()
    held = tokens.read_peer(services.ring, bearer, now)
    try:
        room = services.rooms.read(held.room)
    except Unavailable:
        return {**_stun(services), "granted": False, "level": "normal", "reason": "unavailable"}
    rooms.check_member(room, held.peer, now)
    return _grant(services, held.room, held.peer, room, ask, network)


def at_negotiate(
    services: Services, name: str, room: Room, admitted: Admitted, network: str
) -> dict[str, Any]:
    """The members of negotiate's answer about ICE; with the policy `eager`, a relay at once."""
    policy = "off" if services.settings.turn is None else room.turn
    if policy != "eager":
        return {**_stun(services), "turn": policy}
    peer = admitted.member.peer
    try:
        given = _grant(services, name, peer, room, TurnRequest(), network)
    except HeliographError:
        given = _stun(services)
    until = {"turnExpiresAt": given["expiresAt"]} if "expiresAt" in given else {}
    return {"iceServers": given["iceServers"], "turn": policy, **until}


def end(services: Services, name: str, peer: str) -> None:
    """Revoke and settle what a peer holds, where that can be done. Never raises."""
    minting = services.minting
    if minting is not None:
        minting.leave(name, peer, services.now())


def _grant(
    services: Services,
    name: str,
    peer: str,
    room: Room | None,
    ask: TurnRequest,
    network: str,
) -> dict[str, Any]:
    minting, member = services.minting, rooms.member_of(room, peer)
    if minting is None or room is None or member is None or room.turn == "off":
        return {**_stun(services), "granted": False, "level": "normal", "reason": "off"}
    from turn.minting import Ask

    # A call goes on although the other's seat is gone; a made-up peer must not be a way round
    # the rule of one side, so it counts as none.
    other = "" if ask.to is None or rooms.member_of(room, ask.to) is None else ask.to
    wish = Ask(
        name,
        peer,
        network,
        other=other,
        invited=member.invited,
        both_sides=room.turn_sides == 2,
        region=ask.region,
    )
    answer = minting.mint(wish, services.new_id()[:4], services.now())
    said: dict[str, Any] = _stun(services)
    said["iceServers"] += answer.servers
    said |= {"granted": bool(answer.servers), "level": answer.level.word}
    if answer.expires_at is not None:
        said["expiresAt"] = answer.expires_at
    if answer.refusal is not None:
        said["reason"] = answer.refusal
    if answer.degraded:
        said["degraded"] = True
    return said


def _stun(services: Services) -> dict[str, Any]:
    urls = services.settings.stun_urls
    return {"iceServers": [{"urls": list(urls)}] if urls else []}
