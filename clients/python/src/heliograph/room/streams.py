"""Streams of events: whoever iterates misses nothing that came before, and holds up nobody."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from heliograph.events import Closed, Event

MAX_WAITING = 10_000  # events that nobody has read; then the oldest are dropped


class EventStream:
    """`async for event in stream`; it ends after `Closed`."""

    def __init__(self, before: "deque[Event] | None" = None) -> None:
        """`before`: events that have happened already."""
        self._waiting: deque[Event] = before or deque(maxlen=MAX_WAITING)
        self._more = asyncio.Event()
        if self._waiting:
            self._more.set()
        self._ended = False

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        event = self._waiting.popleft()
        self._ended = self._ended or isinstance(event, Closed)
        return event

    def put(self, event: Event) -> None:
        """It has happened."""
        self._waiting.append(event)
        self._more.set()

    def end(self) -> None:
        """Nothing follows what waits."""
        self._ended = True
        self._more.set()


class Streams:
    """All streams of one room."""

    def __init__(self) -> None:
        self._streams: list[EventStream] = []
        self._early: deque[Event] | None = deque(maxlen=MAX_WAITING)  # until the first one asks
        self._closed = False

    def open(self) -> EventStream:
        """The first one gets all that has happened since the room was joined."""
        early, self._early = self._early, None
        stream = EventStream(early)
        if self._closed:
            stream.end()
        self._streams.append(stream)
        return stream

    def put(self, event: Event) -> None:
        """It has happened."""
        if self._early is not None:
            self._early.append(event)
        for stream in self._streams:
            stream.put(event)
        self._closed = self._closed or isinstance(event, Closed)
