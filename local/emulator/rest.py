"""The data-plane REST API: each route is one line here and one operation of the switchboard.

Source: the data-plane REST reference, api-version 2022-06-01. `/api/v1` is the older spelling,
without `:send`; both are served under both prefixes, as Microsoft's emulator does.
"""

from collections.abc import Awaitable, Callable, Sequence
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

Act = Callable[[Switchboard, Call], bool | None]  # False: what the call is about does not exist
Send_ = Callable[[Switchboard, Call, Payload], None]

# (path below the hub, what it does). Success is 202, also when nobody is there.
SENDS: list[tuple[str, Send_]] = [
    ("", lambda b, c, m: b.send_to_all(c.hub, m.target, m.arguments, c.excluded)),
    (
        "/groups/{group}",
        lambda b, c, m: b.send_to_group(c.hub, c.group, m.target, m.arguments, c.excluded),
    ),
    ("/users/{user}", lambda b, c, m: b.send_to_user(c.hub, c.user, m.target, m.arguments)),
    (
        "/connections/{connection}",
        lambda b, c, m: b.send_to_connection(c.hub, c.connection, m.target, m.arguments),
    ),
]

_IN_GROUP = ("/groups/{group}/connections/{connection}", "/connections/{connection}/groups/{group}")
_MEMBER = ("/users/{user}/groups/{group}", "/groups/{group}/users/{user}")

# (verbs, paths below the hub, success status, error code of the 404, what it does)
ACTS: list[tuple[str, tuple[str, ...], int, str, Act]] = [
    (
        "POST",
        ("/:closeConnections",),
        204,
        "",
        lambda b, c: b.close_all(c.hub, c.reason, c.excluded),
    ),
    (
        "POST",
        ("/groups/{group}/:closeConnections",),
        204,
        "",
        lambda b, c: b.close_group(c.hub, c.group, c.reason, c.excluded),
    ),
    (
        "POST",
        ("/users/{user}/:closeConnections",),
        204,
        "",
        lambda b, c: b.close_user(c.hub, c.user, c.reason, c.excluded),
    ),
    (
        "GET HEAD",
        ("/connections/{connection}",),
        200,
        "Warning.Connection.NotExisted",
        lambda b, c: b.has_connection(c.hub, c.connection),
    ),
    (
        "GET HEAD",
        ("/groups/{group}",),
        200,
        "Warning.Group.NotExisted",
        lambda b, c: b.has_group(c.hub, c.group),
    ),
    (
        "GET HEAD",
        ("/users/{user}",),
        200,
        "Warning.User.NotExisted",
        lambda b, c: b.has_user(c.hub, c.user),
    ),
    (
        "GET HEAD",
        _MEMBER,
        200,
        "Info.User.NotInGroup",
        lambda b, c: b.has_user_in_group(c.hub, c.user, c.group),
    ),
    (
        "DELETE",
        ("/connections/{connection}",),
        200,
        "",
        lambda b, c: b.close_connection(c.hub, c.connection, c.reason),
    ),
    (
        "PUT",
        _IN_GROUP,
        200,
        "Error.Connection.NotExisted",
        lambda b, c: b.add_connection_to_group(c.hub, c.connection, c.group),
    ),
    (
        "DELETE",
        _IN_GROUP,
        200,
        "Error.Connection.NotExisted",
        lambda b, c: b.remove_connection_from_group(c.hub, c.connection, c.group),
    ),
    (
        "DELETE",
        ("/connections/{connection}/groups",),
        200,
        "",
        lambda b, c: b.remove_connection_from_all_groups(c.hub, c.connection),
    ),
    (
        "PUT",
        _MEMBER,
        200,
        "",
        lambda b, c: b.add_user_to_group(c.hub, c.user, c.group, c.ttl),
    ),
    (
        "DELETE",
        _MEMBER,
        204,
        "",
        lambda b, c: b.remove_user_from_group(c.hub, c.user, c.group),
    ),
    (
        "DELETE",
        ("/users/{user}/groups",),
        204,
        "",
        lambda b, c: b.remove_user_from_all_groups(c.hub, c.user),
    ),
]


def routes(keys: Sequence[str], board: Switchboard, limit: int) -> list[BaseRoute]:
    """`limit` is the largest body, in bytes."""

    def send(act: Send_) -> Callable[[Call, Request], Awaitable[Response]]:
        async def handle(call: Call, request: Request) -> Response:
            try:
                act(board, call, await parse_payload(request, limit))
            except ProtocolError as error:
                raise BadRequest(str(error)) from error
            return Response(status_code=202)

        return handle

    def act(status: int, missing: str, act: Act) -> Callable[[Call, Request], Awaitable[Response]]:
        async def handle(call: Call, request: Request) -> Response:
            if act(board, call) is False:
                raise NotExisted(missing)
            return Response(status_code=status)

        return handle

    listed: list[BaseRoute] = [Route("/health", _health, methods=["GET", "HEAD"])]
    for path, sends in SENDS:
        for suffix in ("/:send", ""):
            endpoint = _guarded(keys, send(sends))
            listed.append(Route("/hubs/{hub}" + path + suffix, endpoint, methods=["POST"]))
    for verbs, paths, status, missing, acts in ACTS:
        endpoint = _guarded(keys, act(status, missing, acts))
        listed += [Route("/hubs/{hub}" + path, endpoint, methods=verbs.split()) for path in paths]
    return [Mount("/api/v1", routes=listed), Mount("/api", routes=listed)]


async def _health(request: Request) -> Response:
    return Response()


def _guarded(
    keys: Sequence[str], handle: Callable[[Call, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
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
        if scope["type"] == "http" and "raw_path" in scope:
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)
