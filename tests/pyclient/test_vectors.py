"""The examples that the servers and the TypeScript client run too: tests/vectors."""

import json
from typing import Any

import pytest
from heliograph.wire.answers import parse_admission, parse_turn
from heliograph.wire.parse import parse_envelope, parse_push, read_envelope
from heliograph.wire.protocol import MAX_ENVELOPE_BYTES

from lab.stack import ROOT


def vectors(name: str) -> Any:
    examples = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())
    return pytest.mark.parametrize("vector", examples, ids=lambda vector: vector["name"])


@vectors("envelopes")
def test_envelopes(vector: dict[str, Any]) -> None:
    envelope = read_envelope(json.dumps(vector["input"]), MAX_ENVELOPE_BYTES)
    assert (envelope is not None) == vector["valid"]
    if envelope is not None:  # what goes out is what would come in
        assert parse_envelope(envelope.wire()) == envelope


@vectors("pushes")
def test_pushes(vector: dict[str, Any]) -> None:
    assert (parse_push(vector["target"], vector["argument"]) is not None) == vector["valid"]


@vectors("negotiate")
def test_admissions(vector: dict[str, Any]) -> None:
    assert (parse_admission(vector["answer"]) is not None) == vector["valid"]


@vectors("turn")
def test_turn(vector: dict[str, Any]) -> None:
    assert (parse_turn(vector["answer"]) is not None) == vector["valid"]
