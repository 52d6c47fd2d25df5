"""A WebSocket on the event loop's own transport, with no task and no queue: RFC 6455, no extension.

The frames are those of the `websockets` library, whose protocol does no I/O of its own.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as HandshakeRequest
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol

from local.emulator.framing import Protocol as HubProtocol
from local.emulator.wire import Receiver

MAX_SOCKET_MESSAGE_BYTES = 2 << 20  # beyond it the socket ends with 1009
CLOSE_SECONDS = 10.0  # that the other side may take to answer a Close frame

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


# Checks handshakes, one after another, and keeps nothing of them.
_CHECK = ServerProtocol()
_ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)
# What else a browser sends is nothing to the handshake.
_CHECKED = frozenset({b"connection", b"upgrade", b"origin"})
_CHECKED_PREFIX = b"sec-websocket-"


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an HTTP answer, and a body if it refuses."""

    accepts: bool
    data: bytes


def handshake(headers: Iterable[tuple[bytes, bytes]]) -> Answer:
    """The answer to a request for a WebSocket, whose header names are in lower case.

    101, or why not (RFC 6455 §4.2).
    """
    texts = Headers(
        [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in headers
            if name in _CHECKED or name.startswith(_CHECKED_PREFIX)
        ]
    )
    request = HandshakeRequest("/", texts)
    try:
        key, _, _ = _CHECK.process_request(request)
    except InvalidHandshake:
        return Answer(False, ServerProtocol().accept(request).serialize())  # says it in words
    return Answer(True, _ACCEPTED % key.encode())


class Upgrade:
    """A connection that may become a WebSocket. Call one of its methods, once."""

    def __init__(
        self, transport: asyncio.Transport, connections: set[Any], acceptance: bytes
    ) -> None:
        self._transport = transport
        self._connections = connections
        self._acceptance = acceptance

    def accept(self) -> "WebSocket":
        """It is one."""
        self._transport.write(self._acceptance)
        return WebSocket(self._transport, self._connections)

    def refuse(self, response: Response) -> None:
        """It stays HTTP: this is the answer, and the end."""
        lines = [b"HTTP/1.1 %d %s" % (response.status_code, _phrase(response.status_code))]
        lines += [b"%s: %s" % header for header in response.raw_headers]
        lines += [b"connection: close", b"date: " + formatdate(usegmt=True).encode()]
        self._transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self._transport.close()


def _phrase(status: int) -> bytes:
    return HTTPStatus(status).phrase.encode()


class WebSocket(asyncio.Protocol):
    """A `Wire`: text frames for JSON, binary ones for MessagePack. It is in `connections`,
    uvicorn's set, until it has ended and `finish` was called.
    """

    __slots__ = (
        "_closing",
        "_connections",
        "_finished",
        "_fragments",
        "_frames",
        "_is_text",
        "_paused",
        "_receiver",
        "_transport",
        "is_full",
    )
    inherent_keep_alive = False

    def __init__(self, transport: asyncio.Transport, connections: set[Any]) -> None:
        self.is_full = False
        self._transport = transport
        self._connections = connections
        self._receiver: Receiver | None = None
        self._frames = Protocol(Side.SERVER, state=State.OPEN, max_size=MAX_SOCKET_MESSAGE_BYTES)
        self._fragments: list[bytes] = []  # of the message that has not ended
        self._is_text = False
        self._paused = False
        self._closing: asyncio.TimerHandle | None = None  # while our Close frame is unanswered
        self._finished = False

    def start(self, receiver: Receiver) -> None:
        """What comes goes to this receiver from here on."""
        self._receiver = receiver
        self._connections.add(self)
        self._transport.set_protocol(self)

    # --- from the event loop ------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Some frames, or parts of them."""
        self._frames.receive_data(data)
        for event in self._frames.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA and not self._take(event):
                break
        self._write()
        if self._frames.eof_sent:  # the other side closed, or broke the protocol
            self._end()

    def pause_writing(self) -> None:
        """The other side reads too slowly for now."""
        self.is_full = True

    def resume_writing(self) -> None:
        """It has read."""
        self.is_full = False
        if self._receiver is not None:
            self._receiver.writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever made it."""
        self._stop_closing()
        if self._receiver is not None:
            self._receiver.ended()
        self._receiver = None
        self._leave()

    def shutdown(self) -> None:
        """The server stops (uvicorn calls this)."""
        if self._closing is None and self._frames.state is State.OPEN:
            self._frames.send_close(CloseCode.SERVICE_RESTART)
            self._write()
        self._end()

    # --- from the connection ------------------------------------------------------------------

    def send(self, data: bytes, protocol: HubProtocol) -> None:
        """One frame."""
        if self._frames.state is not State.OPEN or self._transport.is_closing():
            return
        if protocol == "json":
            self._frames.send_text(_utf8(data))
        else:
            self._frames.send_binary(data)
        self._write()

    def close(self) -> None:
        """The closing handshake begins (RFC 6455 §7.1.2)."""
        if self._frames.state is State.OPEN and not self._transport.is_closing():
            self._frames.send_close(CloseCode.NORMAL_CLOSURE)
            self._write()
            self.resume()  # for the other side's Close frame
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(CLOSE_SECONDS, self._transport.abort)
        if self._receiver is not None:
            self._receiver.closed()

    def pause(self) -> None:
        """Read nothing more, so that the sender has to wait (TCP)."""
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def finish(self) -> None:
        """The connection is over. A closing handshake under way may go on without it."""
        self._finished = True
        if self._closing is None:
            # What a slow reader has not read yet would wait for it for ever.
            if self.is_full:
                self._transport.abort()
            else:
                self._transport.close()
        self._leave()

    # --- inside -------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> bool:
        """False: nothing after this frame counts."""
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        data = bytes(frame.data)
        if not frame.fin or self._fragments:
            self._fragments.append(data)
            if not frame.fin:
                return True
            data = b"".join(self._fragments)
            self._fragments = []
        if self._is_text and not _is_utf8(data):
            if not self._frames.eof_sent:
                self._frames.fail(CloseCode.INVALID_DATA)
            return False
        if self._receiver is not None and self._closing is None:
            self._receiver.received(data)
        return True

    def _write(self) -> None:
        if data := b"".join(self._frames.data_to_send()):
            self._transport.write(data)

    def _end(self) -> None:
        """Nothing more comes or goes, but for what is written already."""
        self._stop_closing()
        self._transport.close()
        if self._receiver is not None:
            self._receiver.ended()

    def _stop_closing(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _leave(self) -> None:
        if self._finished and self._receiver is None:
            self._connections.discard(self)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf8(data: bytes) -> bytes:
    """As it is, or with U+FFFD for what is no UTF-8: a text frame must be (RFC 6455 §8.1)."""
    return data if _is_utf8(data) else data.decode("utf-8", "replace").encode()
