"""The examples that Python and TypeScript share fit the schemas where they are valid, else not."""

import json
from typing import Any

import pytest

from lab.stack import ROOT
from tests import contract
from tests.contract import ASYNCAPI

VECTORS = ROOT / "tests" / "vectors"
SIZES = ("too_large", "invalid_json")  # of the whole text, which no schema says
# What a client takes of a service that is newer or older than this one.
OTHER_SERVICES = {
    "a reason to leave that is new",
    "of a service that says no policy for TURN",
}
# A client sees it; no type of ours says that the one comes with the other.
TOGETHER = {"granted without a ttl"}


def vectors(name: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / name).read_text())
    return found


def named(vector: Any) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", vectors("envelopes.json"), ids=named)
def test_an_envelope(vector: Any) -> None:
    if vector.get("code") in SIZES:
        pytest.skip("no schema says it")
    schema = ASYNCAPI["components"]["messages"]["call_signal"]["payload"]
    assert contract.fits(schema, vector["input"], hub=True) == vector["valid"]


def test_an_envelope_of_an_unknown_kind_does_not_fit() -> None:
    good = next(each["input"] for each in vectors("envelopes.json") if each["valid"])
    schema = ASYNCAPI["components"]["messages"]["call_signal"]["payload"]
    assert contract.fits(schema, good, hub=True)
    for kind in ("floor", "media", "safety", "future", "", None):
        assert not contract.fits(schema, {**good, "kind": kind}, hub=True)


@pytest.mark.parametrize("vector", vectors("pushes.json"), ids=named)
def test_a_push(vector: Any) -> None:
    payload = ASYNCAPI["components"]["messages"][f"push_{vector['target']}"]["payload"]
    expected = vector["valid"] and vector["name"] not in OTHER_SERVICES
    assert contract.fits(payload, vector["argument"], hub=True) == expected


@pytest.mark.parametrize("vector", vectors("reports.json"), ids=named)
def test_a_report(vector: Any) -> None:
    schema = {"$ref": "#/components/schemas/Report"}
    assert contract.fits(schema, vector["input"]) == vector["valid"]


@pytest.mark.parametrize(
    ("file", "schema"), [("negotiate.json", "Negotiated"), ("turn.json", "TurnAnswer")]
)
def test_answers(file: str, schema: str) -> None:
    ref = {"$ref": f"#/components/schemas/{schema}"}
    fitting = {each["name"] for each in vectors(file) if contract.fits(ref, each["answer"])}
    valid = {each["name"] for each in vectors(file) if each["valid"]}
    assert fitting - TOGETHER == valid - OTHER_SERVICES and len(fitting) > 5
