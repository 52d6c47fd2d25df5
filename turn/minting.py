"""Minting: one credential for one peer, paid for before it exists.

Carries out the steps that turn/ledger.py has in its table. Whatever fails, the caller gets an
answer; without a credential it still has STUN. Storage trips of a mint (an update is two):

 coturn, twilio          room 2 + shard 2             = 4
 cloudflare, metered     room 2 + shard 2 + shard 2   = 6
 each full shard passed over  + 1
 each provider that fails     + 8  (held, released)
"""

import logging

from msgspec import Struct, structs

from cloud.documents import Away, Busy
from turn import ladder, ledger, room_ledger
from turn.balances import Grant, RoomLedger, Shard
from turn.broker import Broker
from turn.ceilings import Ceilings, network_parts, shards_for
from turn.credentials import halves_of, label
from turn.ice import IceServer
from turn.ladder import Level
from turn.ledger import Refused
from turn.plan import TTL_SECONDS, can_be_followed, dearest, plan
from turn.providers import Minted, Provider
from turn.settlement import Settlement
from turn.store import LedgerStore

log = logging.getLogger("heliograph")


class Ask(Struct, frozen=True):
    """Who asks for a relay, towards whom, and what speaks for it."""

    room: str
    peer: str
    network: str  # a keyed hash that changes daily
    other: str = ""  # the peer at the other end; "" when not said
    invited: bool = False  # came by an invite, or is the host
    both_sides: bool = True  # the room lets both ends of a pair hold a relay
    ttl: int = TTL_SECONDS
    region: str | None = None


class Answer(Struct, frozen=True):
    """The relay servers, or why there are none."""

    servers: tuple[IceServer, ...] = ()
    expires_at: int | None = None  # epoch ms
    level: Level = Level.NORMAL
    # peer room network day month one-sided invited stun-only unavailable
    refusal: str | None = None
    degraded: bool = False  # no provider answers


class Minting:
    """Hands out credentials, ends them and keeps the ledger. Threads share it.

    `key` binds labels to rooms and peers without naming them. `ceilings` are this stamp's share.
    `kbps`: what a relayed session is assumed to use, one way.
    """

    def __init__(
        self, store: LedgerStore, broker: Broker, key: bytes, ceilings: Ceilings, kbps: int
    ) -> None:
        self._store = store
        self._broker = broker
        self._key = key
        self._ceilings = ceilings
        self._kbps = kbps
        self._settlement = Settlement(store, broker)
        each = dearest(broker.providers.values(), kbps)
        self._network_parts = network_parts(ceilings.network, each)

    def mint(self, ask: Ask, id: str, now: int) -> Answer:
        """Reserve, mint, register. `id`: 4 characters that make this grant's label its own.

        Never raises: what is refused, or cannot be done now, is in the answer. `now` is epoch ms.
        """
        try:
            return self._mint(ask, id, now)
        except Refused as refused:
            return Answer(level=ladder.level_after(refused), refusal=refused.reason)
        except (Away, Busy):
            log.warning("no relay: the TURN ledger is away")
            return Answer(refusal="unavailable")

    def leave(self, room: str, peer: str, now: int) -> None:
        """End what a peer holds, where the provider can revoke it. Never raises."""
        self._settlement.leave(label(self._key, room, peer), now)

    def poll(self, now: int) -> None:
        """Read the providers' figures, revoke and settle by them. Raises Away or Busy."""
        self._settlement.poll(now)

    def level(self, now: int) -> Level:
        """What the next mint meets: a full shard passes it on to the others. Raises Away."""
        ceilings = self._ceilings.in_shard(self._ceilings.network)
        shards = self._store.read_shards()
        return min(ladder.level_of(shard, ceilings, now) for shard in shards)

    def _mint(self, ask: Ask, id: str, now: int) -> Answer:
        name = f"{label(self._key, ask.room, ask.peer)}.{id}"
        level = Level.NORMAL
        for number, attempt in enumerate(self._broker.tries(name, now)):
            # A label of its own for each try: one that comes too late is not taken for the next.
            grant = self._plan(ask, f"{name}{number or ''}", attempt.provider, now)
            grant, level = self._reserve(ask, grant, now)
            minted = attempt.mint(grant.id, ask.ttl, ask.region, now)
            if minted is None:
                self._settlement.settle(grant, 0, now)
            elif self._register(grant, attempt.provider, minted, now):
                return Answer(minted.servers, minted.expires_at, level)
            else:
                return Answer(level=level, refusal="unavailable")
        return Answer(level=level, degraded=True)

    def _plan(self, ask: Ask, id: str, provider: Provider, now: int) -> Grant:
        other = halves_of(label(self._key, ask.room, ask.other))[1] if ask.other else ""
        grant = plan(provider, id, ask.ttl, self._kbps, now)
        return structs.replace(grant, network=ask.network, other=other)

    def _reserve(self, ask: Ask, grant: Grant, now: int) -> tuple[Grant, Level]:
        """Steps 1 and 2: in the room and in a shard, or in neither. Raises Refused, Away, Busy."""

        def transition(room: RoomLedger) -> RoomLedger:
            if not ask.both_sides and room_ledger.is_second(room, grant, now):
                raise Refused("one-sided")
            return room_ledger.reserve(room, grant, self._ceilings, now)

        room = self._store.change_room(grant.room, now, transition)
        second = room_ledger.is_second(room, grant, now)
        try:
            return self._reserve_in_a_shard(ask, grant, second, now)
        except (Refused, Away, Busy):
            self._settlement.settle_in_room(grant, 0, now)
            raise

    def _reserve_in_a_shard(
        self, ask: Ask, grant: Grant, second: bool, now: int
    ) -> tuple[Grant, Level]:
        """In the first of the network's shards that takes it. Raises Refused, Away, Busy."""
        refusals: list[Refused] = []
        for shard, part in shards_for(grant.network, grant.id, self._network_parts):
            placed = structs.replace(grant, shard=shard)
            ceilings = self._ceilings.in_shard(part)

            def decide(
                shard: Shard, placed: Grant = placed, ceilings: Ceilings = ceilings
            ) -> tuple[Shard, Level]:
                level = ladder.level_of(shard, ceilings, now)
                ladder.check(level, second=second, invited=ask.invited)
                return ledger.reserve(shard, placed, ceilings, now), level

            try:
                return placed, self._store.decide_shard(shard, now, decide)
            except Refused as refused:
                refusals.append(refused)
            except (Away, Busy):  # it may be reserved all the same
                self._settlement.settle_in_shard(placed, 0, now)
                raise
        raise min(refusals, key=ladder.level_after)

    def _register(self, grant: Grant, provider: Provider, minted: Minted, now: int) -> bool:
        """Step 4. Whether the credential may be shown: whether the ledger can find it again."""
        if not can_be_followed(provider):
            return True  # the reservation says all there is to know
        try:
            shard = self._store.change_shard(
                grant.shard, now, lambda shard: ledger.mint(shard, grant.id, minted.revocation)
            )
            if ledger.is_minted(shard, grant.id):
                return True
            log.warning("a relay came too late to be registered, so nobody gets it")
        except (Away, Busy):
            log.warning("a relay is not registered, so nobody gets it: the TURN ledger is away")
        self._broker.revoke(grant.provider, minted.revocation, grant.id)
        return False
