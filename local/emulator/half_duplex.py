"""The two transports without WebSockets: POSTs one way, polls or an event stream the other way.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/TransportProtocols.md`, "Long Polling" and
"Server-Sent Events"; `HttpConnectionContext` and `LongPollingServerTransport` (a new poll ends the
one before it, the first poll answers at once, 204 says that the connection is over).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable

from local.emulator.framing import Protocol as HubProtocol
from local.emulator.wire import Receiver

WAITING_POSTS = 16  # bodies that wait for a connection which is busy upstream
FAREWELL_SECONDS = 5.0  # in which a polling client may still learn that its connection is over


class HalfDuplexWire:
    """What both share: bodies of POSTs come in, and one place for the data that goes out next.

    Data is taken out of that place in one step, so a request that is given up loses none.
    """

    inherent_keep_alive = False

    def __init__(self, user: str | None) -> None:
        self.user = user
        self._receiver: Receiver | None = None
        self._paused = False
        self._waiting: deque[bytes] = deque()  # bodies that came in a pause
        self._next: bytes | None = None
        self._closing = False  # it is over when `_next` has been taken
        self._over = False  # nothing goes out any more but `_next`
        self._left = False  # the client is gone
        self._changed = asyncio.Event()  # one of the above

    def start(self, receiver: Receiver) -> None:
        """What comes goes to this receiver from here on."""
        self._receiver = receiver

    # --- bodies of POSTs ----------------------------------------------------------------------

    async def accept(self, body: bytes) -> bool:
        """Take the body of a POST; waits while many wait. False when the connection is over."""
        await self._until(lambda: self._left or len(self._waiting) < WAITING_POSTS)
        if self._left or self._receiver is None:
            return False
        if self._paused or self._waiting:  # none may overtake another
            self._waiting.append(body)
        else:
            self._receiver.received(body)
        return True

    def pause(self) -> None:
        """Let bodies wait."""
        self._paused = True

    def resume(self) -> None:
        """Deliver what waits, and what comes."""
        self._paused = False
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        assert self._receiver is not None
        while self._waiting and not self._paused:
            self._receiver.received(self._waiting.popleft())
        self._changed.set()
        if self._left and not self._waiting:
            self._receiver.ended()

    # --- what goes out ------------------------------------------------------------------------

    @property
    def is_full(self) -> bool:
        """Whether the client has not taken yet what was sent last."""
        return self._next is not None and not self._left

    def send(self, data: bytes, protocol: HubProtocol) -> None:
        """Lay it out for the client to take."""
        if not self._left:
            self._next = data
            self._changed.set()

    def close(self) -> None:
        """Be over when the client has taken everything."""
        self._closing = True
        self._close_if_taken()

    def finish(self) -> None:
        """Be over now, whatever still waits."""
        self._over = True
        self.leave()
        self._changed.set()

    def leave(self) -> None:
        """The client is gone: it said so, or it has not asked for too long."""
        if self._left:
            return
        self._left = True
        self._changed.set()
        if self._receiver is not None and not self._waiting:
            self._receiver.ended()
        self._close_if_taken()

    def _close_if_taken(self) -> None:
        if self._closing and not self.is_full and not self._over:
            self._over = True
            self._changed.set()
            if self._receiver is not None:
                self._receiver.closed()

    async def _take(self) -> bytes | None:
        """What goes out next; None when the connection is over."""
        await self._until(lambda: self._next is not None or self._over)
        data, self._next = self._next, None
        self._close_if_taken()
        if self._receiver is not None and not self._over:
            self._receiver.writable()
        return data

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


class EventStreamWire(HalfDuplexWire):
    """Server-Sent Events: one long response. Text only."""

    async def events(self) -> AsyncGenerator[bytes]:
        """The body of the response, from the comment that opens it to the end."""
        try:
            yield b":\r\n"
            while (data := await self._take()) is not None:
                lines = data.split(b"\n")
                yield b"".join(b"data: " + line + b"\r\n" for line in lines) + b"\r\n"
        finally:
            self.leave()


class PollWire(HalfDuplexWire):
    """Long polling: each response carries what has come up since the one before.

    The client must ask again within `lease_seconds`. A poll without data ends after
    `poll_seconds`.
    """

    inherent_keep_alive = True

    def __init__(self, user: str | None, poll_seconds: float, lease_seconds: float) -> None:
        super().__init__(user)
        self.told_over = asyncio.Event()  # the client has got its 204
        self._poll_seconds = poll_seconds
        self._lease_seconds = lease_seconds
        self._polled = False
        self._current: asyncio.Task[bytes | None] | None = None
        self._lease: asyncio.TimerHandle | None = None

    async def poll(self) -> bytes | None:
        """The body of a response: b"" at first and after a timeout, None (204) at the end.

        A poll that a new one has replaced gets None too.
        """
        if self._lease is not None:
            self._lease.cancel()
        if self._current is not None:
            self._current.cancel()
        if not self._polled:
            self._polled = True
            self._renew()
            return b""
        self._current = mine = asyncio.ensure_future(self._wait())
        try:
            data = await mine
        except asyncio.CancelledError:
            if self._current is not mine:
                return None
            mine.cancel()  # it is our request that was given up
            raise
        finally:
            if self._current is mine:
                self._current = None
                self._renew()
        if data is None:
            self.told_over.set()
        return data

    async def farewell(self) -> None:
        """Wait until the client knows that it is over, or cannot be told any more."""
        if not self._left:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self.told_over.wait()
        self.finish()

    def finish(self) -> None:
        """Be over now; no lease runs any more."""
        super().finish()
        if self._lease is not None:
            self._lease.cancel()

    async def _wait(self) -> bytes | None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                return await self._take()
        except TimeoutError:
            return b""

    def _renew(self) -> None:
        if not self._left:
            loop = asyncio.get_running_loop()
            self._lease = loop.call_later(self._lease_seconds, self.leave)
