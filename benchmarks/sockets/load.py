"""Many clients in one process, as bare as they can be: frames are made before the clock starts.

A client is a WebSocket (RFC 6455) whose frames from the server are looked at for one text only.
"""

import asyncio
import socket
import struct
from collections.abc import Sequence
from functools import partial

from websockets.frames import Frame, Opcode

from benchmarks.sockets.servers import System

CONNECT_SECONDS = 300.0
PING_SECONDS = 10.0  # between two of one client; the emulator ends those that are silent for 30
PINGS_AT_ONCE = 100
QUIET_SECONDS = 10.0  # for the messages that are under way at the end of a relay
QUIET_STEP_SECONDS = 0.2  # without a message: none is under way
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455 §1.3; a server only hashes it
# In each message once, and nowhere else.
MARK = b"mark-of-the-benchmark"
SDP = "v=0 " + "a=candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host " * 7 + MARK.decode()


def text_frame(text: str) -> bytes:
    """A frame as clients send it, masked."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


class Client(asyncio.Protocol):
    """One socket. `arrived` counts messages; `window` of them are under way to its partner."""

    def __init__(self, request: bytes, system: System) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.arrived = 0
        self.reply = b""  # sent for each message that arrives, if there is one
        self._request = request
        self._hello = text_frame(system.hello) if system.hello else b""
        self._wanted = system.ready
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """The answer to the upgrade, then to the hello, then messages."""
        data = self._rest + data
        if self.ready.done():
            count = data.count(MARK)
            self._rest = data[-len(MARK) + 1 :]
            self.arrived += count
            if count and self.reply:
                self.transport.write(self.reply * count)
            return
        self._rest = data
        if self._hello and b"\r\n\r\n" in data:
            self.transport.write(self._hello)
            self._hello = b""
        if self._wanted in data:
            self.ready.set_result(None)
            self._rest = b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Before it was ready, that is a failure to connect."""
        if not self.ready.done():
            first = self._rest.partition(b"\r\n")[0].decode("latin-1")
            self.ready.set_exception(ConnectionError(f"not connected: {first}"))


class Pusher(asyncio.Protocol):
    """One HTTP connection, which sends a request again when it is answered."""

    def __init__(self, request: bytes) -> None:
        self.request = request  # empty: no more
        self.answers = 0
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first one."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Answers have no body."""
        self._rest += data
        if self._rest.endswith(b"\r\n\r\n"):
            self.answers += self._rest.startswith(b"HTTP/1.1 202 ")
            self._rest = b""
            self.transport.write(self.request)


class Crowd:
    """The clients of one server. `connect` and `relay` may be called again and again."""

    def __init__(self, system: System, port: int) -> None:
        self._system = system
        self._port = port
        self._loop = asyncio.get_running_loop()
        self.clients: list[Client] = []

    def requests(self, count: int) -> list[bytes]:
        """Requests for so many more sockets, to be made before the clock starts."""
        first = len(self.clients)
        return [self._request(self.user(first + number)) for number in range(count)]

    def user(self, number: int) -> str:
        """The name of a client."""
        return f"user-{number:06}"

    async def connect(self, requests: Sequence[bytes], at_once: int) -> tuple[int, float]:
        """Open all of these sockets, `at_once` at any time; how many, and in how many seconds."""
        waiting = iter(requests)

        async def work() -> None:
            for request in waiting:
                self.clients.append(await self._open(request))

        start = self._loop.time()
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.gather(*(work() for _ in range(at_once)))
        return len(requests), self._loop.time() - start

    async def relay(self, pairs: int, window: int, seconds: float) -> tuple[int, float]:
        """Messages between the first clients, `window` on the way to each at any time.

        How many have arrived, and in how many seconds. Raises RuntimeError if none did.
        """
        clients = self.clients[: 2 * pairs]
        for number, client in enumerate(clients):
            client.reply = text_frame(self._system.message(self.user(number ^ 1), SDP))
        before, start = sum(client.arrived for client in clients), self._loop.time()
        for client in clients:
            client.transport.write(client.reply * window)
        await asyncio.sleep(seconds)
        count = sum(client.arrived for client in clients) - before
        spent = self._loop.time() - start
        await self._quiet(clients)
        if not count:
            raise RuntimeError("no message has arrived")
        return count, spent

    async def push(self, connections: int, seconds: float) -> tuple[int, float]:
        """What an app sends to the first client by HTTP, on so many connections.

        How many were taken, and in how many seconds. Raises RuntimeError if none were.
        """
        assert self._system.push is not None
        request = self._system.push(self.user(0), self._port, SDP)
        connect = partial(self._loop.create_connection, lambda: Pusher(request))
        pushers = [(await connect("127.0.0.1", self._port))[1] for _ in range(connections)]
        before, start = sum(pusher.answers for pusher in pushers), self._loop.time()
        await asyncio.sleep(seconds)
        count = sum(pusher.answers for pusher in pushers) - before
        spent = self._loop.time() - start
        for pusher in pushers:
            pusher.transport.abort()
        if not count:
            raise RuntimeError("nothing was taken")
        return count, spent

    async def stay(self) -> None:
        """Ping for everybody, until cancelled, as clients do."""
        ping = text_frame(self._system.ping)
        while True:
            start = self._loop.time()
            for first in range(0, len(self.clients), PINGS_AT_ONCE):
                for client in self.clients[first : first + PINGS_AT_ONCE]:
                    client.transport.write(ping)
                await asyncio.sleep(PING_SECONDS * PINGS_AT_ONCE / len(self.clients))
            await asyncio.sleep(max(0.0, start + PING_SECONDS - self._loop.time()))

    def close(self) -> int:
        """End all sockets at once, without a farewell, so that their ports are free again.

        How many had ended before.
        """
        lost = sum(client.transport.is_closing() for client in self.clients)
        for client in self.clients:
            client.transport.abort()
        return lost

    async def _quiet(self, clients: Sequence[Client]) -> None:
        """Send nothing more, and wait for what is under way."""
        for client in clients:
            client.reply = b""
        then = -1
        async with asyncio.timeout(QUIET_SECONDS):
            while then != (now := sum(client.arrived for client in clients)):
                then = now
                await asyncio.sleep(QUIET_STEP_SECONDS)

    async def _open(self, request: bytes) -> Client:
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        plain.setblocking(False)
        # The end is a reset: no port waits in TIME_WAIT for the next run.
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self._loop.sock_connect(plain, ("127.0.0.1", self._port))
        _, client = await self._loop.create_connection(
            lambda: Client(request, self._system), sock=plain
        )
        await client.ready
        return client

    def _request(self, user: str) -> bytes:
        path = self._system.path(user, self._port)
        return (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nOrigin: http://localhost:7071\r\n"
            f"User-Agent: benchmark\r\n\r\n"
        ).encode()
