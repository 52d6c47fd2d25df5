"""The availability that the SLAs make together."""

import json

import pytest

from costs import availability as a
from costs.commands import availability as command
from tests.stats.commands import answer


def percent(case: a.Case, digits: int) -> float:
    return round(case.available * 100, digits)


def test_the_seeds_figures_come_out_as_it_gave_them() -> None:
    one, two, two_sites = a.seed_cases()
    assert percent(one, 1) == 99.7
    assert percent(one, 3) == 99.739
    assert percent(two, 3) == 99.949
    assert percent(two_sites, 4) == 99.9985


def test_the_set_cannot_hold_key_vault_too() -> None:
    both = a.chain([*a.SEED_REGION, a.SITE, a.SEED_TURN, a.ASIDE[1]])
    assert round(both * 100, 3) == 99.729


def test_ours_by_hand() -> None:
    one, aside, premium, two, two_sites = (case.available for case in a.our_cases())
    stamp, turn = 0.999 * 0.9995 * 0.999, 1 - 0.2 * 1e-6
    assert one == pytest.approx(stamp * 0.9995 * turn)
    assert aside == pytest.approx(one * 0.9999 * 0.9999 * 0.999)
    assert premium == pytest.approx(one * 0.9995 / 0.999)
    assert two == pytest.approx((1 - (1 - stamp) ** 2) * 0.9995 * turn)
    assert two_sites > 0.9999


def test_minutes_are_those_of_an_average_month_and_a_year() -> None:
    case = a.Case("x", 0.999)
    assert case.minutes_per_month == pytest.approx(43.8)
    assert case.minutes_per_year == pytest.approx(525.6)


def test_a_part_that_few_calls_need_counts_for_few() -> None:
    assert a.chain([a.Part("x", 0.9, needed=0.2)]) == pytest.approx(0.98)
    assert a.chain([]) == 1


def test_a_common_cause_takes_the_second_stamp_away() -> None:
    assert a.shared(0.99, 0) == pytest.approx(a.either(0.99))
    assert a.shared(0.99, 1) == pytest.approx(0.99)
    assert a.shared(0.99, 0.1) == pytest.approx(1 - 0.001 - 0.009**2)


def test_what_is_only_designed_is_said_to_be() -> None:
    cases = a.our_cases()
    assert all(case.note == "design" for case in cases if case.name.startswith("two stamps"))
    said = answer(command)
    assert "today the client knows one backend" in said
    assert "assumed to be independent" in said


def test_the_table_and_the_json_say_the_same() -> None:
    said, data = answer(command), json.loads(answer(command, "--json"))
    for part in ("seed", "ours"):
        for case in data[part]["cases"]:
            (row,) = (r for r in said.splitlines() if f"  {case['name']}  " in r)
            assert f"{case['available'] * 100:.4f} %" in row
            assert f"{case['minutesPerMonth']:.2f}" in row
    assert {part["name"] for part in data["ours"]["notEssential"]} >= {"Azure SQL", "Key Vault"}
    assert len(data["assumption"]) == 3
