"""docs/people.md: each test that it names is there."""

from tests.house.named import all_tests, named_in_rows
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "people.md"


def test_every_row_names_tests_that_are_there() -> None:
    named = [name for names in named_in_rows(PAGE.read_text()).values() for name in names]
    assert len(named) > 25
    assert [name for name in named if name not in all_tests()] == []


def test_a_name_that_nobody_has_is_found_out() -> None:
    assert "test_every_row_names_tests_that_are_there" in all_tests()
    assert "a test that nobody has written" not in all_tests()
