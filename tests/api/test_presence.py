"""Events of the service can be lost: a member whose socket died unheard is looked up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect

from backend import admission, presence
from backend.admission import Negotiated, NegotiateRequest
from backend.health import MAX_AGE_MS, HealthCheck
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.signalr_rest import SignalRRest
from signaling.effects import Push, SendToRoom
from signaling.messages import Left
from signaling.news import BY_NAME_MS
from signaling.room import STALE_MS
from signaling.tokens import CLOCKS_SECONDS, PEER_TTL_SECONDS, KeyRing
from tests.local.emulator.support import PRIMARY, Emulator, emulating
from tests.visitor import event_of, seat_of


class Recorded:
    """SignalR Service by REST, and a note of every push that it took."""

    def __init__(self, rest: SignalRRest) -> None:
        self.pushed: list[Push] = []
        self._rest = rest
        self.is_present, self.close, self.ping = rest.is_present, rest.close, rest.ping

    def start(self, push: Push) -> None:
        """No connection is open: each push is one call."""

    def push(self, push: Push) -> None:
        self._rest.push(push)
        self.pushed.append(push)


class Place:
    """The backend in this process, with a real service that loses every event."""

    def __init__(self, emulator: Emulator) -> None:
        self.late = 0
        connection = SignalRConnection(emulator.url, emulator.url, "http://127.0.0.1", PRIMARY)
        settings = Settings(connection, KeyRing({"k": b"k" * 32}), None, "test", ())
        self.services = Services(settings, lambda: time.time_ns() // 1_000_000 + self.late)
        self.rest = Recorded(self.services.signalr)
        self.services.signalr = self.rest  # type: ignore[assignment]

    async def negotiate(self, name: str) -> Negotiated:
        ask = NegotiateRequest("room", name)
        return await asyncio.to_thread(admission.negotiate, self.services, ask, None)

    async def listed(self, name: str) -> list[str]:
        answer = await self.negotiate(name)
        return [other.name for other in answer.peers]

    @asynccontextmanager
    async def seated(self, name: str) -> AsyncIterator[ClientConnection]:
        """A member with an open socket, of which the backend has heard."""
        answer = await self.negotiate(name)
        url = answer.url.replace("http", "ws", 1)
        async with connect(f"{url}&access_token={answer.access_token}", proxy=None) as socket:
            await socket.send('{"protocol":"json","version":1}\x1e')
            await socket.recv()
            call = event_of(answer.access_token, f"c-{name}")
            await asyncio.to_thread(presence.connected, self.services, call)
            self.seat, self.visit = seat_of(answer.access_token), answer.visit
            self.token, self.access_token = answer.token, answer.access_token
            yield socket


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with emulating() as emulator:
        yield Place(emulator)


async def test_a_member_whose_socket_died_unheard_is_not_listed(place: Place) -> None:
    async with place.seated("Eve"), place.seated("Ann") as socket:
        await socket.close()
        place.late = max(STALE_MS, BY_NAME_MS)
        place.rest.pushed.clear()
        assert await place.listed("Bob") == ["Eve"]
        left = Left(place.seat.peer, "expired", place.visit)
        assert place.rest.pushed == [SendToRoom(place.seat.life, "left", left)]
        assert await place.listed("Cyd") == ["Eve", "Bob"]


async def test_a_silent_member_who_is_there_is_listed_and_not_looked_up_again(
    place: Place,
) -> None:
    async with place.seated("Ann") as socket:
        place.late = STALE_MS
        assert await place.listed("Bob") == ["Ann"]
        await socket.close()
        # Seen a moment ago: not asked again yet.
        assert "Ann" in await place.listed("Cyd")


async def test_a_member_seen_lately_is_listed_without_a_question(place: Place) -> None:
    async with place.seated("Ann") as socket:
        await socket.close()
        place.late = STALE_MS - 5_000
        assert await place.listed("Bob") == ["Ann"]


async def test_a_member_that_sleeps_is_neither_looked_up_nor_given_up(place: Place) -> None:
    """For as long as a token counts, by any clock."""
    async with place.seated("Ann") as socket:
        await asyncio.to_thread(admission.sleep, place.services, place.token)
        await socket.close()
        event = event_of(place.access_token, "c1")
        await asyncio.to_thread(presence.disconnected, place.services, event)
        place.late = (PEER_TTL_SECONDS + CLOCKS_SECONDS) * 1000 - 1_000
        assert "Ann" in await place.listed("Bob")
        place.late += 2_000
        assert "Ann" not in await place.listed("Cyd")


async def test_health_asks_again_after_a_few_seconds_only(place: Place) -> None:
    check = HealthCheck(place.services)
    found = await asyncio.to_thread(check.look)
    assert found.http_status == 200
    assert await asyncio.to_thread(check.look) is found
    place.late = MAX_AGE_MS
    later = await asyncio.to_thread(check.look)
    assert later is not found
    place.late = -8 * 86_400_000  # the clock was set back
    assert await asyncio.to_thread(check.look) is not later
