"""What a client sees when SignalR Service fails: every call that pushes, under every fault.

The app runs as on Azure, its sockets are real, and only its REST calls go to a service that fails.
What the room holds afterwards is in test_push_faults.py.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from lab.signalr_service import FaultyService, faulty_service
from lab.stack import SIGNING_KEY, SIGNING_KEYS
from local.cluster import cluster
from signaling.orders import Orders
from signaling.tokens import KeyRing, sign_orders
from tests.api.faults import FAULTS, RAW_TEXT
from tests.visitor import Visitor, envelope

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).resolve().parents[2]
RING = KeyRing({"tests": SIGNING_KEY})
SECONDS = 9.0  # the longest wait for any answer; a slow service is waited for twice


class Door:
    """A room with a host's token and two members, Ann and Bob, who have sockets."""

    def __init__(self, visitor: Visitor, service: FaultyService) -> None:
        self.visitor = visitor
        self.service = service

    async def open(self) -> None:
        made = await self.visitor.create()
        self.room, self.host, self.invite = made["room"], made["hostToken"], made["invite"]
        self.ann = await self.visitor.negotiate(self.room, name="Ann")
        self.bob = await self.visitor.negotiate(self.room, name="Bob")
        self.anns = await self.ann.socket().__aenter__()
        await self.anns.heard()

    async def close(self) -> None:
        self.service.rule = lambda call: None
        await self.anns.__aexit__(None, None, None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service_and_door() -> AsyncIterator[tuple[FaultyService, str]]:
    environ = {
        "HELIOGRAPH_STORAGE": "memory",
        "HELIOGRAPH_NETWORK_RATE": "1000000/1000000",
        "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    with faulty_service() as service:
        async with cluster(ROOT, environ, concurrency=16, rest=service.url) as running:
            yield service, f"{running.http}/api"


@pytest_asyncio.fixture(loop_scope="module")
async def door(service_and_door: tuple[FaultyService, str]) -> AsyncIterator[Door]:
    service, api = service_and_door
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        made = Door(Visitor(http, api), service)
        await made.open()
        yield made
        await made.close()


async def hub_signal(door: Door) -> Any:
    return await door.anns.invoke("signal", envelope(to=door.bob.peer))


async def hub_broadcast(door: Door) -> Any:
    return await door.anns.invoke("broadcast", envelope())


async def signal(door: Door) -> Any:
    return await door.bob.signal(envelope(to=door.ann.peer))


async def kick(door: Door) -> Any:
    path = "/rooms/kick"
    return await door.visitor.post(path, {"peer": door.bob.peer}, door.host)


async def leave(door: Door) -> Any:
    return await door.visitor.post("/leave", {}, door.bob.token)


async def negotiate(door: Door) -> Any:
    return await door.visitor.post("/negotiate", {"room": door.room})


async def lock(door: Door) -> Any:
    return await door.visitor.post("/rooms/lock", {"locked": True}, door.host)


async def invite(door: Door) -> Any:
    return await door.visitor.post("/rooms/invite", {}, door.host)


async def revoke(door: Door) -> Any:
    path = "/rooms/revoke"
    return await door.visitor.post(path, {"invite": door.invite}, door.host)


async def create(door: Door) -> Any:
    return await door.visitor.post("/rooms", {})


async def sleep(door: Door) -> Any:
    return await door.visitor.post("/sleep", {}, door.bob.token)


async def kick_elsewhere(door: Door) -> Any:
    path = "/rooms/kick"
    return await door.visitor.post(path, {"peer": "x" * 16}, door.host)


async def negotiate_with_orders(door: Door) -> Any:
    """Another stamp has kicked Bob, who has a seat here."""
    said = Orders(kicked=(door.bob.peer,))
    at = time.time_ns() // 1_000_000
    given = sign_orders(RING, door.room, said, at + 60_000)
    return await door.visitor.post("/negotiate", {"room": door.room, "orders": given})


# call → its answer's status and code; a hub call has no status
CALLS: dict[str, tuple[Callable[[Door], Awaitable[Any]], int, str]] = {
    "hub signal": (hub_signal, 0, "unavailable"),
    "hub broadcast": (hub_broadcast, 0, "unavailable"),
    "POST signal": (signal, 503, "unavailable"),
    "POST kick": (kick, 503, "unavailable"),
    "POST kick of nobody here": (kick_elsewhere, 503, "unavailable"),
    "POST leave": (leave, 204, ""),
    "POST sleep": (sleep, 204, ""),
    "POST negotiate": (negotiate, 200, ""),
    "POST negotiate with orders": (negotiate_with_orders, 200, ""),
    "POST lock": (lock, 200, ""),
    "POST invite": (invite, 201, ""),
    "POST revoke": (revoke, 200, ""),
    "POST rooms": (create, 201, ""),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
async def test_every_call_is_answered_in_our_words(door: Door, name: str, fault: str) -> None:
    call, status, code = CALLS[name]
    door.service.rule = FAULTS[fault]
    started = time.monotonic()
    said = await call(door)
    assert time.monotonic() - started < SECONDS
    if isinstance(said, httpx.Response):
        assert said.status_code == status
        answer = said.json() if said.content else {}
        refused = answer.get("error", {})
    else:
        answer, refused = said, {} if said["ok"] else said
    assert refused.get("code", "") == code
    for word in (RAW_TEXT, "Exception", "/api/hubs", door.service.url, door.room, door.bob.peer):
        assert word not in json.dumps(refused)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_socket_that_cannot_be_in_the_group_does_not_stay_open_in_silence(
    door: Door, fault: str
) -> None:
    """Its seat has no socket, so the next one of the same client is announced."""
    door.service.rule = FAULTS[fault]
    async with door.bob.socket() as bobs:
        async with asyncio.timeout(SECONDS):
            while not door.service.paths("DELETE"):
                await asyncio.sleep(0.05)
        assert bobs.waiting() == []
    door.service.rule = lambda call: None
    door.service.calls.clear()
    async with door.bob.connected():
        bodies = [json.loads(c.body) for c in door.service.calls if c.path.endswith("/:send")]
        assert "joined" in {body["target"] for body in bodies}
