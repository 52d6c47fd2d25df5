"""HTTP/1.1 on a port that anyone may reach: requests that never end are ended, upgrades are rare.

uvicorn waits for the rest of a request for ever. Kestrel, on which Azure's services run, does not:
the head must be there within 30 seconds, and a body must come with 240 bytes a second after a grace
of 5. Source: dotnet/aspnetcore, `KestrelServerLimits`. Only a GET may become a WebSocket (RFC 6455
§4.1); uvicorn hands others over too, and then they get no answer.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import h11
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.emulator.websocket import Upgrade, handshake

REQUEST_HEAD_SECONDS = 30.0
BODY_GRACE_SECONDS = 5.0
BODY_BYTES_PER_SECOND = 240


class TakesSockets(Protocol):
    """An ASGI application that takes WebSockets, but not by ASGI: that is a task for each."""

    def open_socket(self, scope: Scope, upgrade: Upgrade) -> None:
        """Accept or refuse what the request in `scope` asks for."""
        ...


class BoundedHttp(H11Protocol):
    """One HTTP connection whose requests have deadlines.

    It may become a WebSocket if the application `TakesSockets`.
    """

    head_seconds = REQUEST_HEAD_SECONDS
    body_grace_seconds = BODY_GRACE_SECONDS

    _deadline: asyncio.TimerHandle | None = None
    _body_started: float | None = None
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request may begin."""
        super().connection_made(transport)
        self._watch(0)

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        super().data_received(data)
        self._watch(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """No deadline runs any more."""
        self._clear()
        super().connection_lost(exc)

    def _watch(self, received: int) -> None:
        if self.transport.get_protocol() is not self:  # a WebSocket by now
            return self._clear()
        match self.conn.their_state:
            case h11.IDLE if self.cycle is None or self.conn.trailing_data[0]:
                self._body_started = None
                if self._deadline is None:  # from the head's first byte, not from its last
                    self._deadline = self.loop.call_later(self.head_seconds, self._end_head)
            case h11.SEND_BODY:
                if self._body_started is None:
                    self._body_started, self._body_bytes = self.loop.time(), 0
                self._body_bytes += received
                self._clear()
                due = self._body_started + self.body_grace_seconds
                due += self._body_bytes / BODY_BYTES_PER_SECOND
                self._deadline = self.loop.call_at(due, self._end_body)
            case _:
                self._body_started = None
                self._clear()

    def _clear(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_head(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            # As Kestrel: 408, and the connection is over.
            head = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            self.transport.write(head)
            self.transport.close()

    def _end_body(self) -> None:
        self._deadline = None
        if self.flow.read_paused:  # we do not read, so it is not the sender who is slow
            self._body_started = self.loop.time()
            self._body_bytes = 0
            self._deadline = self.loop.call_later(self.body_grace_seconds, self._end_body)
        elif not self.transport.is_closing():
            self.transport.close()

    def _should_upgrade_to_ws(self) -> bool:
        return self.scope["method"] == "GET" and self._open_socket is not None

    def _unsupported_upgrade_warning(self) -> None:
        """Anyone may ask; it is answered like any request, and is no news for a log."""

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """This protocol ends here, one way or the other."""
        self._clear()
        self.connections.discard(self)
        scope, answer = dict(self.scope), handshake(self.scope["headers"])
        if answer.accepts and self._open_socket is not None:
            self._open_socket(scope, Upgrade(self.transport, self.connections, answer.data))
        else:
            self.transport.write(answer.data)
            self.transport.close()

    @property
    def _open_socket(self) -> Callable[[Scope, Upgrade], None] | None:
        """Of an application that `TakesSockets`."""
        return getattr(self.config.app, TakesSockets.open_socket.__name__, None)
