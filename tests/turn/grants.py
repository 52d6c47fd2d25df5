"""Grants and ledgers of the tests: noon of 2027-01-16, ceilings of a few micro-dollars."""

from msgspec import structs

from turn import ledger, room_ledger
from turn.balances import DAY_MS, Grant, RoomLedger, Shard
from turn.ceilings import Ceilings
from turn.ledger import USAGE_LAG_MS

MIDNIGHT = 1_800_057_600_000  # 2027-01-16T00:00Z
NOON = MIDNIGHT + DAY_MS // 2
TODAY = "2027-01-16"
TTL_MS = 600_000
LAG_MS = USAGE_LAG_MS
# Of one shard.
CEILINGS = Ceilings(peer=100, room=200, network=900, day=1_000, month=2_000, exposure=500)


def grant(id: str = "g", amount: int = 10, now: int = NOON, **more: object) -> Grant:
    until = now + TTL_MS + LAG_MS
    made = Grant(id, "vendor", amount, 50_000, now, now + TTL_MS, until, "r", "p", "n")
    return structs.replace(made, **more)


def reserved(*grants: Grant, now: int = NOON, ceilings: Ceilings = CEILINGS) -> Shard:
    shard = Shard()
    for one in grants:
        shard = ledger.reserve(shard, one, ceilings, now)
    return shard


def minted(*grants: Grant, now: int = NOON, ceilings: Ceilings = CEILINGS) -> Shard:
    shard = reserved(*grants, now=now, ceilings=ceilings)
    for one in grants:
        shard = ledger.mint(shard, one.id, "handle")
    return shard


def room_with(*grants: Grant, now: int = NOON) -> RoomLedger:
    room = RoomLedger()
    for one in grants:
        room = room_ledger.reserve(room, one, CEILINGS, now)
    return room


def spent(day: int, month: int = 0) -> Shard:
    return Shard(TODAY, {"n": day} if day else {}, month or day)
