"""What a token is good for: its `aud` against the URL that was asked for. Pure.

Strict, as the service: the audience is the URL of the request, "trailing slash and query parameters
not included"; for a client it is `<endpoint>/client/?hub=<hub>`. Two spellings exist, and both are
taken: with the port of the request (the REST reference) and without any (Microsoft's SDK, which
builds it from scheme and host of `Endpoint`: Azure/azure-signalr, `ServiceEndpoint.
BuildAudienceBaseUrlEndWithSlash`, `DefaultServiceEndpointGenerator.GetClientAudience`,
`RestApiProvider`). Source: "Azure SignalR service data plane REST API reference", claims.

Lax: scheme, host and port do not count, and a prefix of the path is enough. Microsoft's emulator
checks no audience at all (`AppBuilderExtensions.AddJwtBearerAuth`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_FIXED_SEGMENTS = {"api", "v1", "hubs", "client", "negotiate"}


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for. `endpoint` is the service's own scheme, host and port.

    `path` is percent-encoded. `hub` is the query's, for clients; None for REST calls.
    """

    endpoint: str
    path: str
    hub: str | None = None
    strict: bool = True


def covers(claims: Mapping[str, Any], resource: Resource) -> bool:
    """Whether one of the audiences of a token opens the resource."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    check = _covers_exactly if resource.strict else _covers_loosely
    return any(isinstance(one, str) and _guarded(check, one, resource) for one in audiences)


def _guarded(check: Any, audience: str, resource: Resource) -> bool:
    try:
        return bool(check(audience, resource))
    except ValueError:  # not a URL, or a port that is no number
        return False


@lru_cache(maxsize=256)  # clients of a hub come with one audience, and by one path
def _covers_exactly(audience: str, resource: Resource) -> bool:
    url, service = urlsplit(audience), urlsplit(resource.endpoint)
    if (url.scheme, url.hostname) != (service.scheme, service.hostname):
        return False
    if url.port not in (None, service.port):
        return False
    wanted, actual = _segments(url.path), _segments(resource.path)
    if resource.hub is None:
        return wanted == actual
    hubs = parse_qs(url.query).get("hub", [])
    return wanted == ["client"] and [hub.lower() for hub in hubs] == [resource.hub.lower()]


def _covers_loosely(audience: str, resource: Resource) -> bool:
    url = urlsplit(audience)
    wanted, actual = _segments(url.path), _segments(resource.path)
    if actual[: len(wanted)] != wanted:
        return False
    hubs = parse_qs(url.query).get("hub")
    return hubs is None or resource.hub is None or hubs[0].lower() == resource.hub.lower()


def _segments(path: str) -> list[str]:
    """Decoded; case counts only where it does for the service: in names of users and groups."""
    parts = [unquote(part) for part in path.split("/") if part]
    hub_at = parts.index("hubs") + 1 if "hubs" in parts else -1
    return [
        part.lower() if at == hub_at or part.lower() in _FIXED_SEGMENTS else part
        for at, part in enumerate(parts)
    ]
