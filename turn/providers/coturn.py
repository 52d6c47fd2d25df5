"""Our own coturn (or eturnal, or any server with the TURN REST scheme): no call to anybody.

A credential cannot be revoked, and coturn lets a relay in use go on after its credential
expired (measured with 4.6.1 and 4.17.1: a refresh is still answered 200). So credentials live
just long enough to join, and the server's own `max-bps` and `user-quota` have to bound the rest.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from turn.credentials import session_of, sign
from turn.ice import VendorServer, clean, has_relay, usable
from turn.providers import (
    Capabilities,
    Config,
    ConfigurationError,
    Minted,
    Price,
    ProviderRefused,
    Secrets,
    read_secret,
)

KIND = "coturn"
MIN_TTL = 120  # seconds: less, and clocks that differ a little lock people out
MAX_TTL = 600

Urls = tuple[str, ...]


class CoturnConfig(Config, frozen=True, kw_only=True, tag=KIND):
    """`secret` holds the shared secrets, split by commas: the first one signs.

    To rotate: let coturn take both, put the new one in front here, drop the old one after 10
    minutes (`static-auth-secret` may be given more than once).
    """

    urls: Urls
    regions: dict[str, Urls] = {}  # by our name of a region; elsewhere `urls`
    ttl: Annotated[int, Meta(ge=MIN_TTL, le=MAX_TTL)] = 300
    price_per_gb: Price = field(name="pricePerGB")  # of your egress, which nobody else knows

    def __post_init__(self) -> None:
        for member, urls in [("urls", self.urls)] + [
            ("regions", urls) for urls in self.regions.values()
        ]:
            if not all(map(usable, urls)) or not has_relay(clean(_servers(urls, "-", "-"))):
                raise ConfigurationError(f"{member} is not a list of stun and turn URLs")


class Coturn:
    def __init__(self, config: CoturnConfig, secrets: Secrets) -> None:
        self.name, self.weight = config.name or KIND, config.weight
        self.capabilities = Capabilities(
            revoke=False,
            usage="none",
            ends_on_expiry=False,
            min_ttl=MIN_TTL,
            max_ttl=MAX_TTL,
            price_per_gb=config.price_per_gb,
            billed="egress",
        )
        self._config = config
        self._secrets = secrets

    def ready(self) -> None:
        self._secret()

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        expires_at = now + self.capabilities.lifetime(ttl, self._config.ttl) * 1000
        # coturn counts its quota by session: minting again must not open a fresh one.
        credential = sign(self._secret(), session_of(label), expires_at)
        urls = self._config.regions.get(region or "", self._config.urls)
        servers = clean(_servers(urls, credential.username, credential.password))
        return Minted(servers, credential.username, expires_at, self.name, "")

    def revoke(self, username: str, label: str) -> None:
        raise ProviderRefused("unsupported")

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        raise ProviderRefused("unsupported")

    def _secret(self) -> str:
        first = read_secret(self._secrets, self._config.secret).split(",")[0].strip()
        if not first:
            raise ProviderRefused("secret_missing")
        return first


def _servers(urls: Urls, username: str, password: str) -> tuple[VendorServer]:
    return (VendorServer(urls, username, password),)
