"""The upstream events of one connection: their headers and bodies.

Source: the upstream reference of Azure SignalR Service. Pure.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from local.emulator.protocol import CONTENT_TYPES, JSON_TYPE, Completion, Protocol, encode
from local.emulator.upstream import IGNORED, UpstreamRequest, UpstreamResponse

_CONNECTED = b'{"type":10}'
MAX_RESPONSE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Origin:
    """The connection events come from. `headers` are the ones all its events share."""

    connection: str
    hub: str
    headers: dict[str, str]


def origin(
    connection: str,
    hub: str,
    user: str | None,
    claims: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    keys: Sequence[str],
) -> Origin:
    """`query` is the client's own query; its access token is left out of the header."""
    headers = {
        "X-ASRS-Connection-Id": connection,
        "X-ASRS-Hub": hub,
    }
    if keys:  # none with Entra ID alone
        headers["X-ASRS-Signature"] = signature(connection, keys)
    if user:
        headers["X-ASRS-User-Id"] = _line(user)
    if pairs := ", ".join(f"{name}: {value}" for name, value in claims):
        headers["X-ASRS-User-Claims"] = _line(pairs)
    kept = [(k, v) for k, v in query if k != "access_token"]
    if kept:
        headers["X-ASRS-Client-Query"] = "?" + urlencode(kept)
    return Origin(connection, hub, headers)


def signature(connection: str, keys: Sequence[str]) -> str:
    """`sha256=HEX` for every key, joined by a bare comma; hex digits are capitals, as .NET's."""
    digests = (hmac.digest(key.encode(), connection.encode(), hashlib.sha256) for key in keys)
    return ",".join(f"sha256={digest.hex().upper()}" for digest in digests)


def connected(origin: Origin) -> UpstreamRequest:
    """The event that a client is there. Its body is `{"type": 10}`."""
    return _request(origin, "connections", "connected", JSON_TYPE, _CONNECTED)


def disconnected(origin: Origin, error: str | None) -> UpstreamRequest:
    """The event that a client is gone. `error` is why, None after an ordinary end."""
    # This body's members are capitalised, the others' are not: that is how the service does it.
    body = msgspec.json.encode({"Type": 11} | ({"Error": error} if error else {}))
    return _request(origin, "connections", "disconnected", JSON_TYPE, body)


def message(origin: Origin, protocol: Protocol, target: str, payload: bytes) -> UpstreamRequest:
    """`payload` is the client's Invocation as it came, framing removed."""
    return _request(origin, "messages", target, CONTENT_TYPES[protocol], payload)


def reply(protocol: Protocol, invocation_id: str | None, response: UpstreamResponse) -> bytes:
    """What the client gets for the app's answer to its message; empty for nothing."""
    if invocation_id is None or response == IGNORED:
        return b""
    if response.status == 200 and len(response.body) > MAX_RESPONSE_BYTES:
        return _failure(protocol, invocation_id, "Invocation failed, response too large.")
    if response.status == 200 and response.body:
        return response.body  # a framed Completion already, in the client's protocol
    if response.status in (200, 204):
        return encode(protocol, Completion(invocation_id=invocation_id))
    return _failure(protocol, invocation_id, f"Invocation failed, status code {response.status}")


def _failure(protocol: Protocol, invocation_id: str, error: str) -> bytes:
    return encode(protocol, Completion(invocation_id=invocation_id, error=error))


def _request(
    origin: Origin, category: str, event: str, content_type: str, body: bytes
) -> UpstreamRequest:
    headers = {"X-ASRS-Category": category, "X-ASRS-Event": _line(event), **origin.headers}
    return UpstreamRequest(origin.hub, category, event, headers, content_type, body)


def _line(value: str) -> str:
    """A header value: control characters, which could start another header, become spaces."""
    if not value.isprintable():
        value = "".join(char if char.isprintable() else " " for char in value)
    return value.strip()  # HTTP allows no spaces at the ends
