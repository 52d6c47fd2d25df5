"""Stamps for a caller that is not asynchronous, such as a test that drives a browser."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.stamps import Lab, running

START_SECONDS = 90.0
DO_SECONDS = 90.0


class Threaded:
    """Stamps that run in a thread of their own. Make it with `running_in_thread`."""

    def __init__(self, lab: Lab, loop: asyncio.AbstractEventLoop) -> None:
        self.lab = lab
        self._loop = loop

    def do[T](self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` comes to, on the loop of the stamps: `do(lab.stamps[0].kill)`.

        Raises what it raises, or TimeoutError after DO_SECONDS.
        """
        return asyncio.run_coroutine_threadsafe(_await(work), self._loop).result(DO_SECONDS)


async def _await[T](work: Callable[[], Awaitable[T]]) -> T:
    return await work()


@contextmanager
def running_in_thread(
    count: int, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Threaded]:
    """As `lab.stamps.running`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="stamps", daemon=True)
    thread.start()

    def call[T](work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(START_SECONDS)

    stamps = running(count, folder, settings)
    try:
        lab = call(stamps.__aenter__())
        try:
            yield Threaded(lab, loop)
        finally:
            call(stamps.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """To its end, and all of it in this thread: the caller's may have a loop that runs."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
