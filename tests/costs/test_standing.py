"""What is paid without any call, against figures worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from costs import database, standing
from costs.deployment import DEV, PROD, Deployment
from costs.designs import OURS, ROUTINES, SEED, ours, seed_deployment
from costs.forecast import bill, too_much, warm_share
from costs.model import Bill, Load
from tests.costs.test_forecast import LOAD, PRICES, design, line

QUIET = Load(calls_per_day=1)


def month(of: Bill, service: str) -> float:
    return line(of, service).per_month


def prod(**members: object) -> Bill:
    deployment = structs.replace(PROD, **members)
    return bill(LOAD, ours(None, deployment), deployment, PRICES)


# Functions


def test_always_ready_instances_are_paid_by_the_second() -> None:
    """Two stamps, two instances in each, 2 GB, 730 hours at 0.000004 a GB-s."""
    assert month(prod(), "Functions, always ready") == pytest.approx(4 * 2 * 730 * 3600 * 4e-6)
    assert month(prod(function_always_ready=0), "Functions, always ready") == 0
    half = prod(function_memory_mb=512)
    assert month(half, "Functions, always ready") == pytest.approx(4 * 0.5 * 730 * 3600 * 4e-6)


def test_timers_cost_executions_gb_seconds_transactions_and_logs() -> None:
    """settle runs 43,800 times a month, sweep 730 times, retain 365/12 times."""
    of = bill(QUIET, OURS, structs.replace(DEV, web_test_locations=0), PRICES)
    runs = 43_800 + 730 + 365 / 12
    assert month(of, "Functions") == pytest.approx(runs * (0.4e-6 + 2 * 26e-6))
    reads = 43_800 * 8 + 730 + 262_800
    storage = reads * 4e-7 + runs * 2 * 5.5e-6 + 1 * 0.0208
    assert month(of, "Storage") == pytest.approx(storage)
    rows = (4 * 24 + 48) * 365 / 12
    assert month(of, "Log Analytics") == pytest.approx((runs * 2e-6 + rows * 1e-6) * 2.30)
    assert month(of, "Key Vault") == pytest.approx(rows * 3e-6)


def test_settle_is_most_of_what_timers_do() -> None:
    settle = ROUTINES[0]
    assert settle.executions > 0.9 * standing.total(ROUTINES, "executions")
    assert settle.transactions > 0.5 * standing.total(ROUTINES, "transactions")


def test_always_ready_instances_run_http_at_a_lower_price_and_timers_do_not() -> None:
    cold, warm = prod(function_always_ready=0), prod()
    assert line(warm, "Functions").per_call < line(cold, "Functions").per_call
    http = 22.26  # of 25.26 executions; a queue brings the other three
    saved = http * 2 * (26e-6 - 16e-6)
    found = line(cold, "Functions").per_call - line(warm, "Functions").per_call
    assert found == pytest.approx(saved)


def test_always_ready_instances_have_no_more_seconds_than_a_day_has() -> None:
    one = structs.replace(DEV, function_always_ready=1)
    of = design(seconds=1.0)
    assert warm_share(Load(86_400), 1, of, one) == 1
    assert warm_share(Load(86_400), 2, of, one) == pytest.approx(0.5)
    assert warm_share(Load(86_400), 1, of, DEV) == 0


# SignalR


def test_units_are_bought_in_each_stamp_and_for_the_peak() -> None:
    assert month(prod(), "SignalR") == pytest.approx(2 * 49.10)
    assert month(prod(signalr_units=3), "SignalR") == pytest.approx(6 * 49.10)
    assert month(prod(signalr_sku="Premium_P1"), "SignalR") == pytest.approx(2 * 61)
    # 4,000 peers in calls at peak: all of them in each stamp, or half of them where calls spread.
    busy = bill(Load(72_000), ours(None, PROD), PROD, PRICES)
    assert month(busy, "SignalR") == pytest.approx(8 * 49.10)
    spread = bill(Load(72_000), OURS, PROD, PRICES)
    assert month(spread, "SignalR") == pytest.approx(4 * 49.10)


def test_a_free_signalr_costs_nothing_and_says_what_it_does_not_hold() -> None:
    assert month(bill(LOAD, OURS, DEV, PRICES), "SignalR") == 0
    assert too_much(Load(300), OURS, DEV) is None  # 17 sockets at peak, 3,150 messages
    assert "20 sockets" in (too_much(Load(400), OURS, DEV) or "")  # 22 sockets
    assert "20,000 messages" in (too_much(Load(2_000, minutes=1), OURS, DEV) or "")
    assert too_much(Load(100_000), OURS, PROD) is None


# The database

SLEEPY = structs.replace(DEV, sql_sku="GP_S_Gen5_1")


def test_a_database_that_stays_awake_is_billed_by_its_least_memory() -> None:
    """0.5 vCores come with 2.02 GB, and 3 GB count as a vCore: Microsoft bills the larger."""
    assert database.least_vcores("GP_S_Gen5_1") == pytest.approx(2.02 / 3)
    awake = structs.replace(SLEEPY, sql_awake_hours=24)
    by_hand = 730 * 2.02 / 3 * 0.52176 + 32 * 0.115
    assert (
        database.cost(LOAD, awake, PRICES)
        == pytest.approx(by_hand)
        == pytest.approx(260.14, abs=0.01)
    )
    never = structs.replace(SLEEPY, sql_auto_pause_minutes=-1)
    assert database.cost(QUIET, never, PRICES) == pytest.approx(by_hand)


def test_a_database_that_sleeps_costs_its_storage() -> None:
    asleep = structs.replace(SLEEPY, sql_awake_hours=0)
    assert database.cost(LOAD, asleep, PRICES) == pytest.approx(32 * 0.115)


def test_few_wakes_count_each_with_its_delay() -> None:
    """Two readers, retention and one call: 2 × 76 and 2 × 61 minutes, if they do not overlap."""
    few = structs.replace(SLEEPY, stats_wakes_per_day=2)
    assert database.wakes_per_day(QUIET, few) == 4
    hours = (2 * 76 + 2 * 61) / 60
    assert 0.9 * hours < database.awake_hours(QUIET, few) < hours


def test_reports_of_many_calls_keep_the_database_awake() -> None:
    assert database.awake_hours(LOAD, SLEEPY) > 23.99
    assert database.awake_hours(LOAD, structs.replace(SLEEPY, stats_wakes_per_day=0)) > 23.99


@given(
    wakes=st.floats(0, 1e4),
    calls=st.floats(0.1, 1e6),
    minutes=st.integers(15, 10_080),
)
def test_hours_awake_grow_with_wakes_and_delay_and_stay_within_a_day(
    wakes: float, calls: float, minutes: int
) -> None:
    load = Load(calls)
    of = structs.replace(SLEEPY, stats_wakes_per_day=wakes, sql_auto_pause_minutes=minutes)
    more = structs.replace(of, stats_wakes_per_day=wakes + 1, sql_auto_pause_minutes=minutes + 1)
    hours = database.awake_hours(load, of)
    assert 0 < hours <= database.awake_hours(load, more) <= 24
    assert hours <= database.wakes_per_day(load, of) * (minutes + 16) / 60 * (1 + 1e-9)


def test_other_databases_have_a_fixed_price() -> None:
    assert database.cost(LOAD, structs.replace(DEV, sql_sku="Basic"), PRICES) == 4.90
    assert database.cost(LOAD, structs.replace(DEV, sql_sku="S0"), PRICES) == 14.72
    assert database.cost(LOAD, structs.replace(DEV, sql_sku="free"), PRICES) == 0


def test_the_free_offer_says_when_it_is_not_enough() -> None:
    """100,000 vCore-seconds are 41 hours of a month, 1.3 a day."""
    rare = structs.replace(DEV, sql_awake_hours=1)
    enough, busy = database.choices(LOAD, rare, PRICES)[-1], database.choices(LOAD, DEV, PRICES)[-1]
    assert enough.note == "41 hours a month; enough" and enough.awake_hours == 1
    assert "away until next month" in busy.note
    assert busy.awake_hours == pytest.approx(100_000 / 3600 / (2.05 / 3) / 730 * 24)


# The rest


def test_what_watches_is_paid_in_each_stamp() -> None:
    of = prod()
    assert month(of, "Alert rules") == pytest.approx(2 * (12 * 0.10 + 3 * 0.50))
    assert month(of, "Availability tests") == pytest.approx(2 * 2 * 8_760 * 0.000645)
    assert month(of, "Private endpoints") == pytest.approx(2 * 730 * 0.01)
    assert month(of, "DNS zones") == pytest.approx(2 * 0.50)


def test_a_test_of_availability_also_runs_the_function_it_asks() -> None:
    without = bill(QUIET, OURS, structs.replace(DEV, web_test_locations=0), PRICES)
    tests = 2 * 730 * 4
    more = month(bill(QUIET, OURS, DEV, PRICES), "Functions") - month(without, "Functions")
    assert more == pytest.approx(tests * (0.4e-6 + 2 * 26e-6))


def test_logs_that_are_kept_longer_than_31_days_cost_more() -> None:
    short, long = prod(log_retention_days=30), prod(log_retention_days=90)
    each = line(long, "Log Analytics").per_call / line(short, "Log Analytics").per_call
    assert each == pytest.approx((2.30 + 0.10 * 59 / (365 / 12)) / 2.30)


def test_the_page_costs_nothing_as_a_free_one() -> None:
    assert month(prod(static_web_app_sku="Free"), "Static site") == 0
    assert month(prod(), "Static site") == 9


def test_the_seed_is_deployed_likewise_but_for_what_its_plan_cannot_have() -> None:
    of = seed_deployment(PROD)
    ours_bill, seeds = prod(), bill(LOAD, SEED, of, PRICES)
    for same in ("SignalR", "Alert rules", "Availability tests", "Static site"):
        assert month(seeds, same) == month(ours_bill, same)
    for none in ("Functions, always ready", "Private endpoints", "DNS zones"):
        assert line(seeds, none).per_call == month(seeds, none) == 0
    assert month(seeds, "Azure SQL") == 4.90


def test_all_fixed_costs_but_those_that_exist_once_are_paid_for_each_stamp() -> None:
    one, two = prod(stamps=1), prod(stamps=2)
    for first, second in zip(one.lines, two.lines, strict=True):
        times = 1 if first.service in ("Azure SQL", "Static site") else 2
        assert second.per_month == pytest.approx(first.per_month * times), first.service


def test_a_field_that_is_unknown_is_no_deployment() -> None:
    with pytest.raises(TypeError):
        Deployment(units=3)  # type: ignore[call-arg]
