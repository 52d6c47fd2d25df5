"""`make run` installs a part of everything, and `make install` adds the rest: in either order."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.house.source import ROOT

# As far as the scripts use them: what they are told, and the folders that they make and empty.
UV = """#!/bin/sh
echo "uv $*" >>"$CALLS"
case "$1 $2" in
  "venv --quiet") rm -rf .venv && mkdir -p .venv/bin && touch .venv/bin/python ;;
  "pip install") [ -e .venv/bin/python ] || exit 3 ;;
  *) exit 2 ;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$CALLS"
[ "$1" = ci ] || exit 2
rm -rf node_modules && mkdir node_modules
"""
MAKE_VENV = "uv venv --quiet --clear --python 3.13 .venv"
INSTALL = "uv pip install --quiet --require-hashes --python .venv/bin/python -r"
RUN, ALL = f"{INSTALL} requirements-run.txt", f"{INSTALL} requirements-dev.txt"
CI = "npm ci --no-audit --no-fund --loglevel=error"
PAGE = f"{CI} --workspace client --workspace web"


class Clone:
    """A folder with scripts and lock files of a clone, and tools that write down their calls."""

    def __init__(self, folder: Path) -> None:
        self.root, self.calls = folder / "clone", folder / "calls"
        tools = folder / "tools"
        for path in (self.root / "scripts", tools):
            path.mkdir(parents=True)
        for name in ("python-env", "node-env", "timed"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts" / name)
        for name, text in (("uv", UV), ("npm", NPM)):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        (self.root / ".python-version").write_text("3.13\n")
        for name in ("requirements-run.txt", "requirements-dev.txt", "package-lock.json"):
            (self.root / name).touch()
        self.environ = {"PATH": f"{tools}:{os.environ['PATH']}", "CALLS": str(self.calls)}

    def run(self, script: str, *words: str) -> list[str]:
        """What the tools were told."""
        self.calls.write_text("")
        command = [str(self.root / "scripts" / script), *words]
        subprocess.run(command, env=self.environ, check=True, capture_output=True)
        return self.calls.read_text().splitlines()

    def change(self, name: str) -> None:
        """Later than all that was made."""
        soon = time.time() + 5
        os.utime(self.root / name, (soon, soon))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_what_make_run_has_installed_is_added_to(clone: Clone) -> None:
    assert clone.run("python-env", "run") == [MAKE_VENV, RUN]
    assert clone.run("python-env", "run") == []
    assert clone.run("python-env") == [ALL]
    assert clone.run("python-env", "run") == []


def test_what_is_all_there_is_enough_for_make_run(clone: Clone) -> None:
    assert clone.run("python-env") == [MAKE_VENV, ALL]
    assert clone.run("python-env", "run") == []
    assert clone.run("node-env") == [CI]
    assert clone.run("node-env", "run") == []


@pytest.mark.parametrize("changed", ["requirements-run.txt", ".python-version"])
def test_a_new_lock_makes_the_environment_anew(clone: Clone, changed: str) -> None:
    clone.run("python-env", "run")
    clone.change(changed)
    assert clone.run("python-env", "run") == [MAKE_VENV, RUN]
    clone.change(changed)
    assert clone.run("python-env") == [MAKE_VENV, ALL]


def test_what_builds_the_page_is_installed_alone(clone: Clone) -> None:
    assert clone.run("node-env", "run") == [PAGE]
    assert clone.run("node-env", "run") == []
    assert clone.run("node-env") == [CI]
    clone.change("package-lock.json")
    assert clone.run("node-env", "run") == [PAGE]


def test_a_folder_that_is_a_link_is_left_alone(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "of-others").mkdir()
    for script, name in (("python-env", ".venv"), ("node-env", "node_modules")):
        (clone.root / name).symlink_to(tmp_path / "of-others")
        command = [str(clone.root / "scripts" / script), "run"]
        done = subprocess.run(command, env=clone.environ, capture_output=True, text=True)
        assert done.returncode == 1 and f"{name} is a link" in done.stderr


def test_what_a_step_says_is_shown_only_if_it_fails() -> None:
    timed = [str(ROOT / "scripts" / "timed"), "A step"]
    good = subprocess.run([*timed, "sh", "-c", "echo much"], capture_output=True, text=True)
    assert (good.returncode, good.stdout, good.stderr) == (0, "A step … 0 s\n", "")
    bad = subprocess.run([*timed, "sh", "-c", "echo why; exit 7"], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout, bad.stderr) == (7, "A step … failed\n", "why\n")
