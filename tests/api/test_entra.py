"""The app by managed identity against a SignalR Service that takes no access key.

The service is the emulator with local auth off; the identity is a fake whose tokens it verifies.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from backend import admission, presence
from backend.admission import Negotiated, NegotiateRequest
from backend.settings import Settings
from backend.signal import signal_by_http
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from local.emulator import IGNORED, UpstreamRequest, UpstreamResponse
from signaling.admission_rate import Network
from signaling.errors import Unavailable
from signaling.tokens import KeyRing
from tests.local.emulator.support import Client, Emulator, emulating, until
from tests.local.emulator.test_entra import ENTRA, entra_token
from tests.visitor import envelope, event_of, seat_of


class Token(NamedTuple):
    token: str


class Identity:
    """A managed identity; `oid` says which roles the service gives it."""

    def __init__(self, oid: str) -> None:
        self.oid = oid

    def get_token(self, scope: str) -> Token:
        assert scope == "https://signalr.azure.com/.default"
        return Token(entra_token(oid=self.oid))


class World:
    """An app in this process, and the service."""

    def __init__(self, emulator: Emulator, oid: str) -> None:
        self.emulator = emulator
        url, ring = emulator.url, KeyRing({"k": b"k" * 32})
        settings = Settings(SignalRConnection(url, url, url), ring, None, "test", ())
        self.services = Services(settings, lambda: time.time_ns() // 1_000_000)
        self.services._signalr_credential = lambda: Identity(oid)  # type: ignore[method-assign]
        self.connections: list[str] = []

    async def deliver(self, event: UpstreamRequest) -> UpstreamResponse:
        """Note whose socket has opened or closed."""
        self.connections.append(event.headers["X-ASRS-Connection-Id"])
        return IGNORED

    async def call(self, use_case: Callable[..., Any], *arguments: Any) -> Any:
        """A use case waits for the service, and the service lives on this loop."""
        return await asyncio.to_thread(use_case, self.services, *arguments)

    async def negotiate(self, name: str) -> Negotiated:
        """Admit somebody to the room."""
        asked = (NegotiateRequest("tea", name), None, Network("network"))
        answer: Negotiated = await self.call(admission.negotiate, *asked)
        return answer

    async def say(self, who: Negotiated, **more: Any) -> None:
        """A text of a member to the room, or to `to`."""
        text = json.dumps(envelope("text", **more)).encode()
        await self.call(signal_by_http, text, who.token)


@asynccontextmanager
async def world(oid: str) -> AsyncIterator[World]:
    """`oid`: an identity of which ENTRA knows the roles."""
    made: list[World] = []

    async def deliver(event: UpstreamRequest) -> UpstreamResponse:
        return await made[0].deliver(event)

    async with emulating(deliver, entra=ENTRA) as emulator:
        made.append(World(emulator, oid))
        yield made[0]


async def test_two_people_meet_and_talk_without_any_access_key() -> None:
    async with world("app") as it:
        ann, bob = await it.negotiate("Ann"), await it.negotiate("Bob")
        async with it.emulator.socket(ann.access_token) as socket:
            client = Client(socket, "json", "")
            await client.shake_hands()
            await until(lambda: len(it.connections) == 1)
            event = event_of(ann.access_token, it.connections[0])
            await it.call(presence.connected, event)
            for more in ({"to": ann.peer}, {}):
                await it.say(bob, **more)
            heard = [await client.receive() for _ in range(3)]
            told = [getattr(one, "target", "") for one in heard]
            assert told == ["admitted", "signal", "message"]
            await it.call(lambda services: services.signalr.ping())
            seats = [seat_of(who.access_token) for who in (ann, bob)]
            present = [
                await it.call(lambda s, seat=seat: s.signalr.is_present(seat.life, seat.peer))
                for seat in seats
            ]
            assert present == [True, False]


async def test_without_the_role_of_an_app_server_nobody_is_admitted() -> None:
    async with world("sender") as it:
        with pytest.raises(Unavailable):
            await it.negotiate("Ann")


async def test_without_the_role_for_rest_people_come_in_and_messages_are_refused() -> None:
    async with world("signer") as it:
        ann, bob = await it.negotiate("Ann"), await it.negotiate("Bob")
        with pytest.raises(Unavailable):
            await it.say(bob, to=ann.peer)
