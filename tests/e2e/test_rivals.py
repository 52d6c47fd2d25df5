"""The benchmark beside other systems, in form only: each of them connects two people."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.stack import ROOT
from tests.benchmark import run_in_short

pytestmark = pytest.mark.browser

SYSTEMS = {"heliograph", "heliograph-two-stamps", "peerjs", "y-webrtc", "simple-peer", "trystero"}
SECONDS = 240


def test_each_system_connects_two_people(tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    arguments = ("--scenes", "apart", "--round-trips", "20", "--json", str(found))
    said = run_in_short("rivals", *arguments, seconds=SECONDS)
    [series] = json.loads(found.read_text())
    assert {each["system"] for each in series["times"]} == SYSTEMS
    for each in series["times"]:
        assert each["failed"] == 0 and len(each["ms"]) == 1 and each["ms"][0] > 0, each
        assert f"| {each['system']} | " in said
    assert "R = 20" in said


def test_the_docs_say_what_was_measured() -> None:
    command = [sys.executable, "-m", "benchmarks.rivals.report", "--check"]
    assert subprocess.run(command, cwd=ROOT, timeout=SECONDS, check=False).returncode == 0
