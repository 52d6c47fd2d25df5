"""Where `signalR` outputs go: the seam to a SignalR service, and how effects become calls on it."""

from collections.abc import Iterable
from typing import Protocol, assert_never

from msgspec import Raw

from local.functions.outputs import ChangeGroup, Send, SignalREffect


class SignalRSink(Protocol):
    """The part of the service's data plane that the output binding uses.

    The emulator's Switchboard is one as it stands: it queues messages and never waits, so nothing
    here is async. `arguments` is the text of a JSON array. Sending to a client that is not there
    is no error; arguments that cannot be sent raise ValueError. Results are not looked at.
    """

    def send_to_all(self, hub: str, target: str, arguments: Raw) -> object:
        """Call `target` on every connection of the hub."""
        ...

    def send_to_connection(self, hub: str, connection: str, target: str, arguments: Raw) -> object:
        """Call `target` on one connection."""
        ...

    def send_to_user(self, hub: str, user: str, target: str, arguments: Raw) -> object:
        """Call `target` on every connection of the user."""
        ...

    def send_to_group(self, hub: str, group: str, target: str, arguments: Raw) -> object:
        """Call `target` on every connection in the group."""
        ...

    def add_connection_to_group(self, hub: str, connection: str, group: str) -> object:
        """Add one connection."""
        ...

    def remove_connection_from_group(self, hub: str, connection: str, group: str) -> object:
        """Remove one connection."""
        ...

    def add_user_to_group(self, hub: str, user: str, group: str) -> object:
        """Add a user, for connections that come later too."""
        ...

    def remove_user_from_group(self, hub: str, user: str, group: str) -> object:
        """Remove a user and the user's connections."""
        ...

    def remove_user_from_all_groups(self, hub: str, user: str) -> object:
        """Remove a user and the user's connections everywhere."""
        ...


def apply(effects: Iterable[SignalREffect], hub: str, sink: SignalRSink) -> None:
    """Carry out the effects in order. Raises ValueError for arguments that cannot be sent."""
    for effect in effects:
        match effect:
            case Send():
                _send(effect, hub, sink)
            case ChangeGroup():
                _change(effect, hub, sink)
            case _:
                assert_never(effect)


def _send(send: Send, hub: str, sink: SignalRSink) -> None:
    match send.scope:
        case "all":
            sink.send_to_all(hub, send.target, send.arguments)
        case "connection":
            sink.send_to_connection(hub, send.id, send.target, send.arguments)
        case "user":
            sink.send_to_user(hub, send.id, send.target, send.arguments)
        case "group":
            sink.send_to_group(hub, send.id, send.target, send.arguments)
        case _:
            assert_never(send.scope)


def _change(change: ChangeGroup, hub: str, sink: SignalRSink) -> None:
    match change.scope, change.action:
        case "connection", "add":
            sink.add_connection_to_group(hub, change.id, change.group)
        case "connection", _:
            sink.remove_connection_from_group(hub, change.id, change.group)
        case _, "add":
            sink.add_user_to_group(hub, change.id, change.group)
        case _, "remove":
            sink.remove_user_from_group(hub, change.id, change.group)
        case _:
            sink.remove_user_from_all_groups(hub, change.id)
