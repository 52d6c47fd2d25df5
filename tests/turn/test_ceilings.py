from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from turn.ceilings import SHARDS, Ceilings, network_parts, shards_for, too_low

MONEY = st.integers(0, 10**12)
CEILINGS = st.builds(Ceilings, *[st.integers(0, 10**9)] * 3, MONEY, MONEY, MONEY)
STAMPS = st.integers(1, 8)


@given(CEILINGS, STAMPS)
def test_the_shares_of_all_stamps_do_not_exceed_a_ceiling(ceilings: Ceilings, stamps: int) -> None:
    share = structs.asdict(ceilings.of_stamp(stamps))
    for scope, ceiling in structs.asdict(ceilings).items():
        assert ceiling - stamps < share[scope] * stamps <= ceiling


@given(CEILINGS, st.integers(0, 10**7), STAMPS)
def test_the_least_that_is_named_for_a_ceiling_is_enough_and_one_less_is_not(
    ceilings: Ceilings, reservation: int, stamps: int
) -> None:
    least = too_low(ceilings, reservation, stamps)
    assert too_low(structs.replace(ceilings, **least), reservation, stamps) == {}
    for scope, money in least.items():
        assert getattr(ceilings, scope) < money
        one_less = structs.replace(ceilings, **{scope: money - 1})
        assert too_low(one_less, reservation, stamps)[scope] == money


@given(CEILINGS, st.integers(0, 9))
def test_the_parts_of_all_shards_do_not_exceed_the_ceiling(ceilings: Ceilings, part: int) -> None:
    shard = ceilings.in_shard(part)
    assert ceilings.day - SHARDS < shard.day * SHARDS <= ceilings.day
    assert ceilings.month - SHARDS < shard.month * SHARDS <= ceilings.month
    assert ceilings.exposure - SHARDS < shard.exposure * SHARDS <= ceilings.exposure
    assert (shard.peer, shard.room, shard.network) == (ceilings.peer, ceilings.room, part)


@given(MONEY, MONEY)
def test_the_parts_of_a_network_are_its_ceiling(ceiling: int, reservation: int) -> None:
    parts = network_parts(ceiling, reservation)
    assert sum(parts) == ceiling
    assert 1 <= len(parts) <= SHARDS and min(parts) >= 0


@given(MONEY, st.integers(1, 10**12))
def test_dividing_a_networks_ceiling_costs_it_no_credential(ceiling: int, reservation: int) -> None:
    parts = network_parts(ceiling, reservation)
    assert sum(part // reservation for part in parts) == ceiling // reservation


def test_a_network_whose_ceiling_holds_few_credentials_uses_few_shards() -> None:
    assert network_parts(1_000_000, 300_000) == (400_000, 300_000, 300_000)
    assert network_parts(299_999, 300_000) == (299_999,)
    assert network_parts(800, 0) == (100,) * 8, "where a relay costs nothing"


def test_the_shards_of_a_network_begin_anywhere_for_its_labels() -> None:
    parts = network_parts(1_000_000, 9_375)
    orders = [shards_for("network", f"label{n}", parts) for n in range(800)]
    assert all(sorted(shard for shard, _ in order) == list(range(SHARDS)) for order in orders)
    firsts = [order[0][0] for order in orders]
    assert all(60 < firsts.count(shard) < 140 for shard in range(SHARDS))
    assert shards_for("network", "label1", parts) == orders[1]


def test_a_shard_has_the_same_part_of_a_network_whatever_the_label() -> None:
    parts = network_parts(1_000_000, 300_000)
    for number in range(50):
        seen = {frozenset(shards_for(f"n{number}", f"label{n}", parts)) for n in range(20)}
        (places,) = seen
        assert sorted(part for _, part in places) == sorted(parts)


def test_networks_spread_over_all_shards() -> None:
    firsts = [shards_for(f"network{n}", "label", (1,))[0][0] for n in range(800)]
    assert all(60 < firsts.count(shard) < 140 for shard in range(SHARDS))
