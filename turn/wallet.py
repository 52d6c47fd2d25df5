"""The wallet: money is reserved before a credential is minted, and settled by what was used.

Pure. Money is whole micro-dollars, time epoch milliseconds. An account belongs to a peer, a room,
a network, or to everyone (day, month); it holds what live credentials may still cost. A hold that
nobody settled in time counts as spent in full: what is not known is assumed at its worst.

A reservation assumes a rate, and a thief does not keep to it. Until figures show it and the
credential is revoked, every live one can cost `risk`: so the ladder counts what is at risk too,
and what a day can lose is bounded by its ceiling and the one of exposure.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum

from msgspec import Struct, structs

DAY = 86_400_000  # ms
GB = 1_000_000_000  # bytes, as vendors bill
MARGIN = 90_000  # ms: more than the time between two polls
BLIND = 90_000  # ms until what was used is acted on: figures 30 s behind, and a poll a minute
DRAIN = 1_000_000  # kbit/s that one credential can lose: 20 allocations x 50 Mbit/s
LIVE = 6  # credentials of one peer at a time, the ones being settled included
GRANTS = 1_000  # of one shard at a time: its document has to stay small
SHARDS = 8  # of the budget: many mints a second must not queue for one document
# Of the day, the month, the exposure or GRANTS: one-sided, invited only, STUN only.
THRESHOLDS = (0.70, 0.85, 1.00)


class Over(Exception):
    """No. `scope`: the ceiling that would be passed (peer, room, network, day, month), or the
    step of the ladder that forbids it (one-sided, invited, stun-only)."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class Level(IntEnum):
    """The ladder of degradation; each step includes those before it."""

    NORMAL = 0
    ONE_SIDED = 1
    INVITED = 2
    STUN_ONLY = 3

    @property
    def word(self) -> str:
        """As `/api/health` and the answers show it."""
        return ("normal", "one-sided", "invited", "stun-only")[self]


class Ceilings(Struct, frozen=True):
    """The most that may be spent, in micro-dollars: peer, room and network by the day.

    `exposure`: what live credentials could lose before anybody knows; the last one that is let in
    (of each shard) may go beyond it. The defaults let the dearest vendor mint for one peer.
    """

    peer: int = 350_000
    room: int = 1_000_000
    network: int = 1_000_000
    day: int = 5_000_000
    month: int = 60_000_000
    exposure: int = 10_000_000

    @property
    def shard(self) -> "Ceilings":
        """One shard's part of what is everyone's. Rounded down: the parts do not exceed it."""
        day, month, exposure = self.day // SHARDS, self.month // SHARDS, self.exposure // SHARDS
        return structs.replace(self, day=day, month=month, exposure=exposure)


class Hold(Struct, frozen=True):
    amount: int
    until: int  # settled by then, or taken as spent


class Account(Struct, frozen=True, omit_defaults=True):
    period: str = ""  # 2026-11-21 or 2026-11
    spent: int = 0
    holds: dict[str, Hold] = {}

    @property
    def used(self) -> int:
        return self.spent + sum(hold.amount for hold in self.holds.values())


class Grant(Struct, frozen=True, omit_defaults=True):
    """One live credential: enough to attribute its usage, to revoke it and to settle it."""

    id: str  # the label that the provider knows it by
    provider: str
    amount: int  # reserved
    price: int  # micro-dollars per GB
    opened_at: int
    expires_at: int
    until: int  # settled by then: expiry and the lag of the provider's figures
    room: str  # keys of the documents it is booked in
    peer: str
    network: str
    other: str = ""  # the peer at the other end, as the books know it; "" when not said
    risk: int = 0  # what a thief takes before it is revoked; 0 where nobody would know
    shard: int = 0  # of the budget
    handle: str = ""  # what the provider revokes by; "" until minted, and once revoked
    used: int = 0  # by the latest figures


class Budget(Struct, frozen=True, omit_defaults=True):
    """One shard of what everyone spends, and the register of the grants booked in it."""

    day: Account = Account()
    month: Account = Account()
    grants: dict[str, Grant] = {}


class Side(Struct, frozen=True):
    """A relay that one end of a pair holds."""

    peer: str
    other: str
    until: int


class RoomPurse(Struct, frozen=True, omit_defaults=True):
    """What a room spends, its peers, and by grant which of them hold a relay towards whom."""

    room: Account = Account()
    peers: dict[str, Account] = {}
    sides: dict[str, Side] = {}


def price_of(dollars_per_gb: float) -> int:
    """Micro-dollars per GB, rounded up."""
    return math.ceil(dollars_per_gb * 1_000_000)


def cost(size: int, price: int) -> int:
    """Of `size` bytes, rounded up."""
    return -(-size * price // GB)


def reservation(ttl: int, kbps: int, price: int) -> int:
    """What a credential of `ttl` seconds costs at `kbps`: ttl × assumed rate × price."""
    return cost(ttl * kbps * 125, price)


def day_of(now: int) -> str:
    """The UTC day, as YYYY-MM-DD."""
    return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d")


def reserve(
    account: Account, period: str, id: str, hold: Hold, ceiling: int, scope: str, now: int
) -> Account:
    """Raises Over(scope)."""
    account = current(account, period, now)
    if account.used + hold.amount > ceiling:
        raise Over(scope)
    return structs.replace(account, holds={**account.holds, id: hold})


def settle(account: Account, id: str, actual: int) -> Account:
    """The hold becomes what was spent. One that had lapsed was spent in full already."""
    if id not in account.holds:
        return account
    holds = {key: hold for key, hold in account.holds.items() if key != id}
    spent = account.spent + actual
    return Account(account.period if spent or holds else "", spent, holds)


def revise(account: Account, id: str, hold: Hold) -> Account:
    """Another hold in the place of this grant's, if it has not lapsed or been settled."""
    if id not in account.holds:
        return account
    return structs.replace(account, holds={**account.holds, id: hold})


def current(account: Account, period: str, now: int) -> Account:
    """The account in this period. Live holds go along: they may be spent in either.

    A clock that is behind others finds their period and does not open the last one again.
    """
    period = max(period, account.period)
    gone = [hold for hold in account.holds.values() if hold.until <= now]
    lapsed = sum(hold.amount for hold in gone if day_of(hold.until).startswith(period))
    holds = {id: hold for id, hold in account.holds.items() if hold.until > now}
    spent = account.spent if account.period == period else 0
    return Account(period, spent + lapsed, holds)


def held(grant: Grant) -> Hold:
    """What it may cost: as reserved, or more if more is known."""
    return Hold(max(grant.amount, grant.used), grant.until)


def level(budget: Budget, ceilings: Ceilings, now: int) -> Level:
    """Where on the ladder this shard is. `ceilings` are the shard's."""
    today = day_of(now)
    day, month = current(budget.day, today, now), current(budget.month, today[:7], now)
    fraction = max(
        _part(day.used, ceilings.day),
        _part(month.used, ceilings.month),
        _part(exposure(budget, now), ceilings.exposure),
        len(budget.grants) / GRANTS,
    )
    return Level(sum(fraction >= threshold for threshold in THRESHOLDS))


def exposure(budget: Budget, now: int) -> int:
    """What could have been stolen by now, or just now be, and stand in no figures yet."""
    live = (grant for grant in budget.grants.values() if now < grant.expires_at + BLIND)
    return sum(grant.risk for grant in live)


def check_level(level: Level, *, second: bool, invited: bool) -> None:
    """Raises Over (one-sided, invited, stun-only) for what this step does not allow."""
    if level >= Level.STUN_ONLY:
        raise Over("stun-only")
    if level >= Level.INVITED and not invited:
        raise Over("invited")
    if level >= Level.ONE_SIDED and second:
        raise Over("one-sided")


def _part(used: int, ceiling: int) -> float:
    return used / ceiling if ceiling > 0 else 1.0


def book(budget: Budget, grant: Grant, ceilings: Ceilings, now: int) -> Budget:
    """Reserve in day and month. Raises Over."""
    today, hold = day_of(now), held(grant)
    day = reserve(budget.day, today, grant.id, hold, ceilings.day, "day", now)
    month = reserve(budget.month, today[:7], grant.id, hold, ceilings.month, "month", now)
    return Budget(day, month, {**budget.grants, grant.id: grant})


def register(budget: Budget, grant: Grant) -> Budget:
    """What became of a grant that is booked: it was minted, and can be revoked; or it ended."""
    if grant.id not in budget.grants:
        return budget
    hold = held(grant)
    day, month = revise(budget.day, grant.id, hold), revise(budget.month, grant.id, hold)
    return Budget(day, month, {**budget.grants, grant.id: grant})


def ended(grant: Grant, amount: int, lag: int, now: int) -> Grant:
    """Revoked: nobody can use it any more, but what was used is known only after `lag`."""
    expires_at, until = min(grant.expires_at, now), min(grant.until, now + lag)
    return structs.replace(grant, amount=amount, handle="", expires_at=expires_at, until=until)


def unbook(budget: Budget, id: str, actual: int) -> Budget:
    """The grant is over and cost `actual`."""
    grants = {key: grant for key, grant in budget.grants.items() if key != id}
    return Budget(settle(budget.day, id, actual), settle(budget.month, id, actual), grants)


def book_room(purse: RoomPurse, grant: Grant, ceilings: Ceilings, now: int) -> RoomPurse:
    """Reserve for the room and the peer. Raises Over."""
    today, hold = day_of(now), held(grant)
    mine = purse.peers.get(grant.peer, Account())
    peer = reserve(mine, today, grant.id, hold, ceilings.peer, "peer", now)
    if len(peer.holds) > LIVE:
        raise Over("peer")
    room = reserve(purse.room, today, grant.id, hold, ceilings.room, "room", now)
    others = {key: current(held, today, now) for key, held in purse.peers.items()}
    sides = {id: side for id, side in purse.sides.items() if side.until > now}
    sides[grant.id] = Side(grant.peer, grant.other, grant.expires_at)
    return RoomPurse(room, _alive({**others, grant.peer: peer}), sides)


def is_second(purse: RoomPurse, grant: Grant, now: int) -> bool:
    """Whether the other side of this pair holds a relay already.

    Who does not say for whom a relay is may mean anybody: so it is for any pair it fits.
    """
    return any(
        side.until > now
        and side.peer != grant.peer
        and grant.other in ("", side.peer)
        and side.other in ("", grant.peer)
        for side in purse.sides.values()
    )


def unbook_room(purse: RoomPurse, grant: Grant, actual: int) -> RoomPurse:
    """The grant is over and cost `actual`."""
    mine = settle(purse.peers.get(grant.peer, Account()), grant.id, actual)
    sides = {id: side for id, side in purse.sides.items() if id != grant.id}
    peers = _alive({**purse.peers, grant.peer: mine})
    return RoomPurse(settle(purse.room, grant.id, actual), peers, sides)


def revise_room(purse: RoomPurse, grant: Grant) -> RoomPurse:
    """The grant has ended: what is held for it changes, and its side is free."""
    hold = held(grant)
    mine = revise(purse.peers.get(grant.peer, Account()), grant.id, hold)
    sides = {id: side for id, side in purse.sides.items() if id != grant.id}
    peers = _alive({**purse.peers, grant.peer: mine})
    return RoomPurse(revise(purse.room, grant.id, hold), peers, sides)


def _alive(peers: Mapping[str, Account]) -> dict[str, Account]:
    """Those who spent or hold anything: a room sees many come and go in a day."""
    return {key: account for key, account in peers.items() if account.spent or account.holds}


def note_usage(budget: Budget, usage: Mapping[str, Mapping[str, int]]) -> Budget:
    """`usage`: billed bytes by provider and grant. They only grow, and holds with them."""
    for grant in budget.grants.values():
        size = usage.get(grant.provider, {}).get(grant.id, 0)
        used = max(grant.used, cost(size, grant.price))
        if used > grant.used:
            budget = register(budget, structs.replace(grant, used=used))
    return budget


def overdrawn(budget: Budget) -> list[Grant]:
    """Grants that have used more than was reserved for them, and can be revoked."""
    grants = budget.grants.values()
    return [grant for grant in grants if grant.handle and grant.used > grant.amount]


def over(budget: Budget, now: int) -> list[Grant]:
    """Grants whose figures are as final as they get; a moment before their holds lapse."""
    return [grant for grant in budget.grants.values() if grant.until <= now + MARGIN]
