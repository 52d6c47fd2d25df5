"""Hypothesis profiles. On CI every run tries the same examples, so a red build stays red."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.stack import Stack

settings.register_profile("dev", max_examples=60, deadline=None)
settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") or os.environ.get("TF_BUILD") else "dev")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One local stack for the whole run; what it said is in `stack.log`."""
    with Stack(tmp_path_factory.mktemp("stack") / "log") as running:
        yield running
