"""Our own coturn (or eturnal, or any server with the TURN REST scheme): no call to anybody.

A credential cannot be revoked, and coturn lets a relay in use go on after its credential
expired (measured with 4.6.1 and 4.17.1: a refresh is still answered 200). So credentials live
just long enough to join, and the server's own `max-bps` and `user-quota` have to bound the rest.
"""

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
)
from turn.providers.base import BaseProvider

KIND = "coturn"
MIN_TTL_SECONDS = 120  # less, and clocks that differ a little lock people out
MAX_TTL_SECONDS = 600

Urls = tuple[str, ...]


class CoturnConfig(Config, frozen=True, kw_only=True, tag=KIND):
    """`secret` holds the shared secrets, split by commas: the first one signs.

    To rotate: let coturn take both, put the new one in front here, drop the old one after 10
    minutes (`static-auth-secret` may be given more than once).
    """

    urls: Urls
    regions: dict[str, Urls] = {}  # by our name of a region; elsewhere `urls`
    ttl: Annotated[int, Meta(ge=MIN_TTL_SECONDS, le=MAX_TTL_SECONDS)] = 300
    price_per_gb: Price = field(name="pricePerGB")  # of your egress, which nobody else knows

    def __post_init__(self) -> None:
        for member, urls in [("urls", self.urls)] + [
            ("regions", urls) for urls in self.regions.values()
        ]:
            if not all(map(usable, urls)) or not has_relay(clean(_servers(urls, "-", "-"))):
                raise ConfigurationError(f"{member} is not a list of stun and turn URLs")


class Coturn(BaseProvider[CoturnConfig]):
    """Signs credentials here; calls nobody."""

    def __init__(self, config: CoturnConfig, secrets: Secrets) -> None:
        capabilities = Capabilities(
            revoke=False,
            usage="none",
            ends_on_expiry=False,
            min_ttl=MIN_TTL_SECONDS,
            max_ttl=MAX_TTL_SECONDS,
            price_per_gb=config.price_per_gb,
            billed="egress",
        )
        super().__init__(config, capabilities, secrets)

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """Sign a credential. Raises ProviderRefused or ProviderAway for want of the secret."""
        expires_at = now + self.lifetime(ttl) * 1000
        # coturn counts its quota by session: minting again must not open a fresh one.
        credential = sign(self._secret(), session_of(label), expires_at)
        urls = self._config.regions.get(region or "", self._config.urls)
        servers = clean(_servers(urls, credential.username, credential.password))
        return Minted(servers, credential.username, expires_at, self.name, "")

    def _secret(self) -> str:
        first = super()._secret().split(",")[0].strip()
        if not first:
            raise ProviderRefused("secret_missing")
        return first


def _servers(urls: Urls, username: str, password: str) -> tuple[VendorServer]:
    return (VendorServer(urls, username, password),)
