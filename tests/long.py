"""Marks the parameters with which a test is long (pyproject.toml: the marker `long`)."""

from collections.abc import Iterable

import pytest


def usually[T](all_: Iterable[T], *usual: T) -> list[object]:
    """For `parametrize`: with those that are not among the usual ones, the test is a long one."""
    return [each if each in usual else pytest.param(each, marks=pytest.mark.long) for each in all_]
