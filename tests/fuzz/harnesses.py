"""What is fuzzed, by name. Each takes a seed, and raises Broken where a promise does not hold."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import calls, connections, parsers, sequences

HARNESSES: dict[str, Callable[[int], None]] = {
    "calls": calls.run,
    "connections": connections.run,
    "parsers": parsers.run,
    "sequences": sequences.run,
}
# Seeds that have failed once, by harness ("client" is that of client/test/wire/fuzz.test.ts).
SEEDS = Path(__file__).with_name("seeds.json")


def kept() -> dict[str, list[int]]:
    """The seeds that are tried again with every `make test`."""
    seeds: dict[str, list[int]] = json.loads(SEEDS.read_text())
    return seeds


def keep(name: str, seed: int) -> None:
    """This one has failed."""
    seeds = kept()
    seeds[name] = sorted({*seeds.get(name, []), seed})
    SEEDS.write_text(json.dumps(seeds, indent=2) + "\n")
