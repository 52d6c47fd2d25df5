"""One call over several stamps: at the first, and at the next when there is no answer in time.

    what happens                                    then
    a stamp answers                                 that answer; attempts that run go on
    no answer for `hedge_seconds` of that stamp     the next one starts too
    a stamp fails, and it is not final              the next one starts at once
    a stamp fails, and it is final                  the call fails at once, also while others run
    all have failed                                 the call fails with the most telling error
    15 s are over, or the caller is cancelled       the attempts are cancelled, the call fails

(Hedged requests: Dean and Barroso, "The Tail at Scale", 2013.)
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from heliograph.errors import HeliographError, backend_away, is_transient

T = TypeVar("T")
CALL_SECONDS = 15.0
# Refusals that say something of one stamp's documents or tokens, and nothing of the message.
OF_ONE_STAMP = {
    *("bad_token", "not_member", "peer_not_found", "room_not_found", "token_expired"),
    "wrong_room",
}


def is_final(error: HeliographError) -> bool:
    """Whether there is no use in asking another stamp: every stamp would refuse alike."""
    return not is_transient(error) and error.code not in OF_ONE_STAMP


def _ignore(stamp: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended, in time or late. `seconds`: since it began."""

    stamp: int
    seconds: float
    error: BaseException | None


@dataclass(frozen=True)
class Hedge(Generic[T]):
    """What a hedged call needs."""

    stamps: Sequence[int]  # in order; at least one
    attempt: Callable[[int], Awaitable[T]]
    hedge_seconds: Callable[[int], float]  # 0: the next one at the same time
    is_final: Callable[[HeliographError], bool] = is_final
    overdue: Callable[[int], None] = _ignore  # no answer for `hedge_seconds`
    ended: Callable[[Outcome], None] | None = None
    seconds: float = CALL_SECONDS

    async def run(self) -> tuple[int, T]:
        """The stamp that has answered first, and its answer. Raises HeliographError."""
        running: dict[asyncio.Task[T], int] = {}
        try:
            async with asyncio.timeout(self.seconds):
                return await self._run(running)
        except TimeoutError:
            await _cancel(running)
            raise backend_away("No stamp has answered in time.") from None
        except asyncio.CancelledError:
            await _cancel(running)
            raise

    async def _run(self, running: dict[asyncio.Task[T], int]) -> tuple[int, T]:
        errors: list[HeliographError] = []
        waiting = list(self.stamps)
        while True:
            if waiting:
                stamp = waiting.pop(0)
                running[self._start(stamp)] = stamp
                patience = self.hedge_seconds(stamp) if waiting else None
            else:
                stamp, patience = -1, None
            done, _ = await asyncio.wait(
                running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                place = running.pop(task)
                error = task.exception()
                if error is None:
                    return place, task.result()
                if not isinstance(error, HeliographError) or self.is_final(error):
                    raise error
                errors.append(error)
            if not done and patience:
                self.overdue(stamp)
            if not running and not waiting:
                raise most_telling(errors)

    def _start(self, stamp: int) -> "asyncio.Task[T]":
        # One that goes on after the call has ended is held by the timer of its own deadline.
        task = asyncio.ensure_future(self._attempt(stamp))
        task.add_done_callback(_observe)
        return task

    async def _attempt(self, stamp: int) -> T:
        began = time.monotonic()
        error: BaseException | None = None
        try:
            return await self.attempt(stamp)
        except BaseException as failure:
            error = failure
            raise
        finally:
            if self.ended is not None and not isinstance(error, asyncio.CancelledError):
                self.ended(Outcome(stamp, time.monotonic() - began, error))


def most_telling(errors: Sequence[HeliographError]) -> HeliographError:
    """The error to show when no stamp helped.

    A stamp that may still do it counts before one that cannot, so that the caller tries again; and
    one that said why before one that said nothing.
    """

    def rank(error: HeliographError) -> int:
        if error.code in OF_ONE_STAMP:
            return 2
        return 1 if error.code == "backend_away" else 0

    return min(errors, key=rank)


def _observe(task: "asyncio.Task[T]") -> None:
    """An attempt that fails late is nobody's any more."""
    if not task.cancelled():
        task.exception()


async def _cancel(running: dict["asyncio.Task[T]", int]) -> None:
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running, timeout=1)
