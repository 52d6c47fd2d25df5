"""What a stamp may send in a day, and who of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.budget import Payer
from signaling.day_budget import (
    BLOCK,
    DAY_MS,
    KEPT,
    LEAST_BLOCK,
    LEAST_SMALL,
    MESSAGES_PER_DAY,
    MOST_UNTOLD,
    SMALL,
    TELL_MS,
    TRICKLE,
    DayBudget,
    Kind,
    Usage,
    Way,
    merge,
    seconds_left,
)

T0 = 20_000 * DAY_MS + 3_600_000
TOTAL = MESSAGES_PER_DAY
FEW = TOTAL // SMALL
ANN = Payer("room-a", "A" * 16, ("network1",))


class Shared:
    """The document of the day, and an instance that tells it at once."""

    def __init__(self, total: int = TOTAL) -> None:
        self.stored: dict[int, Usage] = {}
        self.total = total
        self.one = DayBudget(total)

    def tell(self, instance: DayBudget, now: int) -> None:
        told = instance.tell(now)
        if told is not None:
            before = self.stored.get(told.day, Usage(told.day))
            self.stored[told.day] = merge(before, told)
            instance.told(self.stored[told.day])

    def spend(self, payer: Payer, units: int, now: int = T0) -> None:
        """So much in blocks, whether it is taken or not."""
        block = max(LEAST_BLOCK, self.total // BLOCK)
        while units > 0:
            self.one.spend(payer, min(block, units), now)
            self.tell(self.one, now)
            units -= block


def many(number: int) -> Payer:
    return Payer(f"room-{number}", "P" * 16, (f"n{number:07}",))


def used(percent: int) -> Shared:
    """A day of which so much was used, by so many that each has used little."""
    shared, each = Shared(), FEW // 2
    for number in range(TOTAL * percent // 100 // each):
        shared.spend(many(number), each)
    assert shared.one.spent(T0) == TOTAL * percent // 100
    return shared


@pytest.mark.parametrize(
    ("percent", "refused"),
    [
        (74, []),
        (75, [Kind.RELAY]),
        (85, [Kind.RELAY, Kind.BROADCAST]),
        (95, [Kind.RELAY, Kind.BROADCAST, Kind.NEWCOMER]),
        (100, [Kind.RELAY, Kind.BROADCAST, Kind.NEWCOMER]),
    ],
)
def test_rung_by_rung_less_is_taken_and_calls_that_stand_last(
    percent: int, refused: list[Kind]
) -> None:
    day = used(percent).one
    said = {kind: day.way(ANN, kind, T0) for kind in Kind}
    assert [kind for kind in Kind if said[kind] is Way.FULL] == refused
    assert said[Kind.CALL] is (Way.DAY if percent < 100 else Way.TRICKLE)
    assert [kind for kind in day.closed(T0) if kind is not Kind.CALL] == refused


def test_a_new_day_begins_with_nothing_used() -> None:
    shared = used(100)
    tomorrow = T0 + DAY_MS
    assert {shared.one.way(ANN, kind, tomorrow) for kind in Kind} == {Way.DAY}
    assert shared.one.spent(tomorrow) == 0
    assert shared.one.spent(T0) == 0  # a clock that steps back does not bring the old day back
    shared.tell(shared.one, tomorrow)
    assert shared.stored[tomorrow // DAY_MS].spent == 0


def fill(shared: Shared, payers: list[Payer]) -> None:
    """All of them use what they get, in turns."""
    step, active = 500, list(payers)
    while active:
        active = [one for one in active if shared.one.way(one, Kind.RELAY, T0) is Way.DAY]
        for one in active:
            shared.spend(one, step)


@pytest.mark.parametrize("networks", [1, 2, 10, 100])
def test_networks_that_take_what_they_get_leave_a_third_for_others(networks: int) -> None:
    shared = Shared()
    fill(shared, [many(n) for n in range(networks)])
    spent = shared.one.spent(T0)
    share = TOTAL * 2 // 3 / (networks + 1)
    assert spent <= TOTAL * 2 // 3 + networks * 500
    assert spent == pytest.approx(share * networks, rel=0.2)
    assert shared.one.way(ANN, Kind.RELAY, T0) is Way.DAY


def test_one_room_gets_no_more_by_coming_from_many_networks() -> None:
    shared = Shared()
    fill(shared, [Payer("room", "P" * 16, (f"n{n:07}",)) for n in range(50)])
    assert shared.one.spent(T0) <= TOTAL // 3 + 50 * 500
    assert shared.one.way(Payer("room", "Q" * 16, ("other000",)), Kind.RELAY, T0) is Way.FULL


def test_networks_are_asked_for_the_widest_one_that_they_lie_in() -> None:
    shared = Shared()
    fill(shared, [Payer(f"r{n}", "P" * 16, (f"n{n:07}", "widest00")) for n in range(50)])
    assert shared.one.spent(T0) <= TOTAL // 3 + 50 * 500


def test_calls_go_on_by_a_trickle_where_a_share_is_used_up_and_no_faster() -> None:
    shared = Shared()
    fill(shared, [ANN])
    day, taken = shared.one, 0
    before = day.spent(T0)
    for second in range(0, 3_600):
        now = T0 + second * 1000
        while (way := day.way(ANN, Kind.CALL, now)) is not Way.FULL:
            assert way is Way.TRICKLE
            day.spend(ANN, 1, now, way)
            taken += 1
    assert taken == TRICKLE.burst + int(3_600 * TRICKLE.per_second) - 1
    assert day.spent(T0) == before  # it does not use up the day of others
    assert day.way(ANN, Kind.RELAY, T0 + 3_600_000) is Way.FULL


def test_who_has_no_network_has_the_trickle_of_its_room() -> None:
    day = used(100).one
    unknown = Payer("room-u", "U" * 16)
    day.spend(unknown, TRICKLE.burst, T0, Way.TRICKLE)
    assert day.way(unknown, Kind.CALL, T0) is Way.FULL
    assert day.way(Payer("room-v", "U" * 16), Kind.CALL, T0) is Way.TRICKLE


def test_instances_know_of_one_another_by_what_they_tell() -> None:
    shared, other = Shared(), DayBudget(TOTAL)
    shared.tell(other, T0)
    shared.spend(ANN, TOTAL // 2)
    assert other.way(ANN, Kind.RELAY, T0) is Way.DAY
    other.spend(many(1), 1, T0 + TELL_MS)
    shared.tell(other, T0 + TELL_MS)
    assert other.spent(T0 + TELL_MS) == TOTAL // 2 + 1
    assert other.way(ANN, Kind.RELAY, T0 + TELL_MS) is Way.FULL


def test_it_is_told_at_first_by_blocks_and_once_a_minute() -> None:
    day, block = DayBudget(TOTAL), TOTAL // BLOCK
    day.spend(ANN, 1, T0)
    first = day.tell(T0)
    assert first is not None and first.spent == 1
    assert first.rooms == {ANN.key: 1} and first.networks == {ANN.networks[0]: 1}
    day.spend(ANN, block, T0)
    assert day.tell(T0) is None  # the first one is on its way
    day.told(first)
    told = day.tell(T0)
    assert told is not None and told.spent == block
    day.told(merge(first, told))
    day.spend(ANN, 1, T0)
    assert day.tell(T0 + TELL_MS - 1) is None
    assert day.tell(T0 + TELL_MS) is not None


def test_while_nobody_can_be_told_it_goes_on_for_a_bounded_part_of_the_day() -> None:
    day, spent = DayBudget(TOTAL), 0
    while day.way(many(spent), Kind.RELAY, T0) is Way.DAY:
        day.spend(many(spent), 100, T0)
        spent += 100
        if day.tell(T0) is not None:
            day.not_told()
    assert spent == TOTAL // MOST_UNTOLD
    assert day.way(ANN, Kind.CALL, T0) is Way.TRICKLE
    told = day.tell(T0)
    assert told is not None and told.spent == spent
    day.told(told)
    assert day.way(ANN, Kind.RELAY, T0) is Way.DAY and day.spent(T0) == spent


def test_what_could_not_be_told_before_midnight_is_of_no_day() -> None:
    day = DayBudget(TOTAL)
    day.spend(ANN, 10, T0)
    assert day.tell(T0) is not None
    tomorrow = T0 + DAY_MS
    assert day.spent(tomorrow) == 0
    day.not_told()
    assert day.spent(tomorrow) == 0
    told = day.tell(tomorrow)
    assert told is not None and told.spent == 0


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 900)), max_size=600))
def test_the_largest_are_remembered_and_the_sum_is_exact(spent: list[tuple[int, int]]) -> None:
    stored = Usage(5)
    for number, units in spent:
        told = Usage(5, units, {f"r{number}": units}, {f"n{number}": units})
        stored = merge(stored, told)
    total = sum(units for _, units in spent)
    assert stored.spent == total
    for kept in (stored.rooms, stored.networks):
        assert len(kept) <= KEPT and sum(kept.values()) <= total
        assert list(kept.values()) == sorted(kept.values(), reverse=True)


def test_a_small_day_still_lets_everybody_make_a_few_calls() -> None:
    day = DayBudget(20_000)  # SignalR's Free tier
    day.spend(ANN, LEAST_SMALL - 1, T0)
    assert day.way(ANN, Kind.RELAY, T0) is Way.DAY


def test_the_seconds_until_midnight() -> None:
    assert seconds_left(T0) == 23 * 3_600
    assert seconds_left(20_000 * DAY_MS - 1) == 1
    assert seconds_left(20_000 * DAY_MS) == 86_400
