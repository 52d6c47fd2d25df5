"""What is ended in the middle of something leaves no socket open."""

import asyncio
import gc
from asyncio import selector_events
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from heliograph.peer import rtc
from heliograph.peer.link import Link
from heliograph.timing.tasks import Tasks
from heliograph.wire.hub import SEPARATOR, Hub
from heliograph.wire.protocol import Admission
from websockets.asyncio.server import ServerConnection, serve

from tests.pyclient.people import eventually

TCP, UDP = selector_events._SelectorSocketTransport, selector_events._SelectorDatagramTransport
NOW = 1_800_000_000_000


def left_open(kind: type, address: str | None = None) -> int:
    """Transports that are neither closed nor about to be, to this address if one is given."""
    found = [each for each in gc.get_objects() if type(each) is kind and not each.is_closing()]
    return sum(address in (None, str(each.get_extra_info("peername"))) for each in found)


@asynccontextmanager
async def service(*, answers: bool) -> AsyncIterator[tuple[Admission, str]]:
    """Nothing comes from it after the handshake, or not even that; and it never says goodbye."""

    over = asyncio.Event()

    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        if answers:
            await socket.send("{}" + SEPARATOR)
        socket.transport.pause_reading()
        await over.wait()

    async with serve(talk, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        access = Admission(
            *(f"http://{host}:{port}/?hub=x", "token", "room", "p" * 16, "guest", "Ann", "t"),
            *(60, NOW, NOW, 8, False, (), ()),
        )
        yield access, str((host, port))
        over.set()
        for connection in server.connections:
            connection.transport.abort()


@pytest.mark.parametrize("answers", [True, False])
async def test_a_socket_is_closed_though_nobody_waits_until_it_is(answers: bool) -> None:
    async with service(answers=answers) as (access, address):
        hub = Hub(access, lambda push: None)
        work = asyncio.ensure_future(hub.start())
        await eventually(lambda: left_open(TCP, address))
        if answers:
            assert await work
            work = asyncio.ensure_future(hub.stop())
        await asyncio.sleep(0.1)
        work.cancel()
        await asyncio.wait([work])
        assert left_open(TCP, address) == 0


async def test_a_connection_that_is_closed_while_it_opens_its_sockets_closes_them() -> None:
    await rtc.load()
    before = left_open(UDP)
    for turns in range(12):  # of the event loop, until it is closed
        closing = Tasks()
        link = Link((), None, None, closing)
        describing = asyncio.ensure_future(link.describe())
        for _ in range(turns):
            await asyncio.sleep(0)
        describing.cancel()
        link.close()
        await closing.wait(5)
        await asyncio.wait([describing])
    assert left_open(UDP) == before
