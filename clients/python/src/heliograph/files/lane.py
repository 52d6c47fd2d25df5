"""The way to one peer: its channel for files, with as much under way as the path takes."""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from heliograph.files.messages import FileMessage, Seen, encode
from heliograph.files.send_window import SendWindow
from heliograph.peer.channel import drained

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

MAX_BACKLOG = 1_048_576  # bytes that may wait here
TELL_BYTES = 16_384  # what came is told when it is so much


class Lane:
    """One channel, from open to closed."""

    def __init__(self, channel: "RTCDataChannel") -> None:
        self.channel = channel
        self._window = SendWindow()
        self._sent = self._seen = 0  # bytes of files; of them by the other side
        self._marks: deque[tuple[int, float]] = deque()  # what is under way: its end, when it went
        self._received = self._told = 0
        self._room = asyncio.Event()
        channel.bufferedAmountLowThreshold = MAX_BACKLOG // 2
        channel.on("close", self._room.set)

    @property
    def open(self) -> bool:
        """It carries something."""
        return self.channel.readyState == "open"

    def say(self, message: FileMessage) -> bool:
        """Behind what was sent before, and never in line with what waits."""
        return self._send(encode(message))

    async def push(self, data: bytes) -> bool:
        """In pieces, when there is room for them. False if one of them could not be sent."""
        at = 0
        while at < len(data):
            await self._has_room()
            piece = data[at : at + self._window.piece]
            if not self._send(piece):
                return False
            at += len(piece)
            self._sent += len(piece)
            self._marks.append((self._sent, time.monotonic()))
        return True

    def seen(self, count: int) -> None:
        """The other side has seen so many bytes of this channel."""
        if not self._seen < count <= self._sent:
            return
        sent_at: float | None = None
        while self._marks and self._marks[0][0] <= count:
            sent_at = self._marks.popleft()[1]
        if sent_at is not None:
            flight = self._sent - self._seen
            self._window.acknowledged(count - self._seen, time.monotonic() - sent_at, flight)
        self._seen = count
        self._room.set()

    def received(self, count: int) -> None:
        """Bytes have come: the other side is told."""
        self._received += count
        if self._received - self._told >= TELL_BYTES:
            self._told = self._received
            self.say(Seen(self._told))

    async def _has_room(self) -> None:
        while self.open and self._sent - self._seen >= self._window.size:
            self._room.clear()
            await self._room.wait()
        if self.open:
            await drained(self.channel, MAX_BACKLOG)

    def _send(self, data: str | bytes) -> bool:
        if not self.open:
            return False
        try:
            self.channel.send(data)
        except Exception:  # it has closed meanwhile
            return False
        return True
