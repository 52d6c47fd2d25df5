"""Hours and days as numbers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stats.dates import DAY_HOURS, DAY_MS, HOUR_MS, date_of, day_number, iso_day

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_lies_in_the_day_and_hour_that_utc_says(moment: datetime) -> None:
    ms = int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    assert date_of(day_number(ms)) == moment.date()
    assert iso_day(day_number(ms)) == moment.date().isoformat()
    assert ms // HOUR_MS % DAY_HOURS == moment.hour


def test_units_agree() -> None:
    assert DAY_MS == DAY_HOURS * HOUR_MS == timedelta(days=1) / timedelta(milliseconds=1)
