"""The same program with ours and with other systems: it fits each library's types, and it runs."""

import subprocess
import sys

import pytest

from lab.networks import missing
from lab.stack import ROOT

FOLDER = ROOT / "benchmarks" / "rivals" / "lines"
TYPES_SECONDS = 120
RUN_SECONDS = 900
PARTS = "room, text, media, channel, file, loss"


def types(folder: str) -> subprocess.CompletedProcess[str]:
    command = ["npx", "--no-install", "tsc", "-p", folder]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TYPES_SECONDS, check=False
    )


def test_the_programs_fit_the_types_of_their_libraries() -> None:
    done = types(str(FOLDER))
    assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_each_program_does_all_of_it() -> None:
    command = [sys.executable, "-m", "benchmarks.rivals.lines.run"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *(f"{system}: {PARTS}" for system in ("heliograph", "peerjs", "trystero")),
        "livekit: a token, and the server is asked",
    ]
