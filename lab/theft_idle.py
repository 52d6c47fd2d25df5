"""Relays that somebody holds and does not use, and honest people who need one: a simulation.

The real Minting, Broker and ledger over a vendor in memory and a clock of our own, from midnight
UTC. The attackers ask for as many relays as they get and send nothing. They ask before everybody
else in each step, those first who were given the fewest. Honest people come at random: most from
a network that nobody has seen today, some from one of the known ones. They use what they get.

Each honest person needs a relay. Who gets none at the first request counts as refused; who has
none any more before the end of the call counts as cut off.
"""

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from cloud.memory import MemoryDocuments
from lab.theft import (
    ASSUMED_KBPS,
    CLOUDFLARE,
    HOUR_SECONDS,
    MIDNIGHT_MS,
    MINUTE_SECONDS,
    POLL_SECOND,
    Case,
    username_of,
)
from lab.vendor import Vendor
from turn.balances import Shard
from turn.broker import Broker
from turn.ceilings import Ceilings
from turn.fairness import NETWORK_SHARE
from turn.minting import Answer, Ask, Minting
from turn.providers import Capabilities
from turn.store import LedgerStore

STEP_SECONDS, LATER_STEP_SECONDS = 10, 30  # in the first hour, and later
MAX_REFUSALS = 8  # in a row, and the attackers wait for their next step
HONEST_KBPS = 1_000
RENEW_SECONDS = 480  # clients renew at 80 % of ten minutes
RETRY_SECONDS = 30  # and after a refusal
METERED = Case(
    "Metered, $0.66 both ways, figures and revocation",
    Capabilities(True, "cycle", None, 60, 86_400, 0.66, "both"),
)


@dataclass(frozen=True)
class Attack:
    """Who holds relays. `rooms`: that each network made itself, with invites for itself."""

    name: str
    networks: int
    rooms: int = 1
    trickle: int = 0  # bytes that each relay carries once: enough to be in the figures


NOBODY = Attack("nobody", 0)
ONE_NETWORK = Attack("one network, idle relays", 1)
OWN_ROOMS = Attack("one network, 80 rooms of its own", 1, rooms=80)
IDLE_NETWORKS = Attack("100 networks, idle relays", 100)
TRICKLE = Attack("100 networks, relays with one packet", 100, trickle=100)
ATTACKS = (NOBODY, ONE_NETWORK, OWN_ROOMS, IDLE_NETWORKS, TRICKLE)


@dataclass(frozen=True)
class Crowd:
    """Honest people: how many need a relay in an hour, from where, and for how long on average."""

    an_hour: float
    known_part: float  # of them come from one of `known_networks`
    known_networks: int
    call_seconds: float


PEOPLE = Crowd(30, 0.3, 20, 480)
FEWER_PEOPLE = Crowd(10, 0.3, 20, 480)
# 200 people who each have four calls of ten minutes in eight hours. A fifth needs a relay.
OFFICE = Crowd(200 * 4 / 8 / 5, 1, 1, 600)
# The same office, where UDP is blocked: every call needs a relay.
BLOCKED_OFFICE = Crowd(200 * 4 / 8, 1, 1, 600)


@dataclass(frozen=True)
class Scene:
    """A stamp: its vendor, its ceilings, and the honest people who need a relay."""

    case: Case
    crowd: Crowd = PEOPLE
    ceilings: Ceilings = Ceilings()
    share: int = NETWORK_SHARE


AT_CLOUDFLARE = Scene(CLOUDFLARE)
# With the money of ten days: otherwise the day ends before the relays do.
AT_METERED = Scene(METERED, FEWER_PEOPLE, Ceilings(day=50_000_000, month=600_000_000))
IN_OFFICE = Scene(CLOUDFLARE, OFFICE)
IN_BLOCKED_OFFICE = Scene(CLOUDFLARE, BLOCKED_OFFICE)
WITH_MORE = Scene(
    CLOUDFLARE, BLOCKED_OFFICE, Ceilings(network=5_000_000, exposure=20_000_000), share=100
)


@dataclass
class Denial:
    """What came of it. The first hour and what is later are parts of those who asked in it."""

    asked: int = 0
    refused_first_hour: float = 0
    refused_later: float = 0
    refused: float = 0
    cut: float = 0  # of those who were given one
    held: int = 0  # relays that the attackers had at most, at a time
    charged: float = 0  # dollars, to the attackers' networks
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class Call:
    """One honest person's."""

    ask: Ask
    ends_at: int  # epoch ms
    relay_until: int = 0  # epoch ms


class Honest:
    """People who need a relay, as they come."""

    def __init__(self, minting: Minting, vendor: Vendor, crowd: Crowd, seed: int) -> None:
        self._minting, self._vendor = minting, vendor
        self._crowd, self._random = crowd, random.Random(seed)
        self._numbers = itertools.count()
        self._due: list[tuple[int, int, Call]] = []  # when to do something about a call
        self._next_at = self._later(MIDNIGHT_MS)
        self.asked, self.refused, self.cut = 0, 0, 0
        self.reasons: dict[str, int] = {}

    def step(self, now: int) -> None:
        """All that they do until `now`."""
        while self._next_at <= now:
            self._begin(self._next_at)
            self._next_at = self._later(self._next_at)
        while self._due and self._due[0][0] <= now:
            at, _, call = heapq.heappop(self._due)
            self._go_on(call, at)

    def _later(self, now: int) -> int:
        return now + round(self._random.expovariate(self._crowd.an_hour / HOUR_SECONDS) * 1000)

    def _network(self, number: int) -> str:
        if self._random.random() >= self._crowd.known_part:
            return f"new{number}"
        return f"known{self._random.randrange(self._crowd.known_networks)}"

    def _begin(self, now: int) -> None:
        number = next(self._numbers)
        seconds = self._random.expovariate(1 / self._crowd.call_seconds)
        ask = Ask(f"call{number}", "ann", self._network(number), other="bob", invited=True)
        call = Call(ask, now + round(seconds * 1000))
        self.asked += 1
        answer = self._request(call, now)
        if answer.refusal is not None:
            self.refused += 1
            self.reasons[answer.refusal] = self.reasons.get(answer.refusal, 0) + 1

    def _go_on(self, call: Call, now: int) -> None:
        if now >= call.ends_at:
            self._minting.leave(call.ask.room, call.ask.peer, now)
        elif now >= call.relay_until:
            self.cut += 1
        else:
            self._request(call, now)

    def _request(self, call: Call, now: int) -> Answer:
        answer = self._minting.mint(call.ask, f"{next(self._numbers):04x}", now)
        username = username_of(answer)
        if username is not None and answer.expires_at is not None:
            self._vendor.drain(username, HONEST_KBPS, now)
            call.relay_until = answer.expires_at
            self._wait(call, min(call.ends_at, now + RENEW_SECONDS * 1000))
        elif now < call.relay_until:
            retry_at = now + RETRY_SECONDS * 1000
            self._wait(call, min(call.ends_at, call.relay_until, retry_at))
        return answer

    def _wait(self, call: Call, until: int) -> None:
        heapq.heappush(self._due, (until, next(self._numbers), call))


class Attackers:
    """Each network has rooms of its own and asks for ever more relays."""

    def __init__(self, attack: Attack, minting: Minting, vendor: Vendor) -> None:
        self._attack, self._minting, self._vendor = attack, minting, vendor
        self._given = [0] * attack.networks
        self._numbers = itertools.count()

    def step(self, now: int) -> None:
        """Ask until nobody is given anything any more."""
        order = sorted(range(self._attack.networks), key=self._given.__getitem__)
        refused = 0
        for network in order:
            while refused < MAX_REFUSALS and self._mint(network, now):
                refused = 0
            refused += 1
            if refused >= MAX_REFUSALS:
                return

    def _mint(self, network: int, now: int) -> bool:
        number = next(self._numbers)
        # The same pairs come again: what they hold is renewed, as far as that is let in.
        room, peer = f"own{network}.{number % self._attack.rooms}", f"peer{number % 4}"
        ask = Ask(room, peer, network_of(network), other=f"other{number % 9}", invited=True)
        username = username_of(self._minting.mint(ask, f"{number:04x}", now))
        if username is None:
            return False
        self._given[network] += 1
        if self._attack.trickle:
            self._vendor.carry(username, self._attack.trickle, now + 1)
        return True


def network_of(number: int) -> str:
    """The network of an attacker, as the ledger has it."""
    return f"attacker{number}"


def deny(scene: Scene, attack: Attack, hours: int, *, seed: int = 1) -> Denial:
    """The attack for one hour or more, with a poll every minute, in one stamp."""
    vendor, store = scene.case.vendor(), LedgerStore(MemoryDocuments())
    minting = Minting(store, Broker([vendor]), b"k" * 32, scene.ceilings, ASSUMED_KBPS, scene.share)
    honest = Honest(minting, vendor, scene.crowd, seed)
    attackers = Attackers(attack, minting, vendor)
    denial, asked, refused = Denial(), 0, 0
    for second, step in _steps(hours):
        vendor.now = now = MIDNIGHT_MS + second * 1000
        if second % MINUTE_SECONDS == POLL_SECOND:
            minting.poll(now)
            denial.held = max(denial.held, _held(store.read_shards(), now))
        attackers.step(now)
        honest.step(now + step * 1000 - 1)
        if second + step == HOUR_SECONDS:
            asked, refused = honest.asked, honest.refused
    denial.asked, denial.reasons = honest.asked, honest.reasons
    denial.refused_first_hour = refused / max(1, asked)
    denial.refused_later = (honest.refused - refused) / max(1, honest.asked - asked)
    denial.refused = honest.refused / max(1, honest.asked)
    denial.cut = honest.cut / max(1, honest.asked - honest.refused)
    denial.charged = sum(_charges(store.read_shards(), attack)) / 1e6
    return denial


def _steps(hours: int) -> Iterator[tuple[int, int]]:
    """When each step begins, and how long it is, in seconds."""
    for hour in range(hours):
        step = STEP_SECONDS if hour == 0 else LATER_STEP_SECONDS
        for second in range(0, HOUR_SECONDS, step):
            yield hour * HOUR_SECONDS + second, step


def _held(shards: list[Shard], now: int) -> int:
    grants = (grant for shard in shards for grant in shard.grants.values())
    return sum(now < one.expires_at and one.network.startswith("attacker") for one in grants)


def _charges(shards: list[Shard], attack: Attack) -> Iterator[int]:
    for shard in shards:
        yield from (shard.networks.get(network_of(n), 0) for n in range(attack.networks))
