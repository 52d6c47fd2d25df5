"""Writes the version of pyproject.toml wherever else it is said: `python3 scripts/version.py`.

A new version is a line of pyproject.toml, a heading of CHANGELOG.md and this command. With --check
nothing is written, and the exit status is 1 where the two say different versions.
"""

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = "CHANGELOG.md"


@dataclass(frozen=True)
class Place:
    """`pattern`: what stands before the version, which a `"` ends."""

    file: str
    pattern: str


OWN = r'\A\{\n  "name": "[^"]+",\n(?:  "private": true,\n)?  "version": "'
LOCKED = r'\n    "%s": \{\n      "name": "[^"]+",\n      "version": "'
PLACES = (
    Place("client/package.json", OWN),
    Place("web/package.json", OWN),
    Place("web/package.json", r'"@heliograph/client": "'),
    Place("examples/react/package.json", r'"@heliograph/client": "\^'),
    Place("clients/python/pyproject.toml", r'\nversion = "'),
    Place("clients/python/pyproject.toml", r'"heliograph-dev=='),
    Place("local/package/pyproject.toml", r'\nversion = "'),
    Place("package-lock.json", LOCKED % "client"),
    Place("package-lock.json", LOCKED % "web"),
    Place("package-lock.json", r'"@heliograph/client": "'),
    Place("backend/health.py", r'\nVERSION = "'),  # pyproject.toml is not deployed
)


class NotSaid(Exception):
    """A place does not say a version, or more than one, in one sentence."""


def main() -> int:
    """0, or 1 if --check was given and something says another version."""
    version = source(ROOT)
    wrong = disagreeing(ROOT, version)
    if "--check" in sys.argv[1:]:
        for file in wrong:
            print(f"{file} does not say {version}: run `python3 scripts/version.py`")
        return int(bool(wrong))
    for place in PLACES:
        path = ROOT / place.file
        path.write_text(rewritten(path.read_text(), place, version))
    if CHANGELOG in wrong:
        print(f"{CHANGELOG} has no section {version} at its top: write it.")
    return 0


def source(root: Path) -> str:
    """The version of pyproject.toml."""
    found = tomllib.loads((root / "pyproject.toml").read_text())
    return str(found["project"]["version"])


def disagreeing(root: Path, version: str) -> list[str]:
    """The files that say another version, each once."""
    wrong = [
        place.file for place in PLACES if said((root / place.file).read_text(), place) != version
    ]
    newest = re.search(r"(?m)^## (\S+)$", (root / CHANGELOG).read_text())
    if newest is None or newest[1] != version:
        wrong.append(CHANGELOG)
    return sorted(set(wrong))


def said(text: str, place: Place) -> str:
    """The version at this place. Raises NotSaid."""
    found = re.findall(rf'{place.pattern}([^"]+)"', text)
    if len(found) != 1:
        raise NotSaid(f"{place.file} says {len(found)} versions by {place.pattern!r}, not one.")
    return str(found[0])


def rewritten(text: str, place: Place, version: str) -> str:
    """The text with this version at this place. Raises NotSaid."""
    said(text, place)
    return re.sub(rf'({place.pattern})[^"]+"', lambda found: f'{found[1]}{version}"', text, count=1)


if __name__ == "__main__":
    raise SystemExit(main())
