"""A vendor of relays in memory, which meters, reports late and revokes."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from turn.ice import IceServer
from turn.money import cost, price_of
from turn.providers import Capabilities, Minted, ProviderRefused

FOREVER_MS = 2**53


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
        self.on_mint: Callable[[str], object] = lambda label: None  # told of every try
        self.now = 0  # whoever moves the clock says so: `revoke` is told no time
        self._lag = lag
        self._room = room
        self._using: list[Credential] = []
        self._numbers = itertools.count()

    def lifetime(self, ttl: int) -> int:
        """As any provider."""
        return self.capabilities.lifetime(ttl, self.capabilities.max_ttl)

    def ready(self) -> None:
        """Nothing to fetch."""

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """A credential, or ProviderRefused (forbidden)."""
        self.on_mint(label)
        if "mint" in self.fails:
            raise ProviderRefused("forbidden")
        able = self.capabilities
        expires_at = now + self.lifetime(ttl) * 1000
        username = f"{self.name}{next(self._numbers)}"
        ends_at = FOREVER_MS if able.ends_on_expiry is False else expires_at
        self.credentials[username] = Credential(username, label, expires_at, ends_at)
        servers = (IceServer((f"turn:{self.name}.example",), username, "password"),)
        return Minted(servers, username, expires_at, self.name, username if able.revoke else "")

    def revoke(self, username: str, label: str) -> None:
        """End a credential at `self.now`, or raise ProviderRefused."""
        if "revoke" in self.fails or not self.capabilities.revoke:
            raise ProviderRefused("unsupported")
        self.revocations.append(username)
        credential = self.credentials[username]
        credential.ends_at = min(credential.ends_at, self.now)

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        """Billed bytes by label, as of `lag` before `now`; or ProviderRefused."""
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
