"""Requests that never end, upgrades that are none, bytes that are no text: on bare sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed

from local.emulator.http import BoundedHttp
from local.emulator.options import Options
from tests.local.emulator.support import DEADLINE_SECONDS, Client, Emulator, emulating

UPGRADE = (
    b"Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
HEALTH = b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n"


class HastyHttp(BoundedHttp):
    """Deadlines that a test can wait for."""

    head_seconds = 0.2
    body_grace_seconds = 0.2


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with emulating(http=HastyHttp) as running:
        yield running


async def exchange(emulator: Emulator, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Everything that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "pieces",
    [[b""], [b"GET /api/v1/health HTTP/1.1\r\nHo"], [b"GET", b" /api"], [HEALTH, b"GET /api"]],
    ids=["nothing", "half a head", "drop by drop", "after a whole one"],
)
async def test_a_head_that_does_not_end_is_answered_with_408(
    emulator: Emulator, pieces: list[bytes]
) -> None:
    answer = await exchange(emulator, *pieces, pause=0.05)
    assert b"HTTP/1.1 408 " in answer
    assert answer.startswith(b"HTTP/1.1 200 ") == (pieces[0] == HEALTH)


async def test_a_body_that_does_not_end_ends_the_connection(emulator: Emulator) -> None:
    head = f"POST /client/?hub=signaling&id=x&access_token={emulator.client_token()} HTTP/1.1\r\n"
    pieces = [head.encode(), b"Host: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n", b"x", b"x"]
    assert b"404" in await exchange(emulator, *pieces, pause=0.05)


@pytest.mark.parametrize("hosts", [b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nHOST: y\r\n"])
async def test_a_request_has_one_host(emulator: Emulator, hosts: bytes) -> None:
    answer = await exchange(emulator, b"GET /api/v1/health HTTP/1.1\r\n" + hosts + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_an_older_client_needs_no_host(emulator: Emulator) -> None:
    answer = await exchange(emulator, b"GET /api/v1/health HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("before", [b"", HEALTH])
async def test_a_head_that_grows_for_ever_is_refused(emulator: Emulator, before: bytes) -> None:
    line = b"X: " + b"x" * 1_000 + b"\r\n"
    pieces = [before + b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n", *[line] * 33]
    answer = await exchange(emulator, *pieces, pause=0.001)
    assert answer.startswith(b"HTTP/1.1 200 ") == bool(before)
    assert b"HTTP/1.1 431 " in answer


async def test_a_long_body_before_half_a_head_is_no_long_head(emulator: Emulator) -> None:
    body = b"x" * 60_000
    post = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + body
    answer = await exchange(emulator, post + HEALTH[:20], HEALTH[20:], pause=0.1)
    assert answer.startswith(b"HTTP/1.1 404 ") and b"HTTP/1.1 200 " in answer


async def test_a_slow_but_steady_body_is_waited_for(emulator: Emulator) -> None:
    ann = (await emulator.negotiate("ann")).json()["connectionToken"]
    target = f"/client/?hub=signaling&id={ann}&access_token={emulator.client_token('ann')}"
    await emulator.http.get(emulator.url + target)  # the first poll
    body = b'{"protocol":"json","version":1}\x1e' + b'{"type":6}\x1e' * 40
    head = f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    pieces = [body[at : at + 60] for at in range(0, len(body), 60)]
    length = f"Content-Length: {len(body)}\r\n\r\n"
    answer = await exchange(emulator, head.encode() + length.encode(), *pieces, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_connection_kept_alive_and_a_websocket_outlive_the_deadlines(
    emulator: Emulator,
) -> None:
    async with emulator.client("ann") as ann:
        await asyncio.sleep(0.5)
        emulator.service.board.send_to_user("signaling", "ann", "say", [])
        await ann.receive()


@pytest.mark.parametrize("verb", [b"POST", b"DELETE", b"PUT"])
async def test_only_a_get_becomes_a_websocket(emulator: Emulator, verb: bytes) -> None:
    request = verb + b" /client/negotiate?hub=x HTTP/1.1\r\nContent-Length: 0\r\n" + UPGRADE
    answer = await exchange(emulator, request + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 401 " if verb == b"POST" else b"HTTP/1.1 405 ")


@pytest.mark.parametrize("upgrade", [b"h2c", b"foo", b"websocket2"])
async def test_an_upgrade_to_something_else_is_a_plain_request(
    emulator: Emulator, upgrade: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: "
    answer = await exchange(emulator, head + upgrade + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not caplog.records


@pytest.mark.parametrize("handshaken", [False, True])
async def test_text_that_is_no_utf8_closes_with_1007_and_no_traceback(
    emulator: Emulator, handshaken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with emulator.socket(emulator.client_token("ann")) as socket:
        if handshaken:
            await Client(socket, "json", "").shake_hands()
        await socket.send(b"\xff\xfe\x1e", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1007
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "head",
    [
        b"POST /client/negotiate?hub=%ff&access_token=%ff HTTP/1.1\r\nHost: x\r\n",
        b"POST /client/negotiate?hub=x HTTP/1.1\r\nHost: \xff\r\nOrigin: \xff\r\n",
        b"POST /client/negotiate?hub=x HTTP/1.1\r\nHost: [::\r\nAuthorization: Bearer \xff\r\n",
        b"POST /api/hubs/%ff/users/%ff/:send?api-version=%ff HTTP/1.1\r\nHost: x\r\n",
        b"GET /client/?hub=%ff&id=%ff HTTP/1.1\r\nOrigin: \xff\r\n" + UPGRADE,
        b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n",
        b"GET /client/\xff HTTP/1.1\r\n" + UPGRADE,
        b"GET http://[:: HTTP/1.1\r\n" + UPGRADE,
        b"NONSENSE / HTTP/1.1\r\nHost: x\r\n",
    ],
)
async def test_bytes_that_are_no_text_are_a_clients_error_without_a_traceback(
    emulator: Emulator, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await exchange(emulator, head + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4")
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        ((), "http://localhost:5173", True),
        ((), "http://127.0.0.1:7071", True),
        ((), "http://[::1]:7071", True),
        ((), "https://page.example", False),
        ((), "http://localhost.evil.example", False),
        ((), "null", False),
        (("https://page.example",), "https://page.example", True),
        (("https://page.example",), "https://page.example.evil", False),
    ],
)
async def test_pages_of_this_machine_and_those_named_may_connect(
    allowed: tuple[str, ...], origin: str, is_allowed: bool
) -> None:
    async with emulating(options=Options(allowed_origins=allowed)) as emulator:
        url = f"{emulator.url}/client/negotiate?hub=signaling"
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for answer in (
            await emulator.http.options(url, headers=headers),
            await emulator.http.post(url, headers={"Origin": origin}),
        ):
            named = answer.headers.get("access-control-allow-origin")
            assert named == (origin if is_allowed else None)
            credentials = answer.headers.get("access-control-allow-credentials")
            assert credentials == "true" or not is_allowed


@pytest.mark.parametrize(
    ("origin", "named", "credentials"),
    [
        ("https://anything.example", "*", None),
        ("null", "*", None),
        ("https://page.example", "https://page.example", "true"),
        ("http://localhost:5173", "http://localhost:5173", "true"),
    ],
)
async def test_where_any_page_may_connect_those_that_nobody_named_have_no_credentials(
    origin: str, named: str, credentials: str | None
) -> None:
    allowed = ("https://page.example", "*")
    async with emulating(options=Options(allowed_origins=allowed)) as emulator:
        url = f"{emulator.url}/client/negotiate?hub=signaling"
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for answer in (
            await emulator.http.options(url, headers=asks),
            await emulator.http.post(url, headers={"Origin": origin}),
        ):
            assert answer.headers["access-control-allow-origin"] == named
            assert answer.headers.get("access-control-allow-credentials") == credentials
