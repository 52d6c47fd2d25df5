"""A thief of relays, with and without the wallet: a simulation.

The real Minting, Broker and wallet over vendors in memory and a clock of our own that starts at
midnight UTC. Thieves never let go: every credential is drained at 20 allocations x 50 Mbit/s (at
coturn: what its quota and max-bps let through) from its first millisecond, and who may not mint
tries again.

Without the wallet: the Broker alone, credentials of an hour, and nobody looks at figures.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cloud.memory import MemoryDocuments
from turn.books import Books
from turn.broker import Broker
from turn.ice import IceServer
from turn.minting import Answer, Ask, Minting
from turn.providers import Capabilities, Minted, ProviderRefused
from turn.wallet import BLIND, DRAIN, SHARDS, Ceilings, Level, cost, price_of

MIDNIGHT = 1_800_057_600_000  # 2027-01-16T00:00Z
HOUR, MINUTE = 3_600, 60  # seconds
KBPS = 2_500  # assumed of a session
THIEF_LINE = 10  # Gbit/s: credentials that one thief drains at a time
BOTS = 1_000  # each with a line of 1 Gbit/s
REFUSALS = 2  # in a row, and the thieves wait for their next step
POLL = 30  # seconds into each minute: the worst moment, for figures that are 30 s behind
FOREVER = 2**53


@dataclass
class Credential:
    """What a vendor knows of one: when it ends, and what flowed."""

    username: str
    label: str
    expires_at: int
    ends_at: int
    flows: list[tuple[int, int]] = field(default_factory=list)  # since when, bytes per ms

    def carried(self, until: int) -> int:
        """Bytes until then."""
        until = min(until, self.ends_at)
        return sum(max(0, until - since) * rate for since, rate in self.flows)


class Vendor:
    """A vendor of relays in memory, a `Provider`: it mints, meters, reports late and revokes.

    `lag` is how far its figures are behind (ms); `room`, how many credentials can be in use at a
    time (None: all there are).
    """

    def __init__(
        self, name: str, capabilities: Capabilities, lag: int = 30_000, room: int | None = None
    ) -> None:
        self.name, self.weight = name, 1.0
        self.capabilities = capabilities
        self.credentials: dict[str, Credential] = {}
        self.revocations: list[str] = []
        self.fails: tuple[str, ...] = ()  # what it does not do just now: mint, revoke, usage
        self.now = 0  # whoever moves the clock says so: `revoke` is told no time
        self._lag = lag
        self._room = room
        self._using: list[Credential] = []
        self._numbers = itertools.count()

    def ready(self) -> None:
        pass

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        if "mint" in self.fails:
            raise ProviderRefused("forbidden")
        able = self.capabilities
        expires_at = now + able.lifetime(ttl, able.max_ttl) * 1000
        username = f"{self.name}{next(self._numbers)}"
        ends_at = FOREVER if able.ends_on_expiry is False else expires_at
        self.credentials[username] = Credential(username, label, expires_at, ends_at)
        servers = (IceServer((f"turn:{self.name}.example",), username, "password"),)
        return Minted(servers, username, expires_at, self.name, username if able.revoke else "")

    def revoke(self, username: str, label: str) -> None:
        if "revoke" in self.fails or not self.capabilities.revoke:
            raise ProviderRefused("unsupported")
        self.revocations.append(username)
        credential = self.credentials[username]
        credential.ends_at = min(credential.ends_at, self.now)

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        if "usage" in self.fails or self.capabilities.usage == "none":
            raise ProviderRefused("unsupported")
        return {c.label: self._billed(c, now - self._lag) for c in self.credentials.values()}

    def drain(self, username: str, kbps: int, now: int) -> bool:
        """From now on at this rate, until it ends. Whether the vendor has room for that."""
        self._using = [credential for credential in self._using if credential.ends_at > now]
        if len(self._using) == self._room:
            return False
        credential = self.credentials[username]
        credential.flows.append((now, kbps // 8))
        self._using.append(credential)
        return True

    def carry(self, username: str, size: int, now: int) -> bool:
        """So many bytes within this millisecond. Whether the credential is still good."""
        good = now < self.credentials[username].ends_at
        self.credentials[username].flows += [(now, size), (now + 1, -size)]
        return good

    def bill(self, now: int) -> int:
        """Micro-dollars until then."""
        size = sum(self._billed(credential, now) for credential in self.credentials.values())
        return cost(size, price_of(self.capabilities.price_per_gb))

    def _billed(self, credential: Credential, until: int) -> int:
        return credential.carried(until) * (2 if self.capabilities.billed == "both" else 1)


@dataclass(frozen=True)
class Case:
    """A vendor, and what it lets one credential take."""

    name: str
    capabilities: Capabilities
    kbps: int = DRAIN
    room: int | None = None

    def vendor(self) -> Vendor:
        return Vendor("vendor", self.capabilities, room=self.room)

    @property
    def price(self) -> float:
        """Of a GB that passes, in dollars."""
        both = self.capabilities.billed == "both"
        return self.capabilities.price_per_gb * (2 if both else 1)

    def loss(self, seconds: float) -> float:
        """Dollars that one credential loses in that time."""
        return self.kbps * 125 * seconds / 1e9 * self.price


CLOUDFLARE = Case(
    "Cloudflare, $0.05, figures and revocation",
    Capabilities(True, "since", True, 60, 172_800, 0.05, "egress"),
)
BLIND_VENDOR = Case(
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
CASES = (CLOUDFLARE, BLIND_VENDOR, COTURN)


@dataclass(frozen=True)
class Attack:
    name: str
    peers: int  # each in a room and a network of its own
    slots: int  # credentials that a peer drains at a time
    invited: bool
    mints: int | None = None  # at most; None: as many as it gets
    leaves_after: int | None = None  # seconds; then it mints again


TOKEN = Attack("a stolen peer token", 1, THIEF_LINE, True)
HIT_AND_RUN = Attack("... that leaves every 20 s", 1, THIEF_LINE, True, leaves_after=20)
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
        return sum(map(len, self._held))

    def leaving(self, now: int) -> Iterator[int]:
        """Peers that have drained for long enough."""
        after = self._attack.leaves_after
        for peer, held in enumerate(self._held):
            if after is not None and any(now - since >= after * 1000 for _, since in held):
                yield peer

    def step(self, now: int) -> None:
        refused = 0
        for turn in range(self._attack.peers):
            peer = (self._next + turn) % self._attack.peers
            held = [one for one in self._held[peer] if self._lives(one[0], now)]
            while len(held) < self._attack.slots and refused < REFUSALS and self._may():
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


def without_wallet(case: Case, attack: Attack, hours: int) -> Theft:
    vendor = case.vendor()
    broker = Broker([vendor])

    def mint(peer: int, now: int) -> str | None:
        minted = broker.mint(f"peer{peer}", HOUR, None, now)
        return None if minted is None else minted.username

    thieves = Thieves(attack, case, vendor, mint)
    theft = Theft(0, 0, 0, 0)
    for second in _steps(hours):
        thieves.step(MIDNIGHT + second * 1000)
        theft.live = max(theft.live, thieves.live)
    return _count(theft, thieves, vendor, hours, MIDNIGHT)


def with_wallet(
    case: Case, attack: Attack, hours: int, ceilings: Ceilings, start: int = MIDNIGHT
) -> Theft:
    vendor = case.vendor()
    minting = Minting(Books(MemoryDocuments()), Broker([vendor]), b"k" * 32, ceilings, KBPS)
    numbers = itertools.count()

    def mint(peer: int, now: int) -> str | None:
        ask = Ask(f"room{peer}", f"peer{peer}", f"network{peer}", invited=attack.invited)
        return username_of(minting.mint(ask, f"{next(numbers):04x}", now))

    thieves = Thieves(attack, case, vendor, mint)
    theft = Theft(0, 0, 0, 0)
    for second in _steps(hours):
        vendor.now = now = start + second * 1000
        if second % MINUTE == POLL:
            minting.poll(now)
        for peer in thieves.leaving(now):
            minting.leave(f"room{peer}", f"peer{peer}", now)
        thieves.step(now)
        theft.live = max(theft.live, thieves.live)
        _notice(theft, vendor, minting.level(now), second)
    return _count(theft, thieves, vendor, hours, start)


def username_of(answer: Answer) -> str | None:
    return next((server.username for server in answer.servers), None)


def ceiling(case: Case, ceilings: Ceilings) -> float | None:
    """The most that can be stolen in a day, in dollars; None where no figures bound it.

    The day, what is at risk at a time, and of each shard the last one that was let in.
    """
    if case.capabilities.usage == "none" or not case.capabilities.revoke:
        return None
    return (ceilings.day + ceilings.exposure) / 1e6 + SHARDS * case.loss(BLIND / 1000)


def _steps(hours: int) -> Iterator[int]:
    """Seconds: fine for the first hour, then every minute."""
    yield from range(0, HOUR, 10)
    yield from range(HOUR + POLL, hours * HOUR, MINUTE)


def _notice(theft: Theft, vendor: Vendor, level: Level, second: int) -> None:
    if theft.revoked_after is None and vendor.revocations:
        theft.revoked_after = second
    if theft.guests_out_after is None and level >= Level.INVITED:
        theft.guests_out_after = second
    if theft.closed_after is None and level >= Level.STUN_ONLY:
        theft.closed_after = second


def _count(theft: Theft, thieves: Thieves, vendor: Vendor, hours: int, start: int) -> Theft:
    theft.first_hour = vendor.bill(start + HOUR * 1000) / 1e6
    theft.total = vendor.bill(start + hours * HOUR * 1000) / 1e6
    theft.minted = thieves.minted
    return theft
