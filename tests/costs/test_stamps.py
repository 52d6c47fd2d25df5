"""What a call uses with one stamp, with two, and with two whose sockets sleep."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from costs import call
from costs.commands import stamps as command
from costs.commands.forecast import PRICES as PRICES_FILE
from costs.deployment import DEV, PROD, Deployment
from costs.designs import ours
from costs.forecast import count_call, signalr_units, sockets_at_peak
from costs.model import Load
from costs.prices import parse
from costs.stamps import LONGEST_MINUTES, WAYS, pays_from, usage
from tests.stats.commands import answer

PRICES = parse(PRICES_FILE.read_text())
PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()
ONE, TWO, ASLEEP = WAYS.values()
# What happens once, whatever the number of stamps.
TURN = Load(1).relay_share * 1.25


def counted(deployment: Deployment, minutes: float = 10) -> tuple[float, float, float]:
    """Executions, messages and transactions of a call."""
    found = count_call(Load(1, minutes), ours(None, deployment))
    return found.executions, found.messages, found.transactions


def test_with_one_stamp_a_call_is_as_the_protocol_has_it() -> None:
    """Negotiate, connect, poll, answer, leave, disconnect, report; one in five TURN. In half of the
    calls also park, answer by a call, and candidates."""
    executions = 2 + 2 + 1 + 0 + 2 + 2 + 2 + 2 + 0.2 * 1.25 + (1 + 1 + 1) / 2
    messages = 5 + 1 + 1 + 2 + (1 + 2) / 2
    transactions = 8 + 4 + 1 + 0 + 4 + 4 + 2 + 4 + 0.2 * 14 + (2 + 2) / 2
    assert counted(ONE) == pytest.approx((executions, messages, transactions))


@pytest.mark.parametrize("stamps", [2, 3, 8])
def test_a_seat_is_kept_in_every_stamp_and_a_signal_goes_by_one(stamps: int) -> None:
    executions, messages, transactions = counted(structs.replace(ONE, stamps=stamps))
    repeated = 1 + call.REPEATED
    reports = 1 + 2  # one page closes and tells two stamps, the other one's report is answered
    assert executions == pytest.approx(stamps * 8.5 + repeated + 1 + 2 * reports + TURN)
    assert messages == pytest.approx(stamps * 8.5 + repeated * 2)
    assert transactions == pytest.approx(stamps * 21 + repeated + 1 + 3 * reports + 0.2 * 14)


def test_sleep_is_two_calls_and_a_peer_that_wakes_in_each_stamp() -> None:
    awake, asleep = counted(TWO), counted(ASLEEP)
    more = tuple(a - b for a, b in zip(asleep, awake, strict=True))
    # Per stamp: sleep of both; the woken one negotiates, connects and disconnects.
    assert more[0] == pytest.approx(2 * (2 + 3))
    # Per stamp: the woken one is told of its socket, and comes and goes; nobody hears who left.
    assert more[1] == pytest.approx(2 * (3 - 1))
    assert more[2] == pytest.approx(2 * (4 + 4 + 2 + 2))


@pytest.mark.parametrize(
    ("minutes", "times"), [(10, 0), (47.9, 0), (48, 1), (95, 1), (96, 2), (1_440, 30)]
)
def test_seats_are_renewed_every_48_minutes_by_both_peers_in_each_stamp(
    minutes: float, times: int
) -> None:
    for way, each in ((ONE, 2), (TWO, 4), (ASLEEP, 8)):  # asleep: negotiate and sleep
        assert counted(way, minutes)[0] - counted(way)[0] == pytest.approx(times * each)


def test_sockets_and_their_minutes_by_hand() -> None:
    ways = [usage(60, way, PRICES) for way in (ONE, TWO, ASLEEP)]
    assert [way.sockets for way in ways] == [2, 4, 6]
    # Asleep, per stamp: a minute of each peer, and half a minute of the one that wakes.
    assert [way.socket_minutes for way in ways] == [120, 240, 5]
    assert [way.unit_hours for way in ways] == pytest.approx([0.002, 0.004, 5 / 60 / 1000])


def test_the_units_of_many_calls_are_those_of_the_peak_in_each_stamp() -> None:
    """100,000 calls of 60 minutes: 8,333 sockets on average, 33,333 at peak."""
    assert [usage(60, way, PRICES).units for way in (ONE, TWO, ASLEEP)] == [34, 68, 2]


def test_a_call_is_in_every_stamp_and_not_in_one_of_them() -> None:
    load = Load(18_000)
    for stamps in (1, 2, 3):
        deployment = structs.replace(PROD, stamps=stamps)
        design = ours(None, deployment)
        assert sockets_at_peak(load, design, deployment) == pytest.approx(1_000)
        assert signalr_units(load, design, deployment) == stamps
    more = structs.replace(load, calls_per_day=18_001)
    assert signalr_units(more, ours(None, PROD), PROD) == 4


def test_the_cost_of_a_call_by_hand() -> None:
    executions, messages, transactions = counted(ONE)
    rows = 2 + 2 + 2 + 4
    cost = (
        executions * (0.4e-6 + 1.0 * 2 * 26e-6)
        + messages * 1e-6
        + transactions * 4e-7
        + (executions * 2e-6 + rows * 1e-6) * 2.30
        + 20 / 60 / 1_000 * 4 * 49.10 / 730
    )
    assert usage(10, ONE, PRICES).per_1000 == pytest.approx(cost * 1_000)


def test_from_some_length_on_sockets_that_sleep_cost_less() -> None:
    pays = pays_from(PRICES)
    assert pays is not None

    def saved(minutes: int) -> float:
        return usage(minutes, TWO, PRICES).per_1000 - usage(minutes, ASLEEP, PRICES).per_1000

    assert saved(pays - 1) <= 0
    assert all(saved(minutes) > 0 for minutes in range(pays, LONGEST_MINUTES + 1))


@pytest.mark.parametrize(("unit", "pays"), [(0.0, None), (1e6, 2)])
def test_sleep_pays_by_the_price_of_a_unit(unit: float, pays: int | None) -> None:
    table = dict(PRICES.table)
    table["signalr_unit"] = structs.replace(table["signalr_unit"], amount=unit)
    found = pays_from(structs.replace(PRICES, table=table))
    assert found == pays


@given(st.floats(1, LONGEST_MINUTES), st.integers(1, 8), st.booleans())
def test_more_stamps_never_cost_less(minutes: float, stamps: int, asleep: bool) -> None:
    fewer = structs.replace(ONE, stamps=stamps, sockets_sleep=asleep)
    more = structs.replace(fewer, stamps=stamps + 1)
    assert usage(minutes, fewer, PRICES).per_1000 < usage(minutes, more, PRICES).per_1000


def test_the_default_is_that_sockets_stay_awake() -> None:
    assert not DEV.sockets_sleep and not PROD.sockets_sleep
    assert ours(None, PROD).sleep is None


# The command


def test_the_page_shows_the_table() -> None:
    assert "`python -m costs stamps` prints:" in PAGE
    assert answer(command) in PAGE


def test_table_and_json_say_the_same() -> None:
    said, data = answer(command), json.loads(answer(command, "--json"))
    for calls in data["calls"]:
        for way in calls["ways"].values():
            assert f"{way['executions']:14.2f}" in said and f"{way['per1000']:14.4f}" in said
    assert f"calls of {data['sleepPaysFrom']} minutes" in said


def test_lengths_are_those_that_were_asked_for() -> None:
    calls = json.loads(answer(command, "--json", "--minutes", "5", "60"))["calls"]
    assert [of["minutes"] for of in calls] == [5, 60]
    assert "A call of two peers, 2.5 minutes" in answer(command, "--minutes", "2.5", "90")


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "1441"])
def test_a_length_that_no_call_has_is_refused(minutes: str) -> None:
    with pytest.raises(SystemExit, match="--minutes takes 1 to 1440"):
        answer(command, "--minutes", minutes)


def test_a_file_of_prices_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"stamps: .*none\.toml"):
        answer(command, "--prices", str(tmp_path / "none.toml"))
