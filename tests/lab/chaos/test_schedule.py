"""The schedule of the chaos benchmark: what it promises for every seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.chaos.schedule import (
    BOTH_MS,
    CLIENT_PARTS,
    PARTS,
    STAMP,
    Act,
    Phase,
    Scope,
    What,
    schedule,
)

SEEDS = st.integers(0, 2**32)
RUNS = st.tuples(SEEDS, st.integers(1, 80), st.integers(0, 6), st.integers(2, 4))


def impaired(phase: Phase) -> list[tuple[int, int, int, str]]:
    """Of each fault that lasts: from, to (ms), stamp, part. Fails if one is not repaired."""
    since: dict[tuple[int, str], int] = {}
    found = []
    for event in phase.events:
        place = (event.stamp, event.part)
        if event.what is What.RESTORE:
            found.append((since.pop(place), event.at_ms, *place))
        elif event.what is not What.CUT:
            assert place not in since
            since[place] = event.at_ms
    assert not since
    return found


@given(RUNS)
def test_a_run_has_exactly_as_many_events_as_were_asked_for(run: tuple[int, int, int, int]) -> None:
    phases = schedule(*run)
    assert sum(len(phase.events) for phase in phases) == run[1]
    assert [phase.number for phase in phases] == list(range(len(phases)))


@given(RUNS)
def test_the_same_seed_gives_the_same_run(run: tuple[int, int, int, int]) -> None:
    assert schedule(*run) == schedule(*run)


@given(SEEDS)
def test_another_seed_gives_another_run(seed: int) -> None:
    assert schedule(seed, 40, 4) != schedule(seed + 1, 40, 4)


@given(RUNS)
def test_every_fault_is_repaired_in_its_phase_and_events_are_in_order(
    run: tuple[int, int, int, int],
) -> None:
    for phase in schedule(*run):
        assert all(begin < end for begin, end, _, _ in impaired(phase))
        times = [event.at_ms for event in phase.events]
        assert times == sorted(times) and times[-1] == phase.length_ms


@given(RUNS)
def test_in_a_phase_of_one_stamp_the_others_are_left_alone(run: tuple[int, int, int, int]) -> None:
    for phase in schedule(*run):
        if phase.scope is Scope.ONE:
            assert len({event.stamp for event in phase.events}) == 1


@given(RUNS)
def test_both_stamps_are_impaired_for_a_short_time_only(run: tuple[int, int, int, int]) -> None:
    for phase in schedule(*run):
        if phase.scope is Scope.BOTH:
            assert phase.length_ms <= BOTH_MS


@given(RUNS)
def test_a_part_has_one_fault_at_a_time_and_none_while_its_whole_stamp_has(
    run: tuple[int, int, int, int],
) -> None:
    for phase in schedule(*run):
        found = impaired(phase)
        for number, (begin, end, stamp, part) in enumerate(found):
            for other_begin, other_end, other_stamp, other in found[number + 1 :]:
                same = other_stamp == stamp and (other == part or STAMP in (part, other))
                assert not same or other_end <= begin or end <= other_begin


@given(RUNS)
def test_people_act_within_the_phase_and_at_most_one_of_a_call(
    run: tuple[int, int, int, int],
) -> None:
    for phase in schedule(*run):
        calls = [deed.call for deed in phase.deeds]
        assert len(set(calls)) == len(calls) and set(calls) <= set(range(run[2]))
        assert all(0 <= deed.at_ms <= phase.length_ms for deed in phase.deeds)


def test_a_thousand_events_try_every_fault_of_every_part_and_all_that_people_do() -> None:
    phases = schedule(1, 1_000, 6)
    tried = Counter((event.what, event.part) for phase in phases for event in phase.events)
    deadly = {(what, part) for what in ("kill", "freeze", "blackhole") for part in (STAMP, *PARTS)}
    slow = {("slow", part) for part in PARTS}
    cuts = {("cut", part) for part in CLIENT_PARTS}
    assert deadly | slow | cuts <= tried.keys()
    assert {deed.act for phase in phases for deed in phase.deeds} == set(Act)
    assert {phase.scope for phase in phases} == set(Scope)
    lengths = [phase.length_ms for phase in phases]
    assert max(lengths) > 30_000 and sum(lengths) < 25 * 60_000


@pytest.mark.parametrize("events, stamps", [(0, 2), (-1, 2), (10, 1)])
def test_what_makes_no_run_is_refused(events: int, stamps: int) -> None:
    with pytest.raises(ValueError):
        schedule(1, events, 6, stamps)
