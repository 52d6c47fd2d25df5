"""What a connection writes to and reads from, whichever transport carries it.

Source: dotnet/aspnetcore, `src/SignalR/docs/specs/TransportProtocols.md`.
"""

from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from local.emulator.framing import Protocol as HubProtocol


class WireClosed(Exception):
    """The other side is gone; nothing more can be sent."""


class Wire(Protocol):
    """A duplex stream of bytes. `inherent_keep_alive`: silence says nothing, so no pings are due.

    (aspnetcore, `IConnectionInherentKeepAliveFeature`, which long polling has.)
    """

    inherent_keep_alive: bool

    async def receive(self) -> bytes | None:
        """What came next; None when it has ended."""
        ...

    async def send(self, data: bytes, protocol: HubProtocol) -> None:
        """Give data to the other side; waits while it takes none. Raises WireClosed."""
        ...

    async def close(self) -> None:
        """End it from our side, after what was sent. Never raises."""
        ...


class WebSocketWire:
    """A WebSocket: text frames for JSON, binary ones for MessagePack."""

    inherent_keep_alive = False

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> bytes | None:
        """The next data frame, text or binary."""
        event = await self._websocket.receive()
        if event["type"] != "websocket.receive":
            return None
        text = event.get("text")
        return event.get("bytes") or b"" if text is None else text.encode("utf-8", "replace")

    async def send(self, data: bytes, protocol: HubProtocol) -> None:
        """One frame."""
        event: dict[str, object] = {"type": "websocket.send", "bytes": data}
        if protocol == "json":
            event = {"type": "websocket.send", "text": data.decode("utf-8", "replace")}
        # Starlette raises WebSocketDisconnect when the peer is gone, the server RuntimeError
        # when it has closed the socket itself, for example after an oversized frame.
        try:
            await self._websocket.send(event)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WireClosed from error

    async def close(self) -> None:
        """The closing handshake."""
        try:
            await self._websocket.close()
        except (WebSocketDisconnect, RuntimeError):
            pass
