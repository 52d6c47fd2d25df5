"""The availability that the SLAs make together, and what was measured beside it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from stats import availability as a
from stats import chaos
from stats.commands import availability as command
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


def test_two_stamps_at_once_are_away_for_seconds_where_one_is_for_hours() -> None:
    one, two, *common = a.signaling_cases()
    assert 0.9970 < one.available < 0.9980
    assert two.available > 0.9999
    assert two.available == pytest.approx(1 - (1 - 0.999 * 0.9995 * 0.999) ** 2, abs=1e-6)
    assert one.minutes_per_year > 20 * 60 and two.minutes_per_year < 5
    assert two.available > common[0].available > common[1].available > one.available


def test_one_page_for_both_stamps_is_said_to_be_what_limits_them() -> None:
    *_, one_site, two_sites = a.our_cases()
    assert one_site.available < a.SITE.promise < two_sites.available
    assert (one_site.note, two_sites.note) == ("as infra/ has it", "infra/ has one site")
    assert "assumed to be independent" in answer(command)


def test_the_table_and_the_json_say_the_same() -> None:
    said, data = answer(command), json.loads(answer(command, "--json"))
    for case in (*data["seed"]["cases"], *data["ours"]["cases"], *data["ours"]["signaling"]):
        figures = f"{case['available'] * 100:.4f} %", f"{case['minutesPerMonth']:.2f}"
        rows = [row for row in said.splitlines() if f"  {case['name']}  " in row]
        assert any(all(figure in row for figure in figures) for row in rows), case["name"]
    assert {part["name"] for part in data["ours"]["notEssential"]} >= {"Azure SQL", "Key Vault"}
    assert len(data["assumption"]) == 2 and "measured" not in data


# --- with what was measured -------------------------------------------------------------------

FILE = Path(__file__).parent / "chaos.json"


def written(tmp_path: Path, **changes: Any) -> str:
    """A file of the benchmark with other figures; "-" leaves one out."""
    figures = {**json.loads(FILE.read_text()), **changes}
    path = tmp_path / "chaos.json"
    path.write_text(json.dumps({name: value for name, value in figures.items() if value != "-"}))
    return str(path)


def test_without_a_file_only_the_arithmetic_is_shown() -> None:
    assert "easured" not in answer(command).replace("measurement", "")
    assert answer(command, "--measured", str(FILE)).startswith(answer(command))


def test_what_was_measured_says_what_a_dead_stamp_costs_a_call() -> None:
    said = answer(command, "--measured", str(FILE))
    assert "1,000 events on 2 stamps, 4,123 calls; seeds 1, 2" in said
    assert "with 2 stamps     +210 ms for a join; 420 ms (p99 1,310) until the next" in said
    assert said.count("  met\n") == 8 and "MISSED" not in said
    data = json.loads(answer(command, "--json", "--measured", str(FILE)))
    assert data["measured"] == json.loads(FILE.read_text())
    assert [check["met"] for check in data["checks"]] == [True] * 8


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        *[(name, 1) for name in ("notConnected30s", "listedGone90s", "reportsLost")],
        *[(name, 1) for name in ("reportsTwice", "textsLost", "channelsBroken")],
        ("signalAfterDeathMs", {"count": 9, "p50": 3, "p99": 1_500.5}),
        ("joinOneDeadMs", {"count": 9, "p50": 581, "p99": 581}),
    ],
)
def test_each_figure_that_is_too_large_is_missed_alone(
    figure: str, value: object, tmp_path: Path
) -> None:
    said = answer(command, "--measured", written(tmp_path, **{figure: value}))
    assert (said.count("  MISSED\n"), said.count("  met\n")) == (1, 7)


@pytest.mark.parametrize("absent", [None, "-"], ids=["null", "left out"])
def test_what_a_run_did_not_measure_is_neither_met_nor_missed(
    absent: str | None, tmp_path: Path
) -> None:
    path = written(tmp_path, signalAfterDeathMs=absent, joinBothMs=absent)
    said = answer(command, "--measured", path)
    assert (said.count("  not measured\n"), said.count("  met\n")) == (2, 6)
    assert "the join: not measured; the next signal: not measured" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reportsLost": -1}, "reportsLost"),
        ({"calls": "many"}, "calls"),
        ({"seeds": []}, "seeds"),
        ({"stamps": 1}, "stamps"),
        ({"textsLost": "-"}, "textsLost"),
        ({"events": {"kill": 1.5}}, "events"),
        ({"joinBothMs": {"count": 1, "p50": 2, "p99": 1}}, "p50 is more than p99"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_what_is_wrong(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(SystemExit, match=said) as refused:
        answer(command, "--measured", path)
    assert str(refused.value).startswith(f"availability: {path}: ")


@pytest.mark.parametrize("text", ["", "junk", "[]", "null", '{"stamps": '])
def test_a_file_of_something_else_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(SystemExit, match="not what benchmarks.chaos writes"):
        answer(command, "--measured", str(path))
    with pytest.raises(SystemExit, match="No such file"):
        answer(command, "--measured", str(tmp_path / "none"))


def test_the_example_at_the_head_of_the_schema_is_a_file_that_is_taken() -> None:
    example = (chaos.__doc__ or "").partition("null.\n")[2]
    assert chaos.parse(example.encode()) == chaos.parse(FILE.read_bytes())
    assert {field.encode_name for field in structs.fields(chaos.Chaos)} == set(
        json.loads(example)
    ), "the example shows every figure"


def test_the_command_is_one_of_those_of_statistics() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stats", "availability", "--measured", str(FILE)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert "99.9994 %" in done.stdout and "1,310" in done.stdout
