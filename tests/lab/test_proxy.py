"""The proxy of the lab: what passes, what is refused, swallowed, late and cut."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from lab.proxy import Proxy, Way, proxy
from lab.upgrades import Sockets

BIG = bytes(range(256)) * 8_192  # 2 MiB: more than any buffer on the way holds
SILENCE_SECONDS = 0.2
SECONDS = 10.0


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """The port of a server that sends back what comes, to the end of it."""
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


@pytest.fixture
async def echoing() -> AsyncIterator[Proxy]:
    async with asyncio.timeout(SECONDS), echo() as port, proxy(port) as made:
        yield made


async def test_the_requests_that_came_are_counted(echoing: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", echoing.port)
    both = Talk(reader, writer)
    await both.say(b"GET /x HTTP/1.1\r\nHost: y\r\n\r\n")
    await both.say(b"POST /x HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n\r\n")
    await both.say(b"HTTP/1.1 200 OK\r\n\r\n")
    assert echoing.requests == 3
    writer.close()


class Talk:
    """A connection to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, text: bytes) -> bytes:
        self.writer.write(text)
        return await self.reader.readexactly(len(text))

    async def is_silent(self) -> bool:
        """Whether nothing comes, and no end either, for SILENCE_SECONDS."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def talking(to: Proxy) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", to.port)
    try:
        yield Talk(reader, writer)
    finally:
        writer.transport.abort()


async def test_bytes_pass_in_order_and_so_does_the_end(echoing: Proxy) -> None:
    async with talking(echoing) as one:
        one.writer.write(BIG)
        one.writer.write_eof()
        assert await one.reader.read(-1) == BIG


async def test_while_it_refuses_new_connections_fail_and_open_ones_go_on(echoing: Proxy) -> None:
    async with talking(echoing) as one:
        assert await one.say(b"before") == b"before"
        await echoing.set_way(Way.REFUSE)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", echoing.port)
        assert await one.say(b"still") == b"still"
        await echoing.set_way(Way.PASS)
        async with talking(echoing) as other:
            assert await other.say(b"again") == b"again"


async def test_swallowed_connections_hear_nothing_and_lose_nothing(echoing: Proxy) -> None:
    async with talking(echoing) as old:
        assert await old.say(b"before") == b"before"
        await echoing.set_way(Way.SWALLOW)
        async with talking(echoing) as new:  # it is accepted
            for one in (old, new):
                one.writer.write(b"hello")
                assert await one.is_silent()
            await echoing.set_way(Way.PASS)
            for one in (old, new):
                assert await one.reader.readexactly(5) == b"hello"


async def test_while_it_swallows_nobody_is_told_that_the_other_side_is_gone() -> None:
    async with asyncio.timeout(SECONDS), proxy() as made, AsyncExitStack() as server:
        await made.set_target(await server.enter_async_context(echo()))
        async with talking(made) as one:
            assert await one.say(b"before") == b"before"
            await made.set_way(Way.SWALLOW)
            await server.aclose()  # ends its connections
            assert await one.is_silent()
            await made.set_way(Way.PASS)
            assert await one.reader.read(1) == b""


@pytest.mark.parametrize("ms", [0, 150])
async def test_every_byte_is_late_by_the_delay_in_each_direction(echoing: Proxy, ms: int) -> None:
    echoing.delay_ms = ms
    now = asyncio.get_running_loop().time
    async with talking(echoing) as one:
        start = now()
        await one.say(b"ping")
        taken_ms = (now() - start) * 1000
        assert 2 * ms <= taken_ms < 2 * ms + 140
        start = now()
        one.writer.write(BIG)
        await one.reader.readexactly(len(BIG))
        # Bytes are late; they are not slow: the whole takes little longer than its first byte.
        assert (now() - start) * 1000 < 2 * ms + 1_500


@pytest.mark.parametrize("count, round_trips", [(1_000, 1), (3_000, 2), (7_000, 3), (7_001, 4)])
async def test_a_window_doubles_with_each_round_trip(
    echoing: Proxy, count: int, round_trips: int
) -> None:
    echoing.delay_ms, echoing.first_window_bytes = 50, 1_000
    async with talking(echoing) as talk:
        begin = time.monotonic()
        assert await talk.say(BIG[:count]) == BIG[:count]
        took_ms = (time.monotonic() - begin) * 1_000
    assert took_ms >= round_trips * 100 - 1
    if round_trips == 1:
        assert took_ms < 200


async def test_a_cut_resets_both_sides_and_lets_new_ones_in(echoing: Proxy) -> None:
    async with talking(echoing) as one, talking(echoing) as other:
        for each in (one, other):
            await each.say(b"before")
        assert echoing.cut() == 2
        for each in (one, other):
            with pytest.raises(ConnectionResetError):
                await each.reader.read(1)
        assert echoing.cut() == 0
        async with talking(echoing) as new:
            assert await new.say(b"after") == b"after"


async def test_one_connection_can_be_cut_and_the_others_go_on(echoing: Proxy) -> None:
    async with talking(echoing) as first, talking(echoing) as second:
        for each in (first, second):
            await each.say(b"before")
        assert echoing.cut_one(2 * 500 + 1)
        with pytest.raises(ConnectionResetError):
            await second.reader.read(1)
        assert await first.say(b"after") == b"after"


async def test_where_nothing_is_open_nothing_is_cut(echoing: Proxy) -> None:
    assert not echoing.cut_one(3)


async def test_swallowed_connections_can_be_cut(echoing: Proxy) -> None:
    await echoing.set_way(Way.SWALLOW)
    async with talking(echoing) as one:
        assert await one.is_silent()
        assert echoing.cut() == 1
        with pytest.raises(ConnectionResetError):
            await one.reader.read(1)


async def test_without_a_target_it_refuses_and_it_keeps_its_port(echoing: Proxy) -> None:
    port = echoing.target
    await echoing.set_target(None)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", echoing.port)
    with pytest.raises(OSError), socket.socket() as thief:
        thief.bind(("127.0.0.1", echoing.port))
    await echoing.set_target(port)
    async with talking(echoing) as one:
        assert await one.say(b"back") == b"back"


async def test_a_target_that_does_not_listen_resets_who_came() -> None:
    async with asyncio.timeout(SECONDS), echo() as port:
        pass
    async with asyncio.timeout(SECONDS), proxy(port) as made, talking(made) as one:
        with pytest.raises(ConnectionResetError):
            await one.reader.read(1)


UPGRADE = (
    b"GET /client/?hub=x HTTP/1.1\r\nHost: y\r\nConnection: Upgrade\r\nUPGRADE: WebSocket\r\n\r\n"
)
REQUEST = b"POST /client/negotiate HTTP/1.1\r\nHost: y\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


@asynccontextmanager
async def upgrading() -> AsyncIterator[tuple[int, list[bytes]]]:
    """The port of a server that answers every upgrade with 101 and a frame; what it has heard."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(SWITCHING + b"frame")
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


@asynccontextmanager
async def asking(how: Sockets) -> AsyncIterator[tuple[Talk, list[bytes], Proxy]]:
    """Somebody who has asked for a WebSocket through a network that does this to it."""
    async with asyncio.timeout(SECONDS), upgrading() as (port, heard), proxy(port) as made:
        made.sockets = how
        async with talking(made) as one:
            one.writer.write(UPGRADE)
            yield one, heard, made


async def test_a_websocket_passes_both_ways() -> None:
    async with asking(Sockets.PASS) as (one, heard, _):
        assert await one.reader.readexactly(len(SWITCHING) + 5) == SWITCHING + b"frame"
        one.writer.write(b"mine")
        one.writer.write_eof()
        assert await one.reader.read() == b""
        assert heard == [UPGRADE, b"mine"]


async def test_a_websocket_that_is_refused_is_answered_with_403() -> None:
    async with asking(Sockets.REFUSE) as (one, heard, _):
        assert (await one.reader.read()).startswith(b"HTTP/1.1 403 ")
        assert heard == []


async def test_a_websocket_can_be_reset() -> None:
    async with asking(Sockets.RESET) as (one, heard, _):
        with pytest.raises(ConnectionResetError):
            await one.reader.read(1)
        assert heard == []


async def test_a_websocket_that_hangs_is_never_answered_and_can_be_cut() -> None:
    async with asking(Sockets.HANG) as (one, heard, made):
        assert await one.is_silent()
        assert heard == []
        assert made.cut() == 1
        with pytest.raises(ConnectionResetError):
            await one.reader.read(1)


async def test_a_websocket_that_is_swallowed_opens_and_no_frame_comes_through() -> None:
    async with asking(Sockets.SWALLOW) as (one, heard, _):
        assert await one.reader.readexactly(len(SWITCHING)) == SWITCHING
        one.writer.write(b"mine")
        assert await one.is_silent()
        assert heard == [UPGRADE]
        one.writer.write_eof()  # and the server hears of the end
        assert await one.reader.read() == b""
        while len(heard) < 2:
            await asyncio.sleep(0.01)
        assert heard == [UPGRADE, b""]


async def test_by_a_websocket_that_is_mute_the_server_hears_and_is_not_heard() -> None:
    async with asking(Sockets.MUTE) as (one, heard, _):
        assert await one.reader.readexactly(len(SWITCHING)) == SWITCHING
        one.writer.write(b"mine")
        assert await one.is_silent()
        one.writer.write_eof()
        assert await one.reader.read() == b""
        while len(heard) < 2:
            await asyncio.sleep(0.01)
        assert heard == [UPGRADE, b"mine"]


@pytest.mark.parametrize("how", list(Sockets))
async def test_other_requests_pass_whatever_becomes_of_websockets(
    echoing: Proxy, how: Sockets
) -> None:
    echoing.sockets = how
    async with talking(echoing) as one:
        for request in (REQUEST, REQUEST + BIG):
            assert await one.say(request) == request
        one.writer.write_eof()
        assert await one.reader.read() == b""
    assert echoing.requests == 2


async def test_what_is_blocked_is_decided_when_a_websocket_is_asked_for() -> None:
    async with asking(Sockets.HANG) as (one, _, made):
        assert await one.is_silent()
        made.sockets = Sockets.PASS
        async with talking(made) as other:
            other.writer.write(UPGRADE)
            assert await other.reader.readexactly(len(SWITCHING)) == SWITCHING
        assert await one.is_silent()
