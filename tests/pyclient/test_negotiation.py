"""The negotiation of the Python client is that of the TypeScript client, cell by cell."""

import dataclasses
from typing import Any, get_args

import pytest
from heliograph.peer import negotiation_types as t
from heliograph.peer.negotiation import ALWAYS, TABLE

from tests.pyclient import typescript
from tests.pyclient.cells import EVENTS, WAYS, named, reach, sides

EXPECTED = typescript.expected()
CELLS = [(phase, event, polite) for phase in WAYS for event in EVENTS for polite in sides(phase)]


def types_of(union: Any) -> list[str]:
    return [each.type for each in get_args(union)]


def test_phases_events_and_effects_are_the_same_in_the_same_order() -> None:
    assert list(get_args(t.Phase)) == typescript.phases() == [*TABLE, "closed"]
    assert types_of(t.Event) == typescript.event_types()
    assert types_of(t.Effect) == typescript.effect_types()


def test_each_phase_has_cells_for_the_same_events_in_the_same_order() -> None:
    assert {phase: list(row) for phase, row in TABLE.items()} == typescript.rows()
    assert list(ALWAYS) == typescript.always()


def test_the_table_of_the_other_client_has_all_cells() -> None:
    assert list(EXPECTED) == list(WAYS)
    assert {event for row in EXPECTED.values() for event in row} <= EVENTS.keys()
    assert len(CELLS) == 17 * 46 * 2


@pytest.mark.parametrize("phase", WAYS)
def test_each_event_does_what_it_does_in_the_other_client(phase: str) -> None:
    for event in EVENTS:
        for polite in sides(phase):
            cell = reach(phase, polite)
            before = cell.state
            cell.take(EVENTS[event])
            texts = EXPECTED[phase].get(event, "")
            text = texts if isinstance(texts, str) else texts[0 if polite else 1]
            done = ", ".join(map(named, cell.effects))
            what = (phase, event, polite)
            if text == "":
                assert (cell.effects, cell.state) == ([], before), what
            else:
                assert (f"{cell.state.phase}: {done}" if done else cell.state.phase) == text, what


def test_nothing_is_changed_in_place() -> None:
    for kind in (t.State, *get_args(t.Event), *get_args(t.Effect)):
        assert dataclasses.fields(kind) is not None
        assert kind.__dataclass_params__.frozen
