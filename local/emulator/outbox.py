"""What waits to go out on one socket: bounded, in order, several frames per WebSocket message."""

import asyncio
from collections.abc import Callable

from local.emulator.protocol import Protocol


class Outbox:
    """Filled by anyone on the event loop, emptied by the one task that writes to the socket.

    After `close` what is waiting still goes out; after `abort`, or more than `limit` bytes
    waiting, nothing does.
    """

    def __init__(self, protocol: Protocol, limit: int, on_overflow: Callable[[], None]) -> None:
        self.protocol = protocol
        self.closed = False
        self._on_overflow = on_overflow
        self._limit = limit
        self._frames: list[bytes] = []
        self._size = 0
        self._wake = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Never waits. A reader too slow for `limit` loses its connection, not our memory."""
        if self.closed or not frame:
            return
        self._size += len(frame)
        if self._size > self._limit:
            self.abort()
            self._on_overflow()
            return
        self._frames.append(frame)
        self._wake.set()

    def close(self, last: bytes | None = None) -> None:
        """Take nothing more. What waits still goes out, `last` behind it."""
        if last is not None:
            self.put(last)
        self.closed = True
        self._wake.set()

    def abort(self) -> None:
        """Take nothing more, and drop what waits."""
        self.closed = True
        self._frames.clear()
        self._wake.set()

    async def take(self) -> bytes:
        """All that is waiting, joined; empty once closed and drained. Waits while there is none.

        A data frame may carry any number of hub messages (hub protocol spec, "Overview").
        """
        if not self._frames and not self.closed:
            self._wake.clear()
            await self._wake.wait()
        data = self._frames[0] if len(self._frames) == 1 else b"".join(self._frames)
        self._frames.clear()
        self._size = 0
        return data
