"""Calls on the event loop over kept connections: each gets its own answer, or a failure."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import pytest

from cloud.http_wire import CutOff, Malformed
from lab.ports import free_port
from local.http_calls import Connections

type Way = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]  # answers one call

SECONDS = 5


class Server:
    """`way` answers; it may be changed. `opened`, `ended`: connections so far."""

    def __init__(self, way: Way) -> None:
        self.way, self.opened, self.ended, self.port = way, 0, 0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"Content-Length: (\d+)", head)
                assert length is not None
                await self.way(await reader.readexactly(int(length[1])), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended += 1
            writer.close()


@asynccontextmanager
async def serving(way: Way) -> AsyncIterator[tuple[Server, Connections]]:
    server = Server(way)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    with closing(Connections()) as connections:
        async with asyncio.timeout(SECONDS):
            yield server, connections
    listening.close()
    await listening.wait_closed()


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def echo(body: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(body))


async def ask(server: Server, connections: Connections, body: bytes = b"ask") -> bytes:
    return (await connections.post(server.port, "/x", {"A": "b"}, body)).body


async def test_one_connection_carries_many_calls() -> None:
    async with serving(echo) as (server, connections):
        assert [await ask(server, connections, b"%d" % n) for n in range(5)] == [
            b"%d" % n for n in range(5)
        ]
        assert server.opened == 1


async def test_calls_at_once_have_connections_of_their_own_and_get_their_own_answers() -> None:
    async def slowly(body: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1 if body == b"0" else 0.02)
        writer.write(answer(body))

    async with serving(slowly) as (server, connections):
        for _ in range(2):
            said = [b"%d" % n for n in range(8)]
            assert await asyncio.gather(*(ask(server, connections, s) for s in said)) == said
        assert server.opened == 8


async def test_a_connection_that_has_ended_is_not_used_again() -> None:
    async def once(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body))
        writer.close()

    async with serving(once) as (server, connections):
        for _ in range(3):
            assert await ask(server, connections) == b"ask"
            await asyncio.sleep(0.02)  # until its end has come
        assert server.opened == 3


async def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    server = Server(echo)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    with closing(Connections(idle_seconds=0.1)) as connections:
        for pause, opened in ((0, 1), (0, 1), (0.2, 2), (0, 2)):
            await asyncio.sleep(pause)
            assert await ask(server, connections) == b"ask"
            assert server.opened == opened
    listening.close()
    await listening.wait_closed()


async def test_a_server_that_says_it_closes_is_taken_by_its_word() -> None:
    async def closing_soon(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    async with serving(closing_soon) as (server, connections):
        assert [await ask(server, connections) for _ in range(3)] == [b"ask"] * 3
        assert server.opened == 3


async def test_an_answer_of_a_call_that_nobody_waits_for_is_not_that_of_the_next() -> None:
    async def late(body: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(answer(b"late"))

    async with serving(late) as (server, connections):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(server, connections), 0.05)
        server.way = echo
        await asyncio.sleep(0.1)
        assert await ask(server, connections) == b"ask"
        assert server.opened == 2


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    async def twice(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(answer(b"evil"))

    async with serving(twice) as (server, connections):
        for number in (1, 2, 3):
            assert await ask(server, connections) == b"ask"
            while server.ended < number:
                await asyncio.sleep(0.01)
        assert server.opened == 3


@pytest.mark.parametrize(
    ("said", "failure"),
    [(b"", (CutOff, ConnectionError)), (answer(b"x")[:-1], CutOff), (b"no\r\n\r\n", Malformed)],
)
async def test_what_is_no_answer_is_a_failure(
    said: bytes, failure: type[Exception] | tuple[type[Exception], ...]
) -> None:
    async def breaking(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with serving(breaking) as (server, connections):
        with pytest.raises(failure):
            await ask(server, connections)
        server.way = echo
        assert await ask(server, connections) == b"ask"


async def test_nobody_there_is_a_failure() -> None:
    with closing(Connections()) as connections, pytest.raises(OSError, match="Connect"):
        await connections.post(free_port(), "/", {}, b"")
