"""The messages of the SignalR hub protocol, version 1, in JSON and MessagePack.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/HubProtocol.md` ("the spec" below).
Pure: no I/O, no clock. `framing` tells messages apart, `handshake` comes before the first; what
callers need of both is here too.

Everything wrong in the input is one error, `ProtocolError`; nothing else leaves this module.
"""

from typing import Any, assert_never

import msgspec
from msgspec import UNSET

from local.emulator.framing import RECORD_SEPARATOR, Deframer, frame
from local.emulator.framing import Protocol as Protocol
from local.emulator.framing import ProtocolError as ProtocolError
from local.emulator.framing import unframe as unframe
from local.emulator.handshake import encode_handshake as encode_handshake
from local.emulator.handshake import parse_handshake as parse_handshake
from local.emulator.handshake import split_handshake as split_handshake

JSON_TYPE = "application/json"
MSGPACK_TYPE = "application/x-msgpack"
CONTENT_TYPES: dict[Protocol, str] = {"json": JSON_TYPE, "messagepack": MSGPACK_TYPE}


# --- messages ---------------------------------------------------------------------------------


class Message(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", tag_field="type"
):
    """One hub message. `type` on the wire is the tag below (spec, "Message types")."""


class Invocation(Message, frozen=True, tag=1):
    """Call `target`. With an `invocation_id` the caller waits for a Completion."""

    target: str
    arguments: tuple[Any, ...]
    invocation_id: str | None = None
    headers: dict[str, str] | None = None
    stream_ids: tuple[str, ...] | None = None


class StreamItem(Message, frozen=True, tag=2):
    """One item of a stream (spec, "StreamItem Message Encoding")."""

    invocation_id: str
    item: Any = None


class Completion(Message, frozen=True, tag=3):
    """The end of an invocation: `error`, or `result`, or neither (void). Never both."""

    invocation_id: str
    result: Any = UNSET
    error: str | None = None


class StreamInvocation(Message, frozen=True, tag=4):
    """Call `target` and expect a stream. Serverless mode refuses it."""

    invocation_id: str
    target: str
    arguments: tuple[Any, ...]
    stream_ids: tuple[str, ...] | None = None


class CancelInvocation(Message, frozen=True, tag=5):
    """Stop a stream (spec, "CancelInvocation Message Encoding")."""

    invocation_id: str


class Ping(Message, frozen=True, tag=6):
    """The sender is still there (spec, "Ping Message Encoding")."""


class Close(Message, frozen=True, tag=7):
    """The end of the connection: why, and whether the client may come back by itself."""

    error: str | None = None
    allow_reconnect: bool = False


class Ack(Message, frozen=True, tag=8):
    """Stateful reconnect: every message up to this one has arrived."""

    sequence_id: int


class Sequence(Message, frozen=True, tag=9):
    """Stateful reconnect: the number of the next message."""

    sequence_id: int


class OpenConnection(Message, frozen=True, tag=10):
    """Only upstream: the body of a `connected` event."""


class CloseConnection(Message, frozen=True, tag=11):
    """Only upstream: the body of a `disconnected` event."""

    error: str | None = None


class Unknown(Message, frozen=True, tag=0):
    """A type this version does not know; receivers skip it (spec, forward compatibility)."""


AnyMessage = (
    Invocation
    | StreamItem
    | Completion
    | StreamInvocation
    | CancelInvocation
    | Ping
    | Close
    | Ack
    | Sequence
    | OpenConnection
    | CloseConnection
    | Unknown
)

_MESSAGES: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


# --- messages to bytes ------------------------------------------------------------------------


def encode(protocol: Protocol, message: AnyMessage) -> bytes:
    """One framed message. Raises ProtocolError if a value does not fit the protocol."""
    try:
        if protocol == "json":
            return msgspec.json.encode(message) + RECORD_SEPARATOR
        return frame(protocol, msgspec.msgpack.encode(_fields(message)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ProtocolError("A value cannot be sent in this protocol.") from error


def encode_invocation(protocol: Protocol, target: str, arguments: msgspec.Raw) -> bytes:
    """A framed Invocation whose `arguments` are a JSON array as received; JSON copies it as is."""
    if protocol == "json":
        record = {"type": 1, "target": target, "arguments": arguments}
        return msgspec.json.encode(record) + RECORD_SEPARATOR
    try:
        values = msgspec.json.decode(arguments, type=tuple[Any, ...])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError("The arguments are not a JSON array.") from error
    return encode(protocol, Invocation(target=target, arguments=values))


def _fields(message: AnyMessage) -> list[Any]:
    """The MessagePack array of a message (spec, "MessagePack Encoding")."""
    match message:
        case Invocation(target=target, arguments=arguments, invocation_id=id):
            return [1, message.headers or {}, id, target, arguments, message.stream_ids or ()]
        case StreamItem(invocation_id=id, item=item):
            return [2, {}, id, item]
        case Completion(invocation_id=id, error=str() as error):
            return [3, {}, id, 1, error]
        case Completion(invocation_id=id, result=result):
            return [3, {}, id, 2] if result is UNSET else [3, {}, id, 3, result]
        case StreamInvocation(invocation_id=id, target=target, arguments=arguments):
            return [4, {}, id, target, arguments, message.stream_ids or ()]
        case CancelInvocation(invocation_id=id):
            return [5, {}, id]
        case Ping():
            return [6]
        case Close(error=error, allow_reconnect=allow):
            return [7, error, allow]
        case Ack(sequence_id=n):
            return [8, n]
        case Sequence(sequence_id=n):
            return [9, n]
        case OpenConnection() | CloseConnection() | Unknown():
            raise TypeError("not a message between client and service")
        case _:
            assert_never(message)


# --- bytes to messages ------------------------------------------------------------------------


def decode(protocol: Protocol, payload: bytes) -> AnyMessage:
    """The message in one unframed payload. Raises ProtocolError."""
    try:
        if protocol == "json":
            return _from_json(payload)
        return _from_fields(msgspec.msgpack.decode(payload))
    except ProtocolError:
        raise
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError("The message is malformed.") from error


class Decoder(Deframer):
    """A stream of bytes into messages, however the bytes were split on the way."""

    def messages(self, data: bytes) -> list[AnyMessage]:
        """Every message now complete. Raises ProtocolError; the stream is of no use after that."""
        return [decode(self.protocol, payload) for payload in self.feed(data)]


def decode_body(content_type: str, body: bytes) -> AnyMessage:
    """The message in an upstream request's body, which is unframed.

    Raises ProtocolError, also for a content type that is neither JSON nor MessagePack.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == JSON_TYPE:
        return decode("json", body)
    if media_type == MSGPACK_TYPE:
        return decode("messagepack", body)
    raise ProtocolError("The content type is neither JSON nor MessagePack.")


def _from_json(payload: bytes) -> AnyMessage:
    try:
        message = _MESSAGES.decode(payload)
    except msgspec.ValidationError:
        return _odd_json(payload)
    if isinstance(message, Completion) and message.error is not None:
        if message.result is not UNSET:
            # Spec, "Completions": a Completion with both members is a protocol error.
            raise ProtocolError("A completion carries both a result and an error.")
    return message


def _odd_json(payload: bytes) -> AnyMessage:
    """What the strict decoder refuses but receivers must accept; raises ProtocolError otherwise."""
    record = msgspec.json.decode(payload)
    if not isinstance(record, dict):
        raise ProtocolError("The message is not an object.")
    if record.get("Type") == 11:  # the service capitalises the members of this one only
        error = record.get("Error")
        return CloseConnection(error=error if isinstance(error, str) else None)
    return _unknown(record.get("type"))


def _unknown(type: object) -> Unknown:
    if not isinstance(type, int) or isinstance(type, bool) or 1 <= type <= 11:
        raise ProtocolError("The message is malformed.")
    return Unknown()


def _from_fields(fields: object) -> AnyMessage:
    """Arrays may be longer than this version knows (spec: "extra items are ignored")."""
    match fields:
        case [1, headers, str() | None as id, str() as target, list() as arguments, *rest]:
            return Invocation(
                target=target,
                arguments=tuple(arguments),
                invocation_id=id,
                headers=_headers(headers) or None,
                stream_ids=_ids(rest[0] if rest else None) or None,
            )
        case [2, headers, str() as id, item, *_]:
            return StreamItem(invocation_id=id, item=item)
        case [3, headers, str() as id, 1, str() as error, *_]:
            return Completion(invocation_id=id, error=error)
        case [3, headers, str() as id, 2, *_]:
            return Completion(invocation_id=id)
        case [3, headers, str() as id, 3, result, *_]:
            return Completion(invocation_id=id, result=result)
        case [4, headers, str() as id, str() as target, list() as arguments, *rest]:
            ids = _ids(rest[0] if rest else None) or None
            return StreamInvocation(
                invocation_id=id, target=target, arguments=tuple(arguments), stream_ids=ids
            )
        case [5, headers, str() as id, *_]:
            return CancelInvocation(invocation_id=id)
        case [6, *_]:
            return Ping()
        case [7, str() | None as error, *rest]:
            return Close(error=error, allow_reconnect=rest[:1] == [True])
        case [8, int() as n, *_]:
            return Ack(sequence_id=n)
        case [9, int() as n, *_]:
            return Sequence(sequence_id=n)
        case [type, *_] if type not in (10, 11):  # those two exist upstream only, in JSON
            return _unknown(type)
        case _:
            raise ProtocolError("The message is malformed.")


def _headers(value: object) -> dict[str, str]:
    return msgspec.convert(value, dict[str, str]) if value else {}


def _ids(value: object) -> tuple[str, ...]:
    return msgspec.convert(value, tuple[str, ...]) if value else ()
