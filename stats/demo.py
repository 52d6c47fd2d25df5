"""Demonstration data: plausible calls, made up. Pure.

The same seed gives the same calls for the same day, whenever and for however many days it is run.
A later or larger run adds calls and changes none. So writing twice writes once.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from random import Random

from msgspec import structs

from stats.anonymize import anonymize
from stats.dates import DAY_MS, HOUR_MS, date_of, day_number
from stats.report import (
    Browser,
    CandidateType,
    Medium,
    Outcome,
    Phases,
    Report,
    Side,
    Transport,
    Turn,
)
from stats.row import Row

DOUBLING_DAYS = 60  # the calls double in this time
LOST_SHARE = 0.03  # of the reports: a beacon that never arrived
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
CANDIDATE_TYPES: Mapping[CandidateType, float] = {"host": 11, "srflx": 55, "prflx": 14, "relay": 20}
RELAY_TRANSPORTS: Mapping[Transport, float] = {"udp": 82, "tcp": 8, "tls": 10}
BROWSERS: Mapping[Browser, float] = {"chromium": 70, "safari": 18, "firefox": 9, "other": 3}
MEDIA: Mapping[tuple[Medium, ...], float] = {
    ("data",): 45,
    ("data", "audio"): 15,
    ("data", "audio", "video"): 40,
}
# Lognormal: the median in ms, and sigma.
PHASE_TIMES_MS = {
    "admit": (130, 0.5),
    "signal": (160, 0.6),
    "ice": (70, 0.7),
    "dtls": (48, 0.45),
    "open": (14, 0.5),
}
STALL_MS = 1_500  # before a client asks for TURN
MAX_PHASE_MS = 60_000
KBPS = {"data": 2, "audio": 40, "video": 1_400}  # one way
STALLED_SHARE = 0.7  # of relayed sides: they asked for TURN after a stall


def rows(days: int, calls_per_day: float, seed: int, now: int) -> Iterator[Row]:
    """The rows of the last `days` days up to `now` (epoch ms), oldest day first.

    `calls_per_day`: the rate of today; it was lower before.
    """
    today = day_number(now)
    for age in reversed(range(days)):
        for at, report in reports(today - age, _volume(today - age, age, calls_per_day), seed):
            if at <= now:
                yield structs.replace(anonymize(report, report.met, at), demo=True)


def _volume(day: int, age: int, calls_per_day: float) -> int:
    weekday = date_of(day).weekday()
    return round(calls_per_day * WEEK[weekday] * 2 ** (-age / DOUBLING_DAYS))


def reports(day: int, calls: int, seed: int) -> Iterator[tuple[int, Report]]:
    """The reports of one day (days since 1970): two of each call, or one if the other was lost.

    Each with the moment at which it arrives, in epoch ms.
    """
    for call in range(calls):
        chance = Random(f"{seed} {day} {call}")  # a call does not depend on those before it
        (hour,) = chance.choices(range(24), HOURS)
        at = day * DAY_MS + hour * HOUR_MS + chance.randrange(HOUR_MS)
        for report in _call(chance, f"{seed} {day} {call}"):
            if chance.random() >= LOST_SHARE:
                yield at, report


def _call(chance: Random, name: str) -> tuple[Report, Report]:
    first = _first(chance, name)
    second = structs.replace(
        first,
        met=_id(name, "second"),
        side="second",
        turn="none" if first.turn == "used" else first.turn,  # one relay carries the call
        phases=_phases(chance, first.outcome, first.candidate_type),
        bytes_up=first.bytes_down,
        bytes_down=first.bytes_up,
        browser=_draw(chance, BROWSERS),
    )
    return first, second


def _first(chance: Random, name: str) -> Report:
    outcome = _draw(chance, OUTCOMES)
    connected = outcome == "connected"
    candidate_type = _candidate_type(chance) if connected else None
    duration = math.ceil(chance.lognormvariate(math.log(420), 1)) if connected else 0
    media = _draw(chance, MEDIA)
    up, down = (_bytes(chance, media, duration) if connected else 0 for _ in range(2))
    return Report(
        met=_id(name, "first"),
        outcome=outcome,
        side="first",
        phases=_phases(chance, outcome, candidate_type),
        bytes_up=up,
        bytes_down=down,
        duration=duration,
        media=media,
        retries=int(chance.expovariate(4)),
        turn=_turn(outcome, candidate_type),
        browser=_draw(chance, BROWSERS),
        candidate_type=candidate_type,
        transport=_transport(chance, candidate_type),
    )


def _candidate_type(chance: Random) -> CandidateType:
    return _draw(chance, CANDIDATE_TYPES)


def _turn(outcome: Outcome, candidate_type: CandidateType | None) -> Turn:
    if candidate_type == "relay":
        return "used"
    return "granted" if outcome == "failed-ice" else "none"


def _phases(chance: Random, outcome: Outcome, candidate_type: CandidateType | None) -> Phases:
    """The phases that the call reached. Most clients ask for TURN only after ICE has stalled."""
    reached = {"failed-signaling": 1, "left-early": 1, "failed-ice": 2, "failed-dtls": 3}
    times = {
        name: min(chance.lognormvariate(math.log(median), sigma), MAX_PHASE_MS)
        for name, (median, sigma) in PHASE_TIMES_MS.items()
    }
    if candidate_type == "relay" and chance.random() < STALLED_SHARE:
        times["ice"] += STALL_MS
    names = list(times)[: reached.get(outcome, len(times))]
    return Phases(**{name: round(times[name], 1) for name in names})


def _bytes(chance: Random, media: tuple[Medium, ...], seconds: int) -> int:
    """Bytes one way: media, and in every third call a file."""
    file = chance.lognormvariate(math.log(15e6), 1.3) if chance.random() < 1 / 3 else 0
    return int(sum(KBPS[kind] for kind in media) * 125 * seconds + file)


def _transport(chance: Random, candidate_type: CandidateType | None) -> Transport | None:
    if candidate_type == "relay":
        relayed: Transport = _draw(chance, RELAY_TRANSPORTS)
        return relayed
    return None if candidate_type is None else "udp"


def _draw[T](chance: Random, weights: Mapping[T, float]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]


def _id(name: str, side: Side) -> str:
    """Of its row. A report that is made up has it in place of a proof."""
    return hashlib.sha256(f"demo {name} {side}".encode()).hexdigest()[:32]
