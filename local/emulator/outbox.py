"""What waits to go out on one connection: bounded, in order, several messages in one piece."""

from typing import Protocol as Interface

from local.emulator.framing import Protocol


class Owner(Interface):
    """The connection that an outbox belongs to."""

    def ready(self) -> None:
        """Something waits to be taken, or the outbox was closed."""
        ...

    def overflowed(self) -> None:
        """More than the limit waited; the outbox is empty and closed."""
        ...


class Outbox:
    """Filled by anyone on the event loop, emptied by its owner, who hears of it once a turn.

    After `close` what is waiting still goes out; after `abort`, or more than `limit` bytes
    waiting, nothing does.
    """

    __slots__ = ("_frames", "_limit", "_owner", "_size", "closed", "protocol")

    def __init__(self, protocol: Protocol, limit: int, owner: Owner) -> None:
        self.protocol = protocol
        self.closed = False
        self._owner = owner
        self._limit = limit
        self._frames: list[bytes] = []
        self._size = 0

    def put(self, frame: bytes) -> None:
        """Never waits. A reader too slow for `limit` loses its connection, not our memory."""
        if self.closed or not frame:
            return
        self._size += len(frame)
        if self._size > self._limit:
            self.abort()
            self._owner.overflowed()
            return
        self._frames.append(frame)
        if len(self._frames) == 1:
            self._owner.ready()

    def close(self, last: bytes | None = None) -> None:
        """Take nothing more. What waits still goes out, `last` behind it."""
        if self.closed:
            return
        if last is not None:
            self.put(last)
        self.closed = True
        self._owner.ready()

    def abort(self) -> None:
        """Take nothing more, and drop what waits."""
        self.closed = True
        self._frames.clear()

    def take(self) -> bytes:
        """All that is waiting, joined; empty if there is nothing.

        A data frame may carry any number of hub messages (hub protocol spec, "Overview").
        """
        frames = self._frames
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        frames.clear()
        self._size = 0
        return data
