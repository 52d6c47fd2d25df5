"""The SignalR handshake: the client names its protocol, the service agrees or says why not.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/HubProtocol.md`, "Overview". Always a JSON
record, also before MessagePack. Pure.
"""

import msgspec

from local.emulator.framing import RECORD_SEPARATOR, Protocol, ProtocolError


class Handshake(msgspec.Struct, frozen=True):
    """What the client asked for: the protocol, and its version, which is 1."""

    protocol: Protocol
    version: int


class _HandshakeRequest(msgspec.Struct):
    protocol: str
    version: int


_PROTOCOLS: dict[str, Protocol] = {"json": "json", "messagepack": "messagepack"}


def split_handshake(data: bytes) -> tuple[bytes, bytes] | None:
    """(handshake record without its separator, the bytes after it); None while incomplete.

    The handshake is a JSON record even when the protocol is MessagePack (spec, "Overview").
    """
    record, separator, rest = data.partition(RECORD_SEPARATOR)
    return (record, rest) if separator else None


def parse_handshake(record: bytes) -> Handshake:
    """Raises ProtocolError for junk, an unknown protocol, or a version other than 1."""
    try:
        request = msgspec.json.decode(record, type=_HandshakeRequest)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError("Handshake was invalid.") from error
    protocol = _PROTOCOLS.get(request.protocol)
    if protocol is None:
        raise ProtocolError("The protocol is not supported.")
    if request.version != 1:
        raise ProtocolError("The protocol version is not supported.")
    return Handshake(protocol, request.version)


def encode_handshake(error: str | None = None) -> bytes:
    """The answer to a handshake: `{}` or `{"error": …}`, framed."""
    return msgspec.json.encode({"error": error} if error else {}) + RECORD_SEPARATOR
