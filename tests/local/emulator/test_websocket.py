"""RFC 6455 on bare sockets: handshakes, frames, close codes, and a sender that has to wait."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from local.emulator.protocol import Decoder, Invocation
from local.emulator.upstream import IGNORED, UpstreamRequest, UpstreamResponse
from tests.local.emulator.support import (
    DEADLINE_SECONDS,
    HUB,
    Client,
    Emulator,
    emulating,
    running_app,
    until,
)

HANDSHAKE = b'{"protocol":"json","version":1}\x1e'
INVOCATION = b'{"type":1,"target":"say","arguments":["\xc3\xa9"]}\x1e'
GOOD_HEAD = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@dataclass
class Bare:
    """A socket that is a WebSocket already."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *frames: Frame) -> None:
        self.writer.write(b"".join(frame.serialize(mask=True) for frame in frames))

    async def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame from the server, which is not masked."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            head = await self.reader.readexactly(2)
            size = head[1]
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return head[0] & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """The code of the Close frame that comes next but for other frames."""
        while True:
            opcode, payload = await self.receive()
            if opcode == Opcode.CLOSE:
                return int(struct.unpack("!H", payload[:2])[0])

    async def is_closed(self) -> bool:
        """Whether the other side ends the TCP connection."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.reader.read() == b""


@contextlib.asynccontextmanager
async def bare(emulator: Emulator, kernel_bytes: int = 0) -> AsyncIterator[Bare]:
    """Connected, and the hub protocol's handshake is done. `kernel_bytes`: it keeps no more."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if kernel_bytes:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kernel_bytes)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", emulator.port))
    reader, writer = await asyncio.open_connection(sock=plain)
    lines = "".join(f"{name}: {value}\r\n" for name, value in GOOD_HEAD.items())
    path = f"/client/?hub={HUB}&access_token={emulator.client_token('ann')}"
    writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        one = Bare(reader, writer)
        one.send(Frame(Opcode.TEXT, HANDSHAKE))
        assert await one.receive() == (Opcode.TEXT, b"{}\x1e")
        yield one
    finally:
        writer.close()


class Recorder:
    """An app that notes events, and answers messages when it may."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.bodies: list[bytes] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def deliver(self, request: UpstreamRequest) -> UpstreamResponse:
        self.events.append(request.event)
        if request.category == "messages":
            self.bodies.append(request.body)
            await self.may_answer.wait()
        return IGNORED


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, b"400"),
        ({"Sec-WebSocket-Key": "no base64"}, b"400"),
        ({"Sec-WebSocket-Key": ""}, b"400"),
        ({"Sec-WebSocket-Version": "12"}, b"400"),
        ({"Sec-WebSocket-Version": ""}, b"400"),
    ],
)
async def test_a_handshake_that_is_none_is_refused(
    emulator: Emulator, change: dict[str, str], status: bytes
) -> None:
    head = {name: value for name, value in (GOOD_HEAD | change).items() if value}
    assert (await answer(emulator, "/client/", head)).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(("path", "status"), [("/client/", b"101"), ("/client", b"101")])
async def test_both_spellings_of_the_path_are_one(
    emulator: Emulator, path: str, status: bytes
) -> None:
    query = f"?hub={HUB}&access_token={emulator.client_token()}"
    assert (await answer(emulator, path + query, GOOD_HEAD)).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("path", ["/", "/client/x", "/client/negotiate", "/api/hubs/chat"])
async def test_there_are_no_sockets_elsewhere(emulator: Emulator, path: str) -> None:
    assert (await answer(emulator, path, GOOD_HEAD)).startswith(b"HTTP/1.1 403 Forbidden\r\n")


async def test_a_refusal_is_a_whole_http_answer(emulator: Emulator) -> None:
    got = await answer(emulator, f"/client/?hub={HUB}", GOOD_HEAD)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b"content-length: %d" % len(body) in head and body == b'{"error":"Unauthorized."}'
    assert b"connection: close" in head and b"content-type: application/json" in head


async def test_an_app_without_sockets_answers_such_a_request_like_any_other() -> None:
    async with running_app() as app:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        head = "".join(f"{name}: {value}\r\n" for name, value in GOOD_HEAD.items())
        writer.write(f"GET /x HTTP/1.1\r\n{head}\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 405 ")
        writer.close()


async def answer(emulator: Emulator, path: str, head: dict[str, str]) -> bytes:
    """What comes back until the end, or until it is a WebSocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            got = await reader.readuntil(b"\r\n\r\n")
            return got if got.startswith(b"HTTP/1.1 101 ") else got + await reader.read()
    finally:
        writer.close()


async def test_fragments_are_one_message_wherever_they_are_cut() -> None:
    app = Recorder()
    async with emulating(app.deliver) as emulator, bare(emulator) as client:
        for at in range(1, len(INVOCATION)):
            client.send(
                Frame(Opcode.TEXT, INVOCATION[:at], fin=False),
                Frame(Opcode.PING, b"between"),
                Frame(Opcode.CONT, INVOCATION[at:]),
            )
            assert await client.receive() == (Opcode.PONG, b"between")
        await until(lambda: len(app.bodies) == len(INVOCATION) - 1)
        assert set(app.bodies) == {INVOCATION[:-1]}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x01x", 1002),  # not masked (§5.1)
        (b"\xc1\x80mask", 1002),  # a reserved bit, without an extension (§5.2)
        (b"\x83\x80mask", 1002),  # an opcode that nobody knows (§5.2)
        (b"\x80\x80mask", 1002),  # goes on with what never began (§5.4)
        (b"\x09\x80mask", 1002),  # a ping in fragments (§5.5)
        (b"\x89\xfe\x00\x80mask" + b"x" * 128, 1002),  # a ping of more than 125 bytes (§5.5)
        (b"\x88\x81masky", 1002),  # a Close with half a code (§5.5.1)
        (b"\x81\xff" + struct.pack("!Q", (2 << 20) + 1) + b"mask", 1009),
    ],
)
async def test_a_frame_against_the_rules_ends_the_socket(
    emulator: Emulator, frame: bytes, code: int
) -> None:
    async with bare(emulator) as client:
        client.writer.write(frame)
        assert await client.close_code() == code
        assert await client.is_closed()
        await until(lambda: not emulator.service.board.has_user(HUB, "ann"))


async def test_a_new_message_in_the_middle_of_another_ends_the_socket(emulator: Emulator) -> None:
    async with bare(emulator) as client:
        client.send(Frame(Opcode.TEXT, b"{", fin=False), Frame(Opcode.TEXT, b"}"))
        assert await client.close_code() == 1002


async def test_text_is_checked_as_a_whole_message(emulator: Emulator) -> None:
    async with bare(emulator) as client:
        client.send(Frame(Opcode.TEXT, b"\xc3", fin=False), Frame(Opcode.CONT, b"\x1e"))
        assert await client.close_code() == 1007
        assert await client.is_closed()


async def test_many_fragments_may_not_be_larger_than_one_message(emulator: Emulator) -> None:
    async with bare(emulator) as client:
        client.send(Frame(Opcode.TEXT, b" " * (1 << 20), fin=False))
        client.send(Frame(Opcode.CONT, b" " * (1 << 20), fin=False))
        client.send(Frame(Opcode.CONT, b" "))
        assert await client.close_code() == 1009


@pytest.mark.parametrize("code", [1000, 1001, 4321])
async def test_a_clients_close_is_answered_with_its_code(emulator: Emulator, code: int) -> None:
    async with bare(emulator) as client:
        client.send(Frame(Opcode.CLOSE, struct.pack("!H", code) + b"bye"))
        assert await client.close_code() == code
        assert await client.is_closed()


async def test_what_came_before_a_close_is_handled_before_the_end_is_told() -> None:
    app = Recorder()
    app.may_answer.clear()
    async with emulating(app.deliver) as emulator, bare(emulator) as client:
        message, bye = Frame(Opcode.TEXT, INVOCATION), Frame(Opcode.CLOSE, b"")
        client.send(message, message, message, bye)
        assert await client.receive() == (Opcode.CLOSE, b"")
        await asyncio.sleep(0.05)
        assert app.events == ["connected", "say"]
        app.may_answer.set()
        await until(lambda: "disconnected" in app.events)
        assert app.events == ["connected", "say", "say", "say", "disconnected"]


@pytest.mark.parametrize("farewell", [True, False])
async def test_a_connection_that_breaks_is_told_to_the_app(farewell: bool) -> None:
    app = Recorder()
    async with emulating(app.deliver) as emulator, bare(emulator) as client:
        if farewell:
            client.writer.write_eof()
        else:
            plain = client.writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.writer.close()
        await until(lambda: app.events == ["connected", "disconnected"])


async def test_the_servers_close_waits_for_the_clients_and_then_ends_tcp(
    emulator: Emulator,
) -> None:
    async with bare(emulator) as client:
        emulator.service.board.close_user(HUB, "ann")
        assert await client.close_code() == 1000
        await asyncio.sleep(0.05)
        assert not client.reader.at_eof()
        client.send(Frame(Opcode.TEXT, INVOCATION), Frame(Opcode.CLOSE, struct.pack("!H", 1000)))
        assert await client.is_closed()


async def test_a_server_that_stops_says_1012() -> None:
    async with emulating() as stopping:
        socket = await stopping.socket(stopping.client_token("ann"))
        await Client(socket, "json", "").shake_hands()
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012


async def test_a_sender_waits_while_the_app_is_busy() -> None:
    app = Recorder()
    app.may_answer.clear()
    message = Frame(Opcode.TEXT, INVOCATION[:-1] + b" " * 500_000 + b"\x1e").serialize(mask=True)
    async with emulating(app.deliver) as emulator, bare(emulator) as client:
        sent = 0
        with contextlib.suppress(TimeoutError):
            for _ in range(200):  # 100 MB, many times what the kernel keeps
                client.writer.write(message)
                await asyncio.wait_for(client.writer.drain(), 0.3)
                sent += 1
        assert sent < 100
        app.may_answer.set()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await client.writer.drain()
        await until(lambda: len(app.bodies) >= sent)


async def test_a_reader_that_was_slow_for_a_while_gets_everything(emulator: Emulator) -> None:
    large = "x" * 3_900_000  # less than our limit
    async with bare(emulator, kernel_bytes=8_192) as client:
        emulator.service.board.send_to_user(HUB, "ann", "first", [large])
        await asyncio.sleep(0.05)
        for number in range(3):
            emulator.service.board.send_to_user(HUB, "ann", "then", [number])
        got = b""
        while got.count(b"\x1e") < 4:
            got += (await client.receive())[1]
    messages = Decoder("json", limit=len(got)).messages(got)
    assert messages[0] == Invocation(target="first", arguments=(large,))
    assert messages[1:] == [Invocation(target="then", arguments=(number,)) for number in range(3)]


async def test_what_is_sent_after_the_clients_close_is_dropped() -> None:
    app = Recorder()
    app.may_answer.clear()
    async with emulating(app.deliver) as emulator, bare(emulator) as client:
        client.send(Frame(Opcode.TEXT, INVOCATION), Frame(Opcode.CLOSE, b""))
        assert await client.receive() == (Opcode.CLOSE, b"")
        # The app is busy with the message, so it has not heard yet that the client is gone.
        assert emulator.service.board.has_user(HUB, "ann")
        emulator.service.board.send_to_user(HUB, "ann", "say", [])
        assert await client.is_closed()
        app.may_answer.set()
        await until(lambda: app.events == ["connected", "say", "disconnected"])
