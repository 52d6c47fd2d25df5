"""Terraform once for all: one start of the providers, one init of each root, one deployment of each
kind: first what exists once, then its stamps, as the pipeline does.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from msgspec import Struct

from tests.infra.resources import Resources, resources
from tests.infra.terraform import Infra, Terraform, initialised, workers

STAMPS = {"dev": ("weu",), "prod": ("weu", "sdc")}


class Deployed(Struct, frozen=True):
    environment: str
    shared: Terraform
    stamps: Mapping[str, Terraform]
    handed_over: Mapping[str, Any]  # what the shared state tells the stamps
    resources: Resources  # of all states, as they were made


@pytest.fixture(scope="session")
def infra() -> Iterator[Infra]:
    # Names of sockets end at 107 characters: a place with a short name.
    with TemporaryDirectory(prefix="tf") as place, workers(Path(place)) as ready:
        yield initialised(Path(place) / "infra", ready)


def deploy(infra: Infra, environment: str) -> Deployed:
    place = infra.place.parent / environment
    shared = infra.shared.copy(place / "once")
    said = shared.apply(environment)
    assert said.code == 0, said.text
    once = shared.state()["values"]
    handed_over, found = once["outputs"]["for_stamps"]["value"], resources(once)
    stamps = {}
    for name in STAMPS[environment]:
        stamps[name] = infra.stamp.copy(place / name)
        said = stamps[name].apply(environment, stamp=name, shared=handed_over)
        assert said.code == 0, said.text
        found += resources(stamps[name].state()["values"], name)
    return Deployed(environment, shared, stamps, handed_over, found)


@pytest.fixture(scope="session")
def dev(infra: Infra) -> Deployed:
    return deploy(infra, "dev")


@pytest.fixture(scope="session")
def prod(infra: Infra) -> Deployed:
    return deploy(infra, "prod")


@pytest.fixture(params=["dev", "prod"])
def deployed(request: pytest.FixtureRequest) -> Deployed:
    found: Deployed = request.getfixturevalue(request.param)
    return found
