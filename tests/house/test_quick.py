"""`make quick` runs what is fast. What it leaves out is named, file by file."""

import re

from tests.house.source import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def words_of(variable: str) -> list[str]:
    """The words that the Makefile gives to a variable."""
    found = re.search(rf"(?m)^{variable} :=((?:.*\\\n)*.*)$", MAKEFILE)
    assert found is not None, variable
    return found[1].replace("\\\n", " ").split()


def test_it_names_only_tests_that_exist() -> None:
    named = words_of("QUICK_TESTS") + words_of("QUICK_WITHOUT")
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_what_it_leaves_out_is_in_the_folders_that_it_runs() -> None:
    folders = words_of("QUICK_TESTS")
    outside = [path for path in words_of("QUICK_WITHOUT") if path.rpartition("/")[0] not in folders]
    assert outside == [] and len(words_of("QUICK_WITHOUT")) > 1
