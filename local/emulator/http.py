"""HTTP/1.1 on a port that anyone may reach: requests that never end are ended, upgrades are rare.

uvicorn waits for the rest of a request for ever. Kestrel, on which Azure's services run, does not:
the head must be there within 30 seconds, and a body must come with 240 bytes a second after a grace
of 5. A head has 32 KB. Source: dotnet/aspnetcore, `KestrelServerLimits`. A request of HTTP/1.1 has
one Host (RFC 9112 §3.2). Only a GET may become a WebSocket (RFC 6455 §4.1); uvicorn hands others
over too, and then they get no answer.

What a connection waits for, and until when:

 waits for   begins                                          until
 head        the connection, or a request's first byte       REQUEST_HEAD_SECONDS
 body        its head has come                               see `_body_is_due`
 nothing     the request has come. uvicorn ends a connection without another one
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Protocol
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.emulator.websocket import Upgrade, handshake

REQUEST_HEAD_SECONDS = 30.0
BODY_GRACE_SECONDS = 5.0
BODY_BYTES_PER_SECOND = 240
MAX_HEAD_BYTES = 32 << 10


class Waits(Enum):
    """What of a request has not come yet."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class TakesSockets(Protocol):
    """An ASGI application that takes WebSockets, but not by ASGI: that is a task for each."""

    def open_socket(self, scope: Scope, upgrade: Upgrade) -> None:
        """Accept or refuse what the request in `scope` asks for."""
        ...


class BoundedHttp(HttpToolsProtocol):
    """One HTTP connection whose requests have deadlines.

    It may become a WebSocket if the application `TakesSockets`.
    """

    head_seconds = REQUEST_HEAD_SECONDS
    body_grace_seconds = BODY_GRACE_SECONDS

    _waits = Waits.HEAD
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _body_started: float | None = None
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request may begin."""
        super().connection_made(transport)
        self._watch(0)

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        if self._waits is Waits.HEAD:
            self._head_bytes += len(data)
        super().data_received(data)
        self._watch(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """No deadline runs any more."""
        self._clear()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request (called by the parser, as the next two)."""
        super().on_message_begin()
        if self._waits is not Waits.HEAD:
            self._waits, self._head_bytes = Waits.HEAD, 0
            self._clear()

    def on_headers_complete(self) -> None:
        """The head has come. What is raised here is answered with 400."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError("one Host is needed")
        self._waits, self._body_started = Waits.BODY, None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request has come."""
        self._waits = Waits.NOTHING
        super().on_message_complete()

    def _watch(self, received: int) -> None:
        if self.transport.get_protocol() is not self:  # a WebSocket by now
            return self._clear()
        match self._waits:
            case Waits.HEAD:
                if self._head_bytes > MAX_HEAD_BYTES:
                    self._end(b"431 Request Header Fields Too Large")
                elif self._deadline is None:  # from the head's first byte, not from its last
                    self._deadline = self.loop.call_later(self.head_seconds, self._end_head)
            case Waits.BODY:
                if self._body_started is None:
                    self._body_started, self._body_bytes = self.loop.time(), 0
                self._body_bytes += received
                self._clear()
                self._deadline = self.loop.call_at(self._body_is_due(), self._end_body)
            case Waits.NOTHING:
                self._clear()

    def _body_is_due(self) -> float:
        started = self._body_started or 0.0
        return started + self.body_grace_seconds + self._body_bytes / BODY_BYTES_PER_SECOND

    def _clear(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_head(self) -> None:
        self._deadline = None
        self._end(b"408 Request Timeout")  # as Kestrel

    def _end(self, status: bytes) -> None:
        """Answer so, and close the connection."""
        self._clear()
        if not self.transport.is_closing():
            head = b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
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

    def handle_websocket_upgrade(self) -> None:
        """This protocol ends here, one way or the other."""
        self._clear()
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # it holds us, and there are thousands
        try:
            scope = {**self.scope, **_target(self.url)}
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            return self.send_400_response("Invalid HTTP request received.")
        answer = handshake(self.scope["headers"])
        if answer.accepts and self._open_socket is not None:
            self._open_socket(scope, Upgrade(self.transport, self.connections, answer.data))
        else:
            self.transport.write(answer.data)
            self.transport.close()

    @property
    def _open_socket(self) -> Callable[[Scope, Upgrade], None] | None:
        """Of an application that `TakesSockets`."""
        return getattr(self.config.app, TakesSockets.open_socket.__name__, None)


def _target(url: bytes) -> Scope:
    """What of the target stands in a scope, as uvicorn writes it for other requests.

    Raises HttpParserInvalidURLError or UnicodeDecodeError.
    """
    parsed = httptools.parse_url(url)
    path = parsed.path or b"/"
    named = {"path": unquote(path.decode("ascii")), "raw_path": path}
    return {**named, "query_string": parsed.query or b""}
