"""Writes what is cut out of the lock: `python3 scripts/requirements.py`.

requirements-dev.txt is the lock of everything; every block in it says what it came `via`.
requirements.txt, what Azure installs, is what pyproject's own dependencies lead to;
requirements-run.txt, what `make run` installs, is these and those of the group `run`. With --check
nothing is written, and the exit status is 1 when one of them is stale.
"""

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each file, and the groups of dependencies that it has beside the project's own.
CUT = {"requirements.txt": (), "requirements-run.txt": ("run",)}
HEADER = "# Generated from requirements-dev.txt by `make lock`. Do not edit.\n"


def main() -> int:
    """0, or 1 if one of the files is stale and --check was given."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    lock = (ROOT / "requirements-dev.txt").read_text()
    status = 0
    for name, groups in CUT.items():
        fresh, target = runtime_requirements(pyproject, lock, groups), ROOT / name
        if "--check" in sys.argv[1:]:
            stale = not target.exists() or target.read_text() != fresh
            print(f"{name} is", "stale: run `make lock`" if stale else "fresh")
            status |= int(stale)
        else:
            target.write_text(fresh)
    return status


def runtime_requirements(pyproject: str, lock: str, groups: Sequence[str] = ()) -> str:
    """The blocks of `lock` that the project's dependencies, and those of `groups`, lead to.

    Raises KeyError on a gap.
    """
    blocks = {_name(block): block for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]}
    said = tomllib.loads(pyproject)
    wanted = {_name(text) for text in said["project"]["dependencies"]}
    wanted |= {_name(text) for group in groups for text in said["dependency-groups"][group]}
    while missing := {name for name in blocks if _via(blocks[name]) & wanted} - wanted:
        wanted |= missing
    return HEADER + "".join(_without_via(blocks[name]) for name in sorted(wanted))


def _name(requirement: str) -> str:
    """The normalised name (PEP 503) that a requirement starts with."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


def _via(block: str) -> set[str]:
    """Who asked for it: `# via NAME`, or `# via` and a line `#   NAME` for each."""
    names = re.findall(r"(?m)^ +#(?: via)? +([A-Za-z0-9._-]+)", block)
    return {_name(name) for name in names if name != "via"}


def _without_via(block: str) -> str:
    return re.sub(r"(?m)^ +#.*\n", "", block)


if __name__ == "__main__":
    sys.exit(main())
