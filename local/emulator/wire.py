"""What a connection writes to and reads from, whichever transport carries it.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/TransportProtocols.md`. A wire and its receiver
call one another on the event loop's thread; nobody waits. A wire that is full says when it is not.
"""

from typing import Protocol

from local.emulator.framing import Protocol as HubProtocol


class Receiver(Protocol):
    """Hears what comes by a wire: a connection."""

    def received(self, data: bytes) -> None:
        """The next piece of what the client sends. None comes while the wire is paused."""
        ...

    def ended(self) -> None:
        """The client is gone, or its wire is broken: nothing comes, nothing goes out any more."""
        ...

    def writable(self) -> None:
        """The wire was full and takes data again."""
        ...

    def closed(self) -> None:
        """All that was sent before `close` is with the other side, or on its way."""
        ...


class Wire(Protocol):
    """A duplex stream of bytes. `inherent_keep_alive`: silence says nothing, so no pings are due.

    (aspnetcore, `IConnectionInherentKeepAliveFeature`, which long polling has.)
    """

    inherent_keep_alive: bool

    @property
    def is_full(self) -> bool:
        """Whether `send` has to wait for `writable`."""
        ...

    def send(self, data: bytes, protocol: HubProtocol) -> None:
        """Give data to the other side. If that is gone, nothing happens."""
        ...

    def close(self) -> None:
        """End it from our side, after what was sent; `closed` follows, if it is not gone."""
        ...

    def pause(self) -> None:
        """Deliver nothing more for now."""
        ...

    def resume(self) -> None:
        """Deliver again."""
        ...
