"""Where Azure's services are and how they are opened, read from `Name=value;…` texts. Pure.

Settings are checked when the app starts, and used later: no SDK is imported here.
"""

import base64
import re
from collections.abc import Mapping

from msgspec import Struct

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
EMULATOR_NAME = "devstoreaccount1"
# Azurite's key is public: its documents print it, and it opens nothing else.
EMULATOR_KEY = base64.b64decode(
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_WEB_URL = re.compile(
    rf"https?://(?:{_NAME}|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{{1,5}}))?(?:/[!-~]*)?"
)
_SIGNATURE = re.compile(r"\??[A-Za-z0-9._~%+&=:/,-]+")  # a query: it becomes a part of URLs


class SettingsError(ValueError):
    """A setting is missing or cannot be used. The text names it and never shows its value."""


class SignalRConnection(Struct, frozen=True):
    """Where SignalR Service is, and how it is opened: by a key, or by the identity of the app."""

    endpoint: str  # scheme://host[:port], for this app
    client_endpoint: str  # the same, for browsers
    audience: str  # scheme://host of `Endpoint`: what tokens are for, whoever is called
    access_key: str | None = None  # None: by identity
    client_id: str | None = None  # of a user-assigned identity

    def __repr__(self) -> str:
        return f"SignalRConnection({self.endpoint!r}, {self.client_endpoint!r})"


class TableStorage(Struct, frozen=True):
    """Azure Table storage: by a connection string, or by the identity of the app."""

    connection_string: str | None = None
    endpoint: str | None = None
    client_id: str | None = None

    def __repr__(self) -> str:
        return f"TableStorage({self.endpoint or 'by a connection string'!r})"


class StorageAccount(Struct, frozen=True):
    """A storage account as its connection string has it. One of `key`, `signature` opens it."""

    name: str
    key: bytes | None
    signature: str  # a shared access signature, as it stands in a query
    tables: str  # the URL of its tables, without a slash at its end; "": it says none
    queues: str

    def __repr__(self) -> str:
        return f"StorageAccount({self.name!r})"


def is_web_url(text: str) -> bool:
    """Whether a client can call this: http(s), a host, a port, and no query."""
    found = _WEB_URL.fullmatch(text)
    if found is None or "?" in text or "#" in text:
        return False
    if found["port"] is not None and not 0 < int(found["port"]) <= 0xFFFF:
        return False
    return found["v6"] is None or _is_ipv6(found["v6"])


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address  # 4 ms to import, and hardly ever needed

    try:
        IPv6Address(text)
        return True
    except AddressValueError:
        return False


def members(text: str) -> dict[str, str]:
    """The values of `Name=value;…` by name. The names are in lower case; the last of two counts."""
    parts = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in parts}


def read_signalr(text: str, setting: str) -> SignalRConnection:
    """From `Endpoint=…;[Port=…;]AccessKey=…;…`, names in any case. Raises SettingsError.

    As ConnectionStringParser.cs of Azure/azure-signalr reads it. `AuthType=azure.msi` in place of
    a key is the identity of the app, or that of `ClientId`.
    """
    values = members(text)
    if len(values) != sum("=" in part for part in text.split(";")):
        raise SettingsError(f"{setting} holds a name twice")
    by_identity = _is_by_identity(values, setting)
    if not values.get("endpoint") or not (by_identity or values.get("accesskey")):
        raise SettingsError(f"{setting} needs Endpoint=… and AccessKey=…")
    if not re.fullmatch(r"1\.\d+([\w.-]+)?", values.get("version", "1.0"), re.ASCII):
        raise SettingsError(f"{setting}: only Version=1.… is known")
    base = _web_url(values["endpoint"], setting)
    endpoint = f"{base}:{_port(values['port'], setting)}" if values.get("port") else base
    return SignalRConnection(
        endpoint=_web_url(values.get("serverendpoint") or endpoint, setting),
        client_endpoint=_web_url(values.get("clientendpoint") or endpoint, setting),
        audience=_without_port(base),
        access_key=None if by_identity else values["accesskey"],
        client_id=values.get("clientid") or None,
    )


def _is_by_identity(values: Mapping[str, str], setting: str) -> bool:
    kind = values.get("authtype", "").lower()
    if kind not in ("", "azure.msi", "aad") or "tenantid" in values:
        raise SettingsError(f"{setting}: AuthType takes azure.msi, a managed identity")
    return bool(kind)


def read_signalr_identity(environ: Mapping[str, str], setting: str) -> SignalRConnection | None:
    """From `{setting}__serviceUri` and beside it; None without that. Raises SettingsError.

    The names are those of the SignalR extension: `__serverEndpoint`, `__clientEndpoint`,
    `__credential` (managedidentity) and `__clientId`.
    """
    uri = environ.get(f"{setting}__serviceUri", "").strip()
    if not uri:
        return None
    if environ.get(f"{setting}__credential", "managedidentity").lower() != "managedidentity":
        raise SettingsError(f"{setting}__credential takes managedidentity")
    endpoint = _web_url(uri, f"{setting}__serviceUri")
    server = environ.get(f"{setting}__serverEndpoint") or endpoint
    client = environ.get(f"{setting}__clientEndpoint") or endpoint
    return SignalRConnection(
        endpoint=_web_url(server, f"{setting}__serverEndpoint"),
        client_endpoint=_web_url(client, f"{setting}__clientEndpoint"),
        audience=_without_port(endpoint),
        client_id=environ.get(f"{setting}__clientId") or None,
    )


def _web_url(text: str, setting: str) -> str:
    """Without a slash at its end."""
    url = text.strip().rstrip("/")
    if not is_web_url(url):
        raise SettingsError(f"an endpoint in {setting} is not an http(s) URL")
    return url


def _port(text: str, setting: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= 0xFFFF:
        raise SettingsError(f"the port in {setting} is not a number from 1 to 65535")
    return int(text)


def _without_port(url: str) -> str:
    return re.sub(r"^(https?://[^/]+?)(:\d+)?(/.*)?$", r"\1", url)


def check_storage(text: str, setting: str) -> str:
    """The connection string of a storage account, as Azure's SDK reads it.

    The SDK takes `UseDevelopmentStorage=true` in this spelling only. Raises SettingsError.
    """
    account = read_storage(text, setting)
    if not account.tables:
        raise SettingsError(f"{setting} says of no tables where they are")
    is_emulator = account.name == EMULATOR_NAME and _is_development(members(text))
    return DEVELOPMENT_STORAGE if is_emulator else text


def read_storage(text: str, setting: str) -> StorageAccount:
    """What every client of the account uses. Raises SettingsError, which shows no value.

    https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
    """
    values = members(text)
    if any(part.strip() and "=" not in part for part in text.split(";")):
        raise SettingsError(f"{setting} holds a part without =")
    if _is_development(values):
        urls = (f"http://127.0.0.1:{port}/{EMULATOR_NAME}" for port in (10002, 10001))
        return StorageAccount(EMULATOR_NAME, EMULATOR_KEY, "", *urls)
    place = values.keys() & {"accountname", "tableendpoint", "queueendpoint"}
    secret = values.keys() & {"accountkey", "sharedaccesssignature"}
    if not (place and secret) or not all(values[name] for name in place | secret):
        raise SettingsError(f"{setting} is not the connection string of a storage account")
    key = _account_key(values.get("accountkey"), setting)
    signature = values.get("sharedaccesssignature", "")
    if signature and not _SIGNATURE.fullmatch(signature):
        raise SettingsError(f"the SharedAccessSignature in {setting} is not a query")
    tables, queues = (_service_url(values, service, setting) for service in ("table", "queue"))
    name = values.get("accountname", "")
    return StorageAccount(name, key, "" if key else signature.removeprefix("?"), tables, queues)


def _is_development(values: Mapping[str, str]) -> bool:
    return values.get("usedevelopmentstorage", "").lower() == "true"


def _account_key(text: str | None, setting: str) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one
        raise SettingsError(f"the AccountKey in {setting} is not base64") from None


def _service_url(values: Mapping[str, str], service: str, setting: str) -> str:
    """Where tables or queues are; "" if neither an endpoint nor a name says it."""
    if endpoint := values.get(f"{service}endpoint"):
        return _web_url(endpoint, setting)
    if not (name := values.get("accountname")):
        return ""
    scheme = values.get("defaultendpointsprotocol", "https").lower()
    suffix = values.get("endpointsuffix") or "core.windows.net"
    return _web_url(f"{scheme}://{name}.{service}.{suffix}", setting)
