"""Sequences of what people, hosts, sockets, time and failures do at two stamps (sequences.py)."""

from typing import Any

import pytest

from backend import pushes
from cloud.signalr_rest import SignalRRest
from signaling import hosts, room, unclosed
from tests.fuzz.failure import Broken
from tests.fuzz.sequences import STEPS, draw, run, shortest
from turn import ledger

SEEDS = range(16)  # `make fuzz` draws others for as long as one likes


def test_no_sequence_breaks_a_promise() -> None:
    for seed in SEEDS:
        run(seed)


def nothing(*_: Any, **named: Any) -> None:
    """Instead of what has to be done."""


def spend_twice(shard: Any, network: str, amount: int, day: str, *, idle: int = 0) -> Any:
    return SPEND(SPEND(shard, network, amount, day), network, amount, day, idle=idle)


SPEND = ledger._spend
# What is done wrongly, and which promise has to break then.
BREAKS: dict[str, tuple[Any, str, Any, str]] = {
    "a kicked peer may come back": (room, "check_not_kicked", nothing, "kicked peer has a seat"),
    "no socket is ended": (SignalRRest, "close", nothing, "hears a room in which it has no seat"),
    "what could not be ended is forgotten": (
        *(unclosed, "keep", lambda room, closes: room),
        "hears a room in which it has no seat",
    ),
    "a write without an answer counts as not done": (
        *(pushes, "_make_good_if_done", nothing),
        "hears a room in which it has no seat",
    ),
    "a lock counts in who has left": (
        *(hosts, "_inside", lambda room: [*(m.peer for m in room.members), *room.lost]),
        "inside a lock who was not there",
    ),
    "a kick spares the invite": (hosts, "_invite_of", lambda *_: "", "invite of a kicked peer"),
    "money is spent twice": (ledger, "_spend", spend_twice, "money from nowhere"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_done_wrongly_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, wrong, words = BREAKS[name]
    monkeypatch.setattr(place, attribute, wrong)
    broken = []
    for seed in range(200):
        try:
            run(seed)
        except Broken as found:
            broken.append(str(found))
            if words in broken[-1]:
                return
    pytest.fail(f"{words!r} is in none of {broken}")


def test_a_seed_is_the_same_sequence_each_time() -> None:
    assert draw(7) == draw(7) != draw(8) and len(draw(7)) == STEPS


def test_a_sequence_that_fails_is_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SignalRRest, "close", nothing)
    seed = next(seed for seed in range(200) if fails(seed))
    steps = shortest(seed)
    assert 0 < len(steps) <= 6
    with pytest.raises(Broken):
        run(seed, steps)


def fails(seed: int) -> bool:
    try:
        run(seed)
    except Broken:
        return True
    return False
