"""Minting: one credential for one peer, paid for before it exists.

Carries out the steps that turn/ledger.py has in its table. Whatever fails, the caller gets an
answer; without a credential it still has STUN. Storage trips of a mint (an update is two):

 coturn, twilio          room 2 + shard 2             = 4
 cloudflare, metered     room 2 + shard 2 + shard 2   = 6
 each full shard passed over  + 1
 a third is taken, and its network is not known to use relays (turn/fairness.py)  + 2 to 5
 each provider that fails     + 8  (held, released)
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Literal

from msgspec import Struct, structs

from cloud.documents import Away, Busy
from turn import fairness, ladder, ledger, room_ledger
from turn.balances import Grant, RoomLedger, Shard
from turn.broker import Broker
from turn.ceilings import Ceilings, home_of, network_parts, shards_for
from turn.credentials import halves_of, label
from turn.fairness import Unproven
from turn.ice import IceServer
from turn.ladder import Level
from turn.ledger import Reason, Refused
from turn.plan import TTL_SECONDS, can_be_followed, dearest, plan
from turn.providers import Minted, Provider
from turn.settlement import Settlement
from turn.store import LedgerStore

# Shards that are asked for one of the places that are open to all, before the first relay of a
# network is taken: more would spread relays more evenly, and take longer.
UNPROVEN_TRIES = 3

log = logging.getLogger("heliograph")


class Ask(Struct, frozen=True):
    """Who asks for a relay, towards whom, and what speaks for it."""

    room: str
    peer: str
    # What one customer is given (an IPv4 address, a /56), as a keyed hash that changes daily.
    # "": not known; then the room stands for it.
    network: str
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
    refusal: Reason | Literal["unavailable"] | None = None
    degraded: bool = False  # no provider answers


class Minting:
    """Hands out credentials, ends them and keeps the ledger. Threads share it.

    `key` binds labels to rooms and peers without naming them. `ceilings` are this stamp's share.
    `kbps`: what a relayed session is assumed to use, one way. `network_share`: of what belongs to
    everybody, in percent (turn/fairness.py).
    """

    def __init__(
        self,
        store: LedgerStore,
        broker: Broker,
        key: bytes,
        ceilings: Ceilings,
        kbps: int,
        network_share: int = fairness.NETWORK_SHARE,
    ) -> None:
        self._store = store
        self._broker = broker
        self._key = key
        self._ceilings = ceilings
        self._kbps = kbps
        self._network_share = network_share
        self._settlement = Settlement(store, broker, ceilings)
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
                self._settlement.cancel(grant, now)
            elif self._register(grant, attempt.provider, minted, now):
                return Answer(minted.servers, minted.expires_at, level)
            else:
                return Answer(level=level, refusal="unavailable")
        return Answer(level=level, degraded=True)

    def _plan(self, ask: Ask, id: str, provider: Provider, now: int) -> Grant:
        other = halves_of(label(self._key, ask.room, ask.other))[1] if ask.other else ""
        grant = plan(provider, id, ask.ttl, self._kbps, now)
        return structs.replace(grant, network=ask.network or grant.room, other=other)

    def _reserve(self, ask: Ask, grant: Grant, now: int) -> tuple[Grant, Level]:
        """Steps 1 and 2: in the room and in a shard, or in neither. Raises Refused, Away, Busy."""

        def transition(room: RoomLedger) -> RoomLedger:
            if not ask.both_sides and room_ledger.is_second(room, grant, now):
                raise Refused("one-sided")
            fairness.check_room(room, grant, self._ceilings, self._network_share, now)
            return room_ledger.reserve(room, grant, self._ceilings, now)

        room = self._store.change_room(grant.room, now, transition)
        try:
            return self._reserve_in_a_shard(ask, grant, room, now)
        except (Refused, Away, Busy):
            self._settlement.cancel_in_room(grant, now)
            raise

    def _reserve_in_a_shard(
        self, ask: Ask, grant: Grant, room: RoomLedger, now: int
    ) -> tuple[Grant, Level]:
        """In the first of the network's shards that takes it. Raises Refused, Away, Busy."""
        order = shards_for(grant.network, grant.id, self._network_parts)
        decide = self._decision(ask, room, now)
        left, refusals, asked_for_first = order, list[Refused](), False
        while left:
            (number, part), left = left[0], left[1:]
            grant = structs.replace(grant, shard=number)
            try:
                return self._place(grant, partial(decide, part), now)
            except Refused as refused:
                refusals.append(refused)
            unproven = sum(isinstance(refused, Unproven) for refused in refusals)
            if asked_for_first or not unproven or left and unproven < UNPROVEN_TRIES:
                continue
            grant, asked_for_first = self._take_first(grant, now), True
            if grant.first:
                left, refusals = order, []
        if grant.first:
            self._settlement.return_first(grant.network, now)
        raise min(refusals, key=ladder.level_after)

    def _place(
        self, grant: Grant, decide: Callable[[Grant, Shard], tuple[Shard, Level]], now: int
    ) -> tuple[Grant, Level]:
        """In its shard. Raises Refused, Away, Busy."""
        try:
            return grant, self._store.decide_shard(grant.shard, now, partial(decide, grant))
        except (Away, Busy):  # it may be reserved all the same
            self._settlement.cancel_in_shard(grant, now)
            raise

    def _take_first(self, grant: Grant, now: int) -> Grant:
        """The grant as the first relay of its network today, if it has one. Raises Away, Busy."""
        take = partial(ledger.take_first, network=grant.network, now=now)
        try:
            self._store.change_shard(home_of(grant.network), now, take)
        except Refused:
            return grant
        return structs.replace(grant, first=True)

    def _decision(
        self, ask: Ask, room: RoomLedger, now: int
    ) -> Callable[[int, Grant, Shard], tuple[Shard, Level]]:
        """What a shard does with a grant, given the network's part of it. It raises Refused."""

        def decide(part: int, grant: Grant, shard: Shard) -> tuple[Shard, Level]:
            ceilings, shard = self._ceilings.in_shard(part), ledger.lapse(shard, now)
            level = ladder.level_of(shard, ceilings, now)
            second = room_ledger.is_second(room, grant, now)
            ladder.check(level, second=second, invited=ask.invited)
            reserved = ledger.reserve(shard, grant, ceilings, now)
            renews = room_ledger.renews(room, grant, now)
            fairness.check(shard, grant, ceilings, self._network_share, renews=renews, now=now)
            return reserved, level

        return decide

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
