"""What rows add up to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.row import Row
from stats.sums import Key, tally
from tests.stats.reports import TODAY, row, rows, some_rows


def test_a_call_is_counted_by_one_of_its_sides_and_its_times_by_both() -> None:
    sums = tally([row(side="first"), row(side="second", browser="safari")])
    assert sums[Key("calls", TODAY)] == 1
    assert sums[Key("peers", TODAY)] == 2
    assert sums[Key("candidate-type", TODAY, "host/udp")] == 1
    assert sums[Key("bytes", TODAY, "host")] == 2**20 + 2**16
    assert sums[Key("type-seconds", TODAY, "host")] == 64
    assert sums[Key("ice", TODAY, "28")] == 2
    assert sums[Key("browser", TODAY, "safari")] == sums[Key("browser", TODAY, "firefox")] == 1


@pytest.mark.parametrize("outcome", ["failed-ice", "left-early"])
def test_what_did_not_connect_has_an_outcome_and_no_times(outcome: str) -> None:
    sums = tally([row(outcome=outcome)])
    assert sums[Key("outcome", TODAY, outcome)] == 1
    assert {key.measure for key in sums} == {
        *("peers", "browser", "calls", "outcome", "turn", "seconds")
    }


@given(st.lists(some_rows([letter * 22 for letter in "ABCDEF"]), max_size=20), st.data())
def test_order_and_splitting_do_not_matter(made: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(made))
    cut = data.draw(st.integers(0, len(made)))
    assert tally(made) == tally(shuffled[:cut]) + tally(shuffled[cut:])


def test_demonstration_data_is_counted_apart() -> None:
    (made,) = rows(1)
    shown = msgspec.structs.replace(made, demo=True)
    assert tally([made, shown])[Key("calls", TODAY, "", True)] == 1
