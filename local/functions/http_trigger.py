"""The HTTP trigger: from an ASGI request to a function and back, by the host's rules.

Rules from "Azure Functions HTTP trigger": keys come as `?code=` or `x-functions-key`, bodies end
at 100 MB, a failed function is a 500 with an empty body, an unknown route or method a 404.

HEAD is a method like others: a function answers it only if its `methods` name HEAD, or if it names
none. Source: azure-functions-host, `WebScriptHostHttpRoutesManager.InitializeHttpFunctionRoutes`,
which gives each route an `HttpMethodRouteConstraint` of exactly the function's methods; that class
(dotnet/aspnetcore) does not take HEAD for GET.

A request without a Content-Length has no body for a Python function, however much is sent: chunked
bodies are lost. Source: azure-functions-host, `GrpcMessageConversionExtensions.ToRpcHttp`, which
reads the body only if `request.ContentLength > 0`.
"""

import hmac
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from local.functions.bindings import Function
from local.functions.invoker import Invoker
from local.functions.routes import Match, RouteTable
from local.functions.rules import route_of
from local.functions.slots import Slots
from local.functions.values import HttpRequest, HttpResponse, Value
from local.functions.worker import FunctionFailed, http

MAX_BODY_BYTES = 104_857_600  # FUNCTIONS_REQUEST_BODY_SIZE_LIMIT's default
# Uvicorn writes these itself; a function that sets them too would break the framing.
_HOP_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


class BodyTooLarge(Exception):
    """The request's body is longer than the host takes; answered with 413."""


class HttpTrigger:
    """Every httpTrigger function of the app behind one ASGI endpoint."""

    def __init__(
        self,
        functions: Sequence[Function],
        prefix: str,
        key: str,
        invoker: Invoker,
        slots: Slots,
    ) -> None:
        http = [f for f in functions if f.trigger.type.lower() == "httptrigger"]
        self._functions = {function.name: function for function in http}
        self._routes = RouteTable(route_of(function, prefix) for function in http)
        self._key = key
        self._invoker = invoker
        self._slots = slots

    def find(self, request: Request) -> Match | None:
        """The function a request is for, or None."""
        return self._routes.find(request.method, _path(request))

    async def answer(self, request: Request, match: Match) -> Response:
        """Run the function the request was matched to, once a slot is free."""
        async with self._slots.one():
            return await self._run(request, match)

    async def _run(self, request: Request, match: Match) -> Response:
        function = self._functions[match.function]
        level = function.trigger.text("authLevel", "FUNCTION").upper()
        if level != "ANONYMOUS" and not has_key(request, self._key):
            return Response(status_code=401)
        try:
            body = await read_body(request)
        except BodyTooLarge:
            return Response(status_code=413)
        if "content-length" not in request.headers:
            body = b""
        try:
            value = await self._invoker.run(function, http(_request(request, match, body)))
        except FunctionFailed:
            # The host tells a caller nothing of the exception.
            return Response(status_code=500)
        return _response(value)


def has_key(request: Request, key: str) -> bool:
    """Whether the request carries the host's key, compared in constant time."""
    offered = request.headers.get("x-functions-key") or request.query_params.get("code", "")
    return hmac.compare_digest(offered.encode(), key.encode())


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is known to be, however it is sent."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)


def _path(request: Request) -> str:
    """The path as it was sent, escapes included; Starlette's own is decoded."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("latin-1")


def _request(request: Request, match: Match, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        url=str(request.url.replace(path=_path(request))),
        headers=_joined([*request.headers.items(), *_forwarded(request)]),
        query={
            name: value
            for name, value in _joined(request.query_params.multi_items()).items()
            if value
        },
        route=match.parameters,
        body=body,
    )


def _forwarded(request: Request) -> list[tuple[str, str]]:
    """Azure's front end adds the caller's address after what the caller sent."""
    if request.client is None:
        return []
    host, port = request.client
    address = f"[{host}]" if ":" in host else host
    return [("x-forwarded-for", f"{address}:{port}")]


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Values of one name joined by a comma, as .NET's StringValues.ToString does."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(value: Value) -> Response:
    if not isinstance(value, HttpResponse):
        return Response(str(value), media_type="text/plain")
    response = Response(value.body, status_code=value.status, headers=_kept(value.headers))
    for cookie in value.cookies:
        response.headers.append("set-cookie", cookie)
    return response


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name.lower() not in _HOP_HEADERS}
