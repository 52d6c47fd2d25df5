"""docs/cost.md shows what the commands print."""

from pathlib import Path

import pytest

from costs.commands import availability, forecast
from tests.stats.commands import answer

PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()


def test_the_page_shows_the_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQL_CONNECTION", f"sqlite:///{tmp_path}/none.sqlite")
    assert answer(forecast) in PAGE


def test_the_page_shows_the_availability() -> None:
    assert answer(availability) in PAGE
