"""Plausible calls that nobody made, to see the statistics page with. Pure.

The same seed gives the same calls of the same days, whenever it is asked and for however many
days: a later or larger run adds calls and changes none. So writing twice writes once.
"""

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import date
from random import Random

from msgspec import structs

from stats.anonymize import HOUR, Row, anonymize
from stats.report import Browser, Medium, Outcome, Path, Phases, Report, Side, Transport

DAY = 24 * HOUR  # ms
DOUBLING = 60  # days in which the calls double
LOST = 0.03  # of the reports: a beacon that never arrived
# Calls by hour (UTC) and by weekday (Monday first), as weights.
HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 11, 13, 13, 12, 10, 9, 9, 8, 6, 4, 3)
WEEK = (1.0, 1.08, 1.06, 1.04, 0.92, 0.48, 0.42)

OUTCOMES: Mapping[Outcome, float] = {
    "connected": 94.2,
    "failed-ice": 2.4,
    "failed-dtls": 0.3,
    "failed-signaling": 1.1,
    "left-early": 2.0,
}
PATHS: Mapping[Path, float] = {"host": 11, "srflx": 55, "prflx": 14, "relay": 20}
RELAYED: Mapping[Transport, float] = {"udp": 82, "tcp": 8, "tls": 10}
BROWSERS: Mapping[Browser, float] = {"chromium": 70, "safari": 18, "firefox": 9, "other": 3}
MEDIA: Mapping[tuple[Medium, ...], float] = {
    ("data",): 45,
    ("data", "audio"): 15,
    ("data", "audio", "video"): 40,
}
# Times in ms, lognormal: median and sigma.
TIMES = {
    "admit": (130, 0.5),
    "signal": (160, 0.6),
    "ice": (70, 0.7),
    "dtls": (48, 0.45),
    "open": (14, 0.5),
}
STALL = 1_500  # ms before a relay is asked for
KBPS = {"data": 2, "audio": 40, "video": 1_400}  # one way


def rows(days: int, calls_per_day: float, seed: int, now: int) -> Iterator[Row]:
    """Of the last `days` days up to `now` (epoch ms); `calls_per_day` is today's rate."""
    today = now // DAY
    for age in reversed(range(days)):
        for report in reports(today - age, _volume(today - age, age, calls_per_day), seed):
            if report.ended_at <= now:
                yield structs.replace(anonymize(report, now), demo=True)


def _volume(day: int, age: int, calls_per_day: float) -> int:
    weekday = date.fromordinal(date(1970, 1, 1).toordinal() + day).weekday()
    return round(calls_per_day * WEEK[weekday] * 2 ** (-age / DOUBLING))


def reports(day: int, calls: int, seed: int) -> Iterator[Report]:
    """Of one day (days since 1970): two of each call, or one if the other was lost."""
    for call in range(calls):
        chance = Random(f"{seed} {day} {call}")  # a call does not depend on those before it
        for report in _call(chance, day, f"{seed} {day} {call}"):
            if chance.random() >= LOST:
                yield report


def _call(chance: Random, day: int, name: str) -> tuple[Report, Report]:
    (hour,) = chance.choices(range(24), HOURS)
    first = _first(chance, name, day * DAY + hour * HOUR + chance.randrange(HOUR))
    second = structs.replace(
        first,
        id=_id(name, "second"),
        side="second",
        phases=_phases(chance, first.outcome, first.path),
        bytes_up=first.bytes_down,
        bytes_down=first.bytes_up,
        browser=_draw(chance, BROWSERS),
    )
    return first, second


def _first(chance: Random, name: str, ended_at: int) -> Report:
    outcome = _draw(chance, OUTCOMES)
    connected = outcome == "connected"
    path = _path(chance) if connected else None
    duration = math.ceil(chance.lognormvariate(math.log(420), 1)) if connected else 0
    media = _draw(chance, MEDIA)
    up, down = (_bytes(chance, media, duration) if connected else 0 for _ in range(2))
    return Report(
        id=_id(name, "first"),
        outcome=outcome,
        side="first",
        ended_at=ended_at,
        phases=_phases(chance, outcome, path),
        bytes_up=up,
        bytes_down=down,
        duration=duration,
        media=media,
        retries=int(chance.expovariate(4)),
        turn="used" if path == "relay" else "granted" if outcome == "failed-ice" else "none",
        browser=_draw(chance, BROWSERS),
        path=path,
        transport=_transport(chance, path),
    )


def _path(chance: Random) -> Path:
    return _draw(chance, PATHS)


def _phases(chance: Random, outcome: Outcome, path: Path | None) -> Phases:
    """As far as the call came. A relay is asked for after a stall, if it is not the first time."""
    reached = {"failed-signaling": 1, "left-early": 1, "failed-ice": 2, "failed-dtls": 3}
    times = {
        name: min(chance.lognormvariate(math.log(median), sigma), 60_000)
        for name, (median, sigma) in TIMES.items()
    }
    if path == "relay" and chance.random() < 0.7:
        times["ice"] += STALL
    names = list(times)[: reached.get(outcome, len(times))]
    return Phases(**{name: round(times[name], 1) for name in names})


def _bytes(chance: Random, media: tuple[Medium, ...], seconds: int) -> int:
    """One way: what is said and shown, and in every third call a file."""
    file = chance.lognormvariate(math.log(15e6), 1.3) if chance.random() < 1 / 3 else 0
    return int(sum(KBPS[kind] for kind in media) * 125 * seconds + file)


def _transport(chance: Random, path: Path | None) -> Transport | None:
    if path == "relay":
        relayed: Transport = _draw(chance, RELAYED)
        return relayed
    return None if path is None else "udp"


def _draw[T](chance: Random, weights: Mapping[T, float]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]


def _id(name: str, side: Side) -> str:
    digest = hashlib.sha256(f"demo {name} {side}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:22]
