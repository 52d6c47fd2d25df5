"""Messages that somebody sends at our cost, and honest people meanwhile: a simulation of a day.

The calls' own code (backend/charges.py, with all of its buckets and the day's budget) over
documents in memory and a clock of our own, from midnight UTC, in one instance. Nothing is sent:
what would be billed is counted here, the answers to refused calls included.

Attackers act every STEP_SECONDS, before everybody else, until they are refused. A network brings as
many new members as it is admitted, by proofs of work where that is asked; its newest SEATS are in
one room, each with a token of its own. A socket that was closed is opened again, if it may. What
they do with it:

 speaker     one member sends 32 KB to everyone in a room of 32
 chorus      all of them do, and 32 KB offers to one another when the day allows no more
 reconnects  all of them open sockets anew, each of which tells 31 others
 newcomers   the chorus, and all seats change hands as often as the admissions allow

Honest people meet at random in pairs, threes and fours, each from a network that nobody has seen
today. They come in, connect, and some write through the server because they have no channel. Who is
refused anything counts as refused.
"""

import random
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw

from backend import charges
from backend.settings import Settings
from backend.spending import Spending
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.memory import MemoryDocuments
from signaling.admission_rate import Network, Price
from signaling.budget import ANSWER_UNITS, network_in_seat, payer_of, units_of
from signaling.day_budget import DAY_MS, MESSAGES_PER_DAY, DayBudget
from signaling.effects import Effect, SendToPeer, SendToRoom
from signaling.errors import Abuse, HeliographError
from signaling.messages import Delivery, Joined
from signaling.rate import BURST, PER_SECOND
from signaling.seats import Seat
from signaling.tokens import KeyRing

MIDNIGHT_MS = 20_000 * DAY_MS
STEP_SECONDS = 30  # so long a peer's bucket takes to fill
MANY, LATER_STEP_SECONDS = 10, 600  # of so many networks after an hour: only a trickle is left
SEATS = 32  # in the attackers' rooms
OLD_SOCKETS_PER_SECOND = 56  # that one identity could open, on loopback
MOST_TRIES = 40  # of one seat in a step, if nothing refuses it
LARGE = Raw(msgspec.json.encode("x" * 32_000))
SDP = Raw(msgspec.json.encode({"pc": "p", "sdp": "x" * 6_500}))
CANDIDATES = Raw(msgspec.json.encode({"pc": "p", "candidates": ["x" * 400]}))
TEXT = Raw(msgspec.json.encode({"text": "x" * 100}))
MEETINGS_AN_HOUR = 40
WRITERS = 0.2  # of the meetings have no channel, and write through the server
TEXTS, TEXT_SECONDS = 20, 6


@dataclass(frozen=True)
class Attack:
    """What the attackers do, and from how many networks."""

    name: str
    networks: int
    speaks: int = 0  # seats that send
    reconnects: bool = False
    changes: bool = False  # seats change hands

    @property
    def old_units_per_second(self) -> float:
        """By the rule of old: so many messages a second of each connection, whatever they cost."""
        spoken = self.speaks * PER_SECOND * SEATS * _LARGE_UNITS
        notices = OLD_SOCKETS_PER_SECOND * (2 * SEATS - 1) if self.reconnects else 0
        return self.networks * (spoken + notices)


NOBODY = Attack("nobody", 0)
SPEAKER = Attack("speaker, 1 network", 1, speaks=1)
CHORUS = (
    Attack("chorus, 1 network", 1, speaks=SEATS),
    Attack("chorus, 10 networks", 10, speaks=SEATS),
    Attack("chorus, 100 networks", 100, speaks=SEATS),
)
RECONNECTS = Attack("reconnects, 100 networks", 100, reconnects=True)
NEWCOMERS = Attack("newcomers, 100 networks", 100, speaks=SEATS, changes=True)
ATTACKS = (NOBODY, SPEAKER, *CHORUS, RECONNECTS, NEWCOMERS)


@dataclass
class Theft:
    """What came of it. Units are messages of 2 KB."""

    units: int = 0  # of the attackers
    honest_units: int = 0
    asked: int = 0  # honest people
    refused: int = 0
    codes: dict[str, int] = field(default_factory=dict)  # with which they were refused
    calls: int = 0  # that the attackers made
    proofs: int = 0  # of work that the attackers solved


class AtOnce(Executor):
    """What is told in the background is told at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call it now."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Stamp:
    """What a stamp counts, and what it would be billed."""

    def __init__(self, per_day: int) -> None:
        connection = SignalRConnection("http://x", "http://x", "http://x", "k")
        settings = Settings(connection, KeyRing({"k": b"k" * 32}), None, "lab", ())
        self.now, self.billed, self.proofs = MIDNIGHT_MS, 0, 0
        self.services = Services(settings, lambda: self.now)
        documents, threads = MemoryDocuments(), AtOnce()
        self.services.spending = Spending(DayBudget(per_day), lambda: documents, lambda: threads)

    def admit(self, key: str, network: Network, *, known: bool = False) -> bool:
        """Whether somebody comes in, with a proof of work if that is asked."""
        if not known and charges.newcomers_refused(self.services, key, network):
            return False
        rate, room = self.services.admission_rate, key if known else ""
        price = rate.price(network, proven=False, now=self.now, room=room)
        if price is Price.PROOF:
            self.proofs += 1
            price = rate.price(network, proven=True, now=self.now, room=room)
        return price is Price.FREE

    def open(self, seat: Seat, members: int) -> bool:
        """A socket. Whether it stays open."""
        self.services.budget.learn(seat.key, members)
        if not charges.may_open(self.services, seat):
            return False
        joined = Joined(seat.peer, "A name", "guest", self.now, self.now)
        told: list[Effect] = [
            SendToRoom(seat.life, "joined", joined, excluding=("it",)),
            SendToPeer(seat.life, seat.peer, "admitted", joined),
        ]
        charges.charge(self.services, payer_of(seat), told)
        self.billed += sum(units_of(effect, members) for effect in told)
        return True

    def say(self, seat: Seat, push: SendToPeer | SendToRoom) -> None:
        """A message by the hub. Raises what it would be refused with."""
        self.billed += ANSWER_UNITS
        charges.check_rate(self.services, payer_of(seat), answers=ANSWER_UNITS)
        charges.pay(self.services, seat, push, answers=ANSWER_UNITS)
        self.billed += units_of(push, self.services.budget.members(seat.key))


def to_peer(seat: Seat, kind: str, body: Raw) -> SendToPeer:
    """A message to one other peer."""
    return SendToPeer(seat.life, "Q" * 16, "signal", Delivery(1, seat.peer, 1, kind, body))


def to_room(seat: Seat, kind: str, body: Raw) -> SendToRoom:
    """A message to everyone."""
    return SendToRoom(seat.life, "message", Delivery(1, seat.peer, 1, kind, body))


_LARGE_UNITS = units_of(to_room(Seat("k", "L", "P"), "data", LARGE), 1)


class Attackers:
    """All networks of an attack, each with one room of its own."""

    def __init__(self, attack: Attack, stamp: Stamp) -> None:
        self._attack, self._stamp, self._calls = attack, stamp, 0
        self._networks = [Network(f"attacker-{n}") for n in range(attack.networks)]
        self._seats: list[list[Seat]] = [[] for _ in self._networks]
        self._born = 0
        self._closed: set[str] = set()  # peers without a socket

    @property
    def calls(self) -> int:
        """That they made."""
        return self._calls

    def step(self) -> None:
        """All that they can do now."""
        for number, network in enumerate(self._networks):
            seats = self._seats[number]
            self._enter(f"{number:032x}", network, seats)
            speakers = seats[len(seats) - self._attack.speaks :]
            for seat in tuple(seats):
                self._act(seat, speaks=seat in speakers)

    def _act(self, seat: Seat, *, speaks: bool) -> None:
        if seat.peer in self._closed:
            self._calls += 1
            if not self._stamp.open(seat, SEATS):
                return
            self._closed.discard(seat.peer)
        if self._attack.reconnects:
            self._reconnect(seat)
        if speaks:
            self._flood(seat, to_room(seat, "data", LARGE))
            self._flood(seat, to_peer(seat, "offer", LARGE))

    def _enter(self, key: str, network: Network, seats: list[Seat]) -> None:
        """Fill the room, or with `changes` replace as many as are admitted."""
        wanted = SEATS if self._attack.changes else SEATS - len(seats)
        for _ in range(wanted):
            self._calls += 1
            if not self._stamp.admit(key, network, known=True):
                return
            self._born += 1
            peer = f"{self._born:016}"
            seats.append(Seat(key, "L" * 16, peer, network=network_in_seat(network)))
            del seats[:-SEATS]
            self._closed.add(peer)

    def _flood(self, seat: Seat, push: SendToPeer | SendToRoom) -> None:
        for _ in range(MOST_TRIES):
            self._calls += 1
            try:
                self._stamp.say(seat, push)
            except HeliographError as error:
                if isinstance(error, Abuse):
                    self._closed.add(seat.peer)
                return

    def _reconnect(self, seat: Seat) -> None:
        for _ in range(MOST_TRIES):
            self._calls += 1
            if not self._stamp.open(seat, SEATS):
                return


@dataclass
class Meeting:
    """Honest people in a room, from when they come."""

    seats: list[Seat]
    writes: bool
    texts: int = 0
    refused: dict[int, str] = field(default_factory=dict)  # by seat


class People:
    """The honest ones."""

    def __init__(self, stamp: Stamp, chance: random.Random, theft: Theft) -> None:
        self._stamp, self._chance, self._theft = stamp, chance, theft
        self._met, self._open = 0, list[Meeting]()

    def step(self) -> None:
        """Who comes now, and who writes."""
        before = self._stamp.billed
        if self._chance.random() < MEETINGS_AN_HOUR * STEP_SECONDS / 3_600:
            self._meet()
        for meeting in list(self._open):
            self._write(meeting)
        self._theft.honest_units += self._stamp.billed - before

    def end(self) -> None:
        """The day is over."""
        for meeting in self._open:
            self._count(meeting)

    def _meet(self) -> None:
        self._met += 1
        key, seats = f"{self._met:032x}".replace("0", "f"), []
        meeting = Meeting([], self._chance.random() < WRITERS)
        for number in range(self._chance.choice((2, 2, 2, 3, 4))):
            network = Network(f"honest-{self._met}-{number}")
            seat = Seat(
                key, "H" * 16, f"{self._met:012}{number:04}", 0, 0, network_in_seat(network)
            )
            seats.append(seat)
            meeting.seats = seats
            if not self._stamp.admit(key, network, known=number > 0):
                meeting.refused[number] = "admission"
            elif not self._stamp.open(seat, len(seats)):
                meeting.refused[number] = "socket"
            for _ in range(number):
                for kind, body in (("answer", SDP), ("candidates", CANDIDATES)):
                    self._say(meeting, number, to_peer(seat, kind, body))
        self._open.append(meeting)

    def _write(self, meeting: Meeting) -> None:
        for _ in range(STEP_SECONDS // TEXT_SECONDS if meeting.writes else 0):
            number = meeting.texts % len(meeting.seats)
            self._say(meeting, number, to_room(meeting.seats[number], "text", TEXT))
            meeting.texts += 1
        if not meeting.writes or meeting.texts >= TEXTS:
            self._open.remove(meeting)
            self._count(meeting)

    def _say(self, meeting: Meeting, number: int, push: SendToPeer | SendToRoom) -> None:
        try:
            self._stamp.say(meeting.seats[number], push)
        except HeliographError as error:
            meeting.refused.setdefault(number, error.code)

    def _count(self, meeting: Meeting) -> None:
        self._theft.asked += len(meeting.seats)
        self._theft.refused += len(meeting.refused)
        for code in meeting.refused.values():
            self._theft.codes[code] = self._theft.codes.get(code, 0) + 1


def steal(
    attack: Attack, hours: float = 24, per_day: int = MESSAGES_PER_DAY, seed: int = 1
) -> Theft:
    """The attack on one stamp."""
    stamp, theft = Stamp(per_day), Theft()
    attackers, people = Attackers(attack, stamp), People(stamp, random.Random(seed), theft)
    for second in _steps(hours):
        stamp.now = MIDNIGHT_MS + second * 1000
        before, proofs = stamp.billed, stamp.proofs
        if second < 3_600 or attack.networks < MANY or second % LATER_STEP_SECONDS == 0:
            attackers.step()
        theft.units += stamp.billed - before
        theft.proofs += stamp.proofs - proofs
        people.step()
    people.end()
    theft.calls = attackers.calls
    return theft


def before(attack: Attack, hours: float = 24) -> float:
    """Units of the same attackers by the rule of old, with one connection for each who speaks."""
    burst = attack.networks * attack.speaks * BURST * SEATS * _LARGE_UNITS
    return burst + attack.old_units_per_second * hours * 3_600


def _steps(hours: float) -> Iterator[int]:
    yield from range(0, int(hours * 3_600), STEP_SECONDS)
