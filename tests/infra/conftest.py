"""Terraform once for all: one start of the providers, one init, one deployment of each kind."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import Struct

from tests.infra.resources import Resources, resources
from tests.infra.terraform import Terraform, initialised, workers


class Deployed(Struct, frozen=True):
    terraform: Terraform
    resources: Resources


@pytest.fixture(scope="session")
def infra() -> Iterator[Terraform]:
    # Names of sockets end at 107 characters: a place with a short name.
    with TemporaryDirectory(prefix="tf") as place, workers(Path(place)) as ready:
        yield initialised(Path(place) / "infra", ready)


def deploy(infra: Terraform, example: str) -> Deployed:
    made = infra.copy(infra.place.parent / example)
    said = made.apply(example)
    assert said.code == 0, said.text
    return Deployed(made, resources(made.state()["values"]))


@pytest.fixture(scope="session")
def dev(infra: Terraform) -> Deployed:
    return deploy(infra, "dev")


@pytest.fixture(scope="session")
def prod(infra: Terraform) -> Deployed:
    return deploy(infra, "prod")


@pytest.fixture(params=["dev", "prod"])
def deployed(request: pytest.FixtureRequest) -> Deployed:
    found: Deployed = request.getfixturevalue(request.param)
    return found
