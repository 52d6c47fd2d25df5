"""Cloudflare Realtime TURN.

https://developers.cloudflare.com/realtime/turn/generate-credentials/ and …/analytics/.
Expiry and revocation end a relay in use, and with it the billing. One anycast address: no regions.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct, field

from turn.ice import VendorServer, clean, has_relay
from turn.providers import (
    Capabilities,
    Config,
    Minted,
    Price,
    ProviderAway,
    ProviderRefused,
    SecretName,
    Secrets,
    check_base,
)
from turn.providers.base import HttpProvider, read_secret
from turn.providers.session import Session, check, decode

KIND = "cloudflare"
MAX_TTL_SECONDS = 172_800  # 48 hours
MIN_TTL_SECONDS = 60
REVOKE_SECONDS = 3.0
USAGE_SECONDS = 10.0  # no call waits for it
MAX_LABELS = 5_000  # of one look at the usage, the busiest first

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]


class CloudflareConfig(Config, frozen=True, kw_only=True, tag=KIND):
    """`secret` holds the API token of the TURN key.

    For usage: `accountId`, and `usageSecret` with an API token that may read Account Analytics.
    """

    key_id: Id
    account_id: Id | None = None
    usage_secret: SecretName | None = None
    ttl: Annotated[int, Meta(ge=MIN_TTL_SECONDS, le=MAX_TTL_SECONDS)] = 3_600
    price_per_gb: Price = field(
        default=0.05, name="pricePerGB"
    )  # list price, after 1,000 GB a month for nothing
    url: str = "https://rtc.live.cloudflare.com"
    usage_url: str = "https://api.cloudflare.com"

    def __post_init__(self) -> None:
        check_base(self.url)
        check_base(self.usage_url)


class _Servers(Struct, rename="camel"):
    ice_servers: tuple[VendorServer, ...]


class _Label(Struct, rename="camel"):
    custom_identifier: str = ""


class _Sum(Struct, rename="camel"):
    egress_bytes: int


class _Group(Struct):
    dimensions: _Label
    sum: _Sum


class _Account(Struct, rename="camel"):
    calls_turn_usage_adaptive_groups: tuple[_Group, ...]


class _Viewer(Struct):
    usage: tuple[_Account, ...]


class _Data(Struct):
    viewer: _Viewer


class _Usage(Struct):
    data: _Data


class Cloudflare(HttpProvider[CloudflareConfig]):
    """Mints, revokes, and tells usage where it is configured to."""

    def __init__(self, config: CloudflareConfig, secrets: Secrets) -> None:
        capabilities = Capabilities(
            revoke=True,
            usage="since" if config.account_id and config.usage_secret else "none",
            ends_on_expiry=True,
            min_ttl=MIN_TTL_SECONDS,
            max_ttl=MAX_TTL_SECONDS,
            price_per_gb=config.price_per_gb,
            billed="egress",
        )
        super().__init__(config, config.url, capabilities, secrets)
        self._analytics = Session(config.usage_url)

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """One call."""
        lifetime = self.lifetime(ttl)
        asked = msgspec.json.encode({"ttl": lifetime, "customIdentifier": label})
        path = self._path("generate-ice-servers")
        answer = self._session.call("POST", path, timeout, data=asked, headers=self._headers())
        servers = clean(decode(check(answer, 200, 201), _Servers).ice_servers)
        if not has_relay(servers):
            raise ProviderAway("broken_answer")
        username = next(server.username for server in servers if server.username)
        return Minted(servers, username, now + lifetime * 1000, self.name, username)

    def revoke(self, username: str, label: str) -> None:
        """End a credential. It is no error that it has expired."""
        path = self._path(quote(username, safe=""), "revoke")
        answer = self._session.call("POST", path, REVOKE_SECONDS, headers=self._headers())
        if answer.status != 404:  # expired: there is nothing to end any more
            check(answer, 200, 204)

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        """Billed bytes by label, between two moments (epoch ms)."""
        if self._config.account_id is None or self._config.usage_secret is None:
            raise ProviderRefused("unsupported")
        headers = self._headers(self._config.usage_secret)
        asked = msgspec.json.encode({"query": self._query(since, now)})
        answer = self._analytics.call(
            "POST", "/client/v4/graphql", USAGE_SECONDS, data=asked, headers=headers
        )
        found = decode(check(answer, 200), _Usage).data.viewer.usage
        groups = [g for account in found for g in account.calls_turn_usage_adaptive_groups]
        return {g.dimensions.custom_identifier: g.sum.egress_bytes for g in groups}

    def _query(self, since: int, now: int) -> str:
        # Ids are checked against `Id`, so nothing in here can end a string.
        times = f'datetimeMinute_geq: "{_iso(since)}", datetimeMinute_leq: "{_iso(now)}"'
        return (
            f'{{ viewer {{ usage: accounts(filter: {{accountTag: "{self._config.account_id}"}}) {{'
            f' callsTurnUsageAdaptiveGroups(filter: {{keyId: "{self._config.key_id}", {times}}}'
            f" limit: {MAX_LABELS} orderBy: [sum_egressBytes_DESC])"
            " { dimensions { customIdentifier } sum { egressBytes } } } } }"
        )

    def _path(self, *rest: str) -> str:
        return "/".join(("/v1/turn/keys", self._config.key_id, "credentials", *rest))

    def _headers(self, secret: str | None = None) -> dict[str, str]:
        token = read_secret(self._secrets, secret or self._config.secret)
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
