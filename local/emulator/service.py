"""The emulator as one ASGI app, and as an object for a host in the same process."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from local.emulator import rest
from local.emulator.access import Access
from local.emulator.client import ClientEndpoint
from local.emulator.delivery import Upstream
from local.emulator.entra import Entra
from local.emulator.http import BoundedHttp
from local.emulator.options import EMULATOR_KEY, Options
from local.emulator.quotas import Meter
from local.emulator.switchboard import Switchboard
from local.emulator.upstream import Deliver
from local.emulator.websocket import Upgrade

# For uvicorn.Config. Its access log, like its "info" level, prints URLs, which carry access tokens.
SERVER_OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    # A caller's X-Forwarded-For is its own word, on loopback too.
    "proxy_headers": False,
    "http": BoundedHttp,
    "ws": "none",  # BoundedHttp has its own, without compression, which costs memory for each
}

_THIS_MACHINE = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class _Cors:
    """Pages of this machine and of named origins may call with credentials, as SignalR's client
    does. `*` lets all others call without: to answer them their own origin would let any page of
    the web use the cookies of this one.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        usual: dict[str, Any] = {
            "allow_methods": ["GET", "HEAD", "POST", "PUT", "DELETE"],
            "allow_headers": ["*"],
            "expose_headers": ["x-ms-error-code"],
        }
        named = [origin for origin in allowed_origins if origin != "*"]
        known: dict[str, Any] = {"allow_origins": named, "allow_origin_regex": _THIS_MACHINE}
        self._known = CORSMiddleware(app, allow_credentials=True, **known, **usual)
        self._any = CORSMiddleware(app, allow_origins=["*"], **usual)
        self._takes_any = "*" in allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        origin = Headers(scope=scope).get("origin", "") if scope["type"] == "http" else ""
        is_known = not self._takes_any or self._known.is_allowed_origin(origin)
        await (self._known if is_known else self._any)(scope, receive, send)


class _App:
    """The ASGI application; `BoundedHttp` brings it WebSockets."""

    def __init__(self, http: ASGIApp, clients: ClientEndpoint) -> None:
        self._http = http
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI asks."""
        await self._http(scope, receive, send)

    def open_socket(self, scope: Scope, upgrade: Upgrade) -> None:
        """Accept or refuse a WebSocket."""
        self._clients.open_socket(scope, upgrade)


class Service:
    """Azure SignalR Service in serverless mode, for development.

    `app` serves clients and the REST API; serve it with SERVER_OPTIONS. `board` does what the
    REST API does, without HTTP. `upstream.deliver` receives the events; None drops them.
    The first of `access_keys` is the primary one. `entra` also lets in, or lets in only, callers
    with tokens of Entra ID.
    """

    def __init__(
        self,
        access_keys: Sequence[str] = (EMULATOR_KEY,),
        deliver: Deliver | None = None,
        options: Options = Options(),  # noqa: B008 frozen
        entra: Entra | None = None,
    ) -> None:
        keys = tuple(access_keys)
        if not keys or not all(keys):
            raise ValueError("at least one access key is needed, and none may be empty")
        self.board = Switchboard(meter=Meter(options.quotas))
        self.upstream = Upstream(deliver, options.upstream_timeout_seconds)
        access = Access(keys, options, entra)
        self._clients = ClientEndpoint(access, self.board, self.upstream, options)
        starlette = Starlette(
            routes=self._clients.routes() + rest.RestApi(access, self.board, options).routes(),
            middleware=[Middleware(_Cors, allowed_origins=options.allowed_origins)],
        )
        starlette.router.redirect_slashes = False
        self.app: ASGIApp = _App(rest.EncodedPath(starlette), self._clients)

    def stop(self) -> None:
        """End polls and event streams: call it when the server is about to stop."""
        self._clients.stop()


def connection_string(endpoint: str, key: str = EMULATOR_KEY) -> str:
    """`endpoint` is scheme, host and port, for example `http://localhost:8888`."""
    base, _, port = endpoint.rpartition(":")
    return f"Endpoint={base};Port={port};AccessKey={key};Version=1.0;"
