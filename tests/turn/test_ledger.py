"""What each event does to a shard of everybody's ledger."""

import pytest
from msgspec import structs

from tests.turn.grants import (
    CEILINGS,
    LAG_MS,
    MIDNIGHT,
    NOON,
    TODAY,
    TTL_MS,
    grant,
    minted,
    reserved,
    spent,
)
from turn import ledger
from turn.balances import DAY_MS, Shard, State, iso_day
from turn.ledger import MAX_NETWORKS, POLL_MARGIN_MS, Refused

UNTIL = NOON + TTL_MS + LAG_MS
TOMORROW = "2027-01-17"


@pytest.mark.parametrize(
    ("now", "day"),
    [(MIDNIGHT - 1, "2027-01-15"), (MIDNIGHT, TODAY), (MIDNIGHT + DAY_MS - 1, TODAY)],
)
def test_a_day_begins_at_midnight_utc(now: int, day: str) -> None:
    assert iso_day(now) == day


@pytest.mark.parametrize(
    ("reason", "shard"),
    [
        ("day", spent(991)),
        ("month", spent(0, 1_991)),
        ("network", Shard(TODAY, {"n": 891}, 891)),
        ("peer", reserved(grant())),
    ],
)
def test_a_full_balance_takes_no_more(reason: str, shard: Shard) -> None:
    ceilings = structs.replace(CEILINGS, network=900 if reason == "network" else 10**6)
    with pytest.raises(Refused) as refused:
        ledger.reserve(shard, grant(), ceilings, NOON)
    assert refused.value.reason == reason
    assert ledger.reserve(shard, grant("h", amount=9), ceilings, NOON).grants["h"]


def test_a_network_is_only_charged_for_its_own() -> None:
    shard = reserved(grant("a", 500), grant("b", 300, network="m"))
    assert (shard.network_balance("n"), shard.network_balance("m")) == (500, 300)
    shard = ledger.settle(shard, "a", 7, NOON)
    assert (shard.networks, shard.network_balance("n")) == ({"n": 7}, 7)


def test_a_shard_takes_so_many_networks_a_day_and_those_it_knows_go_on() -> None:
    full = Shard(TODAY, {f"n{n}": 0 for n in range(MAX_NETWORKS)})
    with pytest.raises(Refused) as refused:
        ledger.reserve(full, grant(), CEILINGS, NOON)
    assert refused.value.reason == "network"
    assert ledger.reserve(full, grant(network="n0"), CEILINGS, NOON).grants
    assert ledger.reserve(full, grant(now=NOON + DAY_MS), CEILINGS, NOON + DAY_MS).grants


def test_a_grant_is_reserved_minted_and_settled() -> None:
    shard = reserved(grant(amount=50))
    assert (shard.day_balance, shard.month_balance, shard.network_balance("n")) == (50,) * 3
    shard = ledger.mint(shard, "g", "u1")
    assert shard.grants == {"g": grant(amount=50, state=State.MINTED, handle="u1")}
    assert (shard.day_balance, shard.month_balance) == (50, 50)
    shard = ledger.settle(shard, "g", 7, NOON)
    assert shard == Shard(TODAY, {"n": 7}, 7)
    assert ledger.settle(shard, "g", 7, NOON) == shard


def test_what_is_over_is_not_minted_and_the_caller_can_tell() -> None:
    shard = ledger.settle(reserved(grant()), "g", 0, NOON)
    assert ledger.mint(shard, "g", "u") == shard and not ledger.is_minted(shard, "g")
    assert ledger.is_minted(minted(grant()), "g")
    assert not ledger.is_minted(reserved(grant()), "g")


def test_what_is_settled_for_nothing_leaves_nothing() -> None:
    assert ledger.settle(reserved(grant()), "g", 0, NOON) == Shard()
    assert ledger.use(Shard(), {}, NOON) == Shard()


def test_figures_only_grow_and_holds_with_them() -> None:
    shard = minted(grant(amount=10))
    shard = ledger.use(shard, {"vendor": {"g": 100_000}, "other": {"g": 10**9}}, NOON)
    assert (shard.grants["g"].used, shard.day_balance) == (5, 10)
    shard = ledger.use(shard, {"vendor": {"g": 10**6, "h": 10**9}}, NOON)
    assert (shard.grants["g"].used, shard.day_balance, shard.month_balance) == (50, 50, 50)
    assert shard.network_balance("n") == 50
    for less in ({"vendor": {"g": 1}}, {"vendor": {}}, {"other": {"g": 10**12}}, {}):
        assert ledger.use(shard, less, NOON) == shard


def test_overdrawn_is_who_used_more_than_was_reserved_and_can_be_revoked() -> None:
    shard = minted(grant("honest"), grant("thief"), grant("lost"))
    lost = structs.replace(shard.grants["lost"], handle="")
    shard = structs.replace(shard, grants={**shard.grants, "lost": lost})
    usage = {"honest": 200_000, "thief": 200_001, "lost": 200_001}
    shard = ledger.use(shard, {"vendor": usage}, NOON)
    assert [one.id for one in ledger.overdrawn(shard)] == ["thief"]


def test_due_is_whose_hold_would_lapse_before_the_next_poll() -> None:
    shard = reserved(grant("a"), grant("b", until=NOON + 1 + POLL_MARGIN_MS))
    assert [one.id for one in ledger.due(shard, NOON)] == []
    assert [one.id for one in ledger.due(shard, NOON + 1)] == ["b"]
    assert [one.id for one in ledger.due(shard, UNTIL)] == ["a", "b"]


@pytest.mark.parametrize(
    ("passed", "expires_in", "until_in"),
    [
        (1_000, 1_000, 1_000 + LAG_MS),
        (TTL_MS + 1, TTL_MS, TTL_MS + LAG_MS),
        (TTL_MS + LAG_MS, TTL_MS, TTL_MS + LAG_MS),
    ],
)
def test_what_is_ended_is_settled_after_the_lag_and_never_later_than_before(
    passed: int, expires_in: int, until_in: int
) -> None:
    ended = ledger.ended(grant(state=State.MINTED, handle="u"), 3, NOON + passed)
    assert (ended.expires_at, ended.until) == (NOON + expires_in, NOON + until_in)
    assert (ended.state, ended.amount, ended.handle) == (State.ENDED, 3, "")


def test_ending_twice_is_ending_once() -> None:
    once = ledger.end(minted(grant()), "g", 3, NOON + 1_000)
    assert ledger.end(once, "g", 9, NOON + 2_000) == once


def test_a_hold_that_nobody_settled_is_spent_in_full() -> None:
    shard = reserved(grant(amount=70))
    assert ledger.lapse(shard, UNTIL - 1) == shard
    lapsed = ledger.lapse(shard, UNTIL)
    assert lapsed == Shard(TODAY, {"n": 70}, 70)
    assert ledger.settle(lapsed, "g", 5, UNTIL) == lapsed, "it was counted"


def test_a_figure_that_is_known_lapses_instead_of_the_reservation() -> None:
    shard = ledger.use(minted(grant(amount=10)), {"vendor": {"g": 10**6}}, NOON)
    assert ledger.lapse(shard, UNTIL).month == 50


def test_live_holds_cross_midnight_and_what_was_spent_does_not() -> None:
    late = MIDNIGHT + DAY_MS - 60_000
    shard = ledger.reserve(spent(20), grant(amount=70, now=late), CEILINGS, late)
    next_day = ledger.lapse(shard, late + 120_000)
    assert (next_day.day, next_day.day_balance, next_day.month_balance) == (TOMORROW, 70, 90)
    assert ledger.settle(next_day, "g", 5, late + 120_000) == Shard(TOMORROW, {"n": 5}, 25)


def test_a_hold_that_lapsed_in_a_period_gone_by_is_not_spent_in_this_one() -> None:
    shard = ledger.reserve(spent(20), grant(amount=70), CEILINGS, NOON)
    assert ledger.lapse(shard, NOON + 2 * DAY_MS) == Shard("2027-01-18", {}, 90), "in its month"
    assert ledger.lapse(shard, NOON + 20 * DAY_MS) == Shard("2027-02-05")


def test_a_clock_that_is_behind_does_not_open_a_day_again() -> None:
    shard = Shard(TOMORROW, {"n": 20}, 20)
    assert ledger.lapse(shard, MIDNIGHT + DAY_MS - 1) == shard


def test_a_poll_after_midnight_forgets_the_networks_of_yesterday() -> None:
    assert ledger.use(spent(20), {}, NOON + DAY_MS) == Shard(TOMORROW, {}, 20)
