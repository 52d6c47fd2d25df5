"""The client endpoint: negotiate, then one WebSocket.

Source: dotnet/aspnetcore `src/SignalR/docs/specs/TransportProtocols.md`.
"""

import secrets
import time
from collections.abc import Sequence

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from local.emulator import connection, events
from local.emulator.delivery import Upstream
from local.emulator.hub import HUB_NAME
from local.emulator.negotiation import AlreadyConnected, Negotiations, NotNegotiated
from local.emulator.options import Options
from local.emulator.switchboard import Switchboard
from local.emulator.tokens import BadToken, Caller, bearer, verify

_TRANSPORTS = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
_TEXTS = {400: "The hub is missing or malformed.", 401: "Unauthorized.", 404: "No such connection."}


class Refused(Exception):
    """The client may not connect. Carries the HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status


class ClientEndpoint:
    """The routes under `/client`. `keys` are the access keys, the primary one first."""

    def __init__(
        self, keys: Sequence[str], board: Switchboard, upstream: Upstream, options: Options
    ) -> None:
        self._keys = keys
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
        except Refused as refused:
            return _refusal(refused.status)
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
            id = self._claim(token, hub)
        except Refused as refused:
            return await websocket.send_denial_response(_refusal(refused.status))
        try:
            await websocket.accept()
            query = websocket.scope["query_string"].decode("latin-1")
            origin = events.origin(id, hub, caller.user_id, caller.claims, query, self._keys)
            await connection.serve(
                websocket, origin, caller.user_id, self._board, self._upstream, self._options
            )
        finally:
            if token:
                self._negotiations.release(token)

    def _admit(self, http: HTTPConnection) -> tuple[str, Caller]:
        hub = http.query_params.get("hub", "")
        if not HUB_NAME.fullmatch(hub):
            raise Refused(400)
        # Browsers cannot set headers on a WebSocket, so the token may come in the query.
        token = bearer(http.headers) or http.query_params.get("access_token", "")
        try:
            return hub, verify(token, self._keys, http.scope["path"], hub)
        except BadToken as error:
            raise Refused(401) from error

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


def _refusal(status: int) -> Response:
    return JSONResponse({"error": _TEXTS.get(status, "The connection is in use.")}, status)


def _random_id() -> str:
    return secrets.token_urlsafe(16)
