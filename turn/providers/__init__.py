"""What a vendor of relays can do for us, and how it fails.

ProviderError
├── ProviderAway      timeout connection tls rate_limited server_error unexpected_status
│                     broken_answer secret_away internal: another try may work
└── ProviderRefused   unauthorized forbidden bad_request not_found no_plan
                      no_expiring_credentials secret_missing bad_secret unsupported:
                      somebody has to mend the configuration

An error is its code and nothing else: no URL, no key, nothing of what was answered.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from turn.ice import IceServer

# By the name of a secret, its value. Raises LookupError when there is none, and anything else
# when it cannot be had now.
type Secrets = Callable[[str], str]

SecretName = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,126}\Z")]
ProviderName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,32}\Z")]
Weight = Annotated[float, Meta(ge=0, le=1000)]
Price = Annotated[float, Meta(ge=0, le=100)]  # US dollars per GB
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ProviderError(Exception):
    """A provider did not do it. `code` is one of those above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderAway(ProviderError):
    """It may work later. `retry_after` (seconds) is the provider's own wish, 0 without one."""

    def __init__(self, code: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class ProviderRefused(ProviderError):
    """It will not work until the configuration, or the plan at the vendor, is another."""


class ConfigurationError(ValueError):
    """The configuration of a provider does not fit. Names the member, shows no value."""


class Capabilities(Struct, frozen=True):
    """What to expect of a provider, as its documents (or our measurements) have it."""

    revoke: bool
    # Bytes by label: `since` any moment, in the billing `cycle` so far, or `none` at all.
    usage: Literal["since", "cycle", "none"]
    # Whether a relay in use ends with its credential; None: not documented, so do not count on it.
    ends_on_expiry: bool | None
    min_ttl: int  # seconds
    max_ttl: int
    price_per_gb: float  # US dollars
    billed: Literal["egress", "both"]  # from the server to clients, or both ways

    def lifetime(self, wanted: int, longest: int) -> int:
        """`wanted` seconds, within `longest` (as configured) and what the vendor takes."""
        return max(self.min_ttl, min(wanted, longest, self.max_ttl))


class Minted(Struct, frozen=True):
    """A credential and the servers that take it."""

    servers: tuple[IceServer, ...]  # at least one of them relays
    username: str
    expires_at: int  # epoch ms
    provider: str  # its configured name
    revocation: str  # what `revoke` takes; "" where nothing can be revoked


class Config(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
    tag_field="kind",
):
    """What every provider is configured with. `secret` names a secret; it never is one."""

    secret: SecretName
    name: ProviderName = ""  # by default the kind
    weight: Weight = 1  # share of the mints, against the price; 0: only when nobody else answers
    ttl: int = 3_600  # the longest life in seconds; each kind has bounds of its own

    @property
    def kind(self) -> str:
        """coturn, cloudflare, metered or twilio."""
        return str(self.__struct_config__.tag)


class Provider(Protocol):
    """A vendor. Threads share it; every call raises ProviderAway or ProviderRefused."""

    @property
    def name(self) -> str:
        """As configured: unique, shown by /api/health."""
        ...

    @property
    def weight(self) -> float:
        """Share of the mints, against the price; 0: only when nobody else answers."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What to expect of it."""
        ...

    def lifetime(self, ttl: int) -> int:
        """The seconds that a credential lives for which `ttl` seconds are asked."""
        ...

    def ready(self) -> None:
        """Get what `mint` needs before it can call: secrets from the vault, modules."""
        ...

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """A credential bound to `label`, which expires `lifetime(ttl)` seconds after `now`, or
        sooner: its money is held until then.

        `now` is epoch ms, `timeout` seconds. A `region` that the provider does not know counts as
        none.
        """
        ...

    def revoke(self, username: str, label: str) -> None:
        """End a credential. It is no error that it has ended already."""
        ...

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        """Billed bytes by label, from `since` to `now` (epoch ms) if the vendor can tell."""
        ...


def check_base(url: str) -> None:
    """Raises ConfigurationError unless keys may be sent there: https, or http to this machine."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "https" or parts.scheme == "http" and parts.hostname in LOOPBACK
        fine = fine and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or "@" in url or "?" in url or "#" in url:
        raise ConfigurationError("url is not a plain https URL")
