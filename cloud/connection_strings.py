"""Where Azure's services are and how they are opened, read from `Name=value;…` texts. Pure.

Settings are checked when the app starts, and used later: no SDK is imported here.
"""

import re

from msgspec import Struct

WEB_URL = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(/[^\s?#]*)?", re.ASCII)


class SettingsError(ValueError):
    """A setting is missing or cannot be used. The text names it and never shows its value."""


class SignalRConnection(Struct, frozen=True):
    """Where SignalR Service is, for browsers and for this app, and its access key."""

    endpoint: str  # scheme://host[:port], for this app
    client_endpoint: str  # the same, for browsers
    access_key: str

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
    """From `Endpoint=…;[Port=…;]AccessKey=…;…`, names in any case. Raises SettingsError."""
    values = members(text)
    if not values.get("endpoint") or not values.get("accesskey"):
        raise SettingsError(f"{setting} needs Endpoint=… and AccessKey=…")
    endpoint = values["endpoint"].rstrip("/")
    if values.get("port"):
        endpoint = f"{endpoint}:{values['port']}"
    server = values.get("serverendpoint", endpoint).rstrip("/")
    client = values.get("clientendpoint", endpoint).rstrip("/")
    if not all(WEB_URL.fullmatch(url) for url in (server, client)):
        raise SettingsError(f"an endpoint in {setting} is not an http(s) URL")
    return SignalRConnection(server, client, values["accesskey"])


def check_storage(text: str, setting: str) -> str:
    """The connection string of a storage account, unchanged. Raises SettingsError if it is none."""
    has = members(text).keys()
    place = has & {"accountname", "tableendpoint"}
    secret = has & {"accountkey", "sharedaccesssignature"}
    if not (place and secret) and "usedevelopmentstorage" not in has:
        raise SettingsError(f"{setting} is not the connection string of a storage account")
    return text
