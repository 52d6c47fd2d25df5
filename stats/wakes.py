"""How often `GET /api/stats` may wake a database that sleeps. Pure.

The page is public, and a serverless database is billed while it is awake: each question that finds
it asleep costs as long as it takes to fall asleep again.

 the database             the page asks                         reports are written
 awake until awake_until  it is read                            awake for AWAKE_MS from now
 asleep, wakes left       it is read: one wake less, and awake  awake for AWAKE_MS from now
                          for AWAKE_MS from now
 asleep, none left        old figures until 00:00 UTC           awake for AWAKE_MS from now

Reading does not make the time longer, or one reader a minute would keep it awake all day for one
wake. So the page alone keeps a database awake for at most `most` × (AWAKE_MS and its own delay).
"""

from msgspec import Struct

from stats.dates import DAY_MS, day_number

# Azure SQL falls asleep after 15 minutes without a session at the earliest (autoPauseDelay).
AWAKE_MS = 15 * 60_000
MOST_PER_DAY = DAY_MS // AWAKE_MS  # as often as that is always


class Wakes(Struct, frozen=True):
    """What all instances know of the database. Times are epoch ms."""

    day: int = 0  # days since 1970, UTC
    used: int = 0  # wakes of that day
    awake_until: int = 0


def ask(state: Wakes, now: int, most: int) -> tuple[Wakes, bool]:
    """The page wants to read. Whether it may."""
    day = day_number(now)
    if now < state.awake_until:
        return state, True
    used = state.used if state.day == day else 0
    if used >= most:
        return state, False
    return Wakes(day, used + 1, now + AWAKE_MS), True


def written(state: Wakes, now: int) -> Wakes:
    """The database has just taken reports."""
    return Wakes(state.day, state.used, max(state.awake_until, now + AWAKE_MS))


def seconds_until_more(now: int) -> int:
    """Until the wakes of the next day."""
    return -(-(DAY_MS - now % DAY_MS) // 1000)
