"""Which figures are measured and which are assumed, and that the sources say so."""

from costs.measured import ASSUMED, ASSUMED_SOURCES, sourced_load
from stats.demo import rows
from stats.sums import Sum, tally

NOW = 1_795_000_000_000


def sums(demo: bool = False, calls: int = 100, relayed: int = 20) -> list[Sum]:
    direct = calls - relayed
    listed = [
        ("calls", 10, "", calls // 2),
        ("calls", 13, "", calls - calls // 2),
        ("seconds", 10, "", calls * 300),
        ("candidate-type", 10, "srflx/udp", direct),
        ("candidate-type", 10, "relay/tls", relayed // 2),
        ("candidate-type", 13, "relay/udp", relayed - relayed // 2),
        ("candidate-type", 13, "/", 7),
        ("bytes", 10, "srflx", direct * 5 * 10**6),
        ("bytes", 13, "relay", relayed * 2 * 10**8),
    ]
    return [Sum(measure, day, detail, demo, n) for measure, day, detail, n in listed]


def test_without_statistics_all_is_assumed() -> None:
    found = sourced_load(())
    assert found.load == ASSUMED
    assert found.sources == ASSUMED_SOURCES


def test_measured_figures_take_the_place_of_assumed_ones() -> None:
    found = sourced_load(sums())
    assert found.load.calls_per_day == 25  # 100 calls from day 10 to day 13
    assert found.load.minutes == 5
    assert found.load.relay_share == 0.2
    assert found.load.payload_gb == 0.2
    assert all(source.startswith("measured: ") for source in found.sources.values())


def test_too_few_calls_measure_nothing() -> None:
    found = sourced_load(sums(calls=9, relayed=3))
    assert found.load == ASSUMED


def test_too_few_relayed_calls_do_not_say_what_one_carries() -> None:
    found = sourced_load(sums(relayed=4))
    assert found.load.relay_share == 0.04
    assert found.load.payload_gb == ASSUMED.payload_gb
    assert found.sources["payload_gb"].startswith("assumed")


def test_demonstration_data_is_called_that_and_never_mixed_with_real_calls() -> None:
    only = sourced_load(sums(demo=True))
    assert only.sources["relay_share"].startswith("demonstration data: ")
    assert sourced_load(sums() + sums(demo=True, relayed=90)) == sourced_load(sums())


def test_calls_per_day_may_be_given() -> None:
    found = sourced_load(sums(), 5_000)
    assert found.load.calls_per_day == 5_000
    assert found.sources["calls_per_day"] == "given"
    assert found.sources["minutes"].startswith("measured")


def test_demonstration_calls_have_about_the_assumed_share_of_relays() -> None:
    counted = tally(rows(20, 100, 1, NOW))
    found = sourced_load(Sum(*key, n) for key, n in counted.items())
    assert 0.17 < found.load.relay_share < 0.23
    assert 5 < found.load.minutes < 20
