"""Carries out the events of a schedule on the stamps of the lab."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from lab.chaos.schedule import STAMP, Event, What
from lab.part import Part
from lab.stamps import Lab, Stamp


async def _kill(part: Part, amount: int) -> None:
    await part.kill()


async def _freeze(part: Part, amount: int) -> None:
    part.freeze()


async def _swallow(part: Part, amount: int) -> None:
    await part.swallow()


async def _delay(part: Part, amount: int) -> None:
    part.delay(amount)


async def _cut(part: Part, amount: int) -> None:
    part.cut_one(amount)


async def _restore(part: Part, amount: int) -> None:
    await part.restore()


CARRY_OUT: dict[What, Callable[[Part, int], Awaitable[None]]] = {
    What.KILL: _kill,
    What.FREEZE: _freeze,
    What.BLACKHOLE: _swallow,
    What.SLOW: _delay,
    What.CUT: _cut,
    What.RESTORE: _restore,
}


class Faults:
    """The stamps of a lab, to which events happen. Events of one part happen one after another."""

    def __init__(self, lab: Lab) -> None:
        self._stamps: Sequence[Stamp] = lab.stamps
        self._locks = {id(part): asyncio.Lock() for stamp in lab.stamps for part in stamp.parts}

    async def carry_out(self, event: Event) -> None:
        """Do it. Raises DidNotStart if something cannot be restored."""
        stamp = self._stamps[event.stamp]
        parts = [part for part in stamp.parts if event.part in (STAMP, part.name)]
        await asyncio.gather(*(self._do(part, event) for part in parts))

    async def repair(self) -> None:
        """Make everything well, and wait until every stamp says so. Raises DidNotStart, NotWell."""
        for stamp in self._stamps:
            for part in stamp.parts:
                async with self._locks[id(part)]:
                    await part.restore()
        await asyncio.gather(*(stamp.until_well() for stamp in self._stamps))

    async def _do(self, part: Part, event: Event) -> None:
        async with self._locks[id(part)]:
            await CARRY_OUT[event.what](part, event.amount)
