"""What the TypeScript client says of the negotiation, read out of its sources and its tests."""

import json
import re
from typing import Any

from lab.stack import ROOT

PEER = ROOT / "client" / "src" / "peer"
_WITHOUT_COMMENTS = re.compile(r"^\s*(?://|/?\*).*$|\s//[^\n\"]*$", re.M)


def _source(name: str) -> str:
    return _WITHOUT_COMMENTS.sub("", (PEER / name).read_text())


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


def phases() -> list[str]:
    return re.findall(r'\| "(\w+)"', _between(_source("negotiation-types.ts"), "type Phase =", ";"))


def event_types() -> list[str]:
    block = _between(_source("negotiation-types.ts"), "type Event =", "export type Effect")
    return re.findall(r'readonly type: "(\w+)"', block)


def effect_types() -> list[str]:
    block = _between(_source("negotiation-types.ts"), "type Effect =", "export type Step")
    return re.findall(r'readonly type: "(\w+)"', block)


def rows() -> dict[str, list[str]]:
    """Of each phase, the types of the events that it has a cell for, in order."""
    block = _between(_source("negotiation.ts"), "const TABLE", "const ALWAYS")
    found = re.findall(r"(?ms)^  (\w+): \{\n(.*?)^  \},", block)
    return {phase: re.findall(r"(?m)^    (\w+)[:,]", cells) for phase, cells in found}


def always() -> list[str]:
    block = _between(_source("negotiation.ts"), "const ALWAYS", "\n};")
    return re.findall(r"(?m)^  (\w+)[:,]", block)


def expected() -> dict[str, dict[str, Any]]:
    """client/test/peer/negotiation.table.ts: by phase and event, what has to come of it.

    A text, or two: the polite side's and the impolite side's. "" or missing: nothing.
    """
    text = (ROOT / "client" / "test" / "peer" / "negotiation.table.ts").read_text()
    literal = "{" + text.split("> = {", 1)[1].rsplit("};", 1)[0] + "}"
    quoted = re.sub(r"(?m)^(\s+)(\w+):", r'\1"\2":', literal)
    table: dict[str, dict[str, Any]] = json.loads(re.sub(r",(\s*[}\]])", r"\1", quoted))
    return table
