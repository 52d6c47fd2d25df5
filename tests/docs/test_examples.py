"""Examples in the documents, given to the code that they are examples of."""

import json

from tests.docs.documents import blocks_of, documents
from tests.house.source import ROOT
from turn.configuration import parse_providers


def block_with(file: str, mark: str) -> str:
    (found,) = [each.text for each in blocks_of(file, documents()[file]) if mark in each.text]
    return found


def test_the_example_of_providers_is_taken() -> None:
    taken = parse_providers(block_with("docs/turn.md", '"kind": "cloudflare"'))
    assert [config.name for config in taken] == ["cloudflare", "coturn", "metered"]


def test_the_example_of_safety_words() -> None:
    """It is the first vector, which client/test/safety/words.test.ts computes."""
    first = json.loads((ROOT / "tests/vectors/safety.json").read_text())[0]
    parties = sorted(first["parties"], key=lambda party: str(party["id"]))
    lines = [f"{party['id']} {party['fingerprint']} {party['nonce']}" for party in parties]
    assert block_with("docs/protocol.md", "words: ").splitlines() == [
        "heliograph safety words 1",
        *lines,
        "",
        f"commit of {first['commits']}: {first['commitment']}",
        f"words: {' '.join(first['words'])}",
    ]
