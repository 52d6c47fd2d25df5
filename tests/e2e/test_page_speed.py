"""The benchmark of the way from a link to the call, in form only."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from lab.stack import ROOT

pytestmark = pytest.mark.browser

STEPS = ["first contentful paint", "negotiate sent", "admitted", "channel open"]
SECONDS = 120


def test_a_link_leads_to_a_call_by_every_way(tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.page", "--runs", "1", "--round-trips", "20"]
    done = subprocess.run(
        [*command, "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    series = json.loads(found.read_text())
    assert [each["title"] for each in series] == STEPS
    for way in ("http1", "http2", "slow-start"):
        times = [_ms(each["times"], way) for each in series[1:]]
        assert all(before < after for before, after in pairwise(times)), times
        assert f"| {way} | " in done.stdout


def _ms(times: list[dict[str, object]], way: str) -> float:
    [ms] = [each["ms"] for each in times if each["system"] == way]
    assert isinstance(ms, list) and len(ms) == 1
    return float(ms[0])
