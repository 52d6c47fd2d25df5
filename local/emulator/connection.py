"""One client's connection, from the handshake to the `disconnected` event.

| state     | what happens                                   | next                              |
|-----------|------------------------------------------------|-----------------------------------|
| handshake | a good handshake                               | open; `connected` goes upstream   |
| handshake | a bad one, or none in time                     | refused; the error goes out       |
| handshake | the client leaves                              | over                              |
| open      | the client leaves, is silent, reads too slowly | ending; nobody reaches it         |
| open      | a protocol error; a Close from either side     | ending; nobody reaches it         |
| refused   | all is written, or it took too long            | over                              |
| ending    | the same, and the app has answered             | over; `disconnected` goes upstream|

It has no task: the wire calls it, the board fills its outbox, the app's answer calls it back. The
next event of a connection waits for the answer to the one before, and so they stay in order.

Sources: dotnet/aspnetcore, `src/SignalR/docs/specs/HubProtocol.md` and `HubConnectionContext` (when
pings are sent, when a silent client ends, and the texts of errors).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from local.emulator import events
from local.emulator.delivery import Upstream
from local.emulator.events import Origin
from local.emulator.framing import Deframer
from local.emulator.options import Options
from local.emulator.outbox import Outbox
from local.emulator.protocol import (
    Close,
    Completion,
    Invocation,
    Ping,
    Protocol,
    ProtocolError,
    StreamInvocation,
    decode,
    encode,
    encode_handshake,
    parse_handshake,
    split_handshake,
)
from local.emulator.switchboard import Switchboard
from local.emulator.upstream import UpstreamRequest, UpstreamResponse
from local.emulator.wire import Wire

MAX_HANDSHAKE_BYTES = 4096
LAST_FRAMES_SECONDS = 5.0  # that the last frames may take at the end of a connection
PINGS: dict[Protocol, bytes] = {
    "json": encode("json", Ping()),
    "messagepack": encode("messagepack", Ping()),
}
ACCEPTED = encode_handshake()

State = Literal["handshake", "open", "refused", "ending", "over"]


@dataclass(frozen=True, slots=True)
class Backend:
    """What all connections of a service share."""

    board: Switchboard
    upstream: Upstream
    options: Options


class Connection:
    """One connection. Call it by the methods of `Receiver`, after `start`.

    `on_over` is called once, when it is over and reported upstream.
    """

    __slots__ = (
        "_backend",
        "_calling",
        "_chunks",
        "_deframer",
        "_error",
        "_flushing",
        "_head",
        "_last_seen",
        "_last_sent",
        "_loop",
        "_on_over",
        "_origin",
        "_outbox",
        "_payloads",
        "_state",
        "_timer",
        "_user",
        "_wire",
        "_working",
        "_written",
    )

    def __init__(
        self,
        wire: Wire,
        origin: Origin,
        user: str | None,
        backend: Backend,
        on_over: Callable[[], None],
    ) -> None:
        self._wire = wire
        self._origin = origin
        self._user = user
        self._backend = backend
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._state: State = "handshake"
        self._head = b""  # of the handshake
        self._deframer: Deframer | None = None  # both from the handshake on
        self._outbox: Outbox | None = None
        self._chunks: list[bytes | None] = []  # as they came, oldest first; None: it has left
        self._payloads: list[bytes] = []  # of the chunk at work, oldest last
        self._calling = False  # upstream: the answer of the app is awaited
        self._working = False  # in `_work`
        self._flushing = False  # in this turn of the event loop
        self._written = False  # nothing goes out any more
        self._error: str | None = None
        self._last_seen = self._last_sent = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """The client may shake hands from here on."""
        seconds = self._backend.options.handshake_timeout_seconds
        self._timer = self._loop.call_later(seconds, self._refuse, "Handshake was canceled.")

    # --- from the wire ------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """What the client sends, in any pieces."""
        if self._state == "handshake":
            self._shake_hands(data)
        elif self._state == "open":
            self._chunks.append(data)
            self._work()

    def ended(self) -> None:
        """The client is gone. What it sent before is still handled."""
        if self._state == "handshake":
            self._over()
        elif self._state == "open":
            self._chunks.append(None)
            self._work()
        else:
            self.closed()

    def writable(self) -> None:
        """The wire takes data again."""
        self._flush()

    def closed(self) -> None:
        """The last frame is on its way."""
        self._written = True
        self._settle()

    # --- the handshake ------------------------------------------------------------------------

    def _shake_hands(self, data: bytes) -> None:
        self._head += data
        split = split_handshake(self._head)
        if split is None:
            if len(self._head) > MAX_HANDSHAKE_BYTES:
                self._refuse("Handshake was invalid.")
            return
        record, rest = split
        try:
            protocol = parse_handshake(record).protocol
        except ProtocolError as error:
            return self._refuse(str(error))
        self._open(protocol, rest)

    def _refuse(self, error: str) -> None:
        self._state = "refused"
        self._await_the_end()
        self._wire.send(encode_handshake(error), "json")
        self._wire.close()

    def _open(self, protocol: Protocol, rest: bytes) -> None:
        """`rest` is what the client sent right behind its handshake."""
        options = self._backend.options
        self._state, self._head = "open", b""
        self._deframer = Deframer(protocol, options.message_bytes)
        self._outbox = Outbox(protocol, options.outbox_bytes, self)
        self._outbox.put(ACCEPTED)
        self._backend.board.open(
            self._origin.hub, self._origin.connection, self._user, self._outbox
        )
        self._stop_timer()
        self._last_seen = self._last_sent = self._loop.time()
        if not self._wire.inherent_keep_alive:
            self._tick()
        if rest:
            self._chunks.append(rest)
        self._call(events.connected(self._origin), None)  # its failure changes nothing
        self._work()

    # --- what the client sends ----------------------------------------------------------------

    def _work(self) -> None:
        """Handle what has come, one event after another, until the app has to be waited for."""
        if self._working:
            return
        self._working = True
        try:
            while self._state == "open" and not self._calling:
                if self._payloads:
                    self._handle(self._payloads.pop())
                elif self._chunks:
                    self._unpack(self._chunks.pop(0))
                else:
                    break
        except ProtocolError as error:
            self._end(str(error), Close(error=f"Connection closed with an error. {error}"))
        finally:
            self._working = False
        if self._state == "open" and (self._chunks or self._payloads):
            self._wire.pause()
        else:
            self._wire.resume()

    def _unpack(self, chunk: bytes | None) -> None:
        assert self._deframer is not None
        if chunk is None:
            self._written = True
            return self._end()
        self._last_seen = self._loop.time()
        self._payloads = self._deframer.feed(chunk)
        self._payloads.reverse()

    def _handle(self, payload: bytes) -> None:
        assert self._outbox is not None
        protocol = self._outbox.protocol
        match decode(protocol, payload):
            case Invocation(target=target, invocation_id=id):
                self._call(events.message(self._origin, protocol, target, payload), id)
            case StreamInvocation(invocation_id=id):
                error = "Streaming is not supported in serverless mode."
                self._outbox.put(encode(protocol, Completion(invocation_id=id, error=error)))
            case Close():
                self._end()
            case _:
                pass  # pings have done their work by arriving; the rest has no meaning here

    def _call(self, event: UpstreamRequest, invocation_id: str | None) -> None:
        self._calling = True
        self._backend.upstream.call(event, partial(self._answered, invocation_id))

    def _answered(self, invocation_id: str | None, response: UpstreamResponse) -> None:
        assert self._outbox is not None
        self._calling = False
        self._last_seen = self._loop.time()
        self._outbox.put(events.reply(self._outbox.protocol, invocation_id, response))
        self._work()
        self._settle()

    # --- what goes out ------------------------------------------------------------------------

    def ready(self) -> None:
        """The outbox has something. All that comes in this turn of the loop goes out together."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def overflowed(self) -> None:
        """The client reads too slowly; it would not read a farewell either."""
        self._written = True
        self._end("The client reads too slowly.")

    def _flush(self) -> None:
        self._flushing = False
        if self._outbox is None or self._written or self._wire.is_full:
            return
        if data := self._outbox.take():
            self._last_sent = self._loop.time()
            self._wire.send(data, self._outbox.protocol)
        if self._outbox.closed:
            self._end()  # if it was closed by the app
            self._wire.close()

    def _tick(self) -> None:
        """Pings after silence from us, ends after silence from the client; arms itself again."""
        assert self._outbox is not None
        now, options = self._loop.time(), self._backend.options
        if self._calling:
            self._last_seen = now  # we are the one who keeps the client waiting
        if now - self._last_seen >= options.client_timeout_seconds:
            error = "The client was silent for too long."
            return self._end(error, Close(error=error, allow_reconnect=True))
        if now - self._last_sent >= options.keep_alive_seconds:
            self._outbox.put(PINGS[self._outbox.protocol])
            self._last_sent = now
        due = min(
            self._last_sent + options.keep_alive_seconds,
            self._last_seen + options.client_timeout_seconds,
        )
        self._timer = self._loop.call_at(due, self._tick)

    # --- the end ------------------------------------------------------------------------------

    def _end(self, error: str | None = None, last: Close | None = None) -> None:
        """The first reason counts. What waits still goes out, `last` behind it."""
        if self._state != "open":
            return
        assert self._outbox is not None
        self._state, self._error = "ending", error
        self._backend.board.drop(self._origin.hub, self._origin.connection)
        self._await_the_end()
        self._outbox.close(encode(self._outbox.protocol, last) if last else None)
        self._settle()

    def _await_the_end(self) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(LAST_FRAMES_SECONDS, self.closed)

    def _settle(self) -> None:
        if not self._written or self._calling:
            return
        if self._state == "refused":
            self._over()
        elif self._state == "ending":
            self._state = "over"
            self._stop_timer()
            event = events.disconnected(self._origin, self._error)
            self._backend.upstream.call(event, lambda _: self._on_over())

    def _over(self) -> None:
        self._state = "over"
        self._stop_timer()
        self._on_over()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
