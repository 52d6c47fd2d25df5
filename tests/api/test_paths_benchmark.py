"""What each call costs in trips to storage and SignalR Service, by benchmarks/paths.py."""

import re
import subprocess
import sys

from lab.stack import ROOT

SECONDS = 60
# Trips to storage at most, and to SignalR Service: docs/benchmarks.md.
TRIPS = {"offer": (0, 1), "negotiate": (2, 0), "turn": (6, 0), "report": (0, 0)}


def test_no_call_takes_more_trips_than_is_said() -> None:
    command = [sys.executable, "-m", "benchmarks.paths"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = dict(re.findall(r"^(\w+) +\d+ +\d+ +(\d+ +\d+)$", done.stdout, re.MULTILINE))
    found = {path: tuple(map(int, row.split())) for path, row in rows.items()}
    assert found.keys() == TRIPS.keys()
    for path, (storage, signalr) in TRIPS.items():
        assert found[path][0] <= storage and found[path][1] == signalr, path
