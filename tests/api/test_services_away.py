"""A service we need is away: coded, soon, and nothing half done. Calls that stand need neither."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend import admission, presence, rooms
from backend.admission import LeaveRequest, Negotiated, NegotiateRequest
from backend.health import HealthCheck
from backend.rooms import KickRequest
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.stack import KEY, SIGNING_KEY, Stack
from signaling.errors import Unavailable
from signaling.room import RoomOptions, connect
from signaling.signalr import Invocation
from signaling.tokens import AccessKey, KeyRing, PeerToken, sign_connect, sign_host, sign_peer
from tests.cloud.azurite import azurite, connection_string, free_port
from tests.visitor import Socket, Visitor, code_of, envelope, new_room

RING = KeyRing({"tests": SIGNING_KEY})
ANN, BOB = "A" * 16, "B" * 16
SOON = 4.5  # seconds
HOUR = 3_600_000


def now() -> int:
    return time.time_ns() // 1_000_000


# --- the store --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def storeless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose store is away from the start."""
    away = connection_string(free_port())
    log = tmp_path_factory.mktemp("storeless") / "log"
    with Stack(log, AzureWebJobsStorage=away, HELIOGRAPH_STORAGE="table") as stack:
        yield stack


def member(room: str, peer: str) -> str:
    return sign_peer(RING, PeerToken(room, peer, "guest", ""), now(), now() + HOUR)


def socket_of(stack: Stack, room: str, peer: str) -> Socket:
    url = f"{stack.signalr}/client/?hub=signaling"
    return Socket(url, sign_connect(AccessKey(KEY), url, f"{room}.{peer}", now()))


async def test_without_a_store_every_call_that_needs_one_says_so_soon(storeless: Stack) -> None:
    room = new_room()
    host = sign_host(RING, room, now(), now() + HOUR)
    calls = {
        "/rooms": ({}, None),
        "/negotiate": ({"room": room}, None),
        "/leave": ({}, member(room, ANN)),
        "/signal": (envelope("offer"), member(room, ANN)),
        f"/rooms/{room}/kick": ({"peer": ANN}, host),
        f"/rooms/{room}/lock": ({"locked": True}, host),
        f"/rooms/{room}/invite": ({}, host),
    }
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        visitor = Visitor(http, storeless.api)
        for path, (body, token) in calls.items():
            started = time.monotonic()
            answer = await visitor.post(path, body, token)
            assert code_of(answer, 503) == "unavailable", path
            assert answer.json()["error"]["retryAfter"] > 0
            assert time.monotonic() - started < SOON
        answer = await visitor.get("/health")
        assert answer.status_code == 503
        checks = answer.json()["checks"]
        assert (checks["documents"], checks["signalr"]) == ("down", "ok")
        assert answer.json()["status"] == "down"
        # What cannot be right is refused all the same, and not as an outage.
        assert code_of(await visitor.post("/negotiate", {"room": "?"}), 400) == "invalid_room"


async def test_without_a_store_messages_still_go_by_http_and_by_socket(storeless: Stack) -> None:
    room = new_room()
    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
        socket_of(storeless, room, ANN) as ann,
        socket_of(storeless, room, BOB) as bob,
    ):
        sent = envelope(to=ANN)
        answer = await Visitor(http, storeless.api).post("/signal", sent, member(room, BOB))
        assert answer.json() == {"ok": True}
        assert (await ann.next("signal"))["from"] == BOB
        assert await ann.invoke("signal", envelope(to=BOB)) == {"ok": True}
        assert (await bob.next("signal"))["from"] == ANN
        assert await ann.invoke("broadcast", envelope()) == {"ok": True}
        assert (await bob.next("message"))["from"] == ANN  # whoever connects hears the room
        refused = await ann.invoke("signal", envelope("offer"))
        assert (refused["ok"], refused["code"]) == (False, "unavailable")


async def test_a_store_that_goes_away_takes_no_call_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with azurite() as store:
        with Stack(log, AzureWebJobsStorage=store.connection, HELIOGRAPH_STORAGE="table") as stack:
            async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
                visitor = Visitor(http, stack.api)
                room = new_room()
                ann = await visitor.negotiate(room, name="Ann")
                bob = await visitor.negotiate(room, name="Bob")
                assert bob.place["peers"][0]["name"] == "Ann"
                async with ann.connected() as anns, bob.connected():
                    store.stop()
                    refused = await visitor.post("/negotiate", {"room": room})
                    assert code_of(refused, 503) == "unavailable"
                    assert (await bob.signal(envelope(to=ann.peer))).status_code == 200
                    assert (await anns.next("signal"))["from"] == bob.peer
    assert "Ann" not in log.read_text() and "Traceback" not in log.read_text()


# --- SignalR ----------------------------------------------------------------------------------


@pytest.fixture
def services() -> Services:
    """Without a SignalR service; documents in memory; in this process."""
    url = f"http://127.0.0.1:{free_port()}"
    return Services(settings(url))


def settings(url: str) -> Settings:
    return Settings(SignalRConnection(url, url, "http://127.0.0.1", KEY), RING, None, "test", ())


def enter(services: Services, room: str, name: str) -> Negotiated:
    me = admission.negotiate(services, NegotiateRequest(room, name), None)
    call = Invocation(connection_id=f"c-{name}", user_id=f"{room}.{me.peer}")
    presence.connected(services, call)
    return me


def test_without_signalr_health_is_down_and_says_why(services: Services) -> None:
    said = HealthCheck(services).look()
    assert (said.http_status, said.status) == (503, "down")
    assert (said.checks.documents, said.checks.signalr) == ("ok", "down")


def test_a_kick_that_cannot_close_sockets_says_so_and_can_be_repeated(services: Services) -> None:
    made = rooms.create_room(services, RoomOptions())
    ann = enter(services, made.room, "Ann")
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            ask = KickRequest(ann.peer)
            rooms.kick(services, made.room, ask, made.host_token)
        assert refusal.value.code == "unavailable"
        assert "127.0.0.1" not in refusal.value.message


def test_leaving_and_replacing_go_on_without_signalr(services: Services) -> None:
    ann = enter(services, "room", "Ann")
    second = Invocation(connection_id="c2", user_id=f"room.{ann.peer}")
    presence.connected(services, second)
    admission.leave(services, LeaveRequest(ann.token), None)
    assert services.rooms.read("room") is None


def test_a_newcomer_does_not_wait_long_for_a_service_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        clock = [now()]
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        services = Services(settings(url), lambda: clock[0])
        for name in "abcdefg":  # with a socket each, of which the service could tell
            me = admission.negotiate(services, NegotiateRequest("room", name), None)
            services.rooms.update(
                "room", lambda old, peer=me.peer: connect(old, "room", peer, f"c-{peer}", clock[0])
            )
        clock[0] += 61_000
        started = time.monotonic()
        answer = admission.negotiate(services, NegotiateRequest("room", "Zoë"), None)
        assert time.monotonic() - started < admission.LOOK_UP_SECONDS + 0.5
        # Nobody is put out because the service could not be asked.
        assert len(answer.peers) == 7
