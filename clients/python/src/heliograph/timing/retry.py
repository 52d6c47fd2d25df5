"""One loop for every call that is tried again: bounded, jittered, and it can be cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from heliograph.errors import HeliographError, is_transient
from heliograph.timing.backoff import backoff

T = TypeVar("T")
MAX_RETRY_AFTER_SECONDS = 3_600.0


async def retry(
    task: Callable[[], Awaitable[T]],
    tries: int,
    is_retryable: Callable[[HeliographError], bool] = is_transient,
    max_retry_after: float = MAX_RETRY_AFTER_SECONDS,
) -> T:
    """Run `task` until it succeeds, `tries` times at most. Raises the error of the last try.

    It waits as long as the server asked for (`retry_after`, RFC 9110 §10.2.3) plus full jitter,
    so that many clients do not come back at the same moment. A server that asks for more than
    `max_retry_after` seconds is not asked again.
    """
    for attempt in range(1, tries + 1):
        try:
            return await task()
        except HeliographError as error:
            wait = error.retry_after or 0
            if attempt == tries or not is_retryable(error) or wait > max_retry_after:
                raise
            await asyncio.sleep(wait + backoff(attempt))
    raise AssertionError("at least one try")
