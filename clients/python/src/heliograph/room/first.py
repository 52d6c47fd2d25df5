"""The first of several answers, where a refusal may come before an answer that matters more."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from heliograph.errors import HeliographError, is_transient

T = TypeVar("T")
REFUSAL_GRACE_SECONDS = 2.0  # after a refusal, another stamp has so long to say something better


async def first_of(
    tasks: Sequence["asyncio.Task[T]"],
    is_final: Callable[[HeliographError, int], bool] = lambda error, place: False,
) -> tuple[int, T]:
    """The place and the value of the task that succeeds first; the others go on.

    Raises when all have failed, 2 s after the first refusal that is not transient, or at once
    after a final one.
    """
    places = {task: place for place, task in enumerate(tasks)}
    waiting, errors = set(tasks), list[HeliographError]()
    grace: float | None = None
    loop = asyncio.get_running_loop()
    while waiting:
        timeout = None if grace is None else max(0.0, grace - loop.time())
        done, waiting = await asyncio.wait(
            waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        for task in sorted(done, key=places.__getitem__):
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is None:
                return places[task], task.result()
            if not isinstance(error, HeliographError) or is_final(error, places[task]):
                raise error
            errors.append(error)
            if not is_transient(error) and grace is None:
                grace = loop.time() + REFUSAL_GRACE_SECONDS
        if not done:
            break
    raise min(errors, key=_rank)


def _rank(error: HeliographError) -> int:
    """A refusal tells more than an answer that decided nothing, and that more than none."""
    if not is_transient(error):
        return 0
    return 2 if error.status is None else 1
