"""Tracks of ours, over those of aiortc. Imported with the first media: aiortc is slow to import."""

import asyncio
from collections import deque
from typing import Any, Literal

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

MAX_FRAMES = 100  # that came and were not read; then the oldest are dropped


class SlotTrack(MediaStreamTrack):
    """What one slot of one connection sends: now this track, now another, now nothing.

    aiortc never sends again after a track that has ended, so this one ends with the connection.
    """

    def __init__(self, kind: Literal["audio", "video"]) -> None:
        super().__init__()
        self.kind = kind
        self._source: MediaStreamTrack | None = None
        self._changed = asyncio.Event()

    def use(self, source: MediaStreamTrack | None) -> None:
        """Send this one from now on."""
        before, self._source = self._source, source
        if before is not None and before is not source:
            before.stop()
        self._changed.set()

    async def recv(self) -> Any:
        """The next frame; waits while there is no source."""
        while True:
            if self.readyState != "live":
                raise MediaStreamError
            source = self._source
            if source is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            try:
                return await source.recv()
            except MediaStreamError:
                if self._source is source:
                    self._source = None

    def stop(self) -> None:
        """The connection has ended."""
        super().stop()
        self.use(None)


class ReceivedTrack(MediaStreamTrack):
    """What a peer sends from one source, with a bound on what nobody reads.

    aiortc keeps every frame until it is read.
    """

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = source.kind
        self.source = source
        self._frames: deque[Any] = deque(maxlen=MAX_FRAMES)
        self._more = asyncio.Event()
        self._pump = asyncio.get_running_loop().create_task(self._read())

    async def recv(self) -> Any:
        """The next frame. Raises MediaStreamError when there is none any more."""
        while not self._frames:
            if self.readyState != "live":
                raise MediaStreamError
            self._more.clear()
            await self._more.wait()
        return self._frames.popleft()

    def stop(self) -> None:
        """It is not wanted any more, or is not sent."""
        super().stop()
        self._pump.cancel()
        self._more.set()

    async def _read(self) -> None:
        try:
            while self.readyState == "live":
                self._frames.append(await self.source.recv())
                self._more.set()
        except MediaStreamError:
            super().stop()
            self._more.set()
