"""The end of grants: what is revoked, and what is settled by the providers' figures."""

import logging
from collections.abc import Callable
from functools import partial

from cloud.documents import Away, Busy
from turn import fairness, ledger, room_ledger
from turn.balances import Grant, RoomLedger, Shard, State
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings, home_of
from turn.credentials import halves_of
from turn.money import FIGURES_BEHIND_MS, UNSEEN_MS
from turn.store import LedgerStore

log = logging.getLogger("heliograph")


class Settlement:
    """Ends and settles grants in `store`; revokes by `broker`. Threads share it.

    `ceilings` are this stamp's share.
    """

    def __init__(self, store: LedgerStore, broker: Broker, ceilings: Ceilings) -> None:
        self._store = store
        self._broker = broker
        self._ceilings = ceilings

    def leave(self, session: str, now: int) -> None:
        """End what a peer holds, where the provider can revoke it. `session`: its label.

        What cannot be revoked stays in the ledger until it expires: whoever has the credential
        can go on using it. Of the rest, what the time that passed may have cost is held until the
        provider's figures are in: who drains a relay and leaves pays for it. Never raises.
        """
        try:
            for grant in self._live(session, now):
                self._revoke_and_end(grant, _pro_rata(grant, now), now)
        except (Away, Busy):
            log.warning("what a peer held is not revoked and expires: the TURN ledger is away")

    def poll(self, now: int) -> None:
        """Read the providers' figures, revoke what is overdrawn or idle, settle what is due.

        Raises Away or Busy; what was not settled is settled the next time.
        """
        usage = self._broker.usage(now)
        known, shards = set(usage), []
        for number in range(SHARDS):
            shard = self._store.change_shard(number, now, lambda s: ledger.use(s, usage, now))
            shards.append(shard)
            for grant in ledger.overdrawn(shard):
                self._revoke_and_end(grant, grant.used, now)
            for grant in ledger.due(shard, now):
                self._settle_due(grant, known, now)
        for grant in fairness.lying_idle(shards, self._ceilings, self._patience(known), now):
            estimate = _pro_rata(grant, now)
            self._revoke_and_end(grant, estimate, now, unseen_ms=FIGURES_BEHIND_MS)
        self._tell_users(shards, now)

    def _patience(self, known: set[str]) -> dict[str, int]:
        """With the relays of each provider whose figures are known."""
        providers = self._broker.providers
        return {name: fairness.patience(providers[name].capabilities.usage) for name in known}

    def cancel(self, grant: Grant, now: int) -> None:
        """There is no credential: the grant costs nothing. Never raises.

        The shard comes last: it keeps the grant for a retry.
        """
        self.cancel_in_room(grant, now)
        self.cancel_in_shard(grant, now)

    def cancel_in_room(self, grant: Grant, now: int) -> None:
        """Only in the ledger of the room. Never raises: what is not settled lapses."""
        self._in_room(grant, now, lambda r: room_ledger.settle(r, grant.id, 0, now))

    def cancel_in_shard(self, grant: Grant, now: int) -> None:
        """Only in the shard. Never raises: what is not settled lapses."""
        self._in_shard(grant, now, lambda s: ledger.settle(s, grant.id, 0, now))
        if grant.first:
            self.return_first(grant.network, now)

    def return_first(self, network: str, now: int) -> None:
        """The first relay of a network came to nothing. Never raises: then it is gone today."""
        change = partial(ledger.return_first, network=network, now=now)
        _unless_away(lambda: self._store.change_shard(home_of(network), now, change))

    def _settle_due(self, grant: Grant, known: set[str], now: int) -> None:
        """By the figures. Without them, or without a registration, the worst is assumed."""
        told = grant.provider in known and grant.state is not State.RESERVED
        actual = grant.used if told else grant.hold
        charged = max(actual, fairness.least_charge(grant))
        self._in_room(grant, now, lambda r: room_ledger.settle(r, grant.id, charged, now))
        self._in_shard(
            grant, now, lambda s: ledger.settle(s, grant.id, actual, now, charged=charged)
        )

    def _tell_users(self, shards: list[Shard], now: int) -> None:
        """Tell every shard of the networks that use their relays. Raises Away or Busy."""
        grants = (grant for shard in shards for grant in shard.grants.values())
        users = {grant.network for grant in grants if grant.used}
        users.update(*(shard.users for shard in shards))
        for number, shard in enumerate(shards):
            if ledger.know_users(shard, users, now).users != shard.users:
                self._store.change_shard(number, now, lambda s: ledger.know_users(s, users, now))

    def _live(self, session: str, now: int) -> list[Grant]:
        """The grants of a session, in whichever shards. Raises Away."""
        room, peer = halves_of(session)
        holds = self._store.read_room(room).holds
        mine = [id for id, hold in holds.items() if hold.peer == peer and hold.until > now]
        if not mine:
            return []  # most peers never had a relay
        shards = self._store.read_shards()
        return [shard.grants[id] for shard in shards for id in mine if id in shard.grants]

    def _revoke_and_end(
        self, grant: Grant, estimate: int, now: int, *, unseen_ms: int = UNSEEN_MS
    ) -> None:
        """Where it can be revoked. Then it is settled when the figures can be final."""
        if not grant.handle or not self._broker.revoke(grant.provider, grant.handle, grant.id):
            return
        after = ledger.ended(grant, estimate, now)
        self._in_room(grant, now, lambda room: room_ledger.end(room, after))
        self._in_shard(
            grant,
            now,
            lambda shard: ledger.end(shard, grant.id, estimate, now, unseen_ms=unseen_ms),
        )

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
