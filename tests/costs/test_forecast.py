"""The cost model against figures worked out by hand."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from costs import designs, forecast
from costs.comparison import TARGET_RATIO, compare
from costs.deployment import DEV, PRESETS, PROD, Deployment
from costs.designs import OURS, SEED, seed_deployment
from costs.forecast import billed_gb, gb_per_minute
from costs.measured import sourced_load
from costs.model import Bill, Design, Line, Load, Routine, Step
from costs.prices import TURN, Price, Prices, parse
from costs.pricing import pricing
from stats.summary import Usage

PRICES = parse((Path(__file__).parents[2] / "costs" / "prices.toml").read_text())
LOAD = Load(calls_per_day=1_000)
# A stamp with a unit of SignalR, and nobody who watches it.
PLAIN = Deployment(signalr_sku="Standard_S1", web_test_locations=0)


def priced(**amounts: float) -> Prices:
    """Nothing costs anything, except these."""
    table: dict[str, Price] = {
        name: structs.replace(price, amount=amounts.get(name, 0.0))
        for name, price in PRICES.table.items()
    }
    return Prices(table)


def bill(load: Load, of: Design, prices: Prices, deployment: Deployment = PLAIN) -> Bill:
    return forecast.bill(load, of, deployment, prices)


def design(**members: Any) -> Design:
    plain = Design(
        name="x",
        steps=(),
        plan="flex",
        seconds=0,
        memory=0,
        two_sided=0,
        from_holder=0,
        turn={},
        log_gb=0,
    )
    return structs.replace(plain, **members)


def line(of: Bill, service: str) -> Line:
    (found,) = (line for line in of.lines if line.service == service)
    return found


# Dimensions


@pytest.mark.parametrize(
    ("kbps", "gb"), [(50, 0.000375), (2_600, 0.0195), (4_200, 0.0315), (50_000, 0.375)]
)
def test_kbps_are_bits_and_gb_are_decimal(kbps: float, gb: float) -> None:
    """A kB/s would be 8 times as much, a GiB 7 % less."""
    assert gb_per_minute(kbps) == pytest.approx(gb, rel=1e-12)


def test_media_flows_both_ways() -> None:
    assert forecast.media_gb(2_600, 10) == pytest.approx(0.39)


def test_sockets_open_at_a_time_are_those_of_two_peers() -> None:
    """144 calls a day of 10 minutes are one call at a time."""
    assert Load(calls_per_day=144, minutes=10).connected == pytest.approx(2)


# TURN: a session of two peers that sends a file of 100 MB, one in five relayed


@pytest.mark.parametrize(
    ("provider", "dollars", "two_sided", "from_holder", "cost"),
    [
        ("cloudflare", 0.05, 0, 1, 3.55e-5),  # the sender alone holds a relay
        ("cloudflare", 0.05, 0, 0, 1.14e-3),  # the receiver alone
        ("cloudflare", 0.05, 1, 0.5, 1.49e-3),  # both
        ("twilio", 0.40, 1, 0.5, 2.384e-2),
        ("metered", 0.66, 1, 0.5, 3.9336e-2),
        ("metered", 0.66, 0, 0.5, 1.5517e-2),
    ],
)
def test_turn_of_a_session(
    provider: str, dollars: float, two_sided: float, from_holder: float, cost: float
) -> None:
    of = design(turn={provider: 1.0}, two_sided=two_sided, from_holder=from_holder)
    prices = priced(**{f"turn_{provider}": dollars})
    assert forecast.turn_cost(LOAD, of, prices) == pytest.approx(cost, rel=1e-3)
    assert bill(LOAD, of, prices).per_call == pytest.approx(cost, rel=1e-3)


def test_a_mix_of_providers_is_billed_by_its_shares() -> None:
    of = design(turn={"cloudflare": 0.75, "metered": 0.25}, two_sided=1.0)
    mixed = forecast.turn_cost(LOAD, of, PRICES)
    assert mixed == pytest.approx(0.75 * 1.49e-3 + 0.25 * 3.9336e-2)


@given(share=st.floats(0, 1), holder=st.floats(0, 1), both_ways=st.booleans())
def test_two_relays_never_cost_less_than_one(share: float, holder: float, both_ways: bool) -> None:
    one = billed_gb(1, 0, holder, both_ways=both_ways)
    some = billed_gb(1, share, holder, both_ways=both_ways)
    two = billed_gb(1, 1, holder, both_ways=both_ways)
    assert one <= some + 1e-12 and some <= two + 1e-12


# Functions, SignalR, storage, logs


def test_functions_are_billed_by_the_call_and_by_memory_and_time() -> None:
    of = design(
        steps=(Step("a", executions=10),),
        seconds=1.0,
        memory=0.5,
        routines=(Routine("timer", executions=1_000),),
    )
    prices = priced(functions_flex_executions=0.40, functions_flex_gb_seconds=0.000026)
    functions = line(bill(LOAD, of, prices), "Functions")
    assert functions.per_call == pytest.approx(10 * (0.4e-6 + 0.5 * 26e-6))
    assert functions.per_month == pytest.approx(1_000 * (0.4e-6 + 0.5 * 26e-6))


def test_logs_are_billed_by_the_gb() -> None:
    of = design(steps=(Step("a", executions=10),), log_gb=2e-6)
    assert bill(LOAD, of, priced(log_analytics=2.30)).per_call == pytest.approx(4.6e-5)


def test_storage_and_vault_are_billed_by_the_10_000() -> None:
    of = design(steps=(Step("a", transactions=33, vault=2),))
    prices = priced(storage_transactions=0.004, key_vault_operations=0.03)
    assert bill(LOAD, of, prices).per_call == pytest.approx(33 * 4e-7 + 2 * 3e-6)


def test_what_only_relayed_calls_do_counts_by_their_share() -> None:
    of = design(steps=(Step("a", executions=1), Step("b", executions=2, relayed=True)))
    assert forecast.count_call(LOAD, of).executions == pytest.approx(1.4)


def test_messages_are_free_up_to_a_million_a_day_and_unit() -> None:
    of = design(steps=(Step("a", messages=100),))
    prices = priced(signalr_unit=49.10, signalr_messages=1.0)
    assert line(bill(Load(10_000, minutes=0), of, prices), "SignalR") == Line("SignalR", 0, 49.10)
    beyond = line(bill(Load(20_000, minutes=0), of, prices), "SignalR")
    assert beyond.per_call * 20_000 == pytest.approx(1.0)  # a million too many, every day


def test_units_are_bought_for_the_peak() -> None:
    """36,000 calls a day of 10 minutes are 500 sockets, and 2,000 at peak."""
    two = bill(Load(36_000), design(), priced(signalr_unit=49.10))
    three = bill(Load(36_100), design(), priced(signalr_unit=49.10))
    assert (two.fixed, three.fixed) == (pytest.approx(98.20), pytest.approx(147.30))


def test_the_seed_sends_every_message_to_everyone_twice() -> None:
    """27 messages; 144 calls a day are two sockets at a time, ten times as many are twenty."""
    few, many = forecast.count_call(Load(144), SEED), forecast.count_call(Load(1_440), SEED)
    assert few.messages == pytest.approx(4 + 27 + 27 * 2 * 2)
    assert many.messages == pytest.approx(4 + 27 + 27 * 2 * 20)
    assert few.sql == many.sql == 54


# The whole


def test_our_call_by_hand() -> None:
    execution = 0.4e-6 + 2 * 26e-6
    logs = 14.75 * 2e-6 + 10 * 1e-6
    turn = 0.2 * 0.1 * 0.05 * (0.75 * (0.0355 + 1.14) / 2 + 0.25 * 1.49)
    by_hand = 14.75 * execution + logs * 2.30 + 31.8 * 4e-7 + 2 * 10e-6 * 0.01 + turn
    assert bill(LOAD, OURS, PRICES).per_call == pytest.approx(by_hand)


@pytest.mark.parametrize("deployment", PRESETS.values(), ids=PRESETS)
def test_the_target_is_met_with_the_stated_defaults(deployment: Deployment) -> None:
    of = compare(sourced_load(()), PRICES, deployment)
    assert of.ratio is not None and of.ratio <= TARGET_RATIO == 0.1
    assert all(row.ratio is not None and row.ratio <= TARGET_RATIO for row in of.by_share)


def test_the_forecast_does_not_hide_where_the_target_is_missed() -> None:
    rows = {row.case: row.ratio for row in compare(sourced_load(()), PRICES, PROD).by_provider}
    assert {name for name, found in rows.items() if found and found > TARGET_RATIO} == {
        "metered",
        "twilio",
    }


def test_a_month_is_fixed_and_variable() -> None:
    of = compare(sourced_load((), 1_000), PRICES, PROD)
    assert of.calls_per_month == pytest.approx(1_000 * 365 / 12)
    assert of.per_month(of.ours) == of.ours.fixed + of.ours.per_call * of.calls_per_month


@given(
    calls=st.floats(1, 1e6),
    minutes=st.floats(0, 600),
    share=st.floats(0, 1),
    payload=st.floats(0, 100),
)
def test_more_of_anything_never_costs_less(
    calls: float, minutes: float, share: float, payload: float
) -> None:
    load = Load(calls, minutes, share, payload)
    for of, deployment in ((OURS, PROD), (SEED, seed_deployment(PROD))):
        cost = bill(load, of, PRICES, deployment)
        dearer = Load(calls, minutes, min(1, share * 1.1), payload * 1.1)
        more = bill(dearer, of, PRICES, deployment)
        assert 0 <= cost.per_call <= more.per_call + 1e-12
        assert math.isfinite(cost.fixed) and cost.fixed > 0


def test_nothing_is_compared_with_nothing() -> None:
    of = compare(sourced_load(()), priced(), PROD)
    assert of.ratio is None and of.by_share[0].ratio is None


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"calls_per_day": 0}, "calls_per_day"),
        ({"calls_per_day": -1}, "calls_per_day"),
        ({"calls_per_day": math.nan}, "calls_per_day"),
        ({"calls_per_day": 1, "minutes": math.inf}, "minutes"),
        ({"calls_per_day": 1, "relay_share": 20}, "relay_share"),
        ({"calls_per_day": 1, "payload_gb": -0.1}, "payload_gb"),
    ],
)
def test_an_impossible_load_is_refused(members: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Load(**members)


@pytest.mark.parametrize(
    "mix", [{}, {"cloudflare": 0.5}, {"cloudflare": 1.5, "coturn": -0.5}, {"xirsys": 1}]
)
def test_an_impossible_mix_is_refused(mix: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        forecast.check_mix(mix, TURN)


def test_both_designs_use_prices_that_exist() -> None:
    for of in (designs.ours({"coturn": 1.0}), designs.ours(), SEED):
        assert bill(LOAD, of, PRICES).per_call > 0


# The price of what is published, by the sizes that infra/ has as defaults


def test_published_cost_counts_every_stamp_that_a_call_is_in() -> None:
    one, two = (pricing(PRICES, stamps=stamps)(Usage(1_000, 0)) for stamps in (1, 2))
    assert one is not None and two is not None
    assert one.per1000 < two.per1000 < 2 * one.per1000


def test_published_cost_counts_the_bytes_that_were_relayed() -> None:
    price = pricing(PRICES)
    nothing, some = price(Usage(1_000, 0)), price(Usage(1_000, 20 * 10**9))
    assert nothing is not None and some is not None
    assert some.per1000 == pytest.approx(bill(LOAD, OURS, PRICES, DEV).per_call * 1_000)
    assert some.per1000 - nothing.per1000 == pytest.approx(0.8133, abs=1e-3)
    assert (some.currency, some.as_of) == ("USD", "2026-11-26")
    assert price(Usage(0, 0)) is None
