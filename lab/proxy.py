"""A TCP proxy on loopback that can refuse, swallow, delay and cut.

What the ways of a network do, and what of it is here:

    pass      bytes flow, each after `delay_ms`
    refuse    a new connection is refused, as by a machine where nothing listens; others go on
    swallow   nothing comes through, in either direction, on new connections and on those that are
              open: they are accepted, and nothing is ever answered. As with a cable that is out,
              nobody is told; what was written waits, and flows when the proxy passes again.

What it does to WebSockets alone is in upgrades.py.

The port stays ours while it refuses, so that nobody else gets it.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum

from lab.upgrades import Sockets, block, is_upgrade

CHUNK_BYTES = 64 << 10
WAITING_CHUNKS = 64  # of a direction: a sender who is faster than the delay waits
CONNECT_SECONDS = 5.0
BACKLOG = 1_024

# When to write it, and what: b"" is the end, None a reset.
type Waiting = tuple[float, bytes | None]
type Seen = Callable[[bytes], None]

FIRST_LINE_END = b" HTTP/1.1\r\n"  # of a request; that of an answer begins with the version


def _nothing(chunk: bytes) -> None:
    pass


class Way(Enum):
    """What happens to what comes."""

    PASS = "pass"
    REFUSE = "refuse"
    SWALLOW = "swallow"


class Proxy:
    """One port that leads to another. Make it with `proxy()`.

    `target` may be changed at any time: new connections go there. None: they are refused.
    """

    def __init__(self) -> None:
        # The first socket only holds the port: connections come to the one that listens.
        self._held = _bind(0)
        self.port: int = self._held.getsockname()[1]
        self.delay_ms = 0.0  # of each direction
        self.connect_ms = 0.0  # that it takes to open a connection; nothing comes through meanwhile
        self.requests = 0  # of HTTP/1.1 that came, each in a chunk that holds its first line
        self.first_window_bytes = 0  # of each direction of a connection: see _Window; 0: no limit
        # On new connections. Unless they pass, the client has to speak first, as in HTTP.
        self.sockets = Sockets.PASS
        self._way = Way.PASS
        self._target: int | None = None
        self._listener: socket.socket | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()  # bytes may flow
        self._open.set()
        self._pairs: set[_Pair] = set()
        self._accepted = 0

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT"""
        return f"http://127.0.0.1:{self.port}"

    def set_round_trip(self, ms: float) -> None:
        """From now on a round trip takes so long, and to open a connection (TCP) as long."""
        self.delay_ms = ms / 2
        self.connect_ms = ms

    @property
    def way(self) -> Way:
        """What happens to what comes. Change it with `set_way`."""
        return self._way

    async def set_way(self, way: Way) -> None:
        """From here on so. Connections that are open stay, whatever it is."""
        self._way = way
        if way is Way.SWALLOW:
            self._open.clear()
        else:
            self._open.set()
        self._listen()

    async def set_target(self, port: int | None) -> None:
        """Where new connections go from here on. None: nobody is there."""
        self._target = port
        self._listen()

    def cut(self) -> int:
        """End every open connection by a reset (RFC 9293, 3.5.3), on both sides. How many."""
        return sum(pair.reset() for pair in tuple(self._pairs))

    def cut_one(self, number: int) -> bool:
        """End one open connection by a reset: this one, modulo how many there are. False: none."""
        pairs = sorted(self._pairs, key=lambda pair: pair.number)
        return bool(pairs) and pairs[number % len(pairs)].reset()

    async def close(self) -> None:
        """Refuse for good, and cut."""
        await self.set_target(None)
        self.cut()
        for pair in tuple(self._pairs):
            await pair.ended()
        self._held.close()

    def _listen(self) -> None:
        listens = self._way is not Way.REFUSE and self._target is not None
        loop = asyncio.get_running_loop()
        # No asyncio.Server: that of Python 3.13.0 fails when it closes with connections open. No
        # sock_accept: what it has accepted when it is cancelled is lost, and stays open.
        if listens and self._listener is None:
            self._listener = _listening(self.port)
            loop.add_reader(self._listener, self._accept, self._listener)
        elif not listens and self._listener is not None:
            loop.remove_reader(self._listener)
            self._listener.close()  # of the connections that are open, none ends
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        accepted.setblocking(False)
        task = asyncio.create_task(self._serve(accepted))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted, limit=CHUNK_BYTES)
        self._accepted += 1
        pair = _Pair(self, self._accepted, reader, writer)
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)

    async def passes(self) -> None:
        """Wait until bytes may flow."""
        await self._open.wait()

    def count(self, chunk: bytes) -> None:
        """Count the requests in what a client has sent."""
        self.requests += chunk.count(FIRST_LINE_END)

    @property
    def target(self) -> int | None:
        """The port that new connections go to."""
        return self._target


class _Window:
    """How many bytes a sender may have on the way: few at first, more with what is acknowledged.

    TCP slow start (RFC 5681, 3.1): it doubles with each round trip. Nothing is lost, so it ends
    nowhere, and no pause makes it small again.
    """

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._acknowledged_bytes = 0
        self._on_the_way = 0
        self._acknowledged = asyncio.Event()

    async def take(self, wanted: int) -> int:
        """How many bytes may be sent: as many as are wanted, or fewer. Waits until one may."""
        first = self._proxy.first_window_bytes
        if not first:
            return wanted
        while (left := first + self._acknowledged_bytes - self._on_the_way) <= 0:
            self._acknowledged.clear()
            await self._acknowledged.wait()
        taken = min(left, wanted)
        self._on_the_way += taken
        round_trip = 2 * self._proxy.delay_ms / 1000
        asyncio.get_running_loop().call_later(round_trip, self._acknowledge, taken)
        return taken

    def _acknowledge(self, count: int) -> None:
        self._on_the_way -= count
        self._acknowledged_bytes += count
        self._acknowledged.set()


class _Pair:
    """A connection to the proxy, and the one from it to its target."""

    def __init__(
        self, proxy: Proxy, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = number  # in the order in which they came
        self._proxy, self._reader = proxy, reader
        self._writers = [writer]
        self._task: asyncio.Task[None] | None = None
        self._was_reset = False

    async def run(self) -> None:
        """Until both directions have ended, or one of them fails."""
        self._task = asyncio.current_task()
        try:
            await self._proxy.passes()
            await asyncio.sleep(self._proxy.connect_ms / 1000)
            first, how = b"", self._proxy.sockets
            if how is not Sockets.PASS:
                first = await self._reader.read(CHUNK_BYTES)
            if is_upgrade(first):
                client = (self._reader, self._writers[0])
                return await block(how, first, client, self._connect)
            there, to_there = await self._connect()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(self._reader, to_there, self._proxy.count, first))
                both.create_task(self._carry(there, self._writers[0]))
        except* (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            self._abort()
        finally:
            for writer in self._writers:
                writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self._proxy.target
        if port is None:
            raise ConnectionRefusedError
        async with asyncio.timeout(CONNECT_SECONDS):
            there, to_there = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK_BYTES)
        self._writers.append(to_there)
        return there, to_there

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seen: Seen = _nothing,
        first: bytes = b"",
    ) -> None:
        """One direction. Each chunk is written `delay_ms` after it came, in order.

        `first` is what has been read already.
        """
        waiting: asyncio.Queue[Waiting] = asyncio.Queue(WAITING_CHUNKS)
        if first:
            seen(first)
            waiting.put_nowait((self._now() + self._proxy.delay_ms / 1000, first))
        async with asyncio.TaskGroup() as both:
            both.create_task(self._read(reader, waiting, seen))
            both.create_task(self._write(waiting, writer))

    async def _read(
        self, reader: asyncio.StreamReader, waiting: asyncio.Queue[Waiting], seen: Seen
    ) -> None:
        chunk: bytes | None = b"."
        while chunk:
            await self._proxy.passes()
            try:
                chunk = await reader.read(CHUNK_BYTES)
            except OSError:
                chunk = None  # a reset takes the same way, and as long, as bytes do
            seen(chunk or b"")
            await waiting.put((self._now() + self._proxy.delay_ms / 1000, chunk))

    async def _write(self, waiting: asyncio.Queue[Waiting], writer: asyncio.StreamWriter) -> None:
        window = _Window(self._proxy)
        while True:
            due, chunk = await waiting.get()
            await asyncio.sleep(max(0.0, due - self._now()))
            await self._proxy.passes()
            if chunk is None:
                raise ConnectionResetError
            if not chunk:
                writer.write_eof()
                return
            while chunk:
                count = await window.take(len(chunk))
                writer.write(chunk[:count])
                await writer.drain()
                chunk = chunk[count:]

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def reset(self) -> bool:
        """End it at once; False if that has been done."""
        if self._was_reset:
            return False
        self._was_reset = True
        self._abort()
        if self._task is not None:
            self._task.cancel()
        return True

    async def ended(self) -> None:
        """Wait for the end of a connection that was reset."""
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([self._task], timeout=CONNECT_SECONDS)

    def _abort(self) -> None:
        for writer in self._writers:
            _reset_on_close(writer)
            writer.transport.abort()


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """A close with a linger of zero is a reset (socket(7), SO_LINGER)."""
    found = writer.get_extra_info("socket")
    if found is not None and found.fileno() >= 0:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _listening(port: int) -> socket.socket:
    made = _bind(port)
    made.listen(BACKLOG)
    return made


def _bind(port: int) -> socket.socket:
    """A socket on loopback. With SO_REUSEPORT two of them can have a port (socket(7))."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    made.setblocking(False)
    return made


@asynccontextmanager
async def proxy(target: int | None = None) -> AsyncIterator[Proxy]:
    """A proxy on a free port, while the block runs."""
    made = Proxy()
    try:
        await made.set_target(target)
        yield made
    finally:
        await made.close()
