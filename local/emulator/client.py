"""The client endpoint: negotiate, then a WebSocket, an event stream or polls.

Sources: dotnet/aspnetcore `src/SignalR/docs/specs/TransportProtocols.md` and
`HttpConnectionDispatcher` (the statuses: 400 without an id, 404 for an unknown one, 405 for a POST
to a WebSocket, 409 for a connection that another transport has).
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from local.emulator import events
from local.emulator.access import Access
from local.emulator.call import RestError, read_body
from local.emulator.connection import Backend, Connection
from local.emulator.delivery import Upstream
from local.emulator.half_duplex import EventStreamWire, HalfDuplexWire, PollWire
from local.emulator.hub import HUB_NAME
from local.emulator.negotiation import AlreadyConnected, Negotiations, NotNegotiated
from local.emulator.options import Options
from local.emulator.quotas import OverQuota
from local.emulator.switchboard import Switchboard
from local.emulator.tokens import BadToken, Caller
from local.emulator.websocket import Upgrade
from local.emulator.wire import Wire

_TRANSPORTS = [
    {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
    {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
    {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
]
_TEXTS = {
    400: "The hub or the connection id is missing or malformed.",
    401: "Unauthorized.",
    403: "The connection is of another user.",
    404: "No such connection.",
    405: "The connection does not take such requests.",
    409: "The connection is in use.",
}
_NO_CACHE = {"Cache-Control": "no-cache, no-store"}
EVENT_STREAM = "text/event-stream"
PATHS = ("/client/", "/client")


class Refused(Exception):
    """The client may not connect. Carries the HTTP status, and for a 429 when to come back."""

    def __init__(self, status: int, text: str = "", retry_after_seconds: int | None = None) -> None:
        self.status = status
        self.text = text or _TEXTS.get(status, "")
        self.retry_after_seconds = retry_after_seconds

    def response(self) -> Response:
        """What the client gets."""
        after = self.retry_after_seconds
        headers = {} if after is None else {"Retry-After": str(after)}
        return JSONResponse({"error": self.text}, self.status, headers)


class ClientEndpoint:
    """The routes under `/client`."""

    def __init__(
        self, access: Access, board: Switchboard, upstream: Upstream, options: Options
    ) -> None:
        self._access = access
        self._board = board
        self._backend = Backend(board, upstream, options)
        self._options = options
        self._negotiations = Negotiations(options.negotiate_lifetime_seconds)
        self._half_duplex: dict[str, HalfDuplexWire] = {}  # by connection token
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        """`POST /client/negotiate`, and at `/client/` the transports that are HTTP."""
        verbs = ["GET", "POST", "DELETE"]
        return [
            Route("/client/negotiate", self._negotiate, methods=["POST"]),
            *(Route(path, self._exchange, methods=verbs) for path in PATHS),
        ]

    def stop(self) -> None:
        """End the polls and event streams that are open, so that a server can stop at once."""
        for wire in tuple(self._half_duplex.values()):
            wire.finish()

    async def _negotiate(self, request: Request) -> Response:
        try:
            hub, _ = self._admit(request)
            self._check_quotas(negotiated=False)
        except Refused as refused:
            return refused.response()
        wanted = request.query_params.get("negotiateVersion", "0")
        if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 10):
            return JSONResponse({"error": "The negotiateVersion is not a number."}, 400)
        id, token = _random_id(), _random_id()
        # Stateful reconnect is not offered: the answer never carries `useStatefulReconnect`.
        answer = {"connectionId": id, "availableTransports": _TRANSPORTS, "negotiateVersion": 0}
        if int(wanted) >= 1:
            answer |= {"connectionToken": token, "negotiateVersion": 1}
        else:
            token = id  # version 0 knows one id only
        self._negotiations.issue(token, id, hub.lower(), time.monotonic())
        return JSONResponse(answer, headers=_NO_CACHE)

    # --- WebSockets ---------------------------------------------------------------------------

    def open_socket(self, scope: Scope, upgrade: Upgrade) -> None:
        """Accept the WebSocket that a request asks for, or refuse it."""
        if scope["path"] not in PATHS:
            return upgrade.refuse(Response(status_code=403))
        http = HTTPConnection(scope)
        token = http.query_params.get("id")
        try:
            hub, caller = self._admit(http)
            self._check_quotas(negotiated=bool(token))
            id = self._claim(token, hub)
        except Refused as refused:
            return upgrade.refuse(refused.response())
        wire = upgrade.accept()

        def over() -> None:
            if token:
                self._negotiations.release(token)
            wire.finish()

        wire.start(self._connection(wire, http, id, hub, caller, over))

    def _connection(
        self,
        wire: Wire,
        http: HTTPConnection,
        id: str,
        hub: str,
        caller: Caller,
        over: Callable[[], None],
    ) -> Connection:
        query = http.query_params.multi_items()
        user, keys = caller.user_id, self._access.keys
        origin = events.origin(id, hub, user, caller.claims, query, keys)
        connection = Connection(wire, origin, user, self._backend, over)
        connection.start()
        return connection

    # --- long polling and Server-Sent Events --------------------------------------------------

    async def _exchange(self, request: Request) -> Response:
        try:
            hub, caller = self._admit(request)
            token = request.query_params.get("id", "")
            if not token:
                raise Refused(400)
            if request.method == "GET":
                return await self._receive(request, token, hub, caller)
            wire = self._find(token, caller)
            if request.method == "DELETE":
                return self._delete(wire)
            return await self._post(request, wire)
        except Refused as refused:
            return refused.response()

    async def _receive(self, request: Request, token: str, hub: str, caller: Caller) -> Response:
        streaming = EVENT_STREAM in request.headers.get("accept", "")
        if token not in self._half_duplex:
            self._check_quotas(negotiated=True)
            id = self._claim(token, hub)
            self._open(request, token, id, hub, caller, streaming)
        elif streaming:
            raise Refused(409)
        wire = self._find(token, caller)
        if isinstance(wire, EventStreamWire):
            if not streaming:
                raise Refused(400)
            return StreamingResponse(wire.events(), media_type=EVENT_STREAM, headers=_NO_CACHE)
        assert isinstance(wire, PollWire)
        data = await _unless_gone(request, wire.poll())
        if data is None:
            return Response(status_code=204, headers=_NO_CACHE)
        return Response(data, media_type="application/octet-stream", headers=_NO_CACHE)

    def _open(
        self, request: Request, token: str, id: str, hub: str, caller: Caller, streaming: bool
    ) -> None:
        options = self._options
        wire: HalfDuplexWire = (
            EventStreamWire(caller.user_id)
            if streaming
            else PollWire(caller.user_id, options.poll_seconds, options.poll_lease_seconds)
        )
        self._half_duplex[token] = wire

        def over() -> None:
            task = asyncio.create_task(self._bury(token, wire))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        wire.start(self._connection(wire, request, id, hub, caller, over))

    async def _bury(self, token: str, wire: HalfDuplexWire) -> None:
        try:
            if isinstance(wire, PollWire):
                await wire.farewell()
        finally:
            wire.finish()
            self._half_duplex.pop(token, None)
            self._negotiations.release(token)

    async def _post(self, request: Request, wire: HalfDuplexWire) -> Response:
        try:
            body = await read_body(request, self._options.message_bytes)
        except RestError as error:
            raise Refused(error.status, str(error)) from error
        if not await wire.accept(body):
            raise Refused(404)
        return Response()

    def _delete(self, wire: HalfDuplexWire) -> Response:
        if not isinstance(wire, PollWire):
            raise Refused(400)
        wire.leave()
        return Response(status_code=202)

    def _find(self, token: str, caller: Caller) -> HalfDuplexWire:
        wire = self._half_duplex.get(token)
        if wire is None:
            raise Refused(405 if self._negotiations.is_in_use(token) else 404)
        if wire.user != caller.user_id:
            raise Refused(403)
        return wire

    # --- who may ------------------------------------------------------------------------------

    def _admit(self, http: HTTPConnection) -> tuple[str, Caller]:
        hubs = http.query_params.getlist("hub")
        hub = hubs[0] if len(hubs) == 1 else ""  # several are a 400 too (troubleshooting guide)
        if not HUB_NAME.fullmatch(hub):
            raise Refused(400)
        try:
            return hub, self._access.admit_client(http, hub)
        except BadToken as error:
            raise Refused(401) from error

    def _check_quotas(self, *, negotiated: bool) -> None:
        try:
            self._board.admit(negotiated=negotiated)
        except OverQuota as error:
            raise Refused(429, str(error), error.retry_after_seconds) from error

    def _claim(self, token: str | None, hub: str) -> str:
        """The connection id. Without a token the client skipped negotiation: a fresh one."""
        if not token:
            return _random_id()
        try:
            return self._negotiations.claim(token, hub.lower(), time.monotonic())
        except NotNegotiated as error:
            raise Refused(404) from error
        except AlreadyConnected as error:
            raise Refused(409) from error


async def _unless_gone(request: Request, poll: Coroutine[None, None, bytes | None]) -> bytes | None:
    """The poll's result. It is given up when the client goes, and so loses no data."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    polling, leaving = asyncio.ensure_future(poll), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((polling, leaving), return_when=asyncio.FIRST_COMPLETED)
        return polling.result() if polling.done() else None
    finally:
        polling.cancel()
        leaving.cancel()


def _random_id() -> str:
    return secrets.token_urlsafe(16)
