"""All trials one after another, each tried again once or twice, and what is told of them."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from heliograph.check.health import until_well
from heliograph.check.steps import Failure
from heliograph.check.talk import talk
from heliograph.check.trials import Trial, title, trials
from heliograph.check.walk import Walk

PAUSE_SECONDS = 2.0  # and up to as much again: what has just started may not be well
Relays = Literal["no", "if-any", "yes"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be checked. `seconds`: for everything. `tries`: of each trial."""

    backends: Sequence[str]
    relays: Relays
    seconds: float
    tries: int


class Check:
    """Of all stamps. `say` gets the lines; `printable` makes harmless what a stamp calls itself."""

    def __init__(
        self, order: Order, say: Callable[[str], None], printable: Callable[[str], str]
    ) -> None:
        self._order, self._say, self._printable = order, say, printable
        self._ill: list[int] = []  # stamps at which a trial has failed
        self._until = time.monotonic() + order.seconds

    async def run(self) -> bool:
        """Whether all is well."""
        started = time.monotonic()
        planned = trials(len(self._order.backends))
        good = [await self._tried(trial) for trial in planned]
        took = time.monotonic() - started
        self._say(f"{sum(good)} of {len(good)} are well; {took:.1f} s.")
        return all(good)

    async def _tried(self, trial: Trial) -> bool:
        if not trial.alone and self._ill:
            numbers = ", ".join(str(stamp + 1) for stamp in self._ill)
            self._say(f"{title(trial)}: not tried, because of stamp {numbers}")
            return False
        self._say(title(trial))
        for attempt in range(1, self._order.tries + 1):
            try:
                await self._once(trial)
                return True
            except Failure as failure:
                pause = PAUSE_SECONDS * (1 + random.random())
                is_last = attempt == self._order.tries or failure.is_final
                if is_last or time.monotonic() + pause >= self._until:
                    break
            self._say(f"  again in {pause:.0f} s")
            await asyncio.sleep(pause)
        self._ill += trial.stamps
        return False

    async def _once(self, trial: Trial) -> None:
        walk = Walk(self._say, self._until)
        relay = False
        if trial.alone:
            relay = await walk.step("health", self._look(walk, trial.stamps[0]))
        await talk(walk, [self._order.backends[stamp] for stamp in trial.stamps], relay)

    async def _look(self, walk: Walk, stamp: int) -> bool:
        """Whether relays are to be tried there."""
        health = await until_well(self._order.backends[stamp], walk.seconds("health") - 0.2)
        for text in (self._printable(health.stamp), health.status, health.caller):
            walk.note(text)
        if self._order.relays == "yes" and health.turn == "off":
            raise Failure("turn_off")
        return self._order.relays == "yes" or (
            self._order.relays == "if-any" and health.turn != "off"
        )
