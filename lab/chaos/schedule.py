"""What is done to the stamps and what people do meanwhile, all of it from one seed. Pure.

A run is a row of phases. In a phase a group of faults comes and each is repaired again; then all is
well, and the next phase waits until everybody has recovered.

| Scope of a phase | Impaired at a time |
|---|---|
| one | one stamp or parts of it, the same one for the whole phase; the other is never touched |
| both | both stamps, for `BOTH_MS` at most |

| Event | Of what | Repaired by |
|---|---|---|
| kill | SIGKILL of a part, or of a whole stamp | restore |
| freeze | SIGSTOP: connections open, and nothing is answered | restore |
| blackhole | bytes do not come through, and nobody is told | restore |
| slow | each byte is late, in both directions | restore |
| cut | one open connection between clients and a part is reset | nothing: the client comes back |
| restore | | |
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

STAMP = "stamp"  # all parts of one at the same moment
PARTS = ("functions", "signalr", "storage")
CLIENT_PARTS = ("functions", "signalr")  # clients connect to these

BOTH_SHARE = 0.1  # of the phases
WHOLE_SHARE = 0.35  # of the faults
LONG_SHARE = 0.04  # of the faults that nobody is told of
DEED_SHARE = 0.35  # of the calls, in a phase
MAX_ROUNDS = 3  # of faults in a phase
MAX_CUTS = 2  # in a round
FAULT_MS = (300, 4_000)
LONG_MS = (32_000, 40_000)  # longer than SignalR takes silence for life: 30 s
LATE_MS = (50, 800)  # of each byte, while a part is slow
PAUSE_MS = (200, 1_000)  # between two rounds
AWAY_MS = (200, 4_000)  # until somebody who left comes again
BOTH_MS = 3_000
DEATH_MS = 1_500


class Scope(StrEnum):
    """How many stamps may be impaired at a time."""

    ONE = "one"
    BOTH = "both"


class What(StrEnum):
    """The events; see the table above."""

    KILL = "kill"
    FREEZE = "freeze"
    BLACKHOLE = "blackhole"
    SLOW = "slow"
    CUT = "cut"
    RESTORE = "restore"


DEADLY = (What.KILL, What.FREEZE, What.BLACKHOLE)  # nothing is answered while it lasts
UNHEARD = (What.FREEZE, What.BLACKHOLE)  # nobody is told


class Act(StrEnum):
    """What somebody in a call does. Whoever is gone comes again after a while."""

    RELOAD = "reload"  # the same peer
    LEAVE = "leave"  # by the button
    CLOSE = "close"  # closes the tab
    CRASH = "crash"  # the tab ends and says nothing


@dataclass(frozen=True, slots=True)
class Event:
    """What is done to a stamp. `part`: one of PARTS, or STAMP."""

    at_ms: int  # since the phase began
    what: What
    stamp: int
    part: str
    amount: int = 0  # slow: ms; cut: which connection, modulo how many there are


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does. `person`: 0 or 1."""

    at_ms: int
    call: int
    person: int
    act: Act
    away_ms: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A group of faults; events are in the order of their times. At its end all is repaired."""

    number: int
    scope: Scope
    events: tuple[Event, ...]
    deeds: tuple[Deed, ...]

    @property
    def length_ms(self) -> int:
        """To the last event."""
        return max(event.at_ms for event in self.events)


def hastened(phases: tuple[Phase, ...], factor: float) -> tuple[Phase, ...]:
    """The same phases in less time: each moment is multiplied by `factor`, 0 to 1."""
    return tuple(
        replace(
            phase,
            events=tuple(replace(one, at_ms=int(one.at_ms * factor)) for one in phase.events),
            deeds=tuple(
                replace(one, at_ms=int(one.at_ms * factor), away_ms=int(one.away_ms * factor))
                for one in phase.deeds
            ),
        )
        for phase in phases
    )


def schedule(seed: int, events: int, calls: int, stamps: int = 2) -> tuple[Phase, ...]:
    """Phases with so many events in all. The same arguments give the same phases.

    Raises ValueError for fewer than one event or two stamps.
    """
    if events < 1 or stamps < 2:
        raise ValueError("at least one event and two stamps")
    chance = random.Random(seed)
    phases: list[Phase] = []
    while (left := events - sum(len(phase.events) for phase in phases)) > 0:
        phases.append(_phase(chance, len(phases), left, calls, stamps))
    return tuple(phases)


def death(number: int, stamp: int) -> Phase:
    """The phase in which this stamp is killed as a whole, and nothing else happens."""
    kill = Event(0, What.KILL, stamp, STAMP)
    return Phase(number, Scope.ONE, (kill, Event(DEATH_MS, What.RESTORE, stamp, STAMP)), ())


# A fault with its repair, or a cut.
type Fault = tuple[Event, ...]


def _phase(chance: random.Random, number: int, left: int, calls: int, stamps: int) -> Phase:
    scope = Scope.BOTH if chance.random() < BOTH_SHARE else Scope.ONE
    if scope is Scope.BOTH:
        faults = _both(chance, stamps)
    else:
        faults = _one(chance, chance.randrange(stamps))
    chosen = _fitting(faults, left) or _cut(chance, chance.randrange(stamps), 0)
    events = sorted(chosen, key=lambda event: event.at_ms)
    return Phase(number, scope, tuple(events), tuple(_deeds(chance, calls, events[-1].at_ms)))


def _fitting(faults: list[Fault], most: int) -> Fault:
    """The events of as many faults as do not pass `most`."""
    chosen: list[Event] = []
    for fault in faults:
        if len(chosen) + len(fault) <= most:
            chosen += fault
    return tuple(chosen)


def _one(chance: random.Random, stamp: int) -> list[Fault]:
    """Rounds of faults of one stamp, one round after the other."""
    faults: list[Fault] = []
    begin = 0
    for _ in range(chance.randint(1, MAX_ROUNDS)):
        faults += _round(chance, stamp, begin)
        begin = max(fault[-1].at_ms for fault in faults) + chance.randint(*PAUSE_MS)
    return faults


def _round(chance: random.Random, stamp: int, begin: int) -> list[Fault]:
    """Faults of different parts, or of the whole, and cuts."""
    whole = chance.random() < WHOLE_SHARE
    parts = [STAMP] if whole else chance.sample(PARTS, chance.randint(1, len(PARTS)))
    faults = [_fault(chance, stamp, part, begin) for part in parts]
    last = max(fault[-1].at_ms for fault in faults)
    cuts = range(chance.randint(0, MAX_CUTS))
    return faults + [_cut(chance, stamp, chance.randint(begin, last)) for _ in cuts]


def _fault(chance: random.Random, stamp: int, part: str, begin: int) -> Fault:
    what = chance.choice(DEADLY if part == STAMP else (*DEADLY, What.SLOW))
    long = what in UNHEARD and chance.random() < LONG_SHARE
    starts = begin + chance.randint(0, 500)
    ends = starts + chance.randint(*(LONG_MS if long else FAULT_MS))
    late = chance.randint(*LATE_MS) if what is What.SLOW else 0
    return Event(starts, what, stamp, part, late), Event(ends, What.RESTORE, stamp, part)


def _both(chance: random.Random, stamps: int) -> list[Fault]:
    """A fault of something of each stamp, over within BOTH_MS."""
    faults: list[Fault] = []
    for stamp in range(stamps):
        part, what = chance.choice((STAMP, *PARTS)), chance.choice(DEADLY)
        starts, ends = chance.randint(0, 500), chance.randint(1_000, BOTH_MS)
        faults.append((Event(starts, what, stamp, part), Event(ends, What.RESTORE, stamp, part)))
    return faults


def _cut(chance: random.Random, stamp: int, at_ms: int) -> Fault:
    part = chance.choice(CLIENT_PARTS)
    return (Event(at_ms, What.CUT, stamp, part, chance.randrange(1_000)),)


def _deeds(chance: random.Random, calls: int, last_ms: int) -> Iterator[Deed]:
    """Of some calls, what one of the two does."""
    for call in range(calls):
        if chance.random() < DEED_SHARE:
            at, act = chance.randint(0, last_ms), chance.choice(tuple(Act))
            yield Deed(at, call, chance.randrange(2), act, chance.randint(*AWAY_MS))
