"""What Azure installs, and what `make run` installs, come out of the lock."""

import subprocess
import sys
from pathlib import Path

from scripts.requirements import runtime_requirements

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = """\
[project]
dependencies = ["First_One>=1"]
[dependency-groups]
run = ["alone"]
"""
LOCK = """\
alone==1 \\
    --hash=sha256:00
    # via heliograph (pyproject.toml:dev)
below==2 ; sys_platform == 'win32' \\
    --hash=sha256:11
    # via
    #   alone
    #   first-one
first-one==3 \\
    --hash=sha256:22
    # via heliograph (pyproject.toml)
lowest==4 \\
    --hash=sha256:33
    # via below
"""


def test_requirements_txt_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/requirements.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_what_is_deployed_is_what_the_dependencies_lead_to() -> None:
    lines = runtime_requirements(PYPROJECT, LOCK).splitlines()
    names = [line.split("==")[0] for line in lines if "==" in line and "hash" not in line]
    assert names == ["below", "first-one", "lowest"]


def test_every_deployed_package_keeps_its_hashes_and_its_marker() -> None:
    deployed = runtime_requirements(PYPROJECT, LOCK)
    assert "below==2 ; sys_platform == 'win32' \\\n    --hash=sha256:11\n" in deployed
    assert "# via" not in deployed


def test_a_new_dependency_that_is_not_locked_is_an_error() -> None:
    try:
        runtime_requirements(PYPROJECT.replace("First_One", "missing"), LOCK)
    except KeyError as error:
        assert "missing" in str(error)
    else:
        raise AssertionError("a gap went unnoticed")


def test_what_make_run_installs_is_this_and_its_group_and_no_tool_for_tests() -> None:
    lines = runtime_requirements(PYPROJECT, LOCK, ["run"]).splitlines()
    names = [line.split("==")[0] for line in lines if "==" in line and "hash" not in line]
    assert names == ["alone", "below", "first-one", "lowest"]
    installed = (ROOT / "requirements-run.txt").read_text()
    assert "\nstarlette==" in installed and "\nmsgspec==" in installed
    for tool in ("pytest", "mypy", "ruff", "playwright", "mkdocs", "schemathesis", "aiortc", "av"):
        assert f"\n{tool}==" not in installed
