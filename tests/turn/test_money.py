import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn import money


@pytest.mark.parametrize(
    ("size", "price", "micros"),
    [
        (0, 50_000, 0),
        (1, 50_000, 1),
        (20_000, 50_000, 1),
        (20_001, 50_000, 2),
        (10**9, 50_000, 50_000),
        (10**9, 0, 0),
        (10**15, 800_000, 800_000_000_000),
    ],
)
def test_a_cost_is_rounded_up_to_the_micro_dollar(size: int, price: int, micros: int) -> None:
    assert money.cost(size, price) == micros


@given(st.integers(0, 10**15), st.integers(0, 10**8))
def test_a_cost_is_never_less_than_what_was_used(size: int, price: int) -> None:
    micros = money.cost(size, price)
    assert micros * money.GB_BYTES >= size * price > (micros - 1) * money.GB_BYTES


def test_a_reservation_is_the_lifetime_at_the_assumed_rate() -> None:
    # 600 s at 2,500 kbit/s are 187.5 MB; at $0.05 a GB they cost 0.9375 cents.
    assert money.reservation(600, 2_500, money.price_of(0.05)) == 9_375
    assert money.price_of(0.1234567) == 123_457


def test_a_theft_is_what_flows_until_the_revocation() -> None:
    # 90 s at 1 Gbit/s are 11.25 GB.
    assert money.theft(1_000_000, 50_000) == 562_500
