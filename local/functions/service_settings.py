"""What the SignalR extension reads from the app's settings. Pure.

Sources: Azure/azure-signalr, `ConnectionStringParser`; azure-sdk-for-net,
`Microsoft.Azure.WebJobs.Extensions.SignalRService.Constants` (names of settings).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from local.functions.rules import DEFAULT_SIGNALR_SETTING

HTTP_TIMEOUT_SETTING = "AzureSignalRHttpClientTimeout"
DEFAULT_HTTP_TIMEOUT_SECONDS = 100.0  # of .NET's HttpClient


def parse_connection_string(text: str) -> dict[str, str]:
    """Its members by lower-cased name; parts without a `=` are left out."""
    members = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in members}


def access_keys(connection_string: str) -> tuple[bytes, ...]:
    """The HMAC key of a connection string: the UTF-8 bytes of its AccessKey, not decoded."""
    key = parse_connection_string(connection_string).get("accesskey")
    return (key.encode(),) if key else ()


def service_endpoint(environ: Mapping[str, str], setting: str = DEFAULT_SIGNALR_SETTING) -> str:
    """Scheme, host and port of the service; empty if the app has no such setting.

    From the connection string, or from `<setting>__serviceUri` with an identity.
    """
    members = parse_connection_string(environ.get(setting, ""))
    base = (members.get("endpoint") or environ.get(f"{setting}__serviceUri", "")).rstrip("/")
    if port := members.get("port"):
        url = urlsplit(base)
        base = f"{url.scheme}://{url.hostname}:{port}"
    return base


def http_timeout_seconds(environ: Mapping[str, str]) -> float:
    """`AzureSignalRHttpClientTimeout`, a .NET TimeSpan `hh:mm:ss[.fff]`, in seconds."""
    text = environ.get(HTTP_TIMEOUT_SETTING, "")
    if not text:
        return DEFAULT_HTTP_TIMEOUT_SECONDS
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
