"""How many HTTP requests an instance works on at a time; the others wait for a free slot.

On Flex Consumption the platform gives an instance at most `triggers.http.perInstanceConcurrency`
requests at a time; more wait until it is free or another instance is there. SignalR triggers belong
to the same `http` group, because the service calls them by HTTP. For Python the number is 1 unless
the app sets it. Source: "Azure Functions Flex Consumption plan hosting", per-function scaling and
concurrency; "Concurrency in Azure Functions".
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

DEFAULT_HTTP_CONCURRENCY = 1


class Load(msgspec.Struct, frozen=True, rename="camel"):
    """What one instance has to do now. `most` is the highest `running + waiting` so far."""

    concurrency: int
    running: int
    waiting: int
    most: int


class Slots:
    """The slots of one instance, given out in the order of asking."""

    def __init__(self, concurrency: int = DEFAULT_HTTP_CONCURRENCY) -> None:
        if concurrency < 1:
            raise ValueError("an instance works on at least one request at a time")
        self._concurrency = concurrency
        self._free = asyncio.Semaphore(concurrency)
        self._running = self._waiting = self._most = 0

    @property
    def load(self) -> Load:
        """How busy the instance is."""
        return Load(self._concurrency, self._running, self._waiting, self._most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a slot inside this block; wait for it first."""
        self._waiting += 1
        self._most = max(self._most, self._running + self._waiting)
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._free.release()
