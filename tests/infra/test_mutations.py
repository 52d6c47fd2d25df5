"""Every deliberate mistake is caught, and by the guard that is there for it.

`pytest tests/infra/test_mutations.py -s` prints the table.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.infra.conftest import Deployed
from tests.infra.mutations import MUTATIONS, Mutation
from tests.infra.resources import Resources, resources
from tests.infra.rules import faults
from tests.infra.terraform import RUNS_AT_ONCE, Infra, Terraform

# What needs what is written when a resource is made; a change of what is there would not show it.
FRESH = ("budget_tells_early", "passwords_are_off", "roles_are_waited_for")


def guards(infra: Infra, clean: Deployed, mutation: Mutation) -> set[str]:
    """Those that see the mistake, in one root; the other root is as it should be."""
    name = f"mutation-{MUTATIONS.index(mutation)}"
    root = mutation.file.partition("/")[0]
    made = clean.shared if root == "shared" else clean.stamps["weu"]
    fresh = mutation.guard in FRESH
    mutant = (infra.of(root) if fresh else made).copy(infra.place.parent / name)
    file = mutant.place.parent / mutation.file
    text = file.read_text()
    assert mutation.old in text, f"{mutation.file} has changed: there is no {mutation.old!r}"
    file.write_text(text.replace(mutation.old, mutation.new))
    said = mutant.change(clean.environment, **_words(root, clean))
    if said.code != 0:
        return {"terraform"}
    found = {fault.partition(":")[0] for fault in faults(_with(mutant, root, clean))}
    if mutation.guard == "second_plan":
        again = mutant.plan(clean.environment, **_words(root, clean))
        found |= {"second_plan"} if "No changes." not in again.out else set()
    return found


def _words(root: str, clean: Deployed) -> dict[str, Any]:
    return {"shared": clean.handed_over} if root == "stamp" else {}


def _with(mutant: Terraform, root: str, clean: Deployed) -> Resources:
    stamp = "weu" if root == "stamp" else None
    others = tuple(each for each in clean.resources if each.stamp != stamp)
    return others + resources(mutant.state()["values"], stamp)


@pytest.fixture(scope="module")
def seen(infra: Infra, dev: Deployed, prod: Deployed) -> Iterator[dict[str, Future[set[str]]]]:
    clean = {"dev": dev, "prod": prod}
    with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        yield {m.name: pool.submit(guards, infra, clean[m.environment], m) for m in MUTATIONS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_mistake_is_caught(mutation: Mutation, seen: dict[str, Future[set[str]]]) -> None:
    caught = seen[mutation.name].result()
    print(f"\n| {mutation.name} | {', '.join(sorted(caught))} |", end="")
    assert mutation.guard in caught


def test_there_are_at_least_fifty() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 50
