"""Where `signalR` outputs go: the seam to a SignalR service, and how effects become calls on it."""

from collections.abc import Iterable
from typing import Protocol, assert_never

from msgspec import Raw

from local.outputs import ChangeGroup, Send, SignalREffect


class SignalRSink(Protocol):
    """The part of the service's data plane that the output binding uses.

    `arguments` is a JSON array in bytes. Sending to somebody who is not there is no error.
    """

    async def send_to_all(self, hub: str, target: str, arguments: Raw) -> None: ...

    async def send_to_connection(
        self, hub: str, connection: str, target: str, arguments: Raw
    ) -> None: ...

    async def send_to_user(self, hub: str, user: str, target: str, arguments: Raw) -> None: ...

    async def send_to_group(self, hub: str, group: str, target: str, arguments: Raw) -> None: ...

    async def add_connection_to_group(self, hub: str, connection: str, group: str) -> None: ...

    async def remove_connection_from_group(self, hub: str, connection: str, group: str) -> None: ...

    async def add_user_to_group(self, hub: str, user: str, group: str) -> None: ...

    async def remove_user_from_group(self, hub: str, user: str, group: str) -> None: ...

    async def remove_user_from_all_groups(self, hub: str, user: str) -> None: ...


async def apply(effects: Iterable[SignalREffect], hub: str, sink: SignalRSink) -> None:
    """Carry out the effects one after another, in order."""
    for effect in effects:
        match effect:
            case Send():
                await _send(effect, hub, sink)
            case ChangeGroup():
                await _change(effect, hub, sink)
            case _:
                assert_never(effect)


async def _send(send: Send, hub: str, sink: SignalRSink) -> None:
    match send.scope:
        case "all":
            await sink.send_to_all(hub, send.target, send.arguments)
        case "connection":
            await sink.send_to_connection(hub, send.id, send.target, send.arguments)
        case "user":
            await sink.send_to_user(hub, send.id, send.target, send.arguments)
        case "group":
            await sink.send_to_group(hub, send.id, send.target, send.arguments)
        case _:
            assert_never(send.scope)


async def _change(change: ChangeGroup, hub: str, sink: SignalRSink) -> None:
    match change.scope, change.action:
        case "connection", "add":
            await sink.add_connection_to_group(hub, change.id, change.group)
        case "connection", _:
            await sink.remove_connection_from_group(hub, change.id, change.group)
        case _, "add":
            await sink.add_user_to_group(hub, change.id, change.group)
        case _, "remove":
            await sink.remove_user_from_group(hub, change.id, change.group)
        case _:
            await sink.remove_user_from_all_groups(hub, change.id)
