"""The client endpoint: negotiate, then one WebSocket.

Source: dotnet/aspnetcore `src/SignalR/docs/specs/TransportProtocols.md`.
"""

import secrets
import time

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from local.emulator import connection, events
from local.emulator.access import Access
from local.emulator.delivery import Upstream
from local.emulator.hub import HUB_NAME
from local.emulator.negotiation import AlreadyConnected, Negotiations, NotNegotiated
from local.emulator.options import Options
from local.emulator.quotas import OverQuota
from local.emulator.switchboard import Switchboard
from local.emulator.tokens import BadToken, Caller

_TRANSPORTS = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
_TEXTS = {
    400: "The hub is missing or malformed.",
    401: "Unauthorized.",
    404: "No such connection.",
    409: "The connection is in use.",
}


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
        self._upstream = upstream
        self._options = options
        self._negotiations = Negotiations(options.negotiate_lifetime_seconds)

    def routes(self) -> list[BaseRoute]:
        """`POST /client/negotiate` and the WebSocket at `/client/`."""
        return [
            Route("/client/negotiate", self._negotiate, methods=["POST"]),
            WebSocketRoute("/client/", self._connect),
            WebSocketRoute("/client", self._connect),
        ]

    async def _negotiate(self, request: Request) -> Response:
        try:
            hub, _ = self._admit(request)
            self._check_quotas(negotiated=False)
        except Refused as refused:
            return refused.response()
        wanted = request.query_params.get("negotiateVersion", "0")
        if not wanted.isdecimal():
            return JSONResponse({"error": "The negotiateVersion is not a number."}, 400)
        id, token = _random_id(), _random_id()
        # Stateful reconnect is not offered: the answer never carries `useStatefulReconnect`.
        answer = {"connectionId": id, "availableTransports": _TRANSPORTS, "negotiateVersion": 0}
        if int(wanted) >= 1:
            answer |= {"connectionToken": token, "negotiateVersion": 1}
        else:
            token = id  # version 0 knows one id only
        self._negotiations.issue(token, id, hub.lower(), time.monotonic())
        return JSONResponse(answer)

    async def _connect(self, websocket: WebSocket) -> None:
        token = websocket.query_params.get("id")
        try:
            hub, caller = self._admit(websocket)
            self._check_quotas(negotiated=bool(token))
            id = self._claim(token, hub)
        except Refused as refused:
            return await websocket.send_denial_response(refused.response())
        try:
            await websocket.accept()
            query = websocket.scope["query_string"].decode("latin-1")
            origin = events.origin(id, hub, caller.user_id, caller.claims, query, self._access.keys)
            await connection.serve(
                websocket, origin, caller.user_id, self._board, self._upstream, self._options
            )
        finally:
            if token:
                self._negotiations.release(token)

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


def _random_id() -> str:
    return secrets.token_urlsafe(16)
