"""When a timer fires next: NCRONTAB with six fields, or a TimeSpan. Pure; times are UTC.

Sources: "Timer trigger for Azure Functions", NCRONTAB expressions and TimeSpan; atifaziz/NCrontab,
where day and day-of-week must BOTH match (unlike cron, which lets either do).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "sun mon tue wed thu fri sat".split()


class ScheduleError(ValueError):
    """The text is no schedule; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of the six places of an expression: its name, its range, the names it knows."""

    name: str
    low: int
    high: int
    names: Mapping[str, int]


_FIELDS = (
    Field("second", 0, 59, {}),
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day", 1, 31, {}),
    Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    Field("day-of-week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
# The longest a valid day and month can be apart: 29 February over a century that is no leap year,
# on one given day of the week.
_HORIZON_YEARS = 40


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed NCRONTAB expression: the values each place allows, sorted."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday

    def next(self, after: datetime) -> datetime:
        """The first moment strictly later than `after`, in the same time zone."""
        start = after.replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        while day.year <= after.year + _HORIZON_YEARS:
            if self._allows(day):
                earliest = start if day.date() == start.date() else day
                if found := self._within(earliest):
                    return found
            day = self._following(day)
        raise ScheduleError("the schedule never fires: no such day exists")

    def _allows(self, day: datetime) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def _following(self, day: datetime) -> datetime:
        """The next day, or the first of the next month when this month is not allowed."""
        if day.month in self.months:
            return day + timedelta(days=1)
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)

    def _within(self, start: datetime) -> datetime | None:
        """The first allowed time of day at or after `start`, on the same day."""
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) < (start.hour, start.minute):
                    continue
                floor = start.second if (hour, minute) == (start.hour, start.minute) else 0
                for second in self.seconds:
                    if second >= floor:
                        return start.replace(hour=hour, minute=minute, second=second)
        return None


@dataclass(frozen=True, slots=True)
class Interval:
    """A TimeSpan schedule: so long after the last run."""

    length: timedelta

    def next(self, after: datetime) -> datetime:
        """The moment `length` after `after`."""
        return after + self.length


Schedule = Cron | Interval


def parse(text: str) -> Schedule:
    """A schedule from a timer trigger's `schedule`. Raises ScheduleError in words."""
    if not text.strip():
        raise ScheduleError("the schedule is empty")
    if ":" in text:
        return _interval(text.strip())
    places = text.split()
    if len(places) != len(_FIELDS):
        raise ScheduleError(
            f"an NCRONTAB expression has 6 fields, seconds first; this one has {len(places)}"
        )
    values = [_values(place, field) for place, field in zip(places, _FIELDS, strict=True)]
    second, minute, hour, *dates = (tuple(sorted(value)) for value in values)
    day, month, weekday = (frozenset(value) for value in dates)
    cron = Cron(second, minute, hour, day, month, weekday)
    cron.next(datetime(2000, 1, 1))  # 31 February and its like are refused here, not at run time
    return cron


_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")


def _interval(text: str) -> Interval:
    match = _TIME_SPAN.fullmatch(text)
    if match is None:
        raise ScheduleError("a TimeSpan is written hh:mm:ss or d.hh:mm:ss")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        # .NET reads "24:00:00" as 24 DAYS, which nobody means.
        raise ScheduleError("a TimeSpan has hours below 24; write a day as 1.00:00:00")
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not length:
        raise ScheduleError("a TimeSpan of zero never ends")
    return Interval(length)


def _values(place: str, field: Field) -> set[int]:
    """Every value one field allows: a list of `*`, `a`, `a-b`, each with an optional `/step`."""
    return {value for part in place.split(",") for value in _part(part, field)}


def _part(part: str, field: Field) -> range:
    span, slash, step_text = part.partition("/")
    step = _number(step_text, field) if slash else 1
    if step < 1:
        raise ScheduleError(f"the step of {part!r} in the {field.name} field is not positive")
    if span == "*":
        return range(field.low, field.high + 1, step)
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, field)
    # NCrontab: `a/step` runs from a to the end of the range.
    last = _number(last_text, field) if dash else field.high if slash else first
    if not field.low <= first <= last <= field.high:
        limits = f"{field.low} to {field.high}"
        raise ScheduleError(f"{part!r} in the {field.name} field is outside {limits}")
    return range(first, last + 1, step)


def _number(text: str, field: Field) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return int(text)
    value = field.names.get(text.lower()[:3])
    if value is None:
        raise ScheduleError(f"{text!r} in the {field.name} field is not a value")
    return value
