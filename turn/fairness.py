"""Fairness: what one network or one room may take of what belongs to everybody. Pure.

Two things run out: exposure, and the money of the day. Of each, a stamp has as many places as
credentials fit into its shards; the last one in a shard may pass its part of the exposure. Who
gets a place in a shard depends on the claim:

 claim      who                                                       while less is taken than
 renewal    a peer whose relay for this pair will expire soon         100 %, whatever is its share
 first      the first relay of a network on a day, if it needs this   100 %
 known      a network that uses its relays: figures showed it today   75 %: the rest is the reserve
 unproven   any other network                                         a third

A network can take its first relay in any shard, and only once: its home shard says whether it
did. `unproven` counts for exposure only. Of the money of the day, which nobody uses up without
using relays, a network is `first` in a shard that has charged it nothing today, and else `known`.

Shares. A network may hold `share` percent of the places that others leave: with 50 % a half when
nobody else is there, a third beside one that does the same, a quarter beside two. These are the
dynamic thresholds of a switch's buffer (Choudhury and Hahne, 1998): nobody holds more than is left
free. A room may hold as much. What is not a whole number of places in each shard is divided over
the shards, those first that come first in the network's order. With the defaults at Cloudflare a
network gets 12 of 24 places, at Metered 3 of 8 (of its four shards one is in the reserve).

Idle relays. They are charged to network, room and peer: IDLE_PART of what the time would have cost
at the assumed rate. It is no money, so day and month do not count it. While 75 % of a stamp's
exposure is taken, relays that have carried nothing for IDLE_MS are revoked.

Why these figures. 75 %: a quarter of the places is there for those who come first. A third: so
much can be held idle by networks without end. IDLE_MS: four times the lag of the figures, so who
uses a relay is in them. A quarter of the price: a network can hold relays for 85 hours a day
(ceiling $1.20, Cloudflare), and an office of 200 people needs 27 (lab/theft_idle.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from typing import Literal, NamedTuple

from turn.balances import Grant, RoomLedger, Shard, State
from turn.ceilings import SHARDS, Ceilings, home_of
from turn.ledger import USAGE_LAG_MS, Reason, Refused
from turn.money import FIGURES_BEHIND_MS

NETWORK_SHARE = 50  # percent
IDLE_PART = 4  # an idle relay is charged one part of so many
IDLE_MS = 4 * FIGURES_BEHIND_MS


class Unproven(Refused):
    """Refused (network), unless it is the network's first relay of the day."""

    def __init__(self) -> None:
        super().__init__("network")


class Claim(Enum):
    """What speaks for a network. The value: as long as less is taken of all places, it gets one."""

    FIRST = Fraction(1)
    KNOWN = Fraction(3, 4)
    UNPROVEN = Fraction(1, 3)


class _Whole(NamedTuple):
    """One of the things that run out, in one shard, in micro-dollars."""

    places: int
    asked: int
    taken: int
    by_network: int
    by_room: int


def check(
    shard: Shard, grant: Grant, ceilings: Ceilings, share: int, *, renews: bool, now: int
) -> None:
    """Raises Refused (network, room; Unproven) for what fairness leaves to others.

    `shard` is lapsed, and `ceilings` are its part.
    """
    if renews:
        return  # the ladder has seen to it that a place is left
    for claim, whole in _wholes(shard, grant, ceilings, now):
        if claim is Claim.UNPROVEN or share < 100:
            _check_places(whole, claim, grant.shard)
        if claim is not Claim.FIRST:
            _check_share(whole, whole.by_network, share, _order(grant.network, grant.shard))
        if whole.by_room:  # else `check_room` is enough
            _check_share(whole, whole.by_room, share, _order(grant.room, grant.shard), "room")


def check_room(room: RoomLedger, grant: Grant, ceilings: Ceilings, share: int, now: int) -> None:
    """Raises Refused (room) where a room would hold more than `share` percent of all places.

    `ceilings` are those of the stamp.
    """
    if grant.risk:
        most = max(1, relays_at_once(ceilings, grant.risk) * share // 100)
        if room.exposure(now) + grant.risk > most * grant.risk:
            raise Refused("room")


def relays_at_once(ceilings: Ceilings, risk: int) -> int:
    """How many credentials of this risk (more than 0) the exposure of a stamp holds."""
    return SHARDS * _places(ceilings.exposure // SHARDS, risk)


def open_places(claim: Claim, places: int, shard: int) -> int:
    """How many of the `places` of each shard are open to a claim in this shard.

    What is open in the whole stamp is divided evenly: where a shard has one place, it is open to
    all in some shards, and in others it is not. Any half of the shards has its part.
    """
    whole = int(SHARDS * places * claim.value)
    return whole * (shard + 1) // SHARDS - whole * shard // SHARDS


def patience(usage: Literal["since", "cycle", "none"]) -> int:
    """How long a relay may carry nothing, in ms. `usage`: what its provider can tell.

    Who tells it by the billing cycle does not say how late: then the longest lag is assumed.
    """
    return IDLE_MS if usage == "since" else USAGE_LAG_MS


def lying_idle(
    shards: Iterable[Shard], ceilings: Ceilings, patience_ms: Mapping[str, int], now: int
) -> list[Grant]:
    """Grants to revoke, so that others have their places: the reserve is touched.

    Of providers in `patience_ms`, whose figures are in. `shards` and `ceilings` are those of the
    stamp. A shard whose part is passed counts as full.
    """
    shards, part = list(shards), ceilings.exposure // SHARDS
    taken = sum(min(part, shard.exposure(now)) for shard in shards)
    if taken < SHARDS * part * Claim.KNOWN.value:
        return []
    return [
        grant
        for shard in shards
        for grant in shard.grants.values()
        if grant.state is State.MINTED
        and grant.risk
        and not grant.used
        and grant.provider in patience_ms
        and grant.opened_at + patience_ms[grant.provider] <= now < grant.expires_at
    ]


def least_charge(grant: Grant) -> int:
    """What network, room and peer pay at least. `amount` is for the time that it was held."""
    return -(-grant.amount // IDLE_PART)


def _wholes(
    shard: Shard, grant: Grant, ceilings: Ceilings, now: int
) -> Iterator[tuple[Claim, _Whole]]:
    """What runs out, and the claim that the network has on it."""
    if grant.risk:
        live = shard.at_risk(now)
        unproven = Claim.FIRST if grant.first else Claim.UNPROVEN
        claim = Claim.KNOWN if grant.network in shard.users else unproven
        yield (
            claim,
            _Whole(
                _places(ceilings.exposure, grant.risk),
                grant.risk,
                sum(one.risk for one in live),
                sum(one.risk for one in live if one.network == grant.network),
                sum(one.risk for one in live if one.room == grant.room),
            ),
        )
    if grant.hold:
        in_room = (one.hold for one in shard.grants.values() if one.room == grant.room)
        spent = shard.network_balance(grant.network)
        yield (
            Claim.KNOWN if spent else Claim.FIRST,
            _Whole(
                max(1, ceilings.day // grant.hold),
                grant.hold,
                shard.day_balance,
                spent,
                sum(in_room),
            ),
        )


def _check_places(whole: _Whole, claim: Claim, shard: int) -> None:
    if whole.taken < open_places(claim, whole.places, shard) * whole.asked:
        return
    raise Unproven if claim is Claim.UNPROVEN else Refused("network")


def _places(exposure: int, risk: int) -> int:
    return -(-exposure // risk)  # the last one may pass it


def _check_share(
    whole: _Whole, held: int, share: int, order: int, reason: Reason = "network"
) -> None:
    """`order`: of this shard, for whom it is."""
    left = whole.places - -(-max(0, whole.taken - held) // whole.asked)  # by the others
    mine = SHARDS * max(0, left) * share // 100
    here = mine // SHARDS + (order < mine % SHARDS)
    if held + whole.asked > here * whole.asked:
        raise Refused(reason)


def _order(key: str, shard: int) -> int:
    return (shard - home_of(key)) % SHARDS
