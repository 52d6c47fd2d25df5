"""The tests that documents name: all that there are, by their names."""

import re
from functools import cache
from pathlib import Path

from tests.house.source import ROOT

FOLDERS = ("tests", "client/test", "web/test")
_PYTHON = re.compile(r"(?m)^\s*(?:async )?def (test_\w+)\(")
_TYPESCRIPT = re.compile(r"\b(?:it|test)(?:\.each(?:<[^(]*>)?\(.*?\))?\(\s*\"([^\"]+)\"", re.DOTALL)
_TERRAFORM = re.compile(r'(?m)^run "(\w+)"')


def _found(folders: tuple[str, ...], files: str, name: re.Pattern[str]) -> set[str]:
    paths: list[Path] = [path for folder in folders for path in (ROOT / folder).rglob(files)]
    return {found for path in paths for found in name.findall(path.read_text())}


@cache
def names_of_tests() -> frozenset[str]:
    """The names of functions in Python, and of the runs of Terraform's own tests."""
    ours = _found(("tests",), "test_*.py", _PYTHON)
    return frozenset(ours | _found(("infra",), "*.tftest.hcl", _TERRAFORM))


@cache
def all_tests() -> frozenset[str]:
    """These, and the titles of tests in TypeScript."""
    return names_of_tests() | _found(FOLDERS, "*.test.ts", _TYPESCRIPT)


def named_in_rows(page: str) -> dict[str, list[str]]:
    """What stands in `…` in the last cell of each numbered row of a page, by the row's beginning.

    A row begins with `| 1 |`, perhaps with a letter before the number.
    """
    rows = [line for line in page.splitlines() if re.match(r"\| [A-Z]?\d+ \|", line)]
    last = {line[:40]: line.rstrip(" |").rpartition(" | ")[2] for line in rows}
    assert len(last) == len(rows), "two rows begin alike"
    return {row: re.findall(r"`([^`]+)`", cell) for row, cell in last.items()}
