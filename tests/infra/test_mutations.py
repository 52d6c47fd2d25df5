"""Every deliberate mistake is caught, and by the guard that is there for it.

`pytest tests/infra/test_mutations.py -s` prints the table.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.infra.mutations import MUTATIONS, Mutation
from tests.infra.resources import resources
from tests.infra.rules import faults
from tests.infra.terraform import RUNS_AT_ONCE, Terraform


def guards(infra: Terraform, mutation: Mutation) -> set[str]:
    """Those that see the mistake."""
    name = f"mutation-{MUTATIONS.index(mutation)}"
    mutant = infra.copy(infra.place.parent / name)
    file = mutant.place / mutation.file
    text = file.read_text()
    assert mutation.old in text, f"{mutation.file} has changed: there is no {mutation.old!r}"
    file.write_text(text.replace(mutation.old, mutation.new))
    # Two stamps where it takes two to see the mistake.
    said = mutant.apply("prod" if mutation.guard == "stamps_are_apart" else "dev")
    if said.code != 0:
        return {"terraform"}
    return {fault.partition(":")[0] for fault in faults(resources(mutant.state()["values"]))}


@pytest.fixture(scope="module")
def seen(infra: Terraform) -> Iterator[dict[str, Future[set[str]]]]:
    with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        yield {m.name: pool.submit(guards, infra, m) for m in MUTATIONS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_mistake_is_caught(mutation: Mutation, seen: dict[str, Future[set[str]]]) -> None:
    caught = seen[mutation.name].result()
    print(f"\n| {mutation.name} | {', '.join(sorted(caught))} |", end="")
    assert mutation.guard in caught


def test_there_are_at_least_twenty() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 20
