"""The HTTP calls of docs/protocol.md §3. All of them raise HeliographError."""

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from heliograph.errors import HeliographError, ProofRequired
from heliograph.wire.answers import (
    parse_admission,
    parse_created_room,
    parse_decision,
    parse_invite,
    parse_poll,
    parse_reply,
    parse_turn,
)
from heliograph.wire.http import Http
from heliograph.wire.proof import prove
from heliograph.wire.protocol import (
    Admission,
    CreatedRoom,
    Decision,
    Envelope,
    Invite,
    Push,
    TurnAnswer,
)

T = TypeVar("T")
TURN_SECONDS = 4.0  # a call waits for the answer


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Who asks to be admitted, and where."""

    room: str  # a room's name, or an invite
    secret: str  # our peer id is made of it: the same one gets the same seat, on every stamp
    visit: int  # when we began, by our clock: ms since 1970
    name: str | None = None
    orders: str | None = None  # what another stamp has told us of the hosts' decisions

    def __repr__(self) -> str:
        return "JoinRequest()"


class Api:
    """The calls to one stamp."""

    def __init__(self, backend: str) -> None:
        """`backend`: https://app.example/api."""
        self._http = Http(backend)

    @property
    def base(self) -> str:
        """The address of the backend, without a slash at its end."""
        return self._http.base

    async def create(self, **options: Any) -> CreatedRoom:
        """Create a room; options that are None are left out."""
        given = {name: value for name, value in options.items() if value is not None}
        return _known(parse_created_room(await self._post_with_proof("/rooms", given)))

    async def negotiate(self, request: JoinRequest, host_token: str | None = None) -> Admission:
        """Take a seat; with a host token as a host. The same request gets the same seat."""
        body = {
            "room": request.room,
            "secret": request.secret,
            "visit": request.visit,
            "name": request.name,
            "orders": request.orders,
        }
        given = {name: value for name, value in body.items() if value is not None}
        start = time.monotonic()
        admission = _known(
            parse_admission(await self._post_with_proof("/negotiate", given, host_token))
        )
        return replace(admission, took=time.monotonic() - start)

    async def signal(self, envelope: Envelope, token: str) -> None:
        """Send an envelope without a socket."""
        _require_ok(await self._http.post("/signal", envelope.wire(), token))

    async def poll(self, token: str) -> list[Push]:
        """What our socket would have brought, if it had been open."""
        return _known(parse_poll(await self._http.post("/poll", {}, token)))

    async def turn(self, to: str | None, token: str) -> TurnAnswer:
        """A TURN credential for the connection to `to`, or for whoever takes our parked offer."""
        body = {} if to is None else {"to": to}
        return _known(parse_turn(await self._http.post("/turn", body, token, TURN_SECONDS)))

    async def leave(self, token: str, told: list[str] | None = None) -> None:
        """Give up the seat. `told`: the peers who know it from us."""
        await self._http.post("/leave", {"told": told} if told else {}, token)

    async def kick(self, peer: str, token: str) -> Decision:
        """Remove a member. Host only, like the next three."""
        return _decision(await self._http.post("/rooms/kick", {"peer": peer}, token))

    async def revoke(self, invite: str, token: str) -> Decision:
        """End an invite."""
        return _decision(await self._http.post("/rooms/revoke", {"invite": invite}, token))

    async def lock(self, locked: bool, token: str, orders: str | None = None) -> Decision:
        """Lock the room, or open it. `orders`: what other stamps have told us."""
        body = {"locked": locked} if orders is None else {"locked": locked, "orders": orders}
        decision = _known(parse_decision(await self._http.post("/rooms/lock", body, token)))
        return _known(None if decision.locked is None else decision)

    async def invite(self, uses: int | None, ttl: int | None, token: str) -> Invite:
        """Make an invite."""
        options = {"uses": uses, "ttl": ttl}
        body = {name: value for name, value in options.items() if value is not None}
        return _known(parse_invite(await self._http.post("/rooms/invite", body, token)))

    async def close(self) -> None:
        """End its connections."""
        await self._http.close()

    async def _post_with_proof(
        self, path: str, body: dict[str, Any], token: str | None = None
    ) -> Any:
        """Where a proof of work is required, make one and ask a second time."""
        try:
            return await self._http.post(path, body, token)
        except ProofRequired as error:
            challenge = error.challenge
        proof = await asyncio.to_thread(prove, challenge)
        return await self._http.post(path, {**body, "proof": proof}, token)


def _known(answer: T | None) -> T:
    if answer is not None:
        return answer
    raise HeliographError("bad_answer", "The backend's answer has another form.")


def _decision(answer: Any) -> Decision:
    _require_ok(answer)
    return _known(parse_decision(answer))


def _require_ok(answer: Any) -> None:
    """Anything but `{ok: true}` is no success; a network may answer with its sign-in page."""
    reply = _known(parse_reply(answer))
    if not reply.ok:
        raise HeliographError(reply.code, reply.message)
