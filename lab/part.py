"""A process behind a proxy: one part of a stamp, which can fail in every way that a part can."""

import asyncio

from lab.process import Process
from lab.proxy import Proxy, Way


class Part:
    """`functions`, `signalr` or `storage` of a stamp. Its address stays, whatever happens to it.

    Calls that start or end it may come at the same time: they wait for one another.
    """

    def __init__(self, name: str, process: Process, proxy: Proxy) -> None:
        self.name = name
        self.process = process
        self.proxy = proxy
        self._changing = asyncio.Lock()

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT, through the proxy."""
        return self.proxy.url

    @property
    def well(self) -> bool:
        """Whether it runs, is not frozen, and bytes reach it without delay."""
        way = self.proxy.way is Way.PASS and not self.proxy.delay_ms
        return self.process.runs and not self.process.frozen and way

    async def start(self) -> None:
        """Start it, if it does not run. Raises DidNotStart."""
        async with self._changing:
            if not self.process.runs:
                await self.proxy.set_target(None)  # it may have ended by itself
                await self.proxy.set_target(await self.process.start())

    async def kill(self) -> None:
        """SIGKILL. Its connections end, and new ones are refused, until it is started again."""
        async with self._changing:
            await self.process.kill()
            await self.proxy.set_target(None)

    async def stop(self) -> None:
        """SIGTERM, as when it is updated."""
        async with self._changing:
            await self.process.stop()
            await self.proxy.set_target(None)

    def freeze(self) -> None:
        """SIGSTOP: connections open and nothing is answered."""
        self.process.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.thaw()

    async def swallow(self) -> None:
        """Nothing reaches it or comes from it, and nobody is told."""
        await self.proxy.set_way(Way.SWALLOW)

    async def refuse(self) -> None:
        """New connections are refused; those that are open go on."""
        await self.proxy.set_way(Way.REFUSE)

    def delay(self, ms: float) -> None:
        """Every byte comes so much later, in each direction."""
        self.proxy.delay_ms = ms

    def cut(self) -> int:
        """End every open connection by a reset. How many."""
        return self.proxy.cut()

    def cut_one(self, number: int) -> bool:
        """End one open connection by a reset: this one, modulo how many there are. False: none."""
        return self.proxy.cut_one(number)

    async def restore(self) -> None:
        """Make it well again, whatever happened to it. Raises DidNotStart."""
        self.thaw()
        self.delay(0)
        await self.proxy.set_way(Way.PASS)
        await self.start()
