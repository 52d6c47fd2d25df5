"""A service we need is away: coded, soon, and nothing half done. Calls that stand need neither."""

import asyncio
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from backend import admission, presence, rooms
from backend.admission import Negotiated, NegotiateRequest
from backend.health import HealthCheck
from backend.later import PAUSES_SECONDS
from backend.rooms import KickRequest, RoomOptions
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.stack import KEY, SIGNING_KEY, Stack
from signaling import codes
from signaling.codes import Code, Terms
from signaling.errors import Unavailable
from signaling.orders import Orders
from signaling.places import read_place
from signaling.room import connect
from signaling.seats import Seat
from signaling.tokens import AccessKey, KeyRing, PeerToken, sign_connect, sign_orders, sign_peer
from tests.cloud.azurite import Azurite, azurite, connection_string, free_port
from tests.visitor import Socket, Visitor, code_of, envelope, event_of, new_room, seat_of

RING = KeyRing({"tests": SIGNING_KEY})
ANN, BOB = "A" * 16, "B" * 16
SOON = 4.5  # seconds
CHECKED_SECONDS = 1.5 * sum(PAUSES_SECONDS) + 10.0  # the last try begins, and each may take a while
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


def life_of(room: str) -> str:
    """Of a created room; of an open one, as if another call had begun it."""
    return read_place(RING, room, now()).life or "L" * 16


def member(room: str, peer: str, role: str = "guest") -> str:
    token = PeerToken(room, peer, role, now(), life_of(room))
    return sign_peer(RING, token, now() + HOUR)


def socket_of(stack: Stack, room: str, peer: str) -> Socket:
    url = f"{stack.signalr}/client/?hub=signaling"
    seat = Seat(read_place(RING, room, now()).key, life_of(room), peer)
    return Socket(url, sign_connect(AccessKey(KEY), url, seat, now()))


async def test_without_a_store_rooms_and_invites_are_made(storeless: Stack) -> None:
    """To make them only signs; another stamp lets people in."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        visitor = Visitor(http, storeless.api)
        made = await visitor.create(capacity=3, inviteOnly=True)
        path = "/rooms/invite"
        answer = await visitor.post(path, {"uses": 2}, made["hostToken"])
        assert answer.status_code == 201
        for code in (made["room"], made["invite"], answer.json()["invite"]):
            place = read_place(RING, code, now())
            assert place.name == made["room"] and place.ends_at == made["expiresAt"]
            assert place.terms is not None
            assert (place.terms.capacity, place.terms.invite_only) == (3, True)
        # A host by a host token may; of one with a seat nobody knows whether it was kicked.
        refused = await visitor.post(path, {}, member(made["room"], ANN, "host"))
        assert code_of(refused, 503) == "unavailable"


async def test_without_a_store_every_call_that_needs_one_says_so_soon(storeless: Stack) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        visitor = Visitor(http, storeless.api)
        made = await visitor.create()
        room, host = made["room"], made["hostToken"]
        said = sign_orders(RING, room, Orders(1, True), now() + HOUR)
        calls = [
            ("/negotiate", {"room": new_room()}, None),
            ("/negotiate", {"room": room}, None),
            ("/negotiate", {"room": made["invite"], "orders": said}, None),
            ("/leave", {}, member(room, ANN)),
            ("/sleep", {}, member(room, ANN)),
            ("/signal", envelope("offer"), member(room, ANN)),
            ("/rooms/kick", {"peer": ANN}, host),
            ("/rooms/lock", {"locked": True}, host),
            ("/rooms/revoke", {"invite": made["invite"]}, host),
        ]
        for path, body, token in calls:
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


@pytest.mark.parametrize("kind", ["open", "created"])
async def test_without_a_store_messages_reach_a_peer_and_nobody_hears_the_room(
    storeless: Stack, kind: str
) -> None:
    """Who could not be checked is not in the group."""
    room = new_room() if kind == "open" else create()
    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
        socket_of(storeless, room, ANN) as ann,
        socket_of(storeless, room, BOB) as bob,
    ):
        sent = envelope(to=ANN)
        answer = await Visitor(http, storeless.api).post("/signal", sent, member(room, BOB))
        assert answer.json() == {"ok": True}
        assert (await ann.next("signal"))["from"] == BOB
        answer = await Visitor(http, storeless.api).post("/signal", envelope(), member(room, BOB))
        assert code_of(answer, 503) == "unavailable", "nobody knows whether BOB was removed"
        assert await ann.invoke("signal", envelope(to=BOB)) == {"ok": True}
        assert (await bob.next("signal"))["from"] == ANN
        for method, sent in (
            ("broadcast", envelope()),
            ("signal", envelope()),
            ("signal", envelope("offer")),
        ):
            refused = await ann.invoke(method, sent)
            assert (refused["ok"], refused["code"]) == (False, "unavailable")
        assert await ann.invoke("signal", envelope(to=BOB)) == {"ok": True}
        await bob.next("signal")
        for socket in (ann, bob):
            assert socket.waiting() == []


def create() -> str:
    """A created room: its code is made here as any stamp makes it."""
    terms = Terms(8, False, "late", 2, codes.round_up(now(), 3_600), secrets.randbits(40))
    return codes.write(RING, Code(terms, None, RING.names[0]))


async def test_a_kicked_one_who_comes_back_while_the_store_is_away_hears_nothing_and_is_closed(
    tmp_path: Path,
) -> None:
    with azurite() as store:
        away = {"AzureWebJobsStorage": store.connection, "HELIOGRAPH_STORAGE": "table"}
        with Stack(tmp_path / "log", **away) as stack:
            async with httpx.AsyncClient(trust_env=False, timeout=15) as http:
                visitor = Visitor(http, stack.api)
                made = await visitor.create()
                ann, eve = [await visitor.negotiate(made["room"]) for _ in range(2)]
                async with ann.connected() as anns:
                    path = "/rooms/kick"
                    body = {"peer": eve.peer}
                    kicked = await visitor.post(path, body, made["hostToken"])
                    assert kicked.status_code == 200
                    with frozen(store):
                        async with eve.socket() as eves:
                            assert code_of(await eve.again(), 503) == "unavailable"
                            assert await anns.invoke("broadcast", envelope()) == {"ok": True}
                            await anns.next("message")
                            await eves.heard()
                            assert eves.waiting() == []
                            refused = await eves.invoke("broadcast", envelope())
                            assert refused["code"] == "unavailable"
                            assert anns.waiting() == []
                            store.process.send_signal(signal.SIGCONT)
                            async with asyncio.timeout(CHECKED_SECONDS):
                                await eves.ended.wait()
                            said = [target for target, _ in eves.waiting()]
                            assert said == ["closed"]
                    assert await anns.invoke("broadcast", envelope()) == {"ok": True}


@contextmanager
def frozen(store: Azurite) -> Iterator[None]:
    """The store takes connections and answers none of them; what it holds is safe."""
    store.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        store.process.send_signal(signal.SIGCONT)


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
    presence.connected(services, event_of(me.access_token, f"c-{name}"))
    return me


def test_without_signalr_health_is_down_and_says_why(services: Services) -> None:
    said = HealthCheck(services).look()
    assert (said.http_status, said.status) == (503, "down")
    assert (said.checks.documents, said.checks.signalr) == ("ok", "down")


@pytest.mark.parametrize("part", ["documents", "signalr"])
def test_health_says_down_whatever_is_wrong(
    services: Services, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked by what restarts and routes: 500 would say that health itself is broken."""

    class Broken:
        def ping(self) -> None:
            raise ValueError("s3cret")

    setattr(services, part, Broken())
    said = HealthCheck(services).look()
    assert (said.http_status, said.status, getattr(said.checks, part)) == (503, "down", "down")
    assert "ValueError" in caplog.text and "s3cret" not in caplog.text


def test_a_kick_that_cannot_close_sockets_says_so_and_can_be_repeated(services: Services) -> None:
    made = rooms.create_room(services, RoomOptions())
    ann = enter(services, made.room, "Ann")
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            ask = KickRequest(ann.peer)
            rooms.kick(services, ask, made.host_token)
        assert refusal.value.code == "unavailable"
        assert "127.0.0.1" not in refusal.value.message


def test_leaving_and_replacing_go_on_without_signalr(services: Services) -> None:
    ann = enter(services, "room", "Ann")
    presence.connected(services, event_of(ann.access_token, "c2"))
    admission.leave(services, ann.token)
    assert services.rooms.read(seat_of(ann.access_token).key) is None


def test_a_newcomer_does_not_wait_long_for_a_service_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        clock = [now()]
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        services = Services(settings(url), lambda: clock[0])
        for name in "abcdefg":  # with a socket each, of which the service could tell
            me = admission.negotiate(services, NegotiateRequest("room", name), None)
            at = seat_of(me.access_token)
            services.rooms.update(
                at.key, lambda old, at=at: connect(old, at.life, at.peer, f"c-{at.peer}", clock[0])
            )
        clock[0] += 61_000
        started = time.monotonic()
        answer = admission.negotiate(services, NegotiateRequest("room", "Zoë"), None)
        assert time.monotonic() - started < admission.LOOK_UP_SECONDS + 0.5
        # Nobody is put out because the service could not be asked.
        assert len(answer.peers) == 7
