"""The ledger: who has spent what on relays, and what live credentials may still cost. Pure.

A grant is one credential and the money held for it. It is written into two documents: the ledger
of its room (balances of the room and of each peer) and one shard of everybody's ledger (balances
of its network, the day and the month, and the grant itself). Money is whole micro-dollars, time
is epoch milliseconds, a day is a UTC day. A balance is what was spent in the period, plus all
holds. The hold of a grant is the larger of `amount` (reserved) and `used` (by the latest figures).

The life of a grant, by state and event. LIFE is this table; "-" means: nothing changes.

 state     reserve   mint    use     end    settle   lapse
 (none)    RESERVED  -       -       -      -        -
 reserved  refused   MINTED  -       -      gone     gone
 minted    refused   -       MINTED  ENDED  gone     gone
 ended     refused   -       ENDED   -      gone     gone

What an event does to the money, in both documents, or in the one that is named:

 reserve   + hold. Refused where a balance would pass its ceiling
 mint      nothing (shard: keeps what the provider revokes by)
 use       shard: the hold grows to what was used. The room learns it at end or settle
 end       hold := max(estimate, used). The credential is revoked; its figures come later.
           Room: the peer no longer counts as one side of a pair
 settle    - hold, + what was used. Network, room and peer are charged a part of the hold at
           least: who holds a relay keeps it from others (turn/fairness.py). Day and month are not
 lapse     - hold, + hold: nobody settled it in time, so all of it counts as spent

A provider that neither revokes nor tells usage adds nothing by minting: its grants stay
`reserved`, and one write serves for both. If a step fails half way:

 step                     fails by       then
 1 reserve in the room    refusal        nothing was held
                          store away     what may be held lapses
 2 reserve in a shard     refusal        next shard; after the last: room settled for 0
                          store away     shard and room settled for 0, or they lapse
 3 mint at the provider   no answer      shard and room settled for 0; next provider: step 1
 4 mint in the shard      store away     credential revoked, shown to nobody; hold lapses
 5 end, settle: room      store away     the room's hold lapses
           then shard     store away     the next poll or leave does it again
 a crash after any step                  the hold lapses: money is held too long, never lost
"""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Literal

from msgspec import structs

from turn.balances import Grant, Shard, State, iso_day
from turn.ceilings import Ceilings
from turn.money import UNSEEN_MS, cost

USAGE_LAG_MS = 300_000  # that a provider's figures may be behind
POLL_MARGIN_MS = 90_000  # more than the time between two polls: settle before the hold lapses
MAX_PEER_GRANTS = 6  # of one peer at a time, with those that wait for their figures
MAX_GRANTS = 1_000  # in one shard at a time: a document of Table storage takes 1 MiB
MAX_NETWORKS = 10_000  # that were charged today, in one shard: for the same reason
MAX_USERS = 2_000  # of them, in every shard
MAX_FIRSTS = 4_000  # a day, in one shard


type Reason = Literal[
    "peer", "room", "network", "day", "month", "one-sided", "invited", "stun-only"
]


class Refused(Exception):
    """No credential. `reason` is the ceiling that would be passed (peer, room, network, day,
    month) or the step of the ladder that forbids it (one-sided, invited, stun-only)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Event(Enum):
    """What happens to a grant."""

    RESERVE = "reserve"
    MINT = "mint"
    USE = "use"
    END = "end"
    SETTLE = "settle"
    LAPSE = "lapse"


# The table above: the next state. None is "in no document".
LIFE: Mapping[tuple[State | None, Event], State | None] = {
    (None, Event.RESERVE): State.RESERVED,
    (State.RESERVED, Event.MINT): State.MINTED,
    (State.MINTED, Event.USE): State.MINTED,
    (State.ENDED, Event.USE): State.ENDED,
    (State.MINTED, Event.END): State.ENDED,
    **{(state, Event.SETTLE): None for state in State},
    **{(state, Event.LAPSE): None for state in State},
}


def check_ceiling(balance: int, ceiling: int, reason: Reason) -> None:
    """Raises Refused(reason) where `balance` is more than `ceiling`."""
    if balance > ceiling:
        raise Refused(reason)


# A shard of everybody's ledger. The rooms' part of each event is in turn/room_ledger.py.


def reserve(shard: Shard, grant: Grant, ceilings: Ceilings, now: int) -> Shard:
    """Hold money for the network, the day and the month. `ceilings` are this shard's part.

    Raises Refused (network, day, month, or peer for a grant that exists already).
    """
    shard = lapse(shard, now)
    if not _allowed(shard.grants.get(grant.id), Event.RESERVE):
        raise Refused("peer")
    is_new = grant.network not in shard.networks
    if is_new and len(shard.networks) >= MAX_NETWORKS:
        raise Refused("network")
    check_ceiling(shard.network_balance(grant.network) + grant.hold, ceilings.network, "network")
    check_ceiling(shard.day_balance + grant.hold, ceilings.day, "day")
    check_ceiling(shard.month_balance + grant.hold, ceilings.month, "month")
    return _with(shard, grant)


def mint(shard: Shard, id: str, handle: str) -> Shard:
    """The credential exists. `handle`: what the provider revokes it by.

    A grant that is not reserved any more is left as it is: see `is_minted`.
    """
    grant = shard.grants.get(id)
    if grant is None or not _allowed(grant, Event.MINT):
        return shard
    return _with(shard, _moved(grant, Event.MINT, handle=handle))


def is_minted(shard: Shard, id: str) -> bool:
    """Whether the credential is in the ledger and can be found again."""
    grant = shard.grants.get(id)
    return grant is not None and grant.state is State.MINTED


def use(shard: Shard, usage: Mapping[str, Mapping[str, int]], now: int) -> Shard:
    """Read figures: billed bytes by provider and grant. `used` only grows, and the hold with it."""
    shard = open_day(shard, now)
    grants = {id: _used(grant, usage) for id, grant in shard.grants.items()}
    return _tidy(structs.replace(shard, grants=grants))


def end(shard: Shard, id: str, estimate: int, now: int, *, unseen_ms: int = UNSEEN_MS) -> Shard:
    """The credential is revoked. `estimate`: what it may have cost that no figures show yet.

    `unseen_ms`: the time before `now` of which no figures tell.
    """
    grant = shard.grants.get(id)
    if grant is None or not _allowed(grant, Event.END):
        return shard
    after = ended(grant, estimate, now)
    return _with(shard, structs.replace(after, risk=after.risk * unseen_ms // UNSEEN_MS))


def ended(grant: Grant, estimate: int, now: int) -> Grant:
    """The grant after `end`: it waits for the provider's figures, but no longer than before."""
    expires_at, until = min(grant.expires_at, now), min(grant.until, now + USAGE_LAG_MS)
    return _moved(grant, Event.END, amount=estimate, expires_at=expires_at, until=until, handle="")


def settle(shard: Shard, id: str, actual: int, now: int, *, charged: int = 0) -> Shard:
    """The grant is over and cost `actual`; its network is charged that, or `charged` if more.

    Settling it again changes nothing.
    """
    shard = open_day(shard, now)
    grant = shard.grants.get(id)
    if grant is None or not _allowed(grant, Event.SETTLE):
        return _tidy(shard)
    idle = max(0, charged - actual)
    shard = _spend(_without(shard, [grant]), grant.network, actual, shard.day, idle=idle)
    return _tidy(shard)


def know_users(shard: Shard, networks: Collection[str], now: int) -> Shard:
    """These are the networks of which figures showed today that they use a relay."""
    users = tuple(sorted(networks)[:MAX_USERS])
    return _tidy(structs.replace(open_day(shard, now), users=users))


def take_first(shard: Shard, network: str, now: int) -> Shard:
    """Take the one first relay that a network has a day. Raises Refused (network) if it is gone."""
    shard = open_day(shard, now)
    if network in shard.firsts or len(shard.firsts) >= MAX_FIRSTS:
        raise Refused("network")
    return structs.replace(shard, firsts=(*shard.firsts, network))


def return_first(shard: Shard, network: str, now: int) -> Shard:
    """It came to nothing. To return it again, or on the next day, changes nothing."""
    shard = open_day(shard, now)
    firsts = tuple(one for one in shard.firsts if one != network)
    return _tidy(structs.replace(shard, firsts=firsts))


def lapse(shard: Shard, now: int) -> Shard:
    """Holds that nobody settled in time are spent, in the day and month in which they ran out."""
    shard = open_day(shard, now)
    late = [g for g in shard.grants.values() if g.until <= now and _allowed(g, Event.LAPSE)]
    shard = _without(shard, late)
    for grant in late:
        shard = _spend(shard, grant.network, grant.hold, iso_day(grant.until))
    return shard


def open_day(shard: Shard, now: int) -> Shard:
    """The shard in its new day or month. Holds go along: they may be spent in either.

    A clock that is behind does not open a day again.
    """
    day = max(shard.day, iso_day(now))
    if day == shard.day:
        return shard
    month = shard.month if day[:7] == shard.day[:7] else 0
    return Shard(day, {}, month, shard.grants)


def overdrawn(shard: Shard) -> list[Grant]:
    """Grants that used more than was reserved for them and can be revoked."""
    grants = shard.grants.values()
    return [grant for grant in grants if grant.handle and grant.used > grant.amount]


def due(shard: Shard, now: int) -> list[Grant]:
    """Grants whose figures are as final as they get, shortly before their holds lapse."""
    return [grant for grant in shard.grants.values() if grant.until <= now + POLL_MARGIN_MS]


def _allowed(grant: Grant | None, event: Event) -> bool:
    return (None if grant is None else grant.state, event) in LIFE


def _moved(grant: Grant, event: Event, **changes: object) -> Grant:
    return structs.replace(grant, state=LIFE[grant.state, event], **changes)


def _used(grant: Grant, usage: Mapping[str, Mapping[str, int]]) -> Grant:
    used = cost(usage.get(grant.provider, {}).get(grant.id, 0), grant.price)
    if used <= grant.used or not _allowed(grant, Event.USE):
        return grant
    return _moved(grant, Event.USE, used=used)


def _with(shard: Shard, grant: Grant) -> Shard:
    return structs.replace(shard, grants={**shard.grants, grant.id: grant})


def _without(shard: Shard, gone: Collection[Grant]) -> Shard:
    ids = {grant.id for grant in gone}
    grants = {id: grant for id, grant in shard.grants.items() if id not in ids}
    return structs.replace(shard, grants=grants) if ids else shard


def _spend(shard: Shard, network: str, amount: int, day: str, *, idle: int = 0) -> Shard:
    """Count `amount` in the day and month of `day`, where they are still open.

    `idle` is charged to the network on top, and to nobody else.
    """
    month = shard.month + (amount if day[:7] == shard.day[:7] else 0)
    if day != shard.day or not amount + idle:
        return structs.replace(shard, month=month)
    networks = {**shard.networks, network: shard.networks.get(network, 0) + amount + idle}
    return structs.replace(shard, networks=networks, month=month, idle=shard.idle + idle)


def _tidy(shard: Shard) -> Shard:
    """An empty shard says nothing of its day: then it is no document."""
    empty = Shard(shard.day)
    return Shard() if shard == empty else shard
