"""The data channel `heliograph`: envelopes in band, in order, of bounded size and backlog."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heliograph.errors import HeliographError
from heliograph.peer.pulse import Pulse
from heliograph.wire.parse import read_envelope
from heliograph.wire.protocol import Envelope
from heliograph.wire.shape import byte_count

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

MAX_BACKLOG = 1_048_576  # bytes that may wait here
MAX_MESSAGE = 262_144  # bytes: what every side takes in one message
MAX_MESSAGE_SIZE = re.compile(r"^a=max-message-size:(\d+)", re.M)


class Channel:
    """Of one connection."""

    def __init__(
        self,
        channel: "RTCDataChannel",
        received: Callable[[Envelope], None],
        changed: Callable[[], None],
        received_bytes: Callable[[], int],
    ) -> None:
        self._channel = channel
        self._received, self._changed = received, changed
        self._pulse = Pulse(self._beat, received_bytes, changed)
        self._order = asyncio.Lock()
        self._closed = False
        self.most = MAX_MESSAGE
        channel.bufferedAmountLowThreshold = MAX_BACKLOG // 2
        channel.on("open", self._opened)
        channel.on("close", self._has_closed)
        channel.on("message", self._message)

    @property
    def open(self) -> bool:
        """Messages can go."""
        return not self._closed and self._channel.readyState == "open"

    @property
    def closed(self) -> bool:
        """It will never carry anything again."""
        return self._closed or self._channel.readyState in ("closing", "closed")

    @property
    def silent(self) -> bool:
        """It is open, and nothing comes any more."""
        return self._pulse.silent

    def doubt(self) -> None:
        """Silent until something comes."""
        self._pulse.doubt()

    def described(self, sdp: str) -> None:
        """Their description says what they take in one message (RFC 8841 §6)."""
        found = MAX_MESSAGE_SIZE.search(sdp)
        size = int(found[1]) if found else 65_536
        self.most = min(MAX_MESSAGE, size) if size > 0 else MAX_MESSAGE

    def try_send(self, envelope: Envelope) -> bool:
        """For negotiation: now or not at all, and never in line behind a backlog of data."""
        text = envelope.text()
        return byte_count(text) <= self.most and self._send_now(text)

    async def send(self, envelope: Envelope) -> bool:
        """In order; waits while the backlog is full. False if the channel closes before.

        Raises HeliographError (too_large).
        """
        text = envelope.text()
        if byte_count(text) > self.most:
            raise HeliographError("too_large", f"At most {self.most} bytes go in one message.")
        async with self._order:
            if self.open:
                await drained(self._channel, MAX_BACKLOG)
            return self._send_now(text)

    async def is_ended(self, seconds: float) -> bool:
        """True once the other side has closed it, False after so many seconds."""
        ended = asyncio.Event()
        if self._channel.readyState == "closed":
            return True
        self._channel.on("close", ended.set)
        try:
            async with asyncio.timeout(seconds):
                return await ended.wait()
        except TimeoutError:
            return False

    def close(self) -> None:
        """Nothing is heard any more."""
        self._closed = True
        self._pulse.stop()
        self._channel.close()

    def _opened(self) -> None:
        if not self._closed:
            self._pulse.start()
            self._changed()

    def _has_closed(self) -> None:
        self._pulse.stop()
        if not self._closed:
            self._changed()

    def _message(self, data: Any) -> None:
        if self._closed:
            return
        self._pulse.heard(data == "")
        envelope = read_envelope(data, MAX_MESSAGE) if isinstance(data, str) else None
        if envelope is not None:
            self._received(envelope)

    def _beat(self) -> None:
        self._send_now("")

    def _send_now(self, text: str) -> bool:
        if not self.open:
            return False
        try:
            self._channel.send(text)
        except Exception:  # it has closed meanwhile, or they take less
            return False
        self._pulse.sent()
        return True


async def drained(channel: "RTCDataChannel", most: int) -> None:
    """Until no more than `most` bytes wait in the channel, or it has closed."""
    room = asyncio.Event()
    channel.on("bufferedamountlow", room.set)
    channel.on("close", room.set)
    try:
        while channel.readyState == "open" and channel.bufferedAmount > most:
            room.clear()
            await room.wait()
    finally:
        for event in ("bufferedamountlow", "close"):
            if room.set in channel.listeners(event):  # a closed channel has forgotten its listeners
                channel.remove_listener(event, room.set)
