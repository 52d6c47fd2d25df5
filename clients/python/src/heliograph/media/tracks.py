"""Tracks of ours, over those of aiortc. Imported with the first media: aiortc is slow to import."""

import asyncio
import time
from collections import deque
from typing import Any, Literal

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

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
        self._timeline = Timeline()
        self._reading: asyncio.Task[Any] | None = None

    def use(self, source: MediaStreamTrack | None) -> None:
        """Send this one from now on."""
        before, self._source = self._source, source
        self._timeline.another()
        if before is not None and before is not source:
            before.stop()
        if self._reading is not None:  # a copy that is stopped never answers
            self._reading.cancel()
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
            frame = await self._read(source)
            if frame is not None:
                return self._timeline.continued(frame, time.monotonic())

    async def _read(self, source: MediaStreamTrack) -> Any:
        """None if it has ended, or is not the source any more."""
        reading = asyncio.get_running_loop().create_task(source.recv())
        self._reading = reading
        try:
            await asyncio.wait([reading])
        finally:
            reading.cancel()
        if reading.cancelled():
            return None
        if isinstance(reading.exception(), MediaStreamError) and self._source is source:
            self._source = None
        return None if reading.exception() is not None else reading.result()

    def stop(self) -> None:
        """The connection has ended."""
        super().stop()
        self.use(None)


class Timeline:
    """Lets the times of one source follow those of the one before.

    Each source counts from its own beginning, and what is older than what was seen is dropped by
    whoever receives it.
    """

    def __init__(self) -> None:
        self._offset = 0.0  # seconds
        self._last: float | None = None  # time of the last frame, in seconds
        self._last_at = 0.0  # of a clock that never goes back
        self._is_new = False

    def another(self) -> None:
        """What comes from here on is of another source."""
        self._is_new = True

    def continued(self, frame: Any, now: float) -> Any:
        """The frame, or a copy with a later time: others may be sending the same one."""
        if frame.pts is None or frame.time_base is None:
            return frame
        at = float(frame.pts * frame.time_base)
        if self._is_new and self._last is not None:
            self._offset = self._last + (now - self._last_at) - at
        self._is_new = False
        self._last, self._last_at = at + self._offset, now
        if self._offset == 0 or not isinstance(frame, AudioFrame | VideoFrame):
            return frame
        return _copy(frame, round(self._last / frame.time_base))


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


def _copy(frame: AudioFrame | VideoFrame, pts: int) -> AudioFrame | VideoFrame:
    copy: AudioFrame | VideoFrame
    if isinstance(frame, VideoFrame):
        copy = VideoFrame(frame.width, frame.height, frame.format.name)
    else:
        copy = AudioFrame(frame.format.name, frame.layout.name, frame.samples)
        copy.sample_rate = frame.sample_rate
    for ours, theirs in zip(copy.planes, frame.planes, strict=True):
        ours.update(_fitted(theirs, ours))
    copy.pts, copy.time_base = pts, frame.time_base
    return copy


def _fitted(theirs: Any, ours: Any) -> bytes:
    """The bytes of a plane, for one whose lines may be padded in another way."""
    data, size = bytes(theirs), ours.buffer_size
    old, new = getattr(theirs, "line_size", 0), getattr(ours, "line_size", 0)
    if old != new:
        lines = (data[at : at + old] for at in range(0, len(data), old))
        data = b"".join(line[:new].ljust(new, b"\0") for line in lines)
    return data[:size].ljust(size, b"\0")
