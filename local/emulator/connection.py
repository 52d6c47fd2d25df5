"""One client's connection, from the handshake to the `disconnected` event.

Two tasks: one reads and calls upstream, message by message, so events of a connection stay in
order; the other writes what waits in the outbox. `_end` is the one way out.

Sources: dotnet/aspnetcore, `src/SignalR/docs/specs/HubProtocol.md` and `HubConnectionContext` (when
pings are sent, when a silent client ends, and the texts of errors).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable

from local.emulator import events
from local.emulator.delivery import Upstream
from local.emulator.events import Origin
from local.emulator.framing import Deframer
from local.emulator.options import Options
from local.emulator.outbox import Outbox
from local.emulator.protocol import (
    AnyMessage,
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
from local.emulator.wire import Wire, WireClosed

MAX_HANDSHAKE_BYTES = 4096
LAST_FRAMES_SECONDS = 5.0  # that the last frames may take at the end of a connection
PINGS: dict[Protocol, bytes] = {
    "json": encode("json", Ping()),
    "messagepack": encode("messagepack", Ping()),
}

_log = logging.getLogger(__name__)


async def serve(
    wire: Wire,
    origin: Origin,
    user: str | None,
    board: Switchboard,
    upstream: Upstream,
    options: Options,
) -> None:
    """Runs an accepted connection until it is over."""
    try:
        async with asyncio.timeout(options.handshake_timeout_seconds):
            asked = await _handshake(wire)
    except TimeoutError:
        await _refuse(wire, "Handshake was canceled.")
    except ProtocolError as error:
        await _refuse(wire, str(error))
    else:
        if asked is not None:
            protocol, rest = asked
            connection = Connection(wire, protocol, origin, upstream, options)
            await connection.run(board, user, rest)


async def _handshake(wire: Wire) -> tuple[Protocol, bytes] | None:
    """The protocol asked for and what came behind the handshake; None if the client left."""
    data = b""
    while (split := split_handshake(data)) is None:
        if len(data) > MAX_HANDSHAKE_BYTES:
            raise ProtocolError("Handshake was invalid.")
        received = await wire.receive()
        if received is None:
            return None
        data += received
    record, rest = split
    return parse_handshake(record).protocol, rest


async def _refuse(wire: Wire, error: str) -> None:
    with contextlib.suppress(WireClosed):
        await wire.send(encode_handshake(error), "json")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_FRAMES_SECONDS):
            await wire.close()


class Connection:
    """One connection after its handshake. `run` returns when it is over and reported upstream."""

    def __init__(
        self,
        wire: Wire,
        protocol: Protocol,
        origin: Origin,
        upstream: Upstream,
        options: Options,
    ) -> None:
        self._wire = wire
        self._protocol = protocol
        self._origin = origin
        self._upstream = upstream
        self._options = options
        self._outbox = Outbox(protocol, options.outbox_bytes, self._overflowed)
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._error: str | None = None
        self._grace = LAST_FRAMES_SECONDS
        self._calling = False  # upstream, so nothing is read meanwhile
        self._last_seen = self._last_sent = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, board: Switchboard, user: str | None, rest: bytes) -> None:
        """`rest` is what the client sent right behind its handshake."""
        hub, id = self._origin.hub, self._origin.connection
        self._outbox.put(encode_handshake())
        board.open(hub, id, user, self._outbox)
        if not self._wire.inherent_keep_alive:
            self._tick()
        reader = self._start(self._read(rest))
        writer = self._start(self._write())
        try:
            await self._over.wait()
        finally:
            board.drop(hub, id)
            if self._timer is not None:
                self._timer.cancel()
            await self._settle(reader, writer)
        await self._upstream.call(events.disconnected(self._origin, self._error))

    # --- reading ------------------------------------------------------------------------------

    async def _read(self, data: bytes | None) -> None:
        await self._call(events.connected(self._origin))  # its failure changes nothing
        deframer = Deframer(self._protocol, self._options.message_bytes)
        try:
            while data is not None and not self._over.is_set():
                self._last_seen = self._loop.time()
                for payload in deframer.feed(data):
                    await self._handle(decode(self._protocol, payload), payload)
                    if self._over.is_set():
                        return
                data = await self._wire.receive()
        except ProtocolError as error:
            self._end(str(error), Close(error=f"Connection closed with an error. {error}"))

    async def _handle(self, message: AnyMessage, payload: bytes) -> None:
        match message:
            case Invocation(target=target, invocation_id=id):
                event = events.message(self._origin, self._protocol, target, payload)
                self._outbox.put(events.reply(self._protocol, id, await self._call(event)))
            case StreamInvocation(invocation_id=id):
                error = "Streaming is not supported in serverless mode."
                refusal = Completion(invocation_id=id, error=error)
                self._outbox.put(encode(self._protocol, refusal))
            case Close():
                self._end()
            case _:
                pass  # pings have done their work by arriving; the rest has no meaning here

    async def _call(self, event: UpstreamRequest) -> UpstreamResponse:
        self._calling = True
        try:
            return await self._upstream.call(event)
        finally:
            self._calling = False
            self._last_seen = self._loop.time()

    # --- writing ------------------------------------------------------------------------------

    async def _write(self) -> None:
        with contextlib.suppress(WireClosed):
            while data := await self._outbox.take():
                self._last_sent = self._loop.time()
                await self._wire.send(data, self._protocol)
            await self._wire.close()

    def _tick(self) -> None:
        """Pings after silence from us, ends after silence from the client; arms itself again."""
        now, options = self._loop.time(), self._options
        if self._calling:
            self._last_seen = now  # we are the one who keeps the client waiting
        if now - self._last_seen >= options.client_timeout_seconds:
            error = "The client was silent for too long."
            return self._end(error, Close(error=error, allow_reconnect=True))
        if now - self._last_sent >= options.keep_alive_seconds:
            self._outbox.put(PINGS[self._protocol])
            self._last_sent = now
        due = min(
            self._last_sent + options.keep_alive_seconds,
            self._last_seen + options.client_timeout_seconds,
        )
        self._timer = self._loop.call_at(due, self._tick)

    # --- the end ------------------------------------------------------------------------------

    def _overflowed(self) -> None:
        self._grace = 0.0  # it would not read a farewell either
        self._end("The client reads too slowly.")

    def _end(self, error: str | None = None, last: Close | None = None) -> None:
        """The first reason counts. What waits still goes out, `last` behind it."""
        if not self._over.is_set():
            self._error = error
            self._outbox.close(encode(self._protocol, last) if last else None)
            self._over.set()

    def _start(self, work: Awaitable[None]) -> asyncio.Future[None]:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            # A fault of ours; the type only, the text may quote what a peer sent.
            _log.error("Connection failed: %s", type(fault).__name__)
        self._end()

    async def _settle(self, reader: asyncio.Future[None], writer: asyncio.Future[None]) -> None:
        if not self._calling:
            reader.cancel()
        await asyncio.wait({writer}, timeout=self._grace)
        writer.cancel()
        # An upstream call under way ends by its own deadline; `disconnected` must come after it.
        await asyncio.wait({reader, writer})
