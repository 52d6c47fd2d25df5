"""Where `signalR` outputs go: the seam to a SignalR service, and how effects become calls on it.

`InProcess` calls the emulator in this process; `rest_sink.RestSink` speaks REST, as the extension
does. `WithFaults` stands before either.
"""

import asyncio
from typing import Protocol, assert_never

from msgspec import Raw

from local.emulator import OverQuota
from local.functions.faults import Faults
from local.functions.outputs import ChangeGroup, Send, SignalREffect
from local.functions.signalr_rest import failure, timed_out, url_of


class Outputs(Protocol):
    """Carries out the effects of `signalR` outputs, one after the other."""

    async def carry_out(self, effect: SignalREffect, hub: str) -> None:
        """Do it. Raises OutputFailed, or ValueError for arguments that cannot be sent."""
        ...


class SignalRSink(Protocol):
    """The part of the service's data plane that the output binding uses.

    The emulator's Switchboard is one as it stands: it queues messages and never waits, so nothing
    of it is async. `arguments` is the text of a JSON array. Sending to a client that is not there
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


class InProcess:
    """Outputs straight to a sink in this process. `endpoint` is what the texts of failures name."""

    def __init__(self, sink: SignalRSink, endpoint: str = "") -> None:
        self._sink = sink
        self._endpoint = endpoint

    async def carry_out(self, effect: SignalREffect, hub: str) -> None:
        """Raises OutputFailed over a quota, ValueError for arguments that cannot be sent."""
        try:
            match effect:
                case Send():
                    _send(effect, hub, self._sink)
                case ChangeGroup():
                    _change(effect, hub, self._sink)
                case _:
                    assert_never(effect)
        except OverQuota as error:
            raise failure(429, url_of(effect, hub, self._endpoint)) from error


class WithFaults:
    """Outputs that meet the faults which are set, as the extension would meet them.

    `endpoint` is scheme, host and port of the service: the texts of failures name it.
    `timeout_seconds` is the HTTP client's, 100 unless `AzureSignalRHttpClientTimeout` says else.
    """

    def __init__(
        self, inner: Outputs, faults: Faults, endpoint: str, timeout_seconds: float
    ) -> None:
        self._inner = inner
        self._faults = faults
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds

    async def carry_out(self, effect: SignalREffect, hub: str) -> None:
        """As Outputs. Raises OutputFailed for a fault."""
        fault = self._faults.meet(effect)
        if fault is None:
            return await self._inner.carry_out(effect, hub)
        await asyncio.sleep(min(fault.delay_seconds, self._timeout_seconds))
        if fault.delay_seconds > self._timeout_seconds:
            raise timed_out(self._timeout_seconds)
        if fault.status:
            raise failure(fault.status, url_of(effect, hub, self._endpoint))
        await self._inner.carry_out(effect, hub)


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
