"""How hub messages are told apart in a stream of bytes.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/HubProtocol.md`, "JSON Encoding" and
"MessagePack Encoding". Pure.
"""

from typing import Literal

Protocol = Literal["json", "messagepack"]

RECORD_SEPARATOR = b"\x1e"
MAX_MESSAGE_BYTES = 1 << 20  # the service's own limit for one message


class ProtocolError(ValueError):
    """The bytes are not the SignalR hub protocol. The text is safe to show to the sender."""


def frame(protocol: Protocol, payload: bytes) -> bytes:
    """JSON ends in 0x1E; MessagePack starts with its VarInt length (7 bits a byte, low first)."""
    if protocol == "json":
        return payload + RECORD_SEPARATOR
    prefix, rest = bytearray(), len(payload)
    while rest > 0x7F:
        prefix.append(0x80 | rest & 0x7F)
        rest >>= 7
    prefix.append(rest)
    return bytes(prefix) + payload


def unframe(protocol: Protocol, data: bytes) -> bytes:
    """The payload of exactly one whole frame. Raises ProtocolError for anything else."""
    deframer = Deframer(protocol, limit=len(data))
    payloads = deframer.feed(data)
    if len(payloads) != 1 or deframer.pending:
        raise ProtocolError("Not exactly one frame.")
    return payloads[0]


class Deframer:
    """Cuts a stream of bytes into payloads, however the bytes were split on the way."""

    __slots__ = ("_buffer", "_limit", "protocol")

    def __init__(self, protocol: Protocol, limit: int = MAX_MESSAGE_BYTES) -> None:
        self.protocol = protocol
        self._limit = limit
        self._buffer = b""

    @property
    def pending(self) -> int:
        """Bytes kept that do not make a whole frame yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Every payload now complete. Raises ProtocolError once one is longer than the limit."""
        self._buffer = self._buffer + data if self._buffer else data
        return self._records() if self.protocol == "json" else self._prefixed()

    def _records(self) -> list[bytes]:
        *records, self._buffer = self._buffer.split(RECORD_SEPARATOR)
        if any(len(record) > self._limit for record in (*records, self._buffer)):
            raise ProtocolError("The message is too large.")
        return records

    def _prefixed(self) -> list[bytes]:
        payloads, data, at = [], self._buffer, 0
        while (head := _varint(data, at)) is not None:
            length, start = head
            if length > self._limit:
                raise ProtocolError("The message is too large.")
            if start + length > len(data):
                break
            payloads.append(data[start : start + length])
            at = start + length
        self._buffer = data[at:]
        return payloads


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    """(length, where the payload starts); None while the prefix is incomplete."""
    length = 0
    for count, byte in enumerate(data[at : at + 5]):
        length |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return length, at + count + 1
    if len(data) - at >= 5:  # spec: lengths stay below 2 GiB, so five bytes at most
        raise ProtocolError("The length prefix is too long.")
    return None
