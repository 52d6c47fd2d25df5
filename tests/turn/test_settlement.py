"""Leaving and polling: what is revoked, what is settled, and what is left in the store."""

import pytest
from msgspec import structs

from cloud.documents import Away
from lab.theft import MIDNIGHT_MS
from tests.turn.world import EACH, METERED, MINUTE_MS, MUTE, NOON, PLENTY, SILENT, World, username
from turn.balances import DAY_MS, Shard
from turn.ceilings import SHARDS
from turn.fairness import IDLE_PART
from turn.ledger import POLL_MARGIN_MS, USAGE_LAG_MS
from turn.minting import Ask

# Leaving.


def test_leaving_revokes_and_holds_what_the_time_costs_until_the_figures_are_in() -> None:
    world = World(METERED)
    name = username(world.mint())
    world.leave(NOON + MINUTE_MS)
    assert world.vendor.revocations == [name]
    assert world.used == (EACH // 10,) * 5, "a tenth of the time"
    world.vendor.carry(name, 10**6, NOON + MINUTE_MS - 1)
    world.poll(NOON + MINUTE_MS + USAGE_LAG_MS)
    least = -(-EACH // 10 // IDLE_PART)
    assert world.used == (*[least] * 3, 50, 50), "1 MB"
    assert world.grants == []


def test_leaving_twice_or_without_a_relay_is_leaving() -> None:
    world = World(METERED)
    world.leave(NOON)
    world.mint()
    for passed in (1, 2, 3):
        world.leave(NOON + passed * MINUTE_MS)
    world.leave(NOON, peer="bob")
    assert len(world.vendor.revocations) == 1
    assert world.used == (EACH // 10,) * 5


def test_leaving_ends_all_that_a_peer_holds_in_whichever_shards_and_nobody_elses() -> None:
    world = World(METERED, ceilings=structs.replace(PLENTY, day=SHARDS * 2 * EACH))
    mine = {username(world.mint(invited=True)) for _ in range(5)}
    theirs = username(world.mint(peer="bob", other="ann", invited=True))
    assert len({grant.shard for grant in world.grants}) > 1
    world.leave(NOON + 1)
    assert set(world.vendor.revocations) == mine and theirs not in mine


def test_who_drains_and_leaves_pays_for_what_was_drained() -> None:
    ceilings = structs.replace(PLENTY, peer=10 * EACH)
    world = World(METERED, ceilings=ceilings)
    name = username(world.mint())
    world.vendor.drain(name, 1_000_000, NOON)
    world.leave(NOON + 20_000)
    drained = 125_000 * 20_000 * 50_000 // 10**9
    for passed in range(1, 6):
        world.poll(NOON + passed * MINUTE_MS)
        if passed == 1:
            assert world.used[3] == drained, "the shard knows with the first figures"
    assert world.used == (drained,) * 5
    assert world.mint(now=NOON + 6 * MINUTE_MS).refusal == "peer"


def test_what_cannot_be_revoked_stays_in_the_ledger_until_it_expires() -> None:
    world = World(SILENT)
    world.mint()
    world.leave(NOON + MINUTE_MS)
    assert world.used == (EACH,) * 5
    due = NOON + 600_000 + USAGE_LAG_MS - POLL_MARGIN_MS
    world.poll(due - 1)
    assert len(world.grants) == 1
    world.poll(due)
    assert world.grants == [] and world.used == (EACH,) * 5


def test_of_who_revokes_but_tells_nothing_the_time_that_passed_is_spent() -> None:
    world = World(MUTE)
    world.mint()
    world.leave(NOON + 150_001)
    world.poll(NOON + 150_001 + USAGE_LAG_MS)
    assert world.used == (-(-EACH * 150_001 // 600_000),) * 5


@pytest.mark.parametrize("document", ["turn-ledger-room", "turn-ledger-shard"])
def test_leaving_while_the_ledger_is_away_is_leaving(document: str) -> None:
    world = World(METERED)
    world.mint()
    world.store.away = (document,)
    world.leave(NOON + MINUTE_MS)
    world.store.away = ()
    assert EACH in world.used


def test_a_revocation_that_fails_is_tried_again_by_the_next_leave() -> None:
    world = World(METERED)
    world.mint()
    world.vendor.fails = ("revoke",)
    world.leave(NOON + 1)
    assert world.used == (EACH,) * 5
    world.vendor.fails = ()
    world.leave(NOON + MINUTE_MS)
    assert len(world.vendor.revocations) == 1


# Polling.


def test_the_poll_revokes_who_used_more_than_was_reserved_and_counts_the_rest() -> None:
    world = World(METERED)
    thief, fair = username(world.mint()), username(world.mint(peer="bob", other="ann"))
    world.vendor.drain(thief, 1_000_000, NOON)
    world.vendor.drain(fair, 900, NOON)
    world.poll(NOON + 30_000)
    assert world.vendor.revocations == [], "the figures are behind"
    world.poll(NOON + MINUTE_MS)
    assert world.vendor.revocations == [thief]
    seen = 125_000 * 30_000 * 50_000 // 10**9
    assert world.used == (seen + EACH,) * 5, "what is known counts at once, everywhere"
    world.poll(NOON + MINUTE_MS + USAGE_LAG_MS)
    stolen = 125_000 * 60_000 * 50_000 // 10**9
    assert world.used == (stolen + EACH,) * 5, "and what flowed unseen, once it is seen"
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    talked = -(-112 * 600_000 * 50_000 // 10**9)
    assert world.used == (stolen + talked,) * 5 and world.grants == []


def test_a_vendor_that_cannot_revoke_now_is_asked_at_every_poll() -> None:
    world = World(METERED)
    name = username(world.mint())
    world.vendor.carry(name, 10**9, NOON)
    world.vendor.fails = ("revoke",)
    for passed in (1, 2):
        world.poll(NOON + passed * MINUTE_MS)
    assert world.vendor.revocations == [] and world.used[3:] == (50_000, 50_000)
    world.vendor.fails = ()
    world.poll(NOON + 3 * MINUTE_MS)
    assert world.vendor.revocations == [name] and world.used == (50_000,) * 5


def test_of_a_vendor_that_is_silent_today_the_worst_is_assumed() -> None:
    world = World(METERED)
    world.vendor.carry(username(world.mint()), 10**6, NOON)
    world.vendor.fails = ("usage",)
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    assert world.used == (EACH,) * 5 and world.grants == []


def test_a_relay_that_was_not_used_costs_its_holder_a_part_and_everybody_nothing() -> None:
    world = World(METERED)
    world.mint()
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    least = -(-EACH // IDLE_PART)
    assert world.used == (least, least, least, 0, 0) and world.grants == []


def test_an_idle_relay_that_is_given_back_costs_the_time_that_it_was_held() -> None:
    world = World(METERED)
    world.mint()
    world.leave(NOON + 3 * MINUTE_MS)
    world.poll(NOON + 3 * MINUTE_MS + USAGE_LAG_MS)
    least = -(-EACH * 3 // 10 // IDLE_PART)
    assert world.used == (least, least, least, 0, 0)


def test_a_relay_that_nobody_was_given_costs_nobody_anything() -> None:
    world = World(METERED)
    world.vendor.fails = ("mint",)
    assert world.mint().degraded
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    assert world.used == (0,) * 5 and world.store.documents == {}


def test_holding_relays_uses_up_the_share_of_who_holds_them_and_of_nobody_else() -> None:
    """Each shard's part of the network holds two relays, or one and four that lay idle."""
    world = World(METERED, ceilings=structs.replace(PLENTY, network=SHARDS * 2 * EACH))
    now, said = NOON, []
    for _ in range(4 * SHARDS + 1):
        said.append(world.mint(now=now).refusal)
        now += 600_000 + USAGE_LAG_MS
        world.poll(now)
    assert said == [None] * 4 * SHARDS + ["network"], "a quarter is rounded up"
    assert world.used[3:] == (0, 0)
    assert world.mint(now=now, network="another").servers


def test_a_figure_counts_only_for_whom_minted() -> None:
    """A vendor that minted too late for us knows the label, and used nothing of it."""
    world = World(METERED, METERED)
    name = username(world.mint())
    minter = next(vendor for vendor in world.vendors if name in vendor.credentials)
    late = next(vendor for vendor in world.vendors if vendor is not minter)
    late.mint(minter.credentials[name].label, 600, None, NOON, 1.0)
    minter.carry(name, 10**9, NOON)
    world.poll(NOON + MINUTE_MS)
    assert minter.revocations == [name] and world.used[3] == 50_000


def test_without_a_poll_all_that_was_held_is_spent() -> None:
    world = World(METERED)
    world.mint()
    later = NOON + 600_000 + USAGE_LAG_MS
    world.mint(now=later)
    world.poll(later)
    assert world.used[0] == 2 * EACH


def test_a_poll_finishes_what_another_could_not() -> None:
    world = World(METERED)
    world.vendor.carry(username(world.mint()), 10**6, NOON)
    due = NOON + 600_000 + USAGE_LAG_MS - POLL_MARGIN_MS
    world.store.away = ("turn-ledger-room",)
    world.poll(due)
    world.store.away = ("turn-ledger-shard",)
    with pytest.raises(Away):
        world.poll(due)
    world.store.away = ()
    world.poll(due)
    least = -(-EACH // IDLE_PART)
    assert world.used == (EACH, EACH, least, 50, 50), "what could not be told lapses as spent"


def test_settlement_reaches_over_midnight() -> None:
    world = World(METERED)
    late = MIDNIGHT_MS + DAY_MS - MINUTE_MS
    world.vendor.carry(username(world.mint(now=late)), 10**6, late)
    world.mint(now=late + 2 * MINUTE_MS, network="tomorrow")
    assert world.used[3] == 2 * EACH
    world.poll(late + 600_000 + USAGE_LAG_MS)
    assert world.used[3] == 50 + EACH
    (grant,) = world.grants
    assert grant.network == "tomorrow"


# What lies in the store.


def test_no_document_names_a_room_a_peer_or_a_secret() -> None:
    world = World(METERED)
    name = username(world.mint(Ask("the-secret-room", "annabel", "n" * 24, other="bartholomew")))
    world.vendor.carry(name, 10**6, NOON)
    world.poll(NOON + MINUTE_MS)
    lying = str(world.store.documents)
    assert len(world.store.documents) == 1 + SHARDS, "all shards are told who uses a relay"
    for word in ("secret", "annabel", "bartholomew", "password"):
        assert word not in lying


def test_the_documents_of_a_day_are_swept() -> None:
    world = World(METERED)
    for number in range(5):
        world.vendor.carry(username(world.mint(Ask(f"r{number}", "p", f"n{number}"))), 9**9, NOON)
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    shards = len([s for s in world.ledger.read_shards() if s != Shard()])
    assert world.store.sweep(NOON + DAY_MS) == 0
    assert world.store.sweep(NOON + 3 * DAY_MS) == 5, "rooms"
    assert world.store.sweep(NOON + 41 * DAY_MS) == shards
