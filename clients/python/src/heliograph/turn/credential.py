"""The TURN credential of one connection: how it is requested, and renewed before it expires.

docs/protocol.md §3, `POST /api/turn`; RFC 8656 §3 for what a TURN server does.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from heliograph.errors import HeliographError
from heliograph.timing.retry import retry
from heliograph.timing.tasks import Tasks, Timer
from heliograph.wire.protocol import IceServer, TurnAnswer

REQUEST_TRIES = 3
MAX_RETRY_AFTER = 5.0  # seconds: a call waits for the credential
REFUSED_SECONDS = 30.0  # after a refusal nothing is requested for so long
FRESH_SECONDS = 60.0
SPARE_SECONDS = 45.0  # before the end of the credential; a slow renewal still fits in
MIN_LIFE, MAX_LIFE = 120.0, 86_400.0  # seconds

Fetch = Callable[[], Awaitable[TurnAnswer]]


class Grant:
    """ICE servers with a TURN server among them. Times are seconds of `time.monotonic`."""

    def __init__(self, ice_servers: tuple[IceServer, ...], ttl: float, since: float) -> None:
        """`since`: when we asked for it; it was made later, so it never ends before we think so.

        No clock of a server is compared: ours may be wrong by hours.
        """
        self.ice_servers = ice_servers
        self.since = since
        self.until = since + min(MAX_LIFE, max(MIN_LIFE, ttl))

    @property
    def renew_at(self) -> float:
        """At 78 to 82 % of its life, and 45 s before its end at the latest."""
        life = self.until - self.since
        return self.since + min(life * (0.78 + random.random() / 25), life - SPARE_SECONDS)


class TurnCredential:
    """Of one connection. It requests nothing until it is asked to."""

    def __init__(self, fetch: Fetch, grant: Grant | None = None) -> None:
        """`fetch` raises HeliographError. `grant`: one that we hold already."""
        self._fetch = fetch
        self._grant = grant
        self._tasks = Tasks()
        self._requesting: asyncio.Task[Grant | None] | None = None
        self._refused_at = float("-inf")
        self._renewal = Timer()
        self._closed = False

    @property
    def grant(self) -> Grant | None:
        """The one that we hold, if it has not expired."""
        grant = self._grant
        return grant if grant is not None and time.monotonic() < grant.until else None

    @property
    def fresh(self) -> Grant | None:
        """If it is at most a minute old. In trouble, an older one may be the cause."""
        grant = self.grant
        if grant is None or time.monotonic() - grant.since >= FRESH_SECONDS:
            return None
        return grant

    def adopt(self, grant: Grant | None) -> None:
        """The connection was made with this grant: hold it if it is newer."""
        held = self.grant
        if grant is not None and (held is None or grant.since > held.since):
            self._grant = grant

    async def request(self) -> Grant | None:
        """A new grant; None if it is refused now, or was within 30 s: the call goes on without.

        Requests that overlap are one request. It never raises.
        """
        if self._closed or time.monotonic() - self._refused_at < REFUSED_SECONDS:
            return None
        if self._requesting is None or self._requesting.done():
            self._requesting = self._tasks.start(self._request())
        await asyncio.wait([self._requesting])
        return None if self._requesting.cancelled() else self._requesting.result()

    def renew_in_time(self, renewed: Callable[[], None]) -> None:
        """The connection goes through it: call `renewed` each time that there is a newer one."""
        grant = self.grant
        wait = 0.0 if grant is None else grant.renew_at - time.monotonic()
        self._renew_in(max(0.0, wait), renewed)

    def stop_renewal(self) -> None:
        """The connection does not go through it: let it expire."""
        self._renewal.stop()

    def close(self) -> None:
        """End requests under way and the renewal."""
        self._closed = True
        self._renewal.stop()
        self._tasks.cancel()

    def _renew_in(self, seconds: float, renewed: Callable[[], None]) -> None:
        if not self._closed:

            def due() -> None:
                self._tasks.start(self._renew(renewed))

            self._renewal.start(seconds, due)

    async def _renew(self, renewed: Callable[[], None]) -> None:
        if await self.request() is not None:
            self.renew_in_time(renewed)
            renewed()
        elif self.grant is not None:
            self._renew_in(REFUSED_SECONDS * (1 + random.random() / 5), renewed)

    async def _request(self) -> Grant | None:
        asked_at = 0.0

        async def ask() -> TurnAnswer:
            nonlocal asked_at
            asked_at = time.monotonic()
            return await self._fetch()

        try:
            answer = await retry(ask, REQUEST_TRIES, max_retry_after=MAX_RETRY_AFTER)
        except HeliographError:
            answer = TurnAnswer(False)
        if not answer.granted:
            self._refused_at = time.monotonic()
            return None
        self._grant = Grant(answer.ice_servers, answer.ttl, asked_at)
        return self._grant
