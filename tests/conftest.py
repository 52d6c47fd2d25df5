"""Hypothesis profiles, the order of the files, and one stack for the whole run.

On CI every run tries the same examples, so a red build stays red.
"""

import os
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from hypothesis import HealthCheck, settings

import tests.late_grammars  # noqa: F401  # before `jsonschema`, which tests.visitor imports
from lab.stack import Stack
from tests.spread import spread
from tests.visitor import Visitor

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


@pytest.hookimpl(trylast=True)  # after `-m` has left out what is not asked for
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several files run at a time, not only those with browsers do."""
    items[:] = spread(
        items, lambda item: item.path, lambda item: item.get_closest_marker("browser") is not None
    )


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One local stack for the whole run; what it said is in `stack.log`."""
    with Stack(tmp_path_factory.mktemp("stack") / "log") as running:
        yield running


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[Visitor]:
    """Somebody at the door of the stack, in no room yet."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield Visitor(http, stack.api)
