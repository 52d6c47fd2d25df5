"""The drawing of the house in docs/design.md: its rooms, and who may import whom."""

import re

from tests.house.source import ROOT

DESIGN = (ROOT / "docs" / "design.md").read_text()


def rooms() -> dict[str, str]:
    """What is drawn, with its description: `signaling/`, `function_app.py`."""
    block = _block("## The house")
    found: dict[str, str] = {}
    for line in block.splitlines():
        name, _, words = line.partition(" ")
        if name:
            last = name
            found[last] = words.strip()
        else:
            found[last] += f" {line.strip()}"
    return found


def arrows() -> dict[str, set[str]]:
    """Of each package, the packages that it may import."""
    block = _block("Who may import whom")
    pairs = (line.partition("→") for line in block.splitlines())
    return {package.strip(): set(others.split()) for package, _, others in pairs}


def _block(heading: str) -> str:
    """The first block of code after a heading."""
    match = re.search(r"```text\n(.*?)```", DESIGN[DESIGN.index(heading) :], re.S)
    assert match, heading
    return match[1]
