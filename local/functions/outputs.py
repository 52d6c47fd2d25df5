"""What a function's outputs mean: values as the worker delivers them in, typed effects out. Pure.

Sources: azure-functions-host `FunctionBinding.ReadAsEnumerable` (a string that is a JSON array
is several values), azure-sdk-for-net `SignalRMessage`, `SignalRGroupAction` and
`SignalRAsyncCollector` (which target wins, which actions exist), Newtonsoft.Json (dates in text).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import Raw

from local.functions.newtonsoft import TooDeep, check_depth, rewrite_dates
from local.functions.values import HttpResponse, Value

# Azure Storage: a message is at most 64 KiB in base64, and the host's default encoding is base64.
MAX_QUEUE_MESSAGE_BYTES = 48 * 1024


class BadOutput(ValueError):
    """An output the host would fail the function for; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Send:
    """Call `target` on the clients of `scope`. `arguments` is a JSON array, as the app wrote it."""

    scope: Literal["all", "connection", "user", "group"]
    id: str
    target: str
    arguments: Raw


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Add a connection or user to a group, remove it, or remove it from all (group empty)."""

    scope: Literal["connection", "user"]
    id: str
    group: str
    action: Literal["add", "remove", "removeAll"]


SignalREffect = Send | ChangeGroup


def signalr_effects(value: Value) -> Iterator[SignalREffect]:
    """The effects of one value of a `signalR` output, in order, each read when it is its turn.

    Raises BadOutput at the item that is malformed: the extension has carried out those before it
    (azure-functions-host, `FunctionBinding.BindAsyncCollectorAsync`).
    """
    try:
        for item in _items(value):
            yield _effect(_lowered(item))
    except msgspec.DecodeError as error:
        raise BadOutput(f"a signalR output is not JSON of the expected shape: {error}") from error


def _items(value: Value) -> list[Raw]:
    if isinstance(value, HttpResponse):
        raise BadOutput("a signalR output cannot be an HttpResponse")
    if isinstance(value, str):
        data = rewrite_dates(value.encode())
        try:
            check_depth(data)
        except TooDeep as error:
            raise BadOutput(str(error)) from error
    else:
        data = value if isinstance(value, bytes) else msgspec.json.encode(value)
    if data.lstrip().startswith(b"["):
        return msgspec.json.decode(data, type=list[Raw])
    return [Raw(data)]


def _lowered(item: Raw) -> dict[str, Raw]:
    """The members of one object by lower-cased name: Newtonsoft matches them without case."""
    members = msgspec.json.decode(item, type=dict[str, Raw])
    return {name.lower(): member for name, member in members.items()}


def _effect(members: dict[str, Raw]) -> SignalREffect:
    """SignalRMessage is tried first, then SignalRGroupAction, as in `SignalROutputConverter`."""
    if "target" in members and "arguments" in members:
        return _send(members)
    if "action" in members:
        return _change(members)
    raise BadOutput(
        "a signalR output must be a message (target and arguments) or a group action (action)"
    )


def _send(members: dict[str, Raw]) -> Send:
    target, arguments = _text(members, "target"), members["arguments"]
    if not target:
        raise BadOutput("a signalR message has no target")
    if bytes(arguments).lstrip()[:1] != b"[":
        raise BadOutput("the arguments of a signalR message are not a list")
    # If more than one scope is set, the first of this order wins (SignalRMessage's summary).
    if id := _text(members, "connectionid"):
        return Send("connection", id, target, arguments)
    if id := _text(members, "userid"):
        return Send("user", id, target, arguments)
    if id := _text(members, "groupname"):
        return Send("group", id, target, arguments)
    return Send("all", "", target, arguments)


def _change(members: dict[str, Raw]) -> ChangeGroup:
    action, group = _text(members, "action"), _text(members, "groupname")
    connection, user = _text(members, "connectionid"), _text(members, "userid")
    if not connection and not user:
        raise BadOutput("a signalR group action needs a connectionId or a userId")
    scope: Literal["connection", "user"] = "connection" if connection else "user"
    match action.lower():
        case "add" | "remove" if not group:
            raise BadOutput(f"the signalR group action {action!r} needs a groupName")
        case "add":
            return ChangeGroup(scope, connection or user, group, "add")
        case "remove":
            return ChangeGroup(scope, connection or user, group, "remove")
        case "removeall" if connection:
            # The extension silently does nothing here, which would hide the mistake.
            raise BadOutput("removeAll works on a userId only; Azure ignores it on a connectionId")
        case "removeall":
            return ChangeGroup("user", user, "", "removeAll")
        case _:
            raise BadOutput("a signalR group action is add, remove or removeAll")


def _text(members: dict[str, Raw], name: str) -> str:
    """A member that is a string or null; "" where it is absent."""
    raw = members.get(name)
    return (raw is not None and msgspec.json.decode(raw, type=str | None)) or ""


def queue_messages(value: Value) -> list[bytes]:
    """The messages of one value of a `queue` output, in order. Raises BadOutput."""
    messages = list(_messages(value))
    for message in messages:
        if len(message) > MAX_QUEUE_MESSAGE_BYTES:
            raise BadOutput(f"a queue message is longer than {MAX_QUEUE_MESSAGE_BYTES} bytes")
    return messages


def _messages(value: Value) -> Iterator[bytes]:
    match value:
        case bytes():
            yield value
        case str() if value.strip().startswith("[") and value.strip().endswith("]"):
            try:
                items = msgspec.json.decode(value, type=list[Raw])
            except msgspec.DecodeError:
                yield value.encode()
                return
            yield from map(_message, items)
        case str():
            yield value.encode()
        case HttpResponse():
            raise BadOutput("a queue output cannot be an HttpResponse")
        case list():
            yield from (_message(Raw(msgspec.json.encode(item))) for item in value)
        case _:
            yield msgspec.json.encode(value)


def _message(item: Raw) -> bytes:
    """One element as text: a JSON string becomes its content (JValue.ToString), others stay."""
    data = bytes(item).strip()
    return msgspec.json.decode(data, type=str).encode() if data.startswith(b'"') else data
