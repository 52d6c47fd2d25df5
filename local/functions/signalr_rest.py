"""The REST call behind each effect of a `signalR` output, and what the extension says if it fails.

Sources: Azure/azure-signalr, `RestApiProvider` (paths, api-version), `RestHubLifetimeManager`
(which 404 is no failure), `RestClient.ThrowExceptionOnResponseFailureAsync` and the classes
`AzureSignalR…Exception` (the texts, which name the URL and with it a user or a group). Pure.
"""

from dataclasses import dataclass
from typing import Literal, assert_never
from urllib.parse import quote

import msgspec

from local.functions.outputs import ChangeGroup, Send, SignalREffect

API_VERSION = "2022-06-01"
NO_SUCH_CONNECTION = "Error.Connection.NotExisted"


class OutputFailed(Exception):
    """An output could not be carried out after its function had returned.

    `str()` is the text of the .NET exception, as the caller of an `invoke` gets to read it; it may
    name users and groups, so it is not for a log. `kind` is the exception's type: fit for a log.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class RestCall:
    """One request to the service: the path without query, percent-encoded, and the JSON body."""

    verb: Literal["POST", "PUT", "DELETE"]
    path: str
    body: bytes | None = None


def rest_call(effect: SignalREffect, hub: str) -> RestCall:
    """The request that carries out one effect."""
    base = f"/api/hubs/{_escaped(hub.lower())}"
    match effect:
        case Send():
            place = "" if effect.scope == "all" else f"/{effect.scope}s/{_escaped(effect.id)}"
            body = msgspec.json.encode({"Target": effect.target, "Arguments": effect.arguments})
            return RestCall("POST", f"{base}{place}/:send", body)
        case ChangeGroup(action="removeAll"):
            return RestCall("DELETE", f"{base}/users/{_escaped(effect.id)}/groups")
        case ChangeGroup():
            group, id = _escaped(effect.group), _escaped(effect.id)
            if effect.scope == "connection":
                path = f"{base}/groups/{group}/connections/{id}"
            else:
                path = f"{base}/users/{id}/groups/{group}"
            return RestCall("PUT" if effect.action == "add" else "DELETE", path)
        case _:
            assert_never(effect)


def url_of(effect: SignalREffect, hub: str, endpoint: str) -> str:
    """The whole URL of the request; `endpoint` is scheme, host and port."""
    return f"{endpoint}{rest_call(effect, hub).path}?api-version={API_VERSION}"


def failure(status: int, url: str) -> OutputFailed:
    """What the extension throws for an answer that is not a success. `url` is the whole request."""
    where = f" Request Uri: {url}"
    match status:
        case 400:
            text = "Invalid argument. Caused by one or more of the following reasons: "
            return OutputFailed("AzureSignalRInvalidArgumentException", text + where)
        case 401:
            text = (
                "Authorization failed. If you were using AccessKey, please check connection string "
                "and see if the AccessKey is correct. If you were using Azure Active Directory, "
                "please note that the role assignments will take up to 30 minutes to take effect "
                "if it was added recently."
            )
            return OutputFailed("AzureSignalRUnauthorizedException", text + where)
        case 404:
            text = (
                "Unable to access SignalR service. Response status code does not indicate success: "
                "404 (Not Found) Please make sure the endpoint or DNS setting is correct."
            )
            return OutputFailed("AzureSignalRInaccessibleEndpointException", text + where)
        case _:
            text = "Azure SignalR service runtime error."
            return OutputFailed("AzureSignalRRuntimeException", text + where)


def unreachable(url: str) -> OutputFailed:
    """What the extension throws when there is no answer at all."""
    return OutputFailed("AzureSignalRException", f"An error happened when making request to {url}")


def timed_out(timeout_seconds: float) -> OutputFailed:
    """What .NET's HttpClient throws when the answer comes too late."""
    text = (
        "The request was canceled due to the configured HttpClient.Timeout of "
        f"{timeout_seconds:g} seconds elapsing."
    )
    return OutputFailed("TaskCanceledException", text)


def _escaped(name: str) -> str:
    return quote(name, safe="")
