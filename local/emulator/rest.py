"""The data-plane REST API: each route is one line here and one operation of the switchboard.

Source: the data-plane REST reference, api-version 2022-06-01. `/api/v1` is the older spelling,
without `:send`; both are served under both prefixes, as Microsoft's emulator does.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.emulator.call import (
    BadRequest,
    Call,
    NotExisted,
    Payload,
    RestError,
    Unauthorized,
    parse_call,
    parse_payload,
)
from local.emulator.protocol import ProtocolError
from local.emulator.switchboard import Switchboard
from local.emulator.tokens import BadToken, bearer, verify


class SendRoute(NamedTuple):
    """Sends a message: 202, also when nobody is there. With and without `/:send`."""

    path: str  # below the hub
    do: Callable[[Switchboard, Call, Payload], None]


class ActionRoute(NamedTuple):
    """Asks or changes something. `do` answers False when what it is about does not exist."""

    verbs: str
    paths: tuple[str, ...]  # below the hub; the second one is Microsoft's alternative spelling
    success: int
    missing: str  # error code of the 404
    do: Callable[[Switchboard, Call], bool | None]


MEMBER = ("/groups/{group}/connections/{connection}", "/connections/{connection}/groups/{group}")
USER = ("/users/{user}/groups/{group}", "/groups/{group}/users/{user}")

# fmt: off
SEND_ROUTES = [
    SendRoute("",
        lambda b, c, m: b.send_to_all(c.hub, m.target, m.arguments, c.excluded)),
    SendRoute("/groups/{group}",
        lambda b, c, m: b.send_to_group(c.hub, c.group, m.target, m.arguments, c.excluded)),
    SendRoute("/users/{user}",
        lambda b, c, m: b.send_to_user(c.hub, c.user, m.target, m.arguments)),
    SendRoute("/connections/{connection}",
        lambda b, c, m: b.send_to_connection(c.hub, c.connection, m.target, m.arguments)),
]

ACTION_ROUTES = [
    ActionRoute("POST", ("/:closeConnections",), 204, "",
        lambda b, c: b.close_all(c.hub, c.reason, c.excluded)),
    ActionRoute("POST", ("/groups/{group}/:closeConnections",), 204, "",
        lambda b, c: b.close_group(c.hub, c.group, c.reason, c.excluded)),
    ActionRoute("POST", ("/users/{user}/:closeConnections",), 204, "",
        lambda b, c: b.close_user(c.hub, c.user, c.reason, c.excluded)),
    ActionRoute("DELETE", ("/connections/{connection}",), 200, "",
        lambda b, c: b.close_connection(c.hub, c.connection, c.reason)),

    ActionRoute("GET HEAD", ("/connections/{connection}",), 200, "Warning.Connection.NotExisted",
        lambda b, c: b.has_connection(c.hub, c.connection)),
    ActionRoute("GET HEAD", ("/groups/{group}",), 200, "Warning.Group.NotExisted",
        lambda b, c: b.has_group(c.hub, c.group)),
    ActionRoute("GET HEAD", ("/users/{user}",), 200, "Warning.User.NotExisted",
        lambda b, c: b.has_user(c.hub, c.user)),
    ActionRoute("GET HEAD", USER, 200, "Info.User.NotInGroup",
        lambda b, c: b.has_user_in_group(c.hub, c.user, c.group)),

    ActionRoute("PUT", MEMBER, 200, "Error.Connection.NotExisted",
        lambda b, c: b.add_connection_to_group(c.hub, c.connection, c.group)),
    ActionRoute("DELETE", MEMBER, 200, "Error.Connection.NotExisted",
        lambda b, c: b.remove_connection_from_group(c.hub, c.connection, c.group)),
    ActionRoute("DELETE", ("/connections/{connection}/groups",), 200, "",
        lambda b, c: b.remove_connection_from_all_groups(c.hub, c.connection)),
    ActionRoute("PUT", USER, 200, "",
        lambda b, c: b.add_user_to_group(c.hub, c.user, c.group, c.ttl)),
    ActionRoute("DELETE", USER, 204, "",
        lambda b, c: b.remove_user_from_group(c.hub, c.user, c.group)),
    ActionRoute("DELETE", ("/users/{user}/groups",), 204, "",
        lambda b, c: b.remove_user_from_all_groups(c.hub, c.user)),
]
# fmt: on

Handler = Callable[[Call, Request], Awaitable[Response]]


def routes(keys: Sequence[str], board: Switchboard, limit: int) -> list[BaseRoute]:
    """`limit` is the largest body, in bytes."""
    listed: list[BaseRoute] = [Route("/health", _health, methods=["GET", "HEAD"])]
    for say in SEND_ROUTES:
        endpoint = _guarded(keys, _send_handler(say, board, limit))
        paths = (say.path + "/:send", say.path)
        listed += [Route("/hubs/{hub}" + path, endpoint, methods=["POST"]) for path in paths]
    for act in ACTION_ROUTES:
        endpoint = _guarded(keys, _action_handler(act, board))
        verbs = act.verbs.split()
        listed += [Route("/hubs/{hub}" + path, endpoint, methods=verbs) for path in act.paths]
    return [Mount("/api/v1", routes=listed), Mount("/api", routes=listed)]


def _send_handler(say: SendRoute, board: Switchboard, limit: int) -> Handler:
    async def handle(call: Call, request: Request) -> Response:
        try:
            say.do(board, call, await parse_payload(request, limit))
        except ProtocolError as error:
            raise BadRequest(str(error)) from error
        return Response(status_code=202)

    return handle


def _action_handler(act: ActionRoute, board: Switchboard) -> Handler:
    async def handle(call: Call, request: Request) -> Response:
        if act.do(board, call) is False:
            raise NotExisted(act.missing)
        return Response(status_code=act.success)

    return handle


async def _health(request: Request) -> Response:
    return Response()


def _guarded(keys: Sequence[str], handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The token first, then the names, then the call; a RestError becomes its response."""

    async def endpoint(request: Request) -> Response:
        try:
            names = {name: unquote(value) for name, value in request.path_params.items()}
            try:
                verify(bearer(request.headers), keys, request.scope["path"], None)
            except BadToken as error:
                raise Unauthorized from error
            return await handle(parse_call(request, names), request)
        except RestError as error:
            body = {"code": error.code, "message": str(error)}
            return JSONResponse(body, error.status, {"x-ms-error-code": error.code})

    return endpoint


class EncodedPath:
    """Routes on the path as sent: a name may hold an escaped slash, and stays one segment."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI asks."""
        if scope["type"] == "http" and "raw_path" in scope:
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)
