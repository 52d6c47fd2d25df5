"""Metered. https://www.metered.ca/docs/turn-rest-api/

Asked for no expiry, Metered makes a credential that never expires; its free plan makes no
others. We always ask for one, and what comes back without one is disabled and not handed out.
Minting takes two calls, the second with a key of the credential that stays here.
"""

import time
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from turn.ice import VendorServer, clean, has_relay
from turn.providers import (
    Capabilities,
    Config,
    ConfigurationError,
    Minted,
    Price,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    Secrets,
    check_base,
)
from turn.providers.base import HttpProvider
from turn.providers.session import HttpAnswer, check, decode

KIND = "metered"
MIN_TTL_SECONDS = 60
MAX_TTL_SECONDS = 86_400  # ours; Metered states none
REVOKE_SECONDS = 3.0
USAGE_SECONDS = 10.0
MAX_PAGES = 40
GB_BYTES = 2**30  # Metered does not say which; the larger one errs on the safe side
REGIONS = frozenset(
    "global north_america europe eu asia oceania us_west us_central us_east canada_central"
    " canada_east europe_west europe_central asia_west asia_east canada usa uk singapore india"
    " australia standard".split()
)
# Metered answers 400 to most troubles; which one it is stands only in the words.
TROUBLES = (
    ("not subscribed", "no_plan"),
    ("secretkey", "unauthorized"),
    ("api key", "unauthorized"),
    ("plan", "no_expiring_credentials"),
    ("expir", "no_expiring_credentials"),
)


class MeteredConfig(Config, frozen=True, kw_only=True, tag=KIND):
    """`secret` holds the secret key. `app` is the name in `https://<app>.metered.live`."""

    app: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,63}\Z")]
    regions: dict[str, str] = {}  # by our name of a region, Metered's
    ttl: Annotated[int, Meta(ge=MIN_TTL_SECONDS, le=MAX_TTL_SECONDS)] = 3_600
    # The dearest of the plans (0.40-0.66), 2026, second-hand.
    price_per_gb: Price = field(default=0.66, name="pricePerGB")
    url: str = ""

    def __post_init__(self) -> None:
        check_base(self.base)
        if not REGIONS.issuperset(self.regions.values()):
            raise ConfigurationError("regions names one that Metered does not have")

    @property
    def base(self) -> str:
        """The URL of the API, without a slash at its end."""
        return self.url or f"https://{self.app}.metered.live"


class _Made(Struct, rename="camel"):
    username: str
    password: str
    api_key: str
    expiry_in_seconds: int | None = None

    def __repr__(self) -> str:
        return "_Made()"


class _Trouble(Struct):
    message: str = ""
    error: str = ""


class _User(Struct, rename={"usage": "usageInGB"}):
    label: str | None = None
    usage: float = 0


class _Page(Struct):
    data: tuple[_User, ...]
    has_more: bool = False


class Metered(HttpProvider[MeteredConfig]):
    """Mints, revokes, and tells usage by billing cycle."""

    def __init__(self, config: MeteredConfig, secrets: Secrets) -> None:
        capabilities = Capabilities(
            revoke=True,
            usage="cycle",
            ends_on_expiry=None,
            min_ttl=MIN_TTL_SECONDS,
            max_ttl=MAX_TTL_SECONDS,
            price_per_gb=config.price_per_gb,
            billed="both",
        )
        super().__init__(config, config.base, capabilities, secrets)

    def mint(self, label: str, ttl: int, region: str | None, now: int, timeout: float) -> Minted:
        """Two calls: make a credential, then read its servers."""
        lifetime = self.lifetime(ttl)
        until = time.monotonic() + timeout
        made = self._make(label, lifetime, timeout)
        wanted = {"apiKey": made.api_key} | self._region(region)
        left = max(0.01, until - time.monotonic())
        answer = self._session.call("GET", "/api/v1/turn/credentials", left, params=wanted)
        found = decode(_check(answer), tuple[VendorServer, ...])
        servers = clean(server for server in found if server.username in (None, made.username))
        if not has_relay(servers):
            raise ProviderAway("broken_answer")
        expires_at = now + lifetime * 1000
        return Minted(servers, made.username, expires_at, self.name, made.username)

    def _make(self, label: str, lifetime: int, timeout: float) -> _Made:
        asked = msgspec.json.encode({"expiryInSeconds": lifetime, "label": label})
        answer = self._post("/api/v1/turn/credential", asked, timeout)
        made = decode(_check(answer), _Made)
        if not 0 < (made.expiry_in_seconds or 0) <= lifetime:
            self._undo(made.username)
            raise ProviderRefused("no_expiring_credentials")
        return made

    def _undo(self, username: str) -> None:
        try:
            self.revoke(username, "")
        except ProviderError:
            pass  # nobody was given it

    def revoke(self, username: str, label: str) -> None:
        """Disable one credential; without a username, delete all that bear the label."""
        if username:
            path = "/api/v1/turn/credential/disable"
            answer = self._post(path, msgspec.json.encode({"username": username}), REVOKE_SECONDS)
            if not _ended(answer):
                _check(answer)
            return
        path = "/api/v2/turn/credential/by_label"
        asked = {"secretKey": self._secret(), "label": label}
        _check(self._session.call("DELETE", path, REVOKE_SECONDS, params=asked))

    def usage(self, since: int, now: int) -> Mapping[str, int]:
        """Of the billing cycle so far, whatever `since` is."""
        used: dict[str, int] = {}
        for number in range(1, MAX_PAGES + 1):
            page = self._usage_page(number)
            for user in page.data:
                if user.label:
                    used[user.label] = used.get(user.label, 0) + int(max(0, user.usage) * GB_BYTES)
            if not page.has_more:
                break
        return used

    def _usage_page(self, number: int) -> _Page:
        asked = {"secretKey": self._secret(), "page": str(number)}
        path = "/api/v2/turn/current_usage_by_user"
        return decode(_check(self._session.call("GET", path, USAGE_SECONDS, params=asked)), _Page)

    def _post(self, path: str, body: bytes, timeout: float) -> HttpAnswer:
        return self._session.call(
            "POST",
            path,
            timeout,
            params={"secretKey": self._secret()},
            data=body,
            headers={"Content-Type": "application/json"},
        )

    def _region(self, region: str | None) -> dict[str, str]:
        name = self._config.regions.get(region or "", region)
        return {"region": name} if name in REGIONS else {}


def _check(answer: HttpAnswer) -> bytes:
    if answer.status == 400:
        words = _words(answer)
        for some, code in TROUBLES:
            if some in words:
                raise ProviderRefused(code)
    return check(answer, 200, 201)


def _ended(answer: HttpAnswer) -> bool:
    """Whether a refusal to disable says that there is nothing to disable (any more)."""
    if answer.status not in (400, 401):
        return False
    return any(some in _words(answer) for some in ("not found", "already"))


def _words(answer: HttpAnswer) -> str:
    try:
        said = decode(answer.body, _Trouble)
    except ProviderAway:
        return ""
    return f"{said.message} {said.error}".lower()
