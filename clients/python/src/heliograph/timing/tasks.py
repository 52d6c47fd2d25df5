"""Tasks that somebody owns: they end with their owner, and what they raise is told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """What one owner has under way."""

    def __init__(self, failed: Callable[[BaseException], None] | None = None) -> None:
        """`failed` is told of what a task raises; without it the event loop is."""
        self._failed = failed
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin it. It is cancelled by `cancel`."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel(self) -> None:
        """End all of them; the caller's own task is spared."""
        current = _current()
        for task in self._running:
            if task is not current:
                task.cancel()

    async def wait(self, seconds: float) -> None:
        """Until all have ended, but not longer than so many seconds."""
        others = {task for task in self._running if task is not _current()}
        if others:
            await asyncio.wait(others, timeout=seconds)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if self._failed is not None:
            self._failed(error)
        else:
            context = {"message": "A task of heliograph failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)


class Timer:
    """One call that is due later, and can be put off or dropped."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        """Whether a call is due."""
        return self._handle is not None

    def start(self, seconds: float, call: Callable[[], None]) -> None:
        """Call it then, in place of what was due before."""
        self.stop()

        def due() -> None:
            self._handle = None
            call()

        self._handle = asyncio.get_running_loop().call_later(seconds, due)

    def stop(self) -> None:
        """Nothing is due any more."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = None


def _current() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs
        return None
