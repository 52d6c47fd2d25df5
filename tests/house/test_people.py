"""docs/people.md: each test that it names is there."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "people.md"
FOLDERS = ("tests", "client/test", "web/test")
OURS = re.compile(r"def (test_\w+)\(")
TYPESCRIPT = re.compile(r"\b(?:it|test)(?:\.each\(.*?\))?\(\s*\"([^\"]+)\"", re.DOTALL)


def _held_by() -> Iterator[str]:
    """The names in the last cell of each row, but of those whose cells are heads."""
    for line in PAGE.read_text().splitlines():
        if re.match(r"\| \d+ \|", line):
            yield from re.findall(r"`([^`]+)`", line.rstrip(" |").rpartition(" | ")[2])


def _tests() -> set[str]:
    found: set[str] = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.test.ts"):
            found |= set(TYPESCRIPT.findall(path.read_text()))
        for path in (ROOT / folder).rglob("test_*.py"):
            found |= set(OURS.findall(path.read_text()))
    return found


def test_every_row_names_tests_that_are_there() -> None:
    named, known = list(_held_by()), _tests()
    assert len(named) > 25
    assert [name for name in named if name not in known] == []


def test_a_name_that_nobody_has_is_found_out() -> None:
    assert "test_every_row_names_tests_that_are_there" in _tests()
    assert "a test that nobody has written" not in _tests()
