import pytest
from msgspec import structs

from tests.turn.grants import CEILINGS, LAG_MS, NOON, TTL_MS, grant, minted, reserved, spent
from turn import ladder, ledger
from turn.balances import DAY_MS, Shard
from turn.ladder import Level
from turn.ledger import MAX_GRANTS, Refused
from turn.money import UNSEEN_MS


@pytest.mark.parametrize(
    ("shard", "level"),
    [
        (Shard(), Level.NORMAL),
        (spent(699), Level.NORMAL),
        (spent(700), Level.ONE_SIDED),
        (spent(849), Level.ONE_SIDED),
        (spent(850), Level.INVITED),
        (spent(999), Level.INVITED),
        (spent(1_000), Level.STUN_ONLY),
        (spent(5_000), Level.STUN_ONLY),
        (spent(0, 1_399), Level.NORMAL),
        (spent(0, 1_400), Level.ONE_SIDED),
        (spent(0, 1_700), Level.INVITED),
        (spent(0, 2_000), Level.STUN_ONLY),
        (reserved(grant(amount=700)), Level.ONE_SIDED),
        (reserved(grant(risk=349)), Level.NORMAL),
        (reserved(grant(risk=350)), Level.ONE_SIDED),
        (reserved(grant("a", risk=400), grant("b", risk=100)), Level.STUN_ONLY),
    ],
)
def test_the_level_of_a_shard(shard: Shard, level: Level) -> None:
    assert ladder.level_of(shard, CEILINGS, NOON) is level


def test_a_new_day_and_a_new_month_start_at_the_foot_of_the_ladder() -> None:
    assert ladder.level_of(spent(1_000), CEILINGS, NOON + DAY_MS) is Level.NORMAL
    assert ladder.level_of(spent(1_000, 2_000), CEILINGS, NOON + DAY_MS) is Level.STUN_ONLY
    assert ladder.level_of(spent(1_000, 2_000), CEILINGS, NOON + 20 * DAY_MS) is Level.NORMAL


def test_nothing_may_be_spent_under_a_ceiling_of_nothing() -> None:
    for ceiling in ("day", "month", "exposure"):
        ceilings = structs.replace(CEILINGS, **{ceiling: 0})
        assert ladder.level_of(Shard(), ceilings, NOON) is Level.STUN_ONLY


def test_what_is_at_risk_is_at_risk_until_figures_would_show_it() -> None:
    shard = minted(grant(risk=500))
    assert shard.exposure(NOON + TTL_MS + UNSEEN_MS - 1) == 500
    assert shard.exposure(NOON + TTL_MS + UNSEEN_MS) == 0
    shard = ledger.end(shard, "g", 10, NOON + 1_000)
    assert shard.exposure(NOON + 1_000 + UNSEEN_MS - 1) == 500
    assert shard.exposure(NOON + 1_000 + UNSEEN_MS) == 0


def test_a_hold_that_lapsed_climbs_the_ladder_as_spent() -> None:
    shard = reserved(grant(amount=700))
    assert ladder.level_of(shard, CEILINGS, NOON + TTL_MS + LAG_MS) is Level.ONE_SIDED


def test_many_grants_climb_the_ladder_even_if_they_cost_nothing() -> None:
    grants = {f"g{n}": grant(f"g{n}", 0) for n in range(MAX_GRANTS)}
    assert ladder.level_of(Shard(grants=grants), CEILINGS, NOON) is Level.STUN_ONLY


WHO = [(second, invited) for second in (False, True) for invited in (True, False)]


@pytest.mark.parametrize(
    ("level", "reasons"),
    [
        (Level.NORMAL, [None, None, None, None]),
        (Level.ONE_SIDED, [None, None, "one-sided", "one-sided"]),
        (Level.INVITED, [None, "invited", "one-sided", "invited"]),
        (Level.STUN_ONLY, ["stun-only"] * 4),
    ],
)
def test_who_is_refused_at_which_level(level: Level, reasons: list[str | None]) -> None:
    told: list[str | None] = []
    for second, invited in WHO:
        try:
            ladder.check(level, second=second, invited=invited)
            told.append(None)
        except Refused as refused:
            told.append(refused.reason)
    assert told == reasons
    assert level.word == ("normal", "one-sided", "invited", "stun-only")[level]


@pytest.mark.parametrize(
    ("reason", "level"),
    [
        ("peer", Level.NORMAL),
        ("room", Level.NORMAL),
        ("network", Level.NORMAL),
        ("one-sided", Level.ONE_SIDED),
        ("invited", Level.INVITED),
        ("day", Level.STUN_ONLY),
        ("month", Level.STUN_ONLY),
        ("stun-only", Level.STUN_ONLY),
    ],
)
def test_a_refusal_tells_the_level_only_where_it_concerns_others(reason: str, level: Level) -> None:
    assert ladder.level_after(Refused(reason)) is level
