"""A running emulator, a running app behind it, and a bare client: all real, all on loopback."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx
import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.client import ClientConnection, connect

from local.emulator.entra import Entra
from local.emulator.options import Options
from local.emulator.protocol import AnyMessage, Decoder, Protocol
from local.emulator.service import SERVER_OPTIONS, Service
from local.emulator.upstream import Deliver

PRIMARY = "primary-key-of-the-tests-0123456789abcdef"
SECONDARY = "secondary-key-of-the-tests-0123456789abcdef"
HUB = "signaling"
API_VERSION = "2022-06-01"
DEFAULTS = Options()
DEADLINE_SECONDS = 5.0  # seconds; reached only by a failing test


@contextlib.asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serves an ASGI app on a free loopback port.

    As uvicorn.Server.serve does, without its signal handlers (Ctrl-C belongs to pytest) and
    without its fixed pauses, which would be most of the time of these tests.
    """
    options = {**SERVER_OPTIONS, **options}
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", **options)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    state = server.server_state
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for listener in server.servers:
            listener.close()
        for connection in list(state.connections):
            connection.shutdown()
        await until(lambda: not state.connections and not state.tasks)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


@dataclass
class Emulator:
    service: Service
    port: int
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client_url(self, hub: str = HUB) -> str:
        return f"{self.url}/client/?hub={hub}"

    def client_token(self, user: str | None = None, hub: str = HUB, **claims: Any) -> str:
        # The audience as SDKs write it: without the port.
        return token(f"http://127.0.0.1/client/?hub={hub}", **({"asrs.s.uid": user} | claims))

    async def rest(self, verb: str, path: str, **options: Any) -> httpx.Response:
        """`path` is what follows the hub, for example `/users/ann/:send`."""
        return await self.api(verb, f"/api/hubs/{HUB}{path}", **options)

    async def api(self, verb: str, path: str, **options: Any) -> httpx.Response:
        """As the SDK does it: exact audience without the port, api-version but in /api/v1."""
        path, _, query = path.partition("?")
        params = [*parse_qsl(query), *_pairs(options.pop("params", {}))]
        if not path.startswith("/api/v1/"):
            params.append(("api-version", API_VERSION))
        bearer = options.pop("bearer", None) or token(f"http://127.0.0.1{path}")
        headers = {"Authorization": f"Bearer {bearer}"} | options.pop("headers", {})
        url = f"{self.url}{path}?{urlencode(params)}" if params else self.url + path
        return await self.http.request(verb, url, headers=headers, **options)

    async def negotiate(self, user: str | None = None, version: int = 1) -> httpx.Response:
        return await self.http.post(
            f"{self.url}/client/negotiate?hub={HUB}&negotiateVersion={version}",
            headers={"Authorization": f"Bearer {self.client_token(user)}"},
        )

    def socket(self, access: str, query: str = "", hub: str = HUB) -> connect:
        """Reads no more than a frame ahead of the test."""
        url = f"ws://127.0.0.1:{self.port}/client/?hub={quote(hub)}{query}&access_token={access}"
        return connect(url, compression=None, ping_interval=None, close_timeout=1, max_queue=1)

    @contextlib.asynccontextmanager
    async def client(
        self, user: str | None = None, protocol: Protocol = "json", **claims: Any
    ) -> AsyncIterator["Client"]:
        """A connected client that has finished its handshake."""
        negotiated = (await self.negotiate(user)).json()
        access = self.client_token(user, **claims)
        async with self.socket(access, f"&id={negotiated['connectionToken']}") as socket:
            client = Client(socket, protocol, negotiated["connectionId"])
            await client.shake_hands()
            yield client

    async def gone(self, connection: str) -> None:
        await until(lambda: not self.service.board.has_connection(HUB, connection))


@dataclass
class Client:
    """Speaks frames, nothing more."""

    socket: ClientConnection
    protocol: Protocol
    id: str
    _decoder: Decoder = field(init=False)
    _waiting: list[AnyMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._decoder = Decoder(self.protocol)

    async def shake_hands(self) -> None:
        await self.socket.send(json.dumps({"protocol": self.protocol, "version": 1}) + "\x1e")
        answer = await self._frame()
        assert answer.startswith(b"{}\x1e"), answer
        self._take(answer[3:])

    async def send(self, data: bytes) -> None:
        await self.socket.send(data.decode() if self.protocol == "json" else data)

    async def receive(self) -> AnyMessage:
        while not self._waiting:
            self._take(await self._frame())
        return self._waiting.pop(0)

    async def ended(self) -> list[AnyMessage]:
        """What still came until the socket closed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for data in self.socket:
                data = data.encode() if isinstance(data, str) else data
                self._take(data)
        return self._waiting

    def _take(self, data: bytes) -> None:
        self._waiting += self._decoder.messages(data)

    async def _frame(self) -> bytes:
        async with asyncio.timeout(DEADLINE_SECONDS):
            data = await self.socket.recv()
        return data.encode() if isinstance(data, str) else data


@contextlib.asynccontextmanager
async def emulating(
    deliver: Deliver | None = None,
    options: Options = DEFAULTS,
    entra: Entra | None = None,
    **server_options: Any,
) -> AsyncIterator[Emulator]:
    """A running emulator, strict unless `options` say otherwise."""
    service = Service((PRIMARY, SECONDARY), deliver, options, entra)
    async with (
        serving(service.app, **server_options) as port,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        yield Emulator(service, port, http)


def _pairs(params: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, one)
        for name, value in params.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def token(audience: str | list[str] | None, key: str = PRIMARY, **claims: Any) -> str:
    now = int(time.time())
    payload = {"aud": audience, "iat": now, "nbf": now, "exp": now + 3600} | claims
    return jwt.encode({k: v for k, v in payload.items() if v is not None}, key, "HS256")


@dataclass
class App:
    """A Functions host as the service sees it: checks each event and answers as told."""

    seen: list[tuple[dict[str, str], bytes, str]] = field(default_factory=list)
    answers: dict[str, Response] = field(default_factory=dict)  # by event
    hold: asyncio.Event | None = None  # answers to messages wait for it
    port: int = 0

    @property
    def events(self) -> list[str]:
        return [headers["x-asrs-event"] for headers, _, _ in self.seen]

    def header(self, event: str, name: str) -> str:
        return next(h for h, _, _ in self.seen if h["x-asrs-event"] == event)[name]

    def body(self, event: str) -> bytes:
        return next(body for headers, body, _ in self.seen if headers["x-asrs-event"] == event)

    async def endpoint(self, request: Request) -> Response:
        headers = dict(request.headers)
        connection = headers["x-asrs-connection-id"].encode()
        expected = ",".join(
            "sha256=" + hmac.new(key.encode(), connection, hashlib.sha256).hexdigest().upper()
            for key in (PRIMARY, SECONDARY)
        )
        if headers["x-asrs-signature"] != expected:
            return Response(status_code=401)
        self.seen.append((headers, await request.body(), request.url.path))
        if self.hold is not None and headers["x-asrs-category"] == "messages":
            await self.hold.wait()
        return self.answers.get(headers["x-asrs-event"], Response())


@contextlib.asynccontextmanager
async def running_app() -> AsyncIterator[App]:
    app = App()
    routes = [Route("/{path:path}", app.endpoint, methods=["POST"])]
    async with serving(Starlette(routes=routes)) as port:
        app.port = port
        yield app
