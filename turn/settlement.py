"""The end of grants: what is revoked, and what is settled by the providers' figures."""

import logging
from collections.abc import Callable

from cloud.documents import Away, Busy
from turn import ledger, room_ledger
from turn.balances import Grant, RoomLedger, Shard, State
from turn.broker import Broker
from turn.ceilings import SHARDS
from turn.credentials import halves_of
from turn.store import LedgerStore

log = logging.getLogger("heliograph")


class Settlement:
    """Ends and settles grants in `store`; revokes by `broker`. Threads share it."""

    def __init__(self, store: LedgerStore, broker: Broker) -> None:
        self._store = store
        self._broker = broker

    def leave(self, session: str, now: int) -> None:
        """End what a peer holds, where the provider can revoke it. `session`: its label.

        What cannot be revoked stays in the ledger until it expires: whoever has the credential
        can go on using it. Of the rest, what the time that passed may have cost is held until the
        provider's figures are in: who drains a relay and leaves pays for it. Never raises.
        """
        try:
            for grant in self._live(session, now):
                if self._revoke(grant):
                    self._end(grant, _pro_rata(grant, now), now)
        except (Away, Busy):
            log.warning("what a peer held is not revoked and expires: the TURN ledger is away")

    def poll(self, now: int) -> None:
        """Read the providers' figures, revoke what is overdrawn, settle what is due.

        Raises Away or Busy; what was not settled is settled the next time.
        """
        usage = self._broker.usage(now)
        for number in range(SHARDS):
            shard = self._store.change_shard(number, now, lambda s: ledger.use(s, usage, now))
            for grant in ledger.overdrawn(shard):
                if self._revoke(grant):
                    self._end(grant, grant.used, now)
            for grant in ledger.due(shard, now):
                # Without figures, or without a registration, the worst is assumed.
                known = grant.provider in usage and grant.state is not State.RESERVED
                self.settle(grant, grant.used if known else grant.hold, now)

    def settle(self, grant: Grant, actual: int, now: int) -> None:
        """The grant is over and cost `actual` micro-dollars. Never raises.

        The shard comes last: it keeps the grant for a retry.
        """
        self.settle_in_room(grant, actual, now)
        self.settle_in_shard(grant, actual, now)

    def settle_in_room(self, grant: Grant, actual: int, now: int) -> None:
        """Only in the ledger of the room. Never raises: what is not settled lapses."""
        self._in_room(grant, now, lambda r: room_ledger.settle(r, grant.id, actual, now))

    def settle_in_shard(self, grant: Grant, actual: int, now: int) -> None:
        """Only in the shard. Never raises: what is not settled lapses."""
        self._in_shard(grant, now, lambda s: ledger.settle(s, grant.id, actual, now))

    def _live(self, session: str, now: int) -> list[Grant]:
        """The grants of a session, in whichever shards. Raises Away."""
        room, peer = halves_of(session)
        holds = self._store.read_room(room).holds
        mine = [id for id, hold in holds.items() if hold.peer == peer and hold.until > now]
        if not mine:
            return []  # most peers never had a relay
        shards = self._store.read_shards()
        return [shard.grants[id] for shard in shards for id in mine if id in shard.grants]

    def _revoke(self, grant: Grant) -> bool:
        return bool(grant.handle) and self._broker.revoke(grant.provider, grant.handle, grant.id)

    def _end(self, grant: Grant, estimate: int, now: int) -> None:
        """Nobody can use it any more; it is settled when the figures can be final."""
        after = ledger.ended(grant, estimate, now)
        self._in_room(grant, now, lambda room: room_ledger.end(room, after))
        self._in_shard(grant, now, lambda shard: ledger.end(shard, grant.id, estimate, now))

    def _in_room(
        self, grant: Grant, now: int, transition: Callable[[RoomLedger], RoomLedger]
    ) -> None:
        _unless_away(lambda: self._store.change_room(grant.room, now, transition))

    def _in_shard(self, grant: Grant, now: int, transition: Callable[[Shard], Shard]) -> None:
        _unless_away(lambda: self._store.change_shard(grant.shard, now, transition))


def _unless_away(change: Callable[[], object]) -> None:
    try:
        change()
    except (Away, Busy):
        log.warning("the TURN ledger is away: a hold in it lapses as spent")


def _pro_rata(grant: Grant, now: int) -> int:
    """What the time that has passed costs at the assumed rate, rounded up."""
    whole = grant.expires_at - grant.opened_at
    passed = min(whole, max(0, now - grant.opened_at))
    return -(-grant.amount * passed // whole) if whole > 0 else grant.amount
