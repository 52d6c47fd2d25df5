"""The soak, in form only: people come, speak, report and go, and none of that fails."""

import re
import subprocess
import sys

from lab.stack import ROOT

SECONDS = 90


def test_a_short_soak_fails_no_visit_and_says_what_memory_did() -> None:
    """Whether memory stays as it is nobody can tell in ten seconds: the exit code says nothing."""
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.17", "--per-second", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    visits = re.search(r"^(\d+) visits, (\d+) left out, failed: none$", done.stdout, re.M)
    assert visits is not None, done.stdout + done.stderr
    assert int(visits[1]) >= 15
    assert re.search(r"^RSS after \d+ s [\d.]+ MB, at the end [\d.]+ MB", done.stdout, re.M)
