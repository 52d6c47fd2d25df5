"""Settings: the only reader of the environment. Validated at start; secrets never print."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cloud.connection_strings import (
    SettingsError,
    SignalRConnection,
    TableStorage,
    check_storage,
    is_web_url,
    read_signalr,
    read_signalr_identity,
)
from signaling.admission_rate import NETWORK
from signaling.day_budget import LEAST_PER_DAY, MESSAGES_PER_DAY, MOST_PER_DAY
from signaling.rate import Rate
from signaling.tokens import KeyRing
from stats.settings import SqlSettings, read_sql
from turn.ice import relays, usable

if TYPE_CHECKING:
    from turn.ceilings import Ceilings
    from turn.configuration import ProviderConfig
    from turn.providers import Provider

SIGNALR = "AzureSignalRConnectionString"
STORAGE = "AzureWebJobsStorage"
SIGNING_KEYS = "HELIOGRAPH_SIGNING_KEYS"
MAX_STAMPS = 8  # as infra/ deploys
FEW_RELAYS = 10  # at a time in a stamp: with fewer, a few calls use all of them
DEFAULT_STUN = "stun:stun.l.google.com:19302,stun:stun.cloudflare.com:3478"


log = logging.getLogger("heliograph")


class TurnSettings(Struct, frozen=True):
    """Who relays, and for how much money at most."""

    providers: tuple["ProviderConfig", ...]
    ceilings: "Ceilings"  # this stamp's share
    kbps: int  # what a relayed session is assumed to use, one way
    network_share: int  # of what belongs to everybody, in percent: turn/fairness.py


class Settings(Struct, frozen=True):
    """Everything that can be set. Printing it shows no secret."""

    signalr: SignalRConnection
    signing_keys: KeyRing | None  # None: they are in the vault
    storage: TableStorage | None  # None: documents in this process
    stamp: str
    stun_urls: tuple[str, ...]
    vault_uri: str | None = None
    client_id: str | None = None  # of the user-assigned identity
    turn: TurnSettings | None = None
    secrets: Mapping[str, str] = {}  # by name, for when there is no vault
    network_rate: Rate = NETWORK
    messages_per_day: int = MESSAGES_PER_DAY  # units that this stamp may send
    trusted_hops: int = 0  # public proxies of ours before the app
    build: str = ""  # which build is deployed, for whoever waits for it
    sql: SqlSettings | None = None  # None: no statistics
    stamps: int = 1  # that there are, this one included

    def __repr__(self) -> str:
        return f"Settings(stamp={self.stamp!r}, signalr={self.signalr!r})"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingsError, which names the setting and the cure."""
        return cls(
            signalr=_signalr(environ),
            signing_keys=_signing_keys(environ),
            storage=_storage(environ),
            stamp=_stamp(environ),
            stun_urls=_stun_urls(environ),
            vault_uri=_vault_uri(environ),
            client_id=environ.get("AZURE_CLIENT_ID") or None,
            turn=_turn(environ),
            secrets=environ,
            network_rate=_network_rate(environ),
            messages_per_day=_messages_per_day(environ),
            build=_build(environ),
            trusted_hops=_whole(environ, "HELIOGRAPH_TRUSTED_HOPS", 0, 0, 8),
            sql=read_sql(environ),
            stamps=_stamps(environ),
        )


def _signalr(environ: Mapping[str, str]) -> SignalRConnection:
    """By the identity of the app where a service URI is given, else by a connection string."""
    by_identity = read_signalr_identity(environ, SIGNALR)
    return by_identity or read_signalr(_required(environ, SIGNALR), SIGNALR)


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _vault_uri(environ: Mapping[str, str]) -> str | None:
    uri = environ.get("KEY_VAULT_URI", "").strip()
    if uri and not (is_web_url(uri) and re.fullmatch(r"https://[^/]+/?", uri)):
        raise SettingsError("KEY_VAULT_URI is not an https URL")
    return uri or None


def _signing_keys(environ: Mapping[str, str]) -> KeyRing | None:
    name = SIGNING_KEYS
    if _vault_uri(environ) is not None:
        return None
    try:
        return KeyRing.parse(_required(environ, name))
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _turn(environ: Mapping[str, str]) -> TurnSettings | None:
    """None where no provider is configured; then nothing of turn/ is imported."""
    text = environ.get("TURN_PROVIDERS", "").strip()
    if not text:
        return None
    from turn.configuration import parse_providers
    from turn.fairness import NETWORK_SHARE
    from turn.providers import ConfigurationError

    try:
        providers = parse_providers(text)
    except ConfigurationError as error:
        raise SettingsError(f"TURN_PROVIDERS: {error}") from None
    if not providers:
        return None
    kbps = _whole(environ, "TURN_ASSUMED_KBPS", 2_500, 1, 9_999_999)
    share = _whole(environ, "TURN_NETWORK_SHARE", NETWORK_SHARE, 1, 100)
    ceilings, stamps = _ceilings(environ), _stamps(environ)
    _check_ceilings(ceilings, providers, kbps, stamps)
    return TurnSettings(providers, ceilings.of_stamp(stamps), kbps, share)


def _check_ceilings(
    ceilings: "Ceilings", configs: tuple["ProviderConfig", ...], kbps: int, stamps: int
) -> None:
    """Each stamp's share has to pay for a credential of the dearest provider."""
    from turn.ceilings import too_low
    from turn.configuration import connect
    from turn.plan import TTL_SECONDS, dearest, reserved

    providers = connect(configs, str)  # prices need no secret: none is looked up
    each = dearest(providers, kbps)
    _warn_of_few_relays(ceilings.of_stamp(stamps), providers)
    if least := too_low(ceilings, each, stamps):
        names = [one.name for one in providers if reserved(one, TTL_SECONDS, kbps) == each]
        wanted = ", ".join(f"{scope} at least {_dollars(money)}" for scope, money in least.items())
        raise SettingsError(
            f"TURN_CEILINGS does not pay for one credential of {names[0]} ({_dollars(each)} US"
            f" dollars) in each of HELIOGRAPH_STAMPS ({stamps}): it takes {wanted}"
        )


def _warn_of_few_relays(share: "Ceilings", providers: Iterable["Provider"]) -> None:
    from turn.fairness import relays_at_once
    from turn.plan import risk_of

    for provider in providers:
        risk = risk_of(provider)
        if risk and (relays := relays_at_once(share, risk)) < FEW_RELAYS:
            log.warning(
                "TURN_CEILINGS: exposure holds %d relays of %s at a time in each stamp, because a"
                " thief can cost %s US dollars with one: docs/turn.md",
                *(relays, provider.name, _dollars(risk)),
            )


def _dollars(money: int) -> str:
    """Micro-dollars in dollars, exactly: what can be copied into TURN_CEILINGS."""
    return f"{money / 1e6:.6f}".rstrip("0").rstrip(".")


def _ceilings(environ: Mapping[str, str]) -> "Ceilings":
    """US dollars by scope, for all stamps together; those not named keep their default."""
    from turn.ceilings import Ceilings

    text = environ.get("TURN_CEILINGS", "").strip() or "{}"
    try:
        dollars = msgspec.json.decode(text, type=dict[str, float])
    except msgspec.MsgspecError:
        raise SettingsError("TURN_CEILINGS is not JSON with a number for each scope") from None
    scopes = Ceilings.__struct_fields__
    if not dollars.keys() <= set(scopes) or not all(0 <= d <= 1e6 for d in dollars.values()):
        raise SettingsError(f"TURN_CEILINGS takes US dollars for {', '.join(scopes)}")
    return Ceilings(**{scope: round(amount * 1e6) for scope, amount in dollars.items()})


def _network_rate(environ: Mapping[str, str]) -> Rate:
    text = environ.get("HELIOGRAPH_NETWORK_RATE", "").strip()
    if not text:
        return NETWORK
    found = re.fullmatch(r"([1-9][0-9]{0,8})/([0-9]{1,8}(?:\.[0-9]{1,4})?)", text)
    if found is None or float(found[2]) <= 0:
        raise SettingsError("HELIOGRAPH_NETWORK_RATE takes admissions at once/per second: 60/1")
    return Rate(int(found[1]), float(found[2]))


def _messages_per_day(environ: Mapping[str, str]) -> int:
    """A small number would refuse everybody, and 0 is one: who wants no limit sets a large one."""
    name = "HELIOGRAPH_MESSAGES_PER_DAY"
    text = environ.get(name, "").strip() or str(MESSAGES_PER_DAY)
    if not re.fullmatch(r"[0-9]{1,13}", text) or not LEAST_PER_DAY <= int(text) <= MOST_PER_DAY:
        raise SettingsError(f"{name} takes a whole number from {LEAST_PER_DAY} to {MOST_PER_DAY}")
    return int(text)


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,7}", text) or not least <= int(text) <= most:
        raise SettingsError(f"{name} takes a whole number from {least} to {most}")
    return int(text)


def _storage(environ: Mapping[str, str]) -> TableStorage | None:
    """Memory has to be asked for: with two instances it would split every room."""
    kind = environ.get("HELIOGRAPH_STORAGE", "table").strip()
    if kind == "memory":
        return None
    if kind != "table":
        raise SettingsError("HELIOGRAPH_STORAGE is neither table nor memory")
    name = STORAGE
    client_id = environ.get(f"{name}__clientId") or None
    if account := environ.get(f"{name}__accountName"):
        if not re.fullmatch(r"[a-z0-9]{3,24}", account):
            raise SettingsError(f"{name}__accountName is not the name of a storage account")
        return TableStorage(None, f"https://{account}.table.core.windows.net", client_id)
    if endpoint := environ.get(f"{name}__tableServiceUri"):
        if not is_web_url(endpoint):
            raise SettingsError(f"{name}__tableServiceUri is not an http(s) URL")
        return TableStorage(None, endpoint, client_id)
    return TableStorage(check_storage(_required(environ, name), name))


def _stamp(environ: Mapping[str, str]) -> str:
    stamp = environ.get("HELIOGRAPH_STAMP", "local")
    if not re.fullmatch(r"[a-z0-9-]{1,32}", stamp):
        raise SettingsError("HELIOGRAPH_STAMP takes 1-32 of a-z, 0-9 and -")
    return stamp


def _stamps(environ: Mapping[str, str]) -> int:
    return _whole(environ, "HELIOGRAPH_STAMPS", 1, 1, MAX_STAMPS)


def _build(environ: Mapping[str, str]) -> str:
    build = environ.get("HELIOGRAPH_BUILD", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,64}", build):
        raise SettingsError("HELIOGRAPH_BUILD takes up to 64 of A-Z, a-z, 0-9, ., _ and -")
    return build


def _stun_urls(environ: Mapping[str, str]) -> tuple[str, ...]:
    """By the parser that the URLs of TURN vendors go through: one bad URL makes a browser throw."""
    text = environ.get("HELIOGRAPH_STUN_URLS", DEFAULT_STUN)
    urls = tuple(url.strip() for url in text.split(",") if url.strip())
    for number, url in enumerate(urls, 1):
        if not usable(url) or relays(url.lower()):
            raise SettingsError(
                f"HELIOGRAPH_STUN_URLS: URL {number} is not stun:host[:port] or stuns:host[:port]"
            )
    return urls
