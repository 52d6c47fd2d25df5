"""The examples of reports that the TypeScript tests run too: tests/vectors/reports.json."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.http import read_body
from signaling.errors import BadRequest
from stats.anonymize import anonymize
from stats.report import Report
from tests.stats.reports import NOW

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "reports.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_the_servers_take_and_refuse_what_clients_expect(vector: dict[str, Any]) -> None:
    assert code_of(vector["input"]) == vector.get("code")
    assert vector["valid"] is ("code" not in vector)


def code_of(body: object) -> str | None:
    """How a report that comes at NOW is refused; None: it is taken."""
    try:
        report = read_body(msgspec.json.encode(body), Report)
    except BadRequest as error:
        return error.code
    anonymize(report, "0" * 32, NOW)
    return None
