"""A host's calls (docs/protocol.md §3 and §7).

What is decided is told to all stamps at once, and counts when one has done it; a stamp that is
away hears of it when it is back, from whoever negotiates there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from heliograph.room.first import first_of
from heliograph.room.signaling import Signaling
from heliograph.stamps.hedge import Hedge
from heliograph.timing.backoff import backoff
from heliograph.timing.tasks import Tasks
from heliograph.wire.api import Api
from heliograph.wire.protocol import Decision, Invite

INVITE_HEDGE = 1.0  # seconds; one that is made twice is one too many, and harmless
TRIES = 4


class HostCalls:
    """Of one room."""

    def __init__(self, signaling: Signaling, host_token: str | None, tasks: Tasks) -> None:
        """`tasks` end with the room: then what is still to be told is not told any more."""
        self._signaling, self._host_token, self._tasks = signaling, host_token, tasks

    async def kick(self, peer: str) -> None:
        """Remove a member for good."""
        await self._tell_all(lambda api, token, stamp: api.kick(peer, token))

    async def revoke(self, invite: str) -> None:
        """End an invite."""
        await self._tell_all(lambda api, token, stamp: api.revoke(invite, token))

    async def lock(self, locked: bool) -> bool:
        """What the room is now.

        Each stamp hears what the others have told us: else a lock at one that was away would be
        older, by its count, than what it undoes.
        """
        decision = await self._tell_all(
            lambda api, token, stamp: api.lock(locked, token, self._signaling.orders_for(stamp))
        )
        return decision.locked is True

    async def invite(self, uses: int | None, ttl: int | None) -> Invite:
        """An invite of one stamp is good on all of them."""
        stamps = self._signaling.stamps
        hedge = Hedge(
            stamps=self._signaling.router.order(),
            attempt=lambda stamp: stamps[stamp].api.invite(uses, ttl, self._token_for(stamp)),
            hedge_seconds=lambda stamp: INVITE_HEDGE,
        )
        _, invite = await hedge.run()
        return invite

    async def _tell_all(self, call: Callable[[Api, str, int], Awaitable[Decision]]) -> Decision:
        async def tell(stamp: int) -> Decision:
            api = self._signaling.stamps[stamp].api
            decision = await call(api, self._token_for(stamp), stamp)
            self._signaling.carry(stamp, decision.orders)
            return decision

        # Those that go on after the first one has answered end by the deadline of their call.
        answers = [asyncio.ensure_future(tell(n)) for n in range(len(self._signaling.stamps))]
        for stamp, answer in enumerate(answers):
            answer.add_done_callback(partial(self._told, stamp))
        _, decision = await first_of(answers)
        return decision

    def _told(self, stamp: int, answer: "asyncio.Future[Decision]") -> None:
        if not answer.cancelled() and answer.exception() is not None:
            self._tasks.start(self._show_orders(stamp))

    async def _show_orders(self, stamp: int) -> None:
        """The call itself is not made again: a lock that comes late would undo the one after it.

        A stamp without our socket needs nothing: it gets the orders when we come back.
        """
        for attempt in range(1, TRIES + 1):
            if await self._signaling.stamps[stamp].refresh():
                return
            await asyncio.sleep(backoff(attempt))

    def _token_for(self, stamp: int) -> str:
        """A peer token of a host opens these calls on every stamp."""
        stamps = self._signaling.stamps
        tokens = [stamps[stamp].token, *(each.token for each in stamps)]
        return self._host_token or next((token for token in tokens if token is not None), "")
