"""When timers fire: NCRONTAB and TimeSpan."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions.schedule import Cron, ScheduleError, parse


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        # The examples of the Functions documentation.
        ("0 5 * * * *", "2026-01-01 10:05:00", "2026-01-01 11:05:00"),
        ("0 */5 * * * *", "2026-01-01 10:04:59", "2026-01-01 10:05:00"),
        ("5,8,10 * * * * *", "2026-01-01 10:00:05", "2026-01-01 10:00:08"),
        ("5-7 * * * * *", "2026-01-01 10:00:07", "2026-01-01 10:01:05"),
        ("0 0 */2 * * *", "2026-01-01 23:00:00", "2026-01-02 00:00:00"),
        ("0 0 9-17 * * *", "2026-01-01 17:00:00", "2026-01-02 09:00:00"),
        ("0 30 9 * * *", "2026-12-31 09:30:00", "2027-01-01 09:30:00"),
        ("0 30 9 * * 1-5", "2026-01-02 10:00:00", "2026-01-05 09:30:00"),
        ("0 30 9 * Jan Mon", "2026-01-26 10:00:00", "2027-01-04 09:30:00"),
        # A step from a value runs to the end of the range.
        ("0 50/3 * * * *", "2026-01-01 10:56:00", "2026-01-01 10:59:00"),
        # Strictly later, even by less than a second.
        ("* * * * * *", "2026-01-01 10:00:00.900000", "2026-01-01 10:00:01"),
        # A leap day, and one on a Thursday: day and weekday must both match.
        ("0 0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 0 29 2 thu", "2026-01-01 00:00:00", "2052-02-29 00:00:00"),
        ("0 0 0 13 * FRIDAY", "2026-01-01 00:00:00", "2026-02-13 00:00:00"),
        ("59 59 23 31 12 *", "2026-12-31 23:59:59", "2027-12-31 23:59:59"),
        ("00:00:10", "2026-01-01 10:00:00", "2026-01-01 10:00:10"),
        ("1.00:00:00", "2026-01-01 10:00:00", "2026-01-02 10:00:00"),
        ("01:30", "2026-01-01 10:00:00", "2026-01-01 11:30:00"),
    ],
)
def test_fires_next(schedule: str, after: str, due: str) -> None:
    assert parse(schedule).next(at(after)) == at(due)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("", "empty"),
        ("*/5 * * * *", "6 fields"),
        ("0 0 0 * * * *", "6 fields"),
        ("60 * * * * *", "outside 0 to 59"),
        ("* * 24 * * *", "outside 0 to 23"),
        ("* * * 0 * *", "outside 1 to 31"),
        ("* * * * 13 *", "outside 1 to 12"),
        ("* * * * * 7", "outside 0 to 6"),
        ("5-1 * * * * *", "outside"),
        ("*/0 * * * * *", "not positive"),
        ("x * * * * *", "not a value"),
        ("1, * * * * *", "not a value"),
        ("-1 * * * * *", "not a value"),
        ("0 0 0 30 2 *", "never fires"),
        ("24:00:00", "1.00:00:00"),
        ("00:60:00", "hours below 24"),
        ("00:00:00", "zero"),
        ("1:2:3:4", "hh:mm:ss"),
    ],
)
def test_refuses_what_is_no_schedule_and_says_why(schedule: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason):
        parse(schedule)


places = st.tuples(
    st.integers(0, 59),
    st.integers(0, 59),
    st.integers(0, 23),
    st.sampled_from(["*", "1,15", "*/7"]),
)


@given(places, st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))
def test_no_allowed_second_lies_between_now_and_the_next_run(
    place: tuple[int, int, int, str], now: datetime
) -> None:
    second, minute, hour, day = place
    cron = parse(f"{second} {minute} {hour} {day} * *")
    assert isinstance(cron, Cron)
    due = cron.next(now)
    assert now < due
    assert (due.second, due.minute, due.hour) == (second, minute, hour)
    assert due.day in cron.days
    earlier = due - timedelta(days=1)
    while earlier > now:
        assert earlier.day not in cron.days
        earlier -= timedelta(days=1)
