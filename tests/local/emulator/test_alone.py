"""The emulator is a package of its own: a copy of its folder runs without the rest of ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
USE_IT = """
from local.emulator import Service, connection_string
from local.emulator.protocol import Ping, encode
assert len(Service().board) == 0 and encode("json", Ping())
print(connection_string("http://localhost:8888"))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A directory with nothing of ours in it but the emulator."""
    target = tmp_path / "local" / "emulator"
    shutil.copytree(ROOT / "local" / "emulator", target, ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["-m", "local.emulator", "--help"], "usage: python -m local.emulator"),
        (["-c", USE_IT], "Endpoint=http://localhost;Port=8888;AccessKey="),
    ],
    ids=["as a command", "as a library"],
)
def test_a_copy_of_the_emulator_runs_alone(copy: Path, arguments: list[str], printed: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(printed)
