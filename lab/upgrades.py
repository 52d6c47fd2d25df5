"""What a network that blocks WebSockets does to them, and lets all else pass.

    pass      they open
    refuse    the upgrade is answered with 403, as by a proxy with a rule against it
    reset     its connection is reset, as by a filter that knows what it sees
    hang      it is never answered, as by a proxy that waits for a body
    swallow   it opens, and frames get lost in both directions, as in a proxy that buffers
    mute      it opens, and what the server says gets lost: it takes the client for connected

A browser opens a connection for each WebSocket (RFC 6455, 4.1), so the upgrade is the first request
of it.
"""

import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from enum import Enum

CHUNK_BYTES = 64 << 10
UPGRADE = re.compile(rb"\r\nupgrade:[ \t]*websocket[ \t]*\r\n", re.IGNORECASE)  # RFC 9110, 7.8
END_OF_HEAD = b"\r\n\r\n"
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

type Connect = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]


class Sockets(Enum):
    """What happens to WebSockets."""

    PASS = "pass"
    REFUSE = "refuse"
    RESET = "reset"
    HANG = "hang"
    SWALLOW = "swallow"
    MUTE = "mute"


def is_upgrade(head: bytes) -> bool:
    """Whether a request begins so that asks for a WebSocket."""
    return UPGRADE.search(head) is not None


async def block(
    how: Sockets, request: bytes, client: tuple[StreamReader, StreamWriter], connect: Connect
) -> None:
    """Do it to one connection, until its client is gone. Raises OSError where that is reset.

    `request` is what has been read of it; `connect` leads to the server.
    """
    reader, writer = client
    if how is Sockets.RESET:
        raise ConnectionResetError
    if how is Sockets.REFUSE:
        writer.write(REFUSAL)
        await writer.drain()
        return
    if how is Sockets.HANG:
        await _read(reader)
        return
    there, to_there = await connect()
    to_there.write(request)
    # What the server says right behind its answer is lost too.
    writer.write(await there.readuntil(END_OF_HEAD))
    await writer.drain()
    await _read(reader, to_there if how is Sockets.MUTE else None)


async def _read(reader: StreamReader, to: StreamWriter | None = None) -> None:
    """To the end."""
    while chunk := await reader.read(CHUNK_BYTES):
        if to is not None:
            to.write(chunk)
            await to.drain()
