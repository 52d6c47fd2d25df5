"""The data-plane REST API: each route is one line here and one operation of the switchboard.

Source: the data-plane REST references; Azure/azure-signalr `docs/swagger/V20220601.json` and
`v1.json`. `/api/v1` is the older spelling, without `:send` and without `api-version`; some of its
paths, verbs and statuses differ. Strict mode serves each under its own prefix only; lax mode serves
everything under both, as Microsoft's emulator does.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.emulator.access import Access
from local.emulator.call import (
    BadRequest,
    Call,
    NotExisted,
    Payload,
    RestError,
    TooMany,
    parse_call,
    parse_payload,
)
from local.emulator.options import Options
from local.emulator.protocol import ProtocolError
from local.emulator.quotas import OverQuota
from local.emulator.switchboard import Switchboard

API_VERSIONS = frozenset({"2022-06-01", "2022-11-01", "2024-12-01"})
DEFAULT_TOKEN_MINUTES = 60


class SendRoute(NamedTuple):
    """Sends a message: 202, also when nobody is there. `/:send` follows, but in `/api/v1`."""

    path: str  # below the hub
    do: Callable[[Switchboard, Call, Payload], None]


class V1(NamedTuple):
    """How the same is spelt in `/api/v1`; what is empty is as in `/api`."""

    verbs: str = ""
    path: str = ""
    success: int = 0


class ActionRoute(NamedTuple):
    """Asks or changes something. `do` answers False when what it is about does not exist."""

    verb: str
    path: str  # below the hub
    success: int
    v1: V1 | None  # None: not in /api/v1
    missing: str  # error code of the 404
    do: Callable[[Switchboard, Call], bool | None]


LOOK = V1("GET HEAD")
SAME = V1()

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
    ActionRoute("POST", "/:closeConnections", 204, None, "",
        lambda b, c: b.close_all(c.hub, c.reason, c.excluded)),
    ActionRoute("POST", "/groups/{group}/:closeConnections", 204, None, "",
        lambda b, c: b.close_group(c.hub, c.group, c.reason, c.excluded)),
    ActionRoute("POST", "/users/{user}/:closeConnections", 204, None, "",
        lambda b, c: b.close_user(c.hub, c.user, c.reason, c.excluded)),
    ActionRoute("DELETE", "/connections/{connection}", 200, V1(success=202), "",
        lambda b, c: b.close_connection(c.hub, c.connection, c.reason)),

    ActionRoute("HEAD", "/connections/{connection}", 200, LOOK, "Warning.Connection.NotExisted",
        lambda b, c: b.has_connection(c.hub, c.connection)),
    ActionRoute("HEAD", "/groups/{group}", 200, LOOK, "Warning.Group.NotExisted",
        lambda b, c: b.has_group(c.hub, c.group)),
    ActionRoute("HEAD", "/users/{user}", 200, LOOK, "Warning.User.NotExisted",
        lambda b, c: b.has_user(c.hub, c.user)),
    ActionRoute("HEAD", "/users/{user}/groups/{group}", 200,
        V1("GET HEAD", "/groups/{group}/users/{user}"), "Info.User.NotInGroup",
        lambda b, c: b.has_user_in_group(c.hub, c.user, c.group)),

    ActionRoute("PUT", "/groups/{group}/connections/{connection}", 200, SAME,
        "Error.Connection.NotExisted",
        lambda b, c: b.add_connection_to_group(c.hub, c.connection, c.group)),
    ActionRoute("DELETE", "/groups/{group}/connections/{connection}", 200, SAME,
        "Error.Connection.NotExisted",
        lambda b, c: b.remove_connection_from_group(c.hub, c.connection, c.group)),
    ActionRoute("DELETE", "/connections/{connection}/groups", 200, None, "",
        lambda b, c: b.remove_connection_from_all_groups(c.hub, c.connection)),
    ActionRoute("PUT", "/users/{user}/groups/{group}", 200,
        V1(path="/groups/{group}/users/{user}", success=202), "",
        lambda b, c: b.add_user_to_group(c.hub, c.user, c.group, c.ttl)),
    ActionRoute("DELETE", "/users/{user}/groups/{group}", 204,
        V1(path="/groups/{group}/users/{user}", success=202), "",
        lambda b, c: b.remove_user_from_group(c.hub, c.user, c.group)),
    ActionRoute("DELETE", "/users/{user}/groups", 204, V1(success=200), "",
        lambda b, c: b.remove_user_from_all_groups(c.hub, c.user)),
]
# fmt: on

Handler = Callable[[Call, Request], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class RestApi:
    """The routes below `/api` and `/api/v1` of one service."""

    def __init__(self, access: Access, board: Switchboard, options: Options) -> None:
        self._access = access
        self._board = board
        self._options = options

    def routes(self) -> list[BaseRoute]:
        """Both prefixes, the longer one first."""
        if not self._options.strict:
            listed = [*self._v1(), *self._versioned()]
            return [Mount("/api/v1", routes=listed), Mount("/api", routes=listed)]
        return [Mount("/api/v1", routes=self._v1()), Mount("/api", routes=self._versioned())]

    def _versioned(self) -> list[BaseRoute]:
        verbs = ["HEAD"] if self._options.strict else ["GET", "HEAD"]
        listed: list[BaseRoute] = [
            Route("/health", self._versioned_only(_health), methods=verbs),
            Route("/auth/accessKey", self._guarded(self._hand_out, named=False)),
            Route("/hubs/{hub}/:generateToken", self._guarded(self._generate), methods=["POST"]),
        ]
        for say in SEND_ROUTES:
            path = f"/hubs/{{hub}}{say.path}/:send"
            listed.append(Route(path, self._guarded(self._send(say)), methods=["POST"]))
        for act in ACTION_ROUTES:
            endpoint = self._guarded(self._act(act, act.success))
            listed.append(Route(f"/hubs/{{hub}}{act.path}", endpoint, methods=[act.verb]))
        return listed

    def _v1(self) -> list[BaseRoute]:
        listed: list[BaseRoute] = [
            Route("/health", _health, methods=["GET", "HEAD"]),
            Route("/auth/accessKey", self._guarded(self._hand_out, named=False, version=False)),
        ]
        for say in SEND_ROUTES:
            endpoint = self._guarded(self._send(say), version=False)
            listed.append(Route(f"/hubs/{{hub}}{say.path}", endpoint, methods=["POST"]))
        for act in ACTION_ROUTES:
            if act.v1 is None:
                continue
            # Lax mode has one status for both spellings: the one of /api.
            success = act.v1.success if self._options.strict and act.v1.success else act.success
            endpoint = self._guarded(self._act(act, success), version=False)
            verbs = (act.v1.verbs or act.verb).split()
            path = f"/hubs/{{hub}}{act.v1.path or act.path}"
            listed.append(Route(path, endpoint, methods=verbs))
        return listed

    def _send(self, say: SendRoute) -> Handler:
        async def handle(call: Call, request: Request) -> Response:
            payload = await parse_payload(request, self._options.message_bytes)
            try:
                say.do(self._board, call, payload)
            except ProtocolError as error:
                raise BadRequest(str(error)) from error
            except OverQuota as error:
                raise TooMany(str(error)) from error
            return Response(status_code=202)

        return handle

    def _act(self, act: ActionRoute, success: int) -> Handler:
        async def handle(call: Call, request: Request) -> Response:
            if act.do(self._board, call) is False:
                raise NotExisted(act.missing)
            return Response(status_code=success)

        return handle

    async def _generate(self, call: Call, request: Request) -> Response:
        """A client's token. The 2022-11-01 reference: `userId`, `minutesToExpire`."""
        minutes = request.query_params.get("minutesToExpire", str(DEFAULT_TOKEN_MINUTES))
        if not (minutes.isascii() and minutes.isdecimal() and 1 <= int(minutes[:9]) <= 10_000):
            raise BadRequest("The minutesToExpire is not a number of minutes.")
        user = request.query_params.get("userId")
        token = self._access.client_token(request, call.hub, user, int(minutes) * 60)
        return JSONResponse({"token": token})

    async def _hand_out(self, call: Call, request: Request) -> Response:
        """The names are in Pascal case, unlike all others: `AadAccessKey` reads them so."""
        key = self._access.hand_out_key()
        return JSONResponse({"KeyId": key.id, "AccessKey": key.key})

    def _versioned_only(self, answer: Endpoint) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                self._check_version(request)
            except RestError as error:
                return _refusal(error)
            return await answer(request)

        return endpoint

    def _guarded(self, handle: Handler, *, named: bool = True, version: bool = True) -> Endpoint:
        """The token first, then version and names, then the call; a RestError is its response."""

        async def endpoint(request: Request) -> Response:
            try:
                names = {name: unquote(value) for name, value in request.path_params.items()}
                self._access.admit_app(request)
                if version:
                    self._check_version(request)
                call = parse_call(request, names if named else {"hub": "none"})
                return await handle(call, request)
            except RestError as error:
                return _refusal(error)

        return endpoint

    def _check_version(self, request: Request) -> None:
        """Raises BadRequest. The references say "required"; that it is a 400 is an inference."""
        asked = request.query_params.getlist("api-version")
        if not self._options.strict:
            return
        if len(asked) != 1:
            raise BadRequest("The api-version is missing, or there are several.")
        if asked[0] not in API_VERSIONS:
            raise BadRequest("The api-version is not known.")


def _refusal(error: RestError) -> Response:
    body = {"code": error.code, "message": str(error)}
    return JSONResponse(body, error.status, {"x-ms-error-code": error.code})


async def _health(request: Request) -> Response:
    return Response()


class EncodedPath:
    """Routes on the path as sent: a name may hold an escaped slash, and stays one segment."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI asks."""
        if scope["type"] == "http" and "raw_path" in scope:
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)
