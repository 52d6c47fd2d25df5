"""Where Azure's services are and how they are opened, read from `Name=value;…` texts. Pure.

Settings are checked when the app starts, and used later: no SDK is imported here.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
WEB_URL = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(/[^\s?#]*)?", re.ASCII)


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


def members(text: str) -> dict[str, str]:
    """The values of `Name=value;…` by name. The names are in lower case."""
    parts = (part.partition("=") for part in text.split(";") if part)
    return {name.strip().lower(): value.strip() for name, _, value in parts}


def read_signalr(text: str, setting: str) -> SignalRConnection:
    """From `Endpoint=…;[Port=…;]AccessKey=…;…`, names in any case. Raises SettingsError.

    As ConnectionStringParser.cs of Azure/azure-signalr reads it.
    """
    values = members(text)
    if not values.get("endpoint") or not values.get("accesskey"):
        raise SettingsError(f"{setting} needs Endpoint=… and AccessKey=…")
    base = _web_url(values["endpoint"], setting)
    endpoint = f"{base}:{_port(values['port'], setting)}" if values.get("port") else base
    return SignalRConnection(
        endpoint=_web_url(values.get("serverendpoint") or endpoint, setting),
        client_endpoint=_web_url(values.get("clientendpoint") or endpoint, setting),
        audience=_without_port(base),
        access_key=values["accesskey"],
    )


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
    if not WEB_URL.fullmatch(url):
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
    values = members(text)
    if values.get("usedevelopmentstorage", "").lower() == "true":
        return DEVELOPMENT_STORAGE
    place = values.keys() & {"accountname", "tableendpoint"}
    secret = values.keys() & {"accountkey", "sharedaccesssignature"}
    if not (place and secret) or not all(values[name] for name in place | secret):
        raise SettingsError(f"{setting} is not the connection string of a storage account")
    return text
