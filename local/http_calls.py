"""HTTP calls to a server on this machine, on the event loop, over connections that are kept.

With the words of cloud/http_wire.py. `httpx` looks at all of its connections before each call and
after it, and takes 1.5 ms of processor time for what takes 0.2 here; an event of the SignalR
emulator is one such call.
"""

import asyncio
from collections.abc import Mapping

from cloud.http_wire import Answer, Malformed, call

# A server of uvicorn ends a connection that carries nothing for 5 s. A call that is sent at that
# moment is lost, so none is sent so late.
IDLE_SECONDS = 2.0


class Connections:
    """Connections to loopback; the one used last is used next. Each carries one call at a time."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """`idle_seconds`: what has carried nothing for so long is not used again."""
        self._idle_seconds = idle_seconds
        self._idle: dict[int, list[tuple[_Connection, float]]] = {}  # by port; since when

    async def post(self, port: int, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call. Waits for as long as the caller does: a call that is cancelled ends its
        connection. Raises OSError, Malformed, or ValueError for what no header can hold.
        """
        sent = call("POST", f"127.0.0.1:{port}", target, headers, body)
        connection = self._take(port) or await _open(port)
        answer = await connection.send(sent)
        if connection.is_open:
            since = asyncio.get_running_loop().time()
            self._idle.setdefault(port, []).append((connection, since))
        return answer

    def close(self) -> None:
        """End those that carry no call. No call may follow."""
        for idle in self._idle.values():
            for connection, _ in idle:
                connection.end()
        self._idle.clear()

    def _take(self, port: int) -> "_Connection | None":
        idle = self._idle.get(port, [])
        oldest = asyncio.get_running_loop().time() - self._idle_seconds
        while idle:
            connection, since = idle.pop()
            if connection.is_open and since >= oldest:
                return connection
            connection.end()
        return None


async def _open(port: int) -> "_Connection":
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(_Connection, "127.0.0.1", port)
    return made


class _Connection(asyncio.Protocol):
    """What comes goes to the answer that is awaited; if none is, the connection ends."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer = Answer("POST")
        self._came: asyncio.Future[None] | None = None  # while a call is under way

    @property
    def is_open(self) -> bool:
        """Whether a call may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def send(self, data: bytes) -> Answer:
        """The answer to one call."""
        assert self._transport is not None and self._came is None
        answer = self._answer = Answer("POST")
        came = self._came = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        kept = False
        try:
            await came
            kept = answer.keeps
        finally:
            self._came = None
            if not kept:
                self._transport.abort()
        return answer

    def end(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Some of an answer, or what nobody has asked for."""
        if self._came is None:
            return self.end()
        self._feed(data)

    def eof_received(self) -> None:
        """That is all: the transport closes itself."""
        self._feed(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """A call that is under way has no answer."""
        if self._came is not None and not self._came.done():
            self._came.set_exception(exc or ConnectionResetError())

    def _feed(self, data: bytes) -> None:
        if self._came is None or self._came.done():
            return self.end()
        try:
            if self._answer.feed(data):
                self._came.set_result(None)
        except Malformed as error:
            self._came.set_exception(error)
