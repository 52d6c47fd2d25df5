"""The harnesses of `make fuzz`, for a moment: fixed seeds, and those that have failed before."""

import json
from typing import Any

import pytest

from backend import http, rooms
from local.emulator.connection import Connection
from signaling import messages, tokens
from tests.fuzz import calls, connections, harnesses, inputs, parsers
from tests.fuzz.failure import Broken
from tests.fuzz.harnesses import HARNESSES

# Those of sequences are in test_sequences.py.
FIXED = {"calls": range(12), "connections": range(12), "parsers": range(30)}


@pytest.mark.parametrize("name", FIXED)
def test_fixed_seeds_break_no_promise(name: str) -> None:
    for seed in FIXED[name]:
        HARNESSES[name](seed)


@pytest.mark.parametrize("name", HARNESSES)
def test_no_seed_that_has_failed_fails_again(name: str) -> None:
    for seed in harnesses.kept()[name]:
        HARNESSES[name](seed)


def test_a_seed_that_fails_is_kept(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harnesses, "SEEDS", tmp_path / "seeds.json")
    harnesses.SEEDS.write_text('{"calls": [7]}')
    for seed in (3, 7, 3):
        harnesses.keep("calls", seed)
    assert json.loads(harnesses.SEEDS.read_text()) == {"calls": [3, 7]}


def test_the_kept_seeds_are_of_harnesses_that_exist() -> None:
    assert harnesses.kept().keys() == {*HARNESSES, "client"}


def kick_anybody(room: Any, peer: str, now: int) -> Any:
    raise RuntimeError(peer)


def not_decoded(data: bytes, beside: int = 0) -> Any:
    return messages.Envelope(1, 1, json.loads(data)["kind"], b"{}")


# What is done wrongly, by the harness that has to notice it.
BREAKS: dict[str, tuple[str, Any, str, Any]] = {
    "an error of the code leaves a call": ("calls", rooms.hosts, "kick", kick_anybody),
    "a body is logged": (
        *("calls", http, "_field"),
        lambda error: http.log.warning("no: %s", calls.NAMES["bob"]) or "x",
    ),
    "an envelope is read by other means": ("parsers", messages, "parse_envelope", not_decoded),
    "a seal is not looked at": ("parsers", tokens.hmac, "compare_digest", lambda *both: True),
    "a connection does not end": ("connections", Connection, "_settle", lambda self: None),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_done_wrongly_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    harness, place, attribute, wrong = BREAKS[name]
    monkeypatch.setattr(place, attribute, wrong)
    with pytest.raises(Broken):
        for seed in range(40):
            HARNESSES[harness](seed)


def test_inputs_are_those_of_their_seed() -> None:
    made = [inputs.body(parsers.Random(5), {"a": [1, "x"]}) for _ in range(2)]
    assert made[0] == made[1]


def test_connections_are_opened_in_most_runs() -> None:
    """Junk that is refused at the handshake tries little."""
    told: list[str] = []
    for seed in range(20):
        connections.asyncio.run(connections.connect(parsers.Random(seed), told))
    assert told.count("connected") > 10 and told.count("signal") > 5


def test_many_calls_are_taken() -> None:
    statuses = []
    caller = calls.Caller(1)
    caller.check = lambda name, status, body: statuses.append(status)  # type: ignore[method-assign]
    for _ in range(300):
        caller.now += 2_000
        caller.call()
    assert sum(status < 300 for status in statuses) > 40 and {400, 401, 403} <= {*statuses}
