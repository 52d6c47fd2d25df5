"""Twilio Network Traversal Service. https://www.twilio.com/docs/stun-turn/api

A token cannot be revoked, carries no label of ours and is not billed by itself: what was spent
can only be bounded by its lifetime.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from turn.ice import VendorServer, clean, has_relay
from turn.providers import (
    Capabilities,
    Config,
    Minted,
    Price,
    ProviderAway,
    Secrets,
    check_base,
)
from turn.providers.base import HttpProvider
from turn.providers.session import check, decode

KIND = "twilio"
MIN_TTL_SECONDS = 60
MAX_TTL_SECONDS = 86_400

Sid = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,64}\Z")]


class TwilioConfig(Config, frozen=True, kw_only=True, tag=KIND):
    """`secret` holds the auth token, or with `apiKeySid` the secret of that API key."""

    account_sid: Sid
    api_key_sid: Sid | None = None
    ttl: Annotated[int, Meta(ge=MIN_TTL_SECONDS, le=MAX_TTL_SECONDS)] = 3_600
    # The dearest region (0.40-0.80), 2026, second-hand.
    price_per_gb: Price = field(default=0.80, name="pricePerGB")
    url: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        check_base(self.url)


class _Token(Struct):
    username: str
    ttl: int  # Twilio sends it as text
    ice_servers: tuple[VendorServer, ...]


class Twilio(HttpProvider[TwilioConfig]):
    """Mints tokens; can neither revoke them nor tell what they used."""

    def __init__(self, config: TwilioConfig, secrets: Secrets) -> None:
        capabilities = Capabilities(
            revoke=False,
            usage="none",
            ends_on_expiry=None,
            min_ttl=MIN_TTL_SECONDS,
            max_ttl=MAX_TTL_SECONDS,
            price_per_gb=config.price_per_gb,
            billed="both",
        )
        super().__init__(config, config.url, capabilities, secrets)

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """One call. Twilio may answer a shorter life than was asked for."""
        lifetime = self.lifetime(ttl)
        user = self._config.api_key_sid or self._config.account_sid
        secret = self._secret()
        answer = self._session.call(
            "POST",
            f"/2010-04-01/Accounts/{self._config.account_sid}/Tokens.json",
            timeout,
            data={"Ttl": str(lifetime)},
            auth=(user.encode(), secret.encode()),
        )
        token = decode(check(answer, 200, 201), _Token)
        servers = clean(token.ice_servers)
        if not has_relay(servers) or token.ttl <= 0:
            raise ProviderAway("broken_answer")
        expires_at = now + min(lifetime, token.ttl) * 1000
        return Minted(servers, token.username, expires_at, self.name, "")
