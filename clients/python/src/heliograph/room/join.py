"""Creating and joining rooms."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from heliograph.errors import HeliographError, is_transient
from heliograph.peer import rtc
from heliograph.room.entrance import FIRST_HEDGE, Entrance
from heliograph.room.room import Room
from heliograph.room.signaling import Seat
from heliograph.stamps.hedge import Hedge
from heliograph.stamps.home import first_asked, home_number, sort_backends
from heliograph.wire.api import Api, JoinRequest
from heliograph.wire.ids import create_secret, visit_now
from heliograph.wire.parse import ROOM
from heliograph.wire.protocol import CreatedRoom, TurnPolicy
from heliograph.wire.shape import matches

SECRET_LEAST, SECRET_MOST = 22, 64  # characters
CREATE_SECONDS = 45.0  # a proof of work may take 30 s of it


@asynccontextmanager
async def join(
    backends: str | Sequence[str],
    room: str,
    *,
    name: str | None = None,
    secret: str | None = None,
    host_token: str | None = None,
    receive_media: bool = True,
) -> AsyncIterator[Room]:
    """Join a room, and leave it at the end of the block.

        async with heliograph.join("https://app.example/api", "tea", name="Ann") as room:
            await room.send_text("hello")

    `backends`: one URL, or one for each stamp; one that answers is enough. `room`: a name, or an
    invite to a room that was created. `secret`: who we are, 22 to 64 characters (`room.secret` of
    an earlier time); by default somebody new. `host_token`: of `create_room`. `receive_media`:
    False if you do not read the tracks of others, which costs no bandwidth then.

    Raises HeliographError: `room_full`, `room_locked`, `invite_required`, `invalid_room`,
    `invalid_options`, `backend_away` …
    """
    seat = _seat(sort_backends(backends), room, name, secret, host_token)
    joined = await _enter(seat, receive_media)
    try:
        yield joined
    finally:
        await joined.leave()


async def create_room(
    backends: str | Sequence[str],
    *,
    capacity: int | None = None,
    invite_only: bool | None = None,
    ttl: int | None = None,
    turn: TurnPolicy | None = None,
    turn_sides: int | None = None,
) -> CreatedRoom:
    """Create a room; whoever joins with its host token can kick, lock and invite.

    `ttl`: seconds, at most a day. The first backend that answers makes it. Raises
    HeliographError: `invalid_options`, `rate_limited`, `backend_away` …
    """
    apis = [Api(backend) for backend in sort_backends(backends)]
    options = {
        "capacity": capacity,
        "inviteOnly": invite_only,
        "ttl": ttl,
        "turn": turn,
        "turnSides": turn_sides,
    }
    hedge = Hedge(
        stamps=range(len(apis)),
        attempt=lambda stamp: apis[stamp].create(**options),
        hedge_seconds=lambda stamp: FIRST_HEDGE,  # signing costs nothing
        is_final=lambda error: not is_transient(error),
        seconds=CREATE_SECONDS,
    )
    try:
        _, room = await hedge.run()
        return room
    finally:
        for api in apis:
            await api.close()


def _seat(
    backends: list[str], room: str, name: str | None, secret: str | None, host_token: str | None
) -> Seat:
    if not matches(room, ROOM):
        text = "A room is 1 to 64 letters, digits, - or _, or the code of a created room."
        raise HeliographError("invalid_room", text)
    known = create_secret() if secret is None else secret
    if not SECRET_LEAST <= len(known) <= SECRET_MOST:
        raise HeliographError("invalid_secret", "A secret has 22 to 64 characters A-Z a-z 0-9 _ -.")
    home = None if home_number(room) is None else first_asked(room, len(backends))
    request = JoinRequest(room, known, visit_now(), name)
    return Seat([Api(backend) for backend in backends], request, host_token, home)


async def _enter(seat: Seat, receive_media: bool) -> Room:
    loading = asyncio.ensure_future(rtc.load())
    entrance = Entrance(seat)
    try:
        admission = await entrance.admitted()
        await loading
    except BaseException:
        # A seat that is given now is left again; who waits need not wait for that.
        asyncio.ensure_future(_give_up(entrance, seat))
        raise
    room = Room(seat, admission, entrance.firsts, entrance.orders, receive_media)
    room.start()
    return room


async def _give_up(entrance: Entrance, seat: Seat) -> None:
    await entrance.given_up()
    for api in seat.apis:
        await api.close()
