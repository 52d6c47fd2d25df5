"""The benchmark of the way from a link to the call, in form only."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.benchmark import run_in_short

pytestmark = pytest.mark.browser

STEPS = ["first contentful paint", "negotiate sent", "admitted", "channel open"]
SECONDS = 120


def test_a_link_leads_to_a_call_by_every_way(tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    arguments = ("--round-trips", "20", "--json", str(found))
    said = run_in_short("page", *arguments, seconds=SECONDS)
    series = json.loads(found.read_text())
    assert [each["title"] for each in series] == STEPS
    for way in ("http1", "http2", "slow-start"):
        times = [_ms(each["times"], way) for each in series[1:]]
        assert all(before < after for before, after in pairwise(times)), times
        assert f"| {way} | " in said


def _ms(times: list[dict[str, object]], way: str) -> float:
    [ms] = [each["ms"] for each in times if each["system"] == way]
    assert isinstance(ms, list) and len(ms) == 1
    return float(ms[0])
