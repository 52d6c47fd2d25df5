"""docs/browsers.md: each test that it names is there, and the SDK's README asks for the same."""

import re

from tests.house.named import all_tests
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "browsers.md").read_text()
README = (ROOT / "client" / "README.md").read_text()
# Titles in TypeScript are words with blanks; what else stands in `…` is code.
NAMED = re.findall(r"`(test_\w+|[a-z][\w,]* [^`()]+)`", PAGE)


def test_every_test_that_is_named_is_there() -> None:
    tests = [name for name in NAMED if not name.startswith("make ")]
    assert len(set(tests)) > 30
    assert [name for name in tests if name not in all_tests()] == []


def test_what_the_sdk_needs_is_the_same_in_its_readme() -> None:
    [row] = re.findall(r"\| the SDK \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", PAGE)
    said = re.search(
        r"Chrome or Edge ([\d.]+), Firefox ([\d.]+) or Safari ([\d.]+) at least", README
    )
    assert said is not None and said.groups() == row
