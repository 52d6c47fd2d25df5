"""A bounded part of `python -m tests.contracts`, always with the same seed."""

from collections.abc import Iterator

import pytest

from lab.stack import Stack
from tests.contracts.__main__ import PLENTY
from tests.contracts.door import OPERATIONS, Door, try_cases

SEED, CASES = 20261128, 24


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with Stack(tmp_path_factory.mktemp("contracts") / "log", **PLENTY) as stack:
        opened = Door(stack)
        yield opened
        opened.close()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_sent_the_answer_is_documented(door: Door, path: str, method: str) -> None:
    before = door.seen.cases
    try_cases(door, path, method, CASES, SEED)
    assert door.seen.cases > before


def test_enough_was_tried(door: Door) -> None:
    """Else the cases would say little: calls that were taken, and refusals of many kinds."""
    assert door.seen.cases > 10 * CASES
    assert {200, 201, 204, 400, 401, 403, 404} <= door.seen.statuses.keys()
    assert len({code for _, code in door.seen.codes}) > 12
