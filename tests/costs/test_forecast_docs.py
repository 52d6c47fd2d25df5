"""docs/cost.md shows what the commands print."""

import json
from pathlib import Path

import pytest

from costs.commands import forecast
from costs.database import least_vcores
from costs.prices import parse
from stats.commands import availability
from tests.stats.commands import answer

SMALL = ("--deployment", "dev", "--calls-per-day", "20")
PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No statistics."""
    monkeypatch.setenv("SQL_CONNECTION", f"sqlite:///{tmp_path}/none.sqlite")


def test_the_page_shows_the_forecast() -> None:
    assert "`python -m costs forecast` prints:" in PAGE
    assert answer(forecast) in PAGE


def test_the_page_shows_a_small_deployment_up_to_its_database() -> None:
    assert f"`python -m costs forecast {' '.join(SMALL)}` prints" in PAGE
    shown = answer(forecast, *SMALL).partition("\nShare of relayed calls")[0]
    assert "Azure SQL, USD a month" in shown
    assert shown in PAGE


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--sql-sku", "GP_S_Gen5_1"),
        ("--function-always-ready", "0", "--storage-replication", "LRS"),
        SMALL,
        (*SMALL, "--sql-sku", "GP_S_Gen5_1"),
        (*SMALL, "--sql-sku", "GP_S_Gen5_1", "--sql-auto-pause-minutes", "15"),
        (*SMALL, "--turn", "metered"),
    ],
)
def test_the_page_compares_choices(words: tuple[str, ...]) -> None:
    """Each row: the options, fixed a month of ours and of the seed, both in all."""
    data = json.loads(answer(forecast, "--json", *words))
    figures = [
        data[of][key] for key in ("fixedPerMonth", "perMonth") for of in ("heliograph", "seed")
    ]
    options = f"`{' '.join(words)}`" if words else "none"
    row = f"| {options} | " + " | ".join(f"{figure:,.2f}" for figure in figures) + " |"
    assert row in PAGE, row


@pytest.mark.parametrize(("minutes", "said"), [(60, "10.86"), (15, "2.85")])
def test_the_page_says_what_a_wake_a_day_costs(minutes: int, said: str) -> None:
    prices = parse(forecast.PRICES.read_text())
    month = (
        (minutes + 1) / 60 * 365 / 12 * least_vcores("GP_S_Gen5_1") * prices.each("sql_vcore_hours")
    )
    assert f"{month:.2f}" == said
    assert f"${said}" in PAGE


def test_the_page_shows_the_availability() -> None:
    assert "`python -m stats availability` prints:" in PAGE
    assert answer(availability) in PAGE
