"""`python -m costs forecast` as it is typed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from costs.commands import forecast
from tests.stats.commands import answer

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No statistics but those a test names."""
    monkeypatch.setenv("SQL_CONNECTION", f"sqlite:///{tmp_path}/none.sqlite")


def test_the_table_says_what_is_assumed_and_what_it_comes_to() -> None:
    said = answer(forecast)
    assert len(re.findall(r" assumed", said)) >= 4 and "measured" not in said
    for service in ("Functions", "SignalR", "Storage", "Azure SQL", "Log Analytics", "TURN"):
        assert f"  {service}" in said
    assert "target: at most 0.100, met" in said
    assert said.count(" second-hand") == 26 and said.count(" verified") == 1
    assert said.count(" from memory") == 5
    assert max(map(len, said.splitlines())) <= 110


def test_table_and_json_say_the_same() -> None:
    said, data = answer(forecast), json.loads(answer(forecast, "--json"))
    for name in ("heliograph", "seed"):
        assert f"{data[name]['variablePer1000']:.4f}" in said
        assert f"{data[name]['perMonth']:.2f}" in said
        parts = data[name]["services"].values()
        assert sum(p["per1000"] for p in parts) == pytest.approx(data[name]["variablePer1000"])
    assert [row["case"] for row in data["relayShare"]] == ["0.10", "0.15", "0.20", "0.25", "0.30"]
    assert {row["case"] for row in data["provider"]} == {
        "cloudflare",
        "metered",
        "twilio",
        "coturn",
    }
    assert data["load"]["payload_gb"] == {
        "value": 0.1,
        "unit": "GB a call, both directions",
        "source": "assumed: one file of 100 MB a call",
    }


def test_calls_per_day_are_taken_as_given() -> None:
    data = json.loads(answer(forecast, "--json", "--calls-per-day", "100000"))
    assert data["load"]["calls_per_day"]["source"] == "given"
    assert data["heliograph"]["fixedPerMonth"] > 6 * 49.10
    assert data["seed"]["services"]["SignalR"]["per1000"] > 50
    assert data["heliograph"]["services"]["SignalR"]["per1000"] == 0


def test_a_preset_is_changed_by_options() -> None:
    words = ("--deployment", "dev", "--function-always-ready", "1", "--sql-sku", "Basic")
    data = json.loads(answer(forecast, "--json", *words))
    assert data["deployment"]["function_always_ready"] == 1
    assert data["deployment"]["stamps"] == 1
    services = data["heliograph"]["services"]
    assert services["Functions, always ready"]["fixedPerMonth"] == pytest.approx(21.02, abs=0.01)
    assert services["Azure SQL"]["fixedPerMonth"] == 4.90


def test_the_database_that_stays_awake_is_said() -> None:
    said = answer(forecast)
    assert (
        "Serverless that never sleeps: about 260 a month instead of 4 asleep or 5 as Basic" in said
    )
    assert "its 0.5 vCores alone: 194" in said
    data = json.loads(answer(forecast, "--json", "--calls-per-day", "1"))
    skus = [one["sku"] for one in data["databases"]]
    assert skus == ["GP_S_Gen5_1", "GP_S_Gen5_1", "GP_S_Gen5_1", "Basic", "free"]


def test_a_free_signalr_that_does_not_hold_the_load_is_said() -> None:
    said = answer(forecast, "--deployment", "dev")
    assert "Free_F1 holds 20 sockets and 20,000 messages a day; this load has 56" in said
    assert "Free_F1 holds" not in answer(forecast, "--deployment", "dev", "--calls-per-day", "20")
    assert "Free_F1 holds" not in answer(forecast)


def test_prices_of_another_file_count(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    shipped = forecast.PRICES.read_text()
    file.write_text(shipped.replace('currency = "USD"', 'currency = "EUR"'))
    assert "EUR per 1,000 calls" in answer(forecast, "--prices", str(file))


def test_a_mix_of_turn_providers_counts() -> None:
    said = answer(forecast, "--turn", "cloudflare=0.75, coturn=0.25")
    assert "TURN: cloudflare 75%, coturn 25%" in said
    alone = json.loads(answer(forecast, "--json", "--turn", "coturn"))
    assert alone["turn"] == {"coturn": 1.0}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--calls-per-day", "0"), "calls_per_day has to be more than 0"),
        (("--calls-per-day", "-5"), "calls_per_day"),
        (("--turn", "xirsys"), "unknown TURN provider xirsys"),
        (("--turn", "cloudflare=0.5"), "make 0.5, not 1"),
        (("--turn", "cloudflare=half"), "share of cloudflare is no number"),
        (("--turn", "coturn=0.5,coturn=0.5"), "named twice"),
        (("--stamps", "two"), "Expected `int`, got `str` - at `$.stamps`"),
        (("--stamps", "0"), "have to be at least 1"),
        (("--sql-sku", "P9"), "sql_sku has to be one of GP_S_Gen5_1"),
        (("--sql-awake-hours", "25"), "sql_awake_hours has to be 0 to 24"),
        (("--sql-auto-pause-minutes", "5"), "sql_auto_pause_minutes has to be -1"),
        (("--stats-wakes-per-day", "nan"), "stats_wakes_per_day has to be a number"),
        (("--function-always-ready", "-1"), "function_always_ready has to be a number from 0"),
        (("--prices", "nothing-here.toml"), "nothing-here.toml: No such file"),
        (("--database", "nothing-here.sqlite"), "there is no database nothing-here.sqlite"),
        (("--chart", "chart.pdf"), "a chart is a file .svg or .png"),
        (("--chart", "no/such/folder/chart.svg"), "No such file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        answer(forecast, *words)


def test_a_bad_price_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(forecast.PRICES.read_text().replace("amount = 4.90", "amount = -4.90"))
    with pytest.raises(SystemExit, match="mine.toml: sql_basic: .*amount"):
        answer(forecast, "--prices", str(file))


def test_no_statistics_leave_no_file_behind(tmp_path: Path) -> None:
    answer(forecast)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG")])
def test_a_chart_is_drawn(name: str, start: bytes, tmp_path: Path) -> None:
    answer(forecast, "--chart", str(tmp_path / name), "--calls-per-day", "20000")
    drawn = (tmp_path / name).read_bytes()
    assert drawn.startswith(start) and len(drawn) > 5_000


def test_the_command_runs_and_loads_no_chart_library(tmp_path: Path) -> None:
    code = (
        "import runpy, sys; sys.argv[1:] = ['forecast', '--json'];"
        "sys.modules['matplotlib'] = None;"  # an import of it would fail
        "runpy.run_module('costs', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout)["ratio"] < 0.1
