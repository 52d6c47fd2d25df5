"""Minting: one credential for one peer, paid for before it exists.

Composes the wallet, the books it is kept in and the broker. Whatever fails, the caller gets an
answer; without a credential it still has STUN.
"""

import logging
from collections.abc import Callable

from msgspec import Struct, structs

from cloud.documents import Away, Busy
from turn import wallet
from turn.books import Books, shards
from turn.broker import Broker
from turn.credentials import label
from turn.ice import IceServer
from turn.providers import Minted, Provider
from turn.wallet import (
    BLIND,
    DRAIN,
    SHARDS,
    Account,
    Budget,
    Ceilings,
    Grant,
    Level,
    Over,
    RoomPurse,
)

LAG = 300_000  # ms that a provider's figures may be behind
TTL = 600  # seconds

log = logging.getLogger("heliograph")


class Ask(Struct, frozen=True):
    """Who asks for a relay, towards whom, and what speaks for it."""

    room: str
    peer: str
    network: str  # a keyed hash that changes daily
    other: str = ""  # the peer at the other end
    invited: bool = False  # came by an invite, or is the host
    both_sides: bool = True  # the room lets both ends of a pair hold a relay
    ttl: int = TTL
    region: str | None = None


class Answer(Struct, frozen=True):
    """The relay servers, or why there are none."""

    servers: tuple[IceServer, ...] = ()
    expires_at: int | None = None  # epoch ms
    level: Level = Level.NORMAL
    refusal: str | None = (
        None  # peer room network day month one-sided invited stun-only unavailable
    )
    degraded: bool = False  # no provider answers


class Minting:
    """Threads share it. `key` binds labels to rooms and peers without naming them."""

    def __init__(
        self, books: Books, broker: Broker, key: bytes, ceilings: Ceilings, kbps: int
    ) -> None:
        self._books = books
        self._broker = broker
        self._key = key
        self._ceilings = ceilings
        self._kbps = kbps  # what a relayed session is assumed to use

    def mint(self, ask: Ask, id: str, now: int) -> Answer:
        """Reserve, mint, register. `id`: 4 characters that make this grant's label its own."""
        grant = self._grant(ask, id, now)
        try:
            grant, level = self._reserve(ask, grant, now)
        except Over as over:
            return Answer(level=_level_of(over), refusal=over.scope)
        except (Away, Busy):
            log.warning("no relay: the wallet is away")
            return Answer(refusal="unavailable")
        minted = self._broker.mint(grant.id, ask.ttl, ask.region, now)
        if minted is None:
            self._settle(grant, 0, now)
            return Answer(level=level, degraded=True)
        if not self._register(self._minted(grant, minted, ask.ttl), now):
            return Answer(level=level, refusal="unavailable")
        return Answer(minted.servers, minted.expires_at, level)

    def leave(self, room: str, peer: str, now: int) -> None:
        """End what a peer holds, where the provider can revoke it.

        What cannot be revoked stays in the books until it expires: whoever has the credential
        can go on using it. Of the rest, what the time that passed may have cost is held until the
        provider's figures are in: who drains a relay and leaves is not forgiven.
        """
        try:
            for grant in self._held(label(self._key, room, peer), now):
                if self._revoke(grant):
                    self._end(grant, max(grant.used, _pro_rata(grant, now)), now)
        except (Away, Busy):
            log.warning("what a peer held is not revoked, and expires: the wallet is away")

    def poll(self, now: int) -> None:
        """Read the providers' figures, revoke what is overdrawn, settle what is over.

        Raises Away or Busy; what was not settled is the next time.
        """
        usage = self._broker.usage(now)
        for shard in range(SHARDS):
            noted = self._books.budget(shard, now, lambda b: _twice(wallet.note_usage(b, usage)))
            for grant in wallet.overdrawn(noted):
                if self._revoke(grant):
                    self._end(grant, grant.used, now)
            for grant in wallet.over(noted, now):
                # Of a provider that tells nothing, or not today, the worst is assumed.
                told = grant.provider in usage
                self._settle(grant, grant.used if told else max(grant.used, grant.amount), now)

    def level(self, now: int) -> Level:
        """What the next mint meets: a full shard passes it on to the others. Raises Away."""
        ceilings = self._ceilings.shard
        return min(wallet.level(budget, ceilings, now) for budget in self._books.budgets())

    def _grant(self, ask: Ask, id: str, now: int) -> Grant:
        base = label(self._key, ask.room, ask.peer)
        room, peer = _parts(base)
        _, other = _parts(label(self._key, ask.room, ask.other))
        reserved = [self._reservation(p, ask.ttl) for p in self._broker.providers.values()]
        risks = [_risk(p) for p in self._broker.providers.values()]
        expires_at = now + ask.ttl * 1000
        return Grant(
            id=f"{base}.{id}",
            provider="",
            amount=max(reserved, default=0),  # whoever will mint it
            risk=max(risks, default=0),
            price=0,
            opened_at=now,
            expires_at=expires_at,
            until=expires_at + LAG,
            room=room,
            peer=peer,
            network=ask.network,
            other=other if ask.other else "",
        )

    def _reserve(self, ask: Ask, grant: Grant, now: int) -> tuple[Grant, Level]:
        """In the room, the network and the budget, or in none of them. Raises Over."""

        def in_room(purse: RoomPurse) -> tuple[RoomPurse, bool]:
            second = wallet.is_second(purse, grant, now)
            if second and not ask.both_sides:
                raise Over("one-sided")
            return wallet.book_room(purse, grant, self._ceilings, now), second

        def in_network(account: Account) -> tuple[Account, None]:
            hold, ceiling = wallet.held(grant), self._ceilings.network
            today = wallet.day_of(now)
            return wallet.reserve(account, today, grant.id, hold, ceiling, "network", now), None

        second = self._books.purse(grant.room, now, in_room)
        try:
            self._books.network(grant.network, now, in_network)
            return self._in_budget(ask, grant, second, now)
        except (Over, Away, Busy):  # Away: it may have been booked all the same
            self._settle(grant, 0, now)
            raise

    def _in_budget(self, ask: Ask, grant: Grant, second: bool, now: int) -> tuple[Grant, Level]:
        """In the first shard, from the label's own on, that has room for it."""
        ceilings = self._ceilings.shard
        refusals: list[Over] = []
        for shard in shards(grant.id.partition(".")[0]):
            placed = structs.replace(grant, shard=shard)

            def book(budget: Budget, placed: Grant = placed) -> tuple[Budget, Level]:
                level = wallet.level(budget, ceilings, now)
                wallet.check_level(level, second=second, invited=ask.invited)
                return wallet.book(budget, placed, ceilings, now), level

            try:
                return placed, self._books.budget(shard, now, book)
            except Over as over:
                refusals.append(over)
            except (Away, Busy):
                self._settle(placed, 0, now)
                raise
        raise min(refusals, key=_level_of)

    def _minted(self, grant: Grant, minted: Minted, ttl: int) -> Grant:
        """The grant at the price of who minted it, for as long as that credential lives."""
        provider = self._broker.providers[minted.provider]
        life = -(-(minted.expires_at - grant.opened_at) // 1000)
        return structs.replace(
            grant,
            provider=minted.provider,
            handle=minted.revocation,
            price=_price(provider),
            risk=_risk(provider),
            amount=self._reservation(provider, max(ttl, life)),
            expires_at=minted.expires_at,
            until=minted.expires_at + LAG,
        )

    def _reservation(self, provider: Provider, ttl: int) -> int:
        return wallet.reservation(ttl, self._kbps * _times(provider), _price(provider))

    def _register(self, grant: Grant, now: int) -> bool:
        """Whether it can be found again. What cannot is shown to nobody."""
        try:
            self._books.budget(grant.shard, now, lambda b: (wallet.register(b, grant), None))
            return True
        except (Away, Busy):
            log.warning("a relay is not registered, so nobody gets it: the wallet is away")
            self._revoke(grant)
            return False

    def _held(self, base: str, now: int) -> list[Grant]:
        """The grants of a label that can be revoked, in whichever shards. Raises Away."""
        room, peer = _parts(base)
        holds = self._books.read_purse(room).peers.get(peer, Account()).holds
        if not any(hold.until > now for hold in holds.values()):
            return []  # most never had a relay
        budgets = self._books.budgets()
        return [budget.grants[id] for budget in budgets for id in holds if id in budget.grants]

    def _revoke(self, grant: Grant) -> bool:
        return bool(grant.handle) and self._broker.revoke(grant.provider, grant.handle, grant.id)

    def _end(self, grant: Grant, amount: int, now: int) -> None:
        """Nobody can use it any more; it is settled when the figures can be final."""
        over = wallet.ended(grant, amount, LAG, now)
        self._change_all(
            grant,
            now,
            lambda account: wallet.revise(account, grant.id, wallet.held(over)),
            lambda purse: wallet.revise_room(purse, over),
            lambda budget: wallet.register(budget, over),
        )

    def _settle(self, grant: Grant, actual: int, now: int) -> None:
        self._change_all(
            grant,
            now,
            lambda account: wallet.settle(account, grant.id, actual),
            lambda purse: wallet.unbook_room(purse, grant, actual),
            lambda budget: wallet.unbook(budget, grant.id, actual),
        )

    def _change_all(
        self,
        grant: Grant,
        now: int,
        account: Callable[[Account], Account],
        purse: Callable[[RoomPurse], RoomPurse],
        budget: Callable[[Budget], Budget],
    ) -> None:
        """In every book that can be reached. The budget last: it keeps the grant for a retry."""
        books = self._books
        _unless_away(lambda: books.network(grant.network, now, lambda a: (account(a), None)))
        _unless_away(lambda: books.purse(grant.room, now, lambda p: (purse(p), None)))
        _unless_away(lambda: books.budget(grant.shard, now, lambda b: (budget(b), None)))


def _unless_away(change: Callable[[], None]) -> None:
    try:
        change()
    except (Away, Busy):
        log.warning("a book of the wallet is away: its hold lapses as spent")


def _parts(base: str) -> tuple[str, str]:
    """The room's and the peer's half of a label; hyphens occur in either."""
    half = len(base) // 2
    return base[:half], base[half + 1 :]


def _price(provider: Provider) -> int:
    """Micro-dollars for a GB on the bill."""
    return wallet.price_of(provider.capabilities.price_per_gb)


def _risk(provider: Provider) -> int:
    """What a thief takes from the first figures that show it to the revocation.

    0 where there are no figures or no revocation: only the reservation bounds that.
    """
    able = provider.capabilities
    if not able.revoke or able.usage == "none":
        return 0
    return wallet.cost(DRAIN * 125 * BLIND // 1000 * _times(provider), _price(provider))


def _times(provider: Provider) -> int:
    """How often a vendor bills what passes the relay: some coming and going."""
    return 2 if provider.capabilities.billed == "both" else 1


def _pro_rata(grant: Grant, now: int) -> int:
    """What the time that has passed costs at the assumed rate, rounded up."""
    whole = grant.expires_at - grant.opened_at
    passed = min(whole, max(0, now - grant.opened_at))
    return -(-grant.amount * passed // whole) if whole > 0 else grant.amount


def _level_of(over: Over) -> Level:
    """Where on the ladder the refusal puts the caller."""
    steps = {"one-sided": Level.ONE_SIDED, "invited": Level.INVITED}
    return steps.get(over.scope, Level.STUN_ONLY if over.scope in _EVERYONE else Level.NORMAL)


_EVERYONE = ("day", "month", "stun-only")


def _twice[T](value: T) -> tuple[T, T]:
    return value, value
