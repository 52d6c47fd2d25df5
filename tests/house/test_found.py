"""docs/found.md: every finding has a row, and each test and rule that a row names is there."""

import re

from tests.house.named import all_tests, named_in_rows
from tests.house.source import ROOT
from tests.infra.rules import RULES

PAGE = (ROOT / "docs" / "found.md").read_text()
FINDINGS = [
    *(f"A{number}" for number in range(1, 15)),
    *(f"R{number}" for number in range(1, 15)),
    *(f"N{number}" for number in range(1, 8)),
]
# Of these something is not mended, and the page says so.
OPEN: set[str] = set()


def row_of(start: str) -> str:
    return start.split(" ")[1]


def test_every_finding_has_one_row() -> None:
    assert [row_of(start) for start in named_in_rows(PAGE)] == FINDINGS


def test_every_row_names_tests_that_are_there() -> None:
    known = all_tests() | {rule.__name__ for rule in RULES}
    for start, names in named_in_rows(PAGE).items():
        assert names, start
        assert [name for name in names if name not in known] == [], start


def test_the_page_says_which_rows_are_open() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [ARN]\d+ \|", line)]
    assert {row_of(row) for row in rows if "**open**" in row} == OPEN


def test_the_tests_that_are_named_are_not_a_few_again_and_again() -> None:
    named = [name for names in named_in_rows(PAGE).values() for name in names]
    assert len(named) > 90 and len(set(named)) > 0.9 * len(named)
