"""Everything an app can do to its clients: the REST API's operations as plain calls.

The REST routes and a Functions host in the same process both come through here, so both mean the
same. Call from the event loop's thread. Nothing waits: messages are queued per connection.
Source: the data-plane REST reference, api-version 2022-06-01.
"""

import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec

from local.emulator.hub import All, Connection, Group, Hub, Target, User
from local.emulator.outbox import Outbox
from local.emulator.protocol import (
    Close,
    Invocation,
    Protocol,
    encode,
    encode_invocation,
)
from local.emulator.quotas import Meter, OverQuota, Quotas

# JSON text of an array as it was received, or values that JSON and MessagePack can carry.
Arguments = msgspec.Raw | Iterable[Any]


_DAY_SECONDS = 24 * 3600


def _today() -> int:
    return int(time.time() // _DAY_SECONDS)


class Switchboard:
    """All hubs with their open connections. Case in hub names does not count.

    `meter` holds the quotas. `clock` is in seconds, `today` the number of the day, which starts at
    00:00 UTC, when the service begins to count messages anew.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        meter: Meter | None = None,
        today: Callable[[], int] = _today,
    ) -> None:
        self._clock = clock
        self._meter = meter or Meter(Quotas())
        self._today = today
        self._hubs: dict[str, Hub] = {}
        self._outboxes: dict[str, Outbox] = {}

    # --- connections come and go --------------------------------------------------------------

    @property
    def messages(self) -> int:
        """Billed messages of the day."""
        return self._meter.messages

    def admit(self, *, negotiated: bool) -> None:
        """One more client wants to connect, or does (`negotiated`). Raises OverQuota."""
        self._meter.check_messages(self._today())
        if negotiated:
            self._meter.check_connections(len(self))
        else:
            self._meter.connect(len(self), self._clock())

    def open(self, hub: str, connection: str, user: str | None, outbox: Outbox) -> None:
        """A new connection, which gets its messages through `outbox`."""
        self._hub(hub).connect(connection, user)
        self._outboxes[connection] = outbox

    def drop(self, hub: str, connection: str) -> None:
        """From here on the connection does not exist for anyone."""
        if self._hub(hub).disconnect(connection):
            del self._outboxes[connection]

    def __len__(self) -> int:
        """Open connections, in all hubs."""
        return len(self._outboxes)

    # --- messages -----------------------------------------------------------------------------
    # Sending to nobody is no error. Arguments that cannot be encoded raise ProtocolError before
    # anyone has got anything; OverQuota says that the messages of the day are used up.

    def send_to_all(
        self, hub: str, target: str, arguments: Arguments, excluded: Collection[str] = ()
    ) -> None:
        """Call `target` on every connection of the hub but the `excluded`."""
        self._send(self._resolve(hub, All(), excluded), target, arguments)

    def send_to_group(
        self,
        hub: str,
        group: str,
        target: str,
        arguments: Arguments,
        excluded: Collection[str] = (),
    ) -> None:
        """Call `target` on every connection of the group but the `excluded`."""
        self._send(self._resolve(hub, Group(group), excluded), target, arguments)

    def send_to_user(self, hub: str, user: str, target: str, arguments: Arguments) -> None:
        """Call `target` on every connection of the user."""
        self._send(self._resolve(hub, User(user)), target, arguments)

    def send_to_connection(
        self, hub: str, connection: str, target: str, arguments: Arguments
    ) -> None:
        """Call `target` on one connection."""
        self._send(self._resolve(hub, Connection(connection)), target, arguments)

    # --- groups -------------------------------------------------------------------------------

    def add_connection_to_group(self, hub: str, connection: str, group: str) -> bool:
        """False if there is no such connection."""
        return self._hub(hub).join(connection, group)

    def remove_connection_from_group(self, hub: str, connection: str, group: str) -> bool:
        """False if the connection was not in the group."""
        return self._hub(hub).leave(connection, group)

    def remove_connection_from_all_groups(self, hub: str, connection: str) -> None:
        """The user's own memberships stay."""
        self._hub(hub).leave_all(connection)

    def add_user_to_group(self, hub: str, user: str, group: str, ttl: float | None = None) -> None:
        """Covers connections the user opens later; for `ttl` seconds, else for a year."""
        self._hub(hub).join_user(user, group, self._clock(), ttl)

    def remove_user_from_group(self, hub: str, user: str, group: str) -> None:
        """Takes out the user's present connections too."""
        self._hub(hub).leave_user(user, group)

    def remove_user_from_all_groups(self, hub: str, user: str) -> None:
        """Takes out the user's present connections too."""
        self._hub(hub).leave_user_all(user)

    # --- closing ------------------------------------------------------------------------------

    def close_all(
        self, hub: str, reason: str | None = None, excluded: Collection[str] = ()
    ) -> None:
        """End every connection of the hub but the `excluded`. Clients read `reason`."""
        self._close(hub, All(), reason, excluded)

    def close_group(
        self, hub: str, group: str, reason: str | None = None, excluded: Collection[str] = ()
    ) -> None:
        """End every connection of the group but the `excluded`."""
        self._close(hub, Group(group), reason, excluded)

    def close_user(
        self, hub: str, user: str, reason: str | None = None, excluded: Collection[str] = ()
    ) -> None:
        """End every connection of the user."""
        self._close(hub, User(user), reason, excluded)

    def close_connection(self, hub: str, connection: str, reason: str | None = None) -> None:
        """End one connection."""
        self._close(hub, Connection(connection), reason)

    # --- questions ----------------------------------------------------------------------------

    def has_connection(self, hub: str, connection: str) -> bool:
        """Whether the connection is open."""
        return self._hub(hub).has_connection(connection)

    def has_user(self, hub: str, user: str) -> bool:
        """Whether the user has an open connection."""
        return self._hub(hub).has_user(user)

    def has_group(self, hub: str, group: str) -> bool:
        """Whether a message to the group would reach anyone."""
        return self._hub(hub).has_group(group, self._clock())

    def has_user_in_group(self, hub: str, user: str, group: str) -> bool:
        """Whether the user itself was added to the group."""
        return self._hub(hub).has_user_in_group(user, group, self._clock())

    # --- inside -------------------------------------------------------------------------------

    def _hub(self, name: str) -> Hub:
        hub = self._hubs.get(name.lower())
        if hub is None:
            hub = self._hubs[name.lower()] = Hub()
        return hub

    def _resolve(self, hub: str, target: Target, excluded: Collection[str] = ()) -> list[str]:
        return self._hub(hub).resolve(target, self._clock(), excluded)

    def _send(self, connections: list[str], target: str, arguments: Arguments) -> None:
        """Encodes once per protocol in use, however many receive it."""
        today = self._today()
        self._meter.check_messages(today)
        outboxes = [self._outboxes[connection] for connection in connections]
        values = arguments if isinstance(arguments, msgspec.Raw) else tuple(arguments)
        frames: dict[Protocol, bytes] = {
            protocol: _frame(protocol, target, values)
            for protocol in {outbox.protocol for outbox in outboxes}
        }
        for outbox in outboxes:
            outbox.put(frames[outbox.protocol])
            self._meter.send(len(frames[outbox.protocol]), today)
        try:
            self._meter.check_messages(today)
        except OverQuota as error:
            self._end_all(str(error))

    def _end_all(self, error: str) -> None:
        for name, hub in self._hubs.items():
            for connection in hub.resolve(All(), self._clock()):
                outbox = self._outboxes[connection]
                self.drop(name, connection)
                outbox.close(encode(outbox.protocol, Close(error=error)))

    def _close(
        self, hub: str, target: Target, reason: str | None, excluded: Collection[str] = ()
    ) -> None:
        for connection in self._resolve(hub, target, excluded):
            outbox = self._outboxes[connection]
            self.drop(hub, connection)
            outbox.close(encode(outbox.protocol, Close(error=reason, allow_reconnect=True)))


def _frame(protocol: Protocol, target: str, arguments: msgspec.Raw | tuple[Any, ...]) -> bytes:
    if isinstance(arguments, msgspec.Raw):
        return encode_invocation(protocol, target, arguments)
    return encode(protocol, Invocation(target=target, arguments=arguments))
