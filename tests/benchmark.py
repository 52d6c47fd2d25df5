"""Benchmarks, run in short to see that they work: their figures mean nothing."""

import subprocess
import sys

from lab.stack import ROOT


def run_in_short(benchmark: str, *arguments: str, seconds: int) -> str:
    """What it prints. `benchmark`: its name in benchmarks/."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{benchmark}", "--runs", "1", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
