"""A thief of relays, with and without the ledger: a simulation.

The real Minting, Broker and ledger over vendors in memory and a clock of our own that starts at
midnight UTC. Thieves never let go: every credential is drained at 20 allocations x 50 Mbit/s (at
coturn: what its quota and max-bps let through) from its first millisecond, and who may not mint
tries again.

Without the ledger: the Broker alone, credentials of an hour, and nobody looks at figures.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cloud.memory import MemoryDocuments
from lab.vendor import Vendor
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.ladder import Level
from turn.minting import Answer, Ask, Minting
from turn.money import BYTES_PER_KBIT, THEFT_KBPS, UNSEEN_MS
from turn.providers import Capabilities, Minted
from turn.store import LedgerStore

MIDNIGHT_MS = 1_800_057_600_000  # 2027-01-16T00:00Z
HOUR_SECONDS, MINUTE_SECONDS = 3_600, 60
ASSUMED_KBPS = 2_500  # of a session
THIEF_CREDENTIALS = 10  # that one thief drains at a time, on a line of 10 Gbit/s
BOTS = 1_000  # each with a line of 1 Gbit/s
MAX_REFUSALS = 2  # in a row, and the thieves wait for their next step
POLL_SECOND = 30  # of each minute: the worst moment, for figures that are 30 s behind


@dataclass(frozen=True)
class Case:
    """A vendor, and what it lets one credential take."""

    name: str
    capabilities: Capabilities
    kbps: int = THEFT_KBPS
    room: int | None = None

    def vendor(self) -> Vendor:
        """A new one, with no credentials."""
        return Vendor("vendor", self.capabilities, room=self.room)

    @property
    def price(self) -> float:
        """Of a GB that passes, in dollars."""
        both = self.capabilities.billed == "both"
        return self.capabilities.price_per_gb * (2 if both else 1)

    def loss(self, seconds: float) -> float:
        """Dollars that one credential loses in that time."""
        return self.kbps * BYTES_PER_KBIT * seconds / 1e9 * self.price


CLOUDFLARE = Case(
    "Cloudflare, $0.05, figures and revocation",
    Capabilities(True, "since", True, 60, 172_800, 0.05, "egress"),
)
SILENT_VENDOR = Case(
    "a vendor at $0.40 both ways, no figures, no revocation",
    Capabilities(False, "none", True, 60, 86_400, 0.40, "both"),
)
# As infra/coturn has it: user-quota 16 x max-bps 12 Mbit/s, and total-quota 500.
COTURN = Case(
    "our coturn, egress at $0.08, max-bps",
    Capabilities(False, "none", False, 120, 600, 0.08, "egress"),
    kbps=16 * 12_000,
    room=500 // 16,
)
CASES = (CLOUDFLARE, SILENT_VENDOR, COTURN)


@dataclass(frozen=True)
class Attack:
    """Who steals, and how."""

    name: str
    peers: int  # each in a room and a network of its own
    slots: int  # credentials that a peer drains at a time
    invited: bool
    mints: int | None = None  # at most; None: as many as it gets
    leaves_after: int | None = None  # seconds; then it mints again


TOKEN = Attack("a stolen peer token", 1, THIEF_CREDENTIALS, True)
HIT_AND_RUN = Attack("... that leaves every 20 s", 1, THIEF_CREDENTIALS, True, leaves_after=20)
LEAK = Attack("one leaked credential", 1, 1, True, mints=1)
BOTNET = Attack("1,000 networks of guests", BOTS, 1, False)
ATTACKS = (TOKEN, HIT_AND_RUN, LEAK, BOTNET)


@dataclass
class Theft:
    """What came of it. Money in dollars, times in seconds from the start; None: never."""

    first_hour: float
    total: float
    minted: int
    live: int  # at most, at a time
    revoked_after: float | None = None
    guests_out_after: float | None = None
    closed_after: float | None = None


type Mint = Callable[[int, int], str | None]  # a peer, now: the username


class Thieves:
    """Each peer keeps its slots full of credentials that drain."""

    def __init__(self, attack: Attack, case: Case, vendor: Vendor, mint: Mint) -> None:
        self._attack, self._case, self._vendor, self._mint = attack, case, vendor, mint
        self._held: list[list[tuple[str, int]]] = [[] for _ in range(attack.peers)]
        self._next = 0
        self.minted = 0

    @property
    def live(self) -> int:
        """Credentials that drain now."""
        return sum(map(len, self._held))

    def leaving(self, now: int) -> Iterator[int]:
        """Peers that have drained for long enough."""
        after = self._attack.leaves_after
        for peer, held in enumerate(self._held):
            if after is not None and any(now - since >= after * 1000 for _, since in held):
                yield peer

    def step(self, now: int) -> None:
        """Mint what can be minted at `now` (epoch ms), and drain it."""
        refused = 0
        for turn in range(self._attack.peers):
            peer = (self._next + turn) % self._attack.peers
            held = [one for one in self._held[peer] if self._lives(one[0], now)]
            while len(held) < self._attack.slots and refused < MAX_REFUSALS and self._may():
                username = self._mint(peer, now)
                self.minted += username is not None
                if username is None or not self._vendor.drain(username, self._case.kbps, now):
                    refused += 1
                    break
                refused = 0
                held.append((username, now))
            self._held[peer] = held
        self._next += 1

    def _may(self) -> bool:
        return self._attack.mints is None or self.minted < self._attack.mints

    def _lives(self, username: str, now: int) -> bool:
        # Past its expiry only what is in use goes on: worth a fresh one instead.
        credential = self._vendor.credentials[username]
        return now < min(credential.ends_at, credential.expires_at)


def without_ledger(case: Case, attack: Attack, hours: int) -> Theft:
    """The attack on a broker alone, for so many hours from midnight."""
    vendor = case.vendor()
    broker = Broker([vendor])

    def mint(peer: int, now: int) -> str | None:
        minted = mint_unpaid(broker, f"peer{peer}", HOUR_SECONDS, now)
        return None if minted is None else minted.username

    thieves = Thieves(attack, case, vendor, mint)
    theft = Theft(0, 0, 0, 0)
    for second in _steps(hours):
        thieves.step(MIDNIGHT_MS + second * 1000)
        theft.live = max(theft.live, thieves.live)
    return _count(theft, thieves, vendor, hours, MIDNIGHT_MS)


def mint_unpaid(broker: Broker, label: str, ttl: int, now: int) -> Minted | None:
    """The first credential that a provider gives, with no money held for it."""
    tries = (attempt.mint(label, ttl, None, now) for attempt in broker.tries(label, now))
    return next((minted for minted in tries if minted is not None), None)


class Stamps:
    """As many stamps as there are, each with a ledger of its own and its share of the ceilings.

    They have one account at the vendor. Thieves ask one stamp after the other.
    """

    def __init__(self, vendor: Vendor, ceilings: Ceilings, count: int) -> None:
        share = ceilings.of_stamp(count)
        self._all = [
            Minting(
                LedgerStore(MemoryDocuments()), Broker([vendor]), b"k" * 32, share, ASSUMED_KBPS
            )
            for _ in range(count)
        ]
        self._numbers = itertools.count()

    def mint(self, peer: int, invited: bool, now: int) -> str | None:
        """A credential of the first stamp that gives one, by its username."""
        ask = Ask(f"room{peer}", f"peer{peer}", f"network{peer}", invited=invited)
        names = (
            username_of(stamp.mint(ask, f"{next(self._numbers):04x}", now)) for stamp in self._all
        )
        return next((name for name in names if name is not None), None)

    def poll(self, now: int) -> None:
        """Each stamp reads the figures."""
        for stamp in self._all:
            stamp.poll(now)

    def leave(self, peer: int, now: int) -> None:
        """The peer leaves every stamp."""
        for stamp in self._all:
            stamp.leave(f"room{peer}", f"peer{peer}", now)

    def level(self, now: int) -> Level:
        """What the next one meets who asks every stamp."""
        return min(stamp.level(now) for stamp in self._all)


def with_ledger(
    case: Case,
    attack: Attack,
    hours: int,
    ceilings: Ceilings,
    *,
    stamps: int = 1,
    start: int = MIDNIGHT_MS,
) -> Theft:
    """The attack on the whole of minting in every stamp, with a poll every minute.

    `ceilings` are those of all stamps together.
    """
    vendor = case.vendor()
    minting = Stamps(vendor, ceilings, stamps)
    thieves = Thieves(
        attack, case, vendor, lambda peer, now: minting.mint(peer, attack.invited, now)
    )
    theft = Theft(0, 0, 0, 0)
    for second in _steps(hours):
        vendor.now = now = start + second * 1000
        if second % MINUTE_SECONDS == POLL_SECOND:
            minting.poll(now)
        for peer in thieves.leaving(now):
            minting.leave(peer, now)
        thieves.step(now)
        theft.live = max(theft.live, thieves.live)
        _notice(theft, vendor, minting.level(now), second)
    return _count(theft, thieves, vendor, hours, start)


def username_of(answer: Answer) -> str | None:
    """The username of a credential; None where there is none."""
    return next((server.username for server in answer.servers), None)


def ceiling(case: Case, ceilings: Ceilings, stamps: int = 1) -> float | None:
    """The most that can be stolen in a day, in dollars; None where no figures bound it.

    The day, what is at risk at a time, and of each shard of each stamp the last that was let in.
    """
    if case.capabilities.usage == "none" or not case.capabilities.revoke:
        return None
    last = stamps * SHARDS * case.loss(UNSEEN_MS / 1000)
    return (ceilings.day + ceilings.exposure) / 1e6 + last


def _steps(hours: int) -> Iterator[int]:
    """Seconds: fine for the first hour, then every minute."""
    yield from range(0, HOUR_SECONDS, 10)
    yield from range(HOUR_SECONDS + POLL_SECOND, hours * HOUR_SECONDS, MINUTE_SECONDS)


def _notice(theft: Theft, vendor: Vendor, level: Level, second: int) -> None:
    if theft.revoked_after is None and vendor.revocations:
        theft.revoked_after = second
    if theft.guests_out_after is None and level >= Level.INVITED:
        theft.guests_out_after = second
    if theft.closed_after is None and level >= Level.STUN_ONLY:
        theft.closed_after = second


def _count(theft: Theft, thieves: Thieves, vendor: Vendor, hours: int, start: int) -> Theft:
    theft.first_hour = vendor.bill(start + HOUR_SECONDS * 1000) / 1e6
    theft.total = vendor.bill(start + hours * HOUR_SECONDS * 1000) / 1e6
    theft.minted = thieves.minted
    return theft
