"""The calls to the app: each with a deadline, and none that raises."""

import asyncio
import logging
from collections.abc import Callable

from local.emulator.upstream import IGNORED, Deliver, UpstreamRequest, UpstreamResponse

Done = Callable[[UpstreamResponse], None]

_log = logging.getLogger(__name__)


class Upstream:
    """Calls the app, within a deadline, and never raises: every failure is a status 500.

    `deliver` may be set after construction, where the host in turn needs the emulator.
    """

    def __init__(self, deliver: Deliver | None, timeout: float) -> None:
        self.deliver = deliver
        self._timeout = timeout  # seconds
        self._calls: set[asyncio.Task[UpstreamResponse]] = set()

    def call(self, request: UpstreamRequest, done: Done) -> None:
        """Hand `done` the app's answer: 500 if it failed or was late, IGNORED without an app.

        That may be before this returns: an app that waits for nothing costs no turn of the loop.
        """
        deliver = self.deliver
        if deliver is None:
            return done(IGNORED)

        async def run() -> UpstreamResponse:
            return await deliver(request)

        loop = asyncio.get_running_loop()
        task = asyncio.Task(run(), loop=loop, eager_start=True)
        if task.done():
            return done(_answer(request, task))
        self._calls.add(task)
        timer = loop.call_later(self._timeout, task.cancel)

        def finished(task: asyncio.Task[UpstreamResponse]) -> None:
            self._calls.discard(task)
            is_late = loop.time() >= timer.when()
            timer.cancel()
            # Cancelled before its time: the event loop ends, and nobody waits any more.
            if is_late or not task.cancelled():
                done(_answer(request, task))

        task.add_done_callback(finished)


def _answer(request: UpstreamRequest, task: asyncio.Task[UpstreamResponse]) -> UpstreamResponse:
    # The app is foreign code; its faults end here. One that was late was cancelled.
    fault = TimeoutError() if task.cancelled() else task.exception()
    if fault is None:
        return task.result()
    if not isinstance(fault, Exception):
        raise fault
    # The type only: the text may quote what a peer sent.
    _log.warning("Upstream call (%s) failed: %s", request.category, type(fault).__name__)
    return UpstreamResponse(500)
