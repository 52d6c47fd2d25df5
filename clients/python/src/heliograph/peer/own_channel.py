"""A data channel of the application to one peer, beside those of this package."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from heliograph.errors import HeliographError
from heliograph.peer.channel import drained

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

MAX_BACKLOG = 1_048_576  # bytes that may wait here
MAX_WAITING = 10_000  # messages that came and were not read


class OwnChannel:
    """Text and bytes, in both directions: `await channel.send(…)`, `async for message in channel`.

    It ends with the connection that it is part of: open another one when the peer is connected
    again. What comes is kept until it is read, up to 10,000 messages; then the channel is closed.
    """

    def __init__(self, channel: "RTCDataChannel") -> None:
        self._channel = channel
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._opened = asyncio.Event()
        if channel.readyState == "open":
            self._opened.set()
        channel.bufferedAmountLowThreshold = MAX_BACKLOG // 2
        channel.on("open", self._opened.set)
        channel.on("message", self._take)
        channel.on("close", self._end)

    @property
    def label(self) -> str:
        """As whoever has opened it calls it."""
        return self._channel.label

    @property
    def closed(self) -> bool:
        """It carries nothing any more."""
        return self._channel.readyState in ("closing", "closed")

    async def send(self, data: str | bytes) -> None:
        """In order; waits until it is open, and while much waits to be sent.

        Raises HeliographError: `not_connected` if it has ended, `too_large` for more than the
        other side takes in one message.
        """
        await self._opened.wait()
        await drained(self._channel, MAX_BACKLOG)
        if self._channel.readyState != "open":
            raise HeliographError("not_connected", "The channel has ended.")
        try:
            self._channel.send(data)
        except ValueError as error:
            raise HeliographError("too_large", str(error)) from None

    def close(self) -> None:
        """End it on both sides."""
        self._channel.close()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (message := await self._messages.get()) is not None:
            yield message
        self._messages.put_nowait(None)  # for whoever asks again

    def _take(self, data: str | bytes) -> None:
        if self._messages.qsize() >= MAX_WAITING:
            self._channel.close()
        elif not self.closed:
            self._messages.put_nowait(data)

    def _end(self) -> None:
        self._opened.set()  # whoever waits to send is told
        self._messages.put_nowait(None)
