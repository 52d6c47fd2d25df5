"""Hours and days as numbers, counted from 1970-01-01 (UTC). Pure."""

from datetime import date

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
DAY_HOURS = 24

_EPOCH = date(1970, 1, 1).toordinal()


def day_number(ms: int) -> int:
    """The day that a moment (epoch ms) lies in, in days since 1970."""
    return ms // DAY_MS


def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(_EPOCH + day)


def iso_day(day: int) -> str:
    """A day number as `YYYY-MM-DD`."""
    return date_of(day).isoformat()
