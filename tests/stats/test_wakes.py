"""A public page cannot keep a database awake that costs money while it is."""

from hypothesis import given
from hypothesis import strategies as st

from stats.dates import DAY_MS
from stats.wakes import AWAKE_MS, MOST_PER_DAY, Wakes, ask, seconds_until_more, written

NOON = 20_000 * DAY_MS + DAY_MS // 2


def asked(moments: list[int], most: int) -> list[bool]:
    """Whether each question may be asked, one after the other."""
    state, answers = Wakes(), []
    for moment in moments:
        state, allowed = ask(state, moment, most)
        answers.append(allowed)
    return answers


def test_questions_while_it_is_awake_cost_one_wake() -> None:
    minutes = [NOON + minute * 60_000 for minute in range(15)]
    assert all(asked(minutes, most=1))


def test_it_is_not_woken_more_often_than_set() -> None:
    every_hour = [NOON + hour * 3_600_000 for hour in range(8)]
    assert asked(every_hour, most=4) == [True] * 4 + [False] * 4
    assert asked([NOON], most=0) == [False]


def test_who_asks_each_minute_does_not_keep_it_awake() -> None:
    day = NOON - NOON % DAY_MS
    answers = asked([day + minute * 60_000 for minute in range(24 * 60)], most=4)
    assert sum(answers) == 4 * AWAKE_MS // 60_000


def test_the_next_day_has_its_own_wakes() -> None:
    hours = [NOON + hour * 3_600_000 for hour in (0, 1, 11, 12)]
    assert asked(hours, most=1) == [True, False, False, True]
    assert seconds_until_more(NOON) == 12 * 3_600
    assert seconds_until_more(NOON + DAY_MS // 2 - 1) == 1


def test_reports_that_are_written_make_reading_free() -> None:
    state = written(Wakes(), NOON)
    state, allowed = ask(state, NOON + AWAKE_MS - 1, 0)
    assert allowed and state.used == 0
    _, allowed = ask(state, NOON + AWAKE_MS, 0)
    assert not allowed


def test_reports_of_the_past_make_the_time_no_shorter() -> None:
    state, _ = ask(Wakes(), NOON, 1)
    assert written(state, NOON - AWAKE_MS) == state


def test_as_often_as_it_falls_asleep_is_always() -> None:
    day = NOON - NOON % DAY_MS
    assert all(asked([day + minute * 60_000 for minute in range(24 * 60)], MOST_PER_DAY))


@given(st.lists(st.integers(0, DAY_MS - 1)), st.integers(0, MOST_PER_DAY))
def test_whatever_is_asked_the_page_reads_in_so_many_spans_of_a_day(
    moments: list[int], most: int
) -> None:
    day = NOON - NOON % DAY_MS
    ordered = sorted(day + moment for moment in moments)
    read = [at for at, allowed in zip(ordered, asked(ordered, most), strict=True) if allowed]
    spans = 0
    until = 0
    for at in read:
        if at >= until:
            spans, until = spans + 1, at + AWAKE_MS
    assert spans <= most
