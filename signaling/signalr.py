"""The SignalR codec: trigger values in, output binding values out.

Shapes from the Azure Functions SignalR Service bindings: the trigger hands a Python function
PascalCase JSON; the output binding takes a list of messages and group actions.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw, Struct

from signaling.effects import AddToGroup, Push, SendToPeer, SendToRoom
from signaling.errors import BadRequest
from signaling.forward import Sender

HUB = "signaling"


class Invocation(Struct, frozen=True, rename="pascal"):
    """What a connection did: a hub call, `connected` or `disconnected`."""

    connection_id: str
    user_id: str | None = None
    arguments: tuple[Raw, ...] | None = None

    @property
    def sender(self) -> Sender:
        """The peer whose connection this is, by its signed user id."""
        room, _, peer = (self.user_id or "").partition(".")
        return Sender(room, peer)

    @property
    def argument(self) -> bytes:
        """The only argument, as UTF-8 JSON. Raises BadRequest (invalid_message)."""
        if self.arguments is None or len(self.arguments) != 1:
            raise BadRequest("invalid_message", "Exactly one argument is taken: an envelope.")
        return bytes(self.arguments[0])


class _ToUser(Struct, frozen=True):
    userId: str
    target: str
    arguments: tuple[Any]


class _ToGroup(Struct, frozen=True):
    groupName: str
    target: str
    arguments: tuple[Any]


class _GroupAction(Struct, frozen=True):
    connectionId: str
    groupName: str
    action: str


_INVOCATION = msgspec.json.Decoder(Invocation)
_ENCODER = msgspec.json.Encoder()


def parse_invocation(value: str) -> Invocation:
    """The value of a SignalR trigger. Raises BadRequest (invalid_json)."""
    try:
        return _INVOCATION.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRequest("invalid_json", "The message is not valid JSON.") from error


def encode_pushes(pushes: Iterable[Push]) -> str:
    """The value of the output binding; it is carried out in this order."""
    return _ENCODER.encode([_item(push) for push in pushes]).decode()


def _item(push: Push) -> _ToUser | _ToGroup | _GroupAction:
    match push:
        case SendToPeer(room, peer, target, argument):
            return _ToUser(Sender(room, peer).user_id, target, (argument,))
        case SendToRoom(room, target, argument):
            return _ToGroup(room, target, (argument,))
        case AddToGroup(room, connection):
            return _GroupAction(connection, room, "add")
