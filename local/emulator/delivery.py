"""The calls to the app: each with a deadline, and none that raises."""

import asyncio
import logging

from local.emulator.upstream import IGNORED, Deliver, UpstreamRequest, UpstreamResponse

_log = logging.getLogger(__name__)


class Upstream:
    """Calls the app, within a deadline, and never raises: every failure is a status 500.

    `deliver` may be set after construction, where the host in turn needs the emulator.
    """

    def __init__(self, deliver: Deliver | None, timeout: float) -> None:
        self.deliver = deliver
        self._timeout = timeout  # seconds

    async def call(self, request: UpstreamRequest) -> UpstreamResponse:
        """The app's answer; status 500 if it failed or was late, IGNORED if there is no app."""
        if self.deliver is None:
            return IGNORED
        try:
            async with asyncio.timeout(self._timeout):
                return await self.deliver(request)
        except Exception as error:  # the app is foreign code; its faults end here
            # The type only: the text may quote what a peer sent.
            _log.warning("Upstream call (%s) failed: %s", request.category, type(error).__name__)
            return UpstreamResponse(500)
