"""One way through the steps: each with its deadline, and what is told of it."""

import time
from asyncio import timeout
from collections.abc import Awaitable, Callable
from typing import TypeVar

from heliograph.check.steps import STEPS, Failure, failure_of

T = TypeVar("T")


class Walk:
    """`say` gets a line for each step."""

    def __init__(self, say: Callable[[str], None], until: float) -> None:
        """`until`: by `time.monotonic`, when all has to be over."""
        self._say, self._until = say, until
        self._notes: list[str] = []

    def seconds(self, name: str) -> float:
        """That a step may take now."""
        return max(0.0, min(STEPS[name].seconds, self._until - time.monotonic()))

    def note(self, text: str) -> None:
        """To be told with the step that is under way."""
        if text:
            self._notes.append(text)

    async def step(self, name: str, work: Awaitable[T]) -> T:
        """What it comes to. Raises Failure, after it has said so."""
        started = time.monotonic()
        left = self._until - started
        self._notes = []
        try:
            async with timeout(min(STEPS[name].seconds, left)):
                found = await work
        except Exception as error:
            is_late = isinstance(error, TimeoutError) and left < STEPS[name].seconds
            failure = Failure("out_of_time") if is_late else failure_of(name, error)
            self._tell("FAIL", name, started, f"{failure.code}: {failure}")
            self._say(f"        Look at {failure.look}")
            raise failure from None
        self._tell("ok  ", name, started, "; ".join(self._notes))
        return found

    def _tell(self, mark: str, name: str, started: float, text: str) -> None:
        took = time.monotonic() - started
        self._say(f"  {mark}  {name:<8} {took:5.1f} s  {text}".rstrip())
