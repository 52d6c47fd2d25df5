"""Watches what pages, functions and SignalR Service say to one another, and keeps no word of it."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import BrowserContext, WebSocket
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.usage import traffic
from benchmarks.usage.traffic import Piece

SERVICE = "/api/hubs/"
# The root is answered by the host: no function runs. The others are no part of a call.
NOT_OF_A_CALL = ("/api/rooms", "/api/stats", "/api/ice", "/")


class Watch:
    """All that was seen so far, in `pieces`."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, watched: of functions, or of the service."""
        return _Watched(app, self.call)

    def listen(self, context: BrowserContext) -> None:
        """The sockets of the context's pages."""
        context.on("page", lambda page: page.on("websocket", self._socket))

    def call(self, scope: Scope, sent: bytes, got: bytes) -> None:
        """A call of HTTP: what was sent and answered."""
        path = str(scope["path"])
        if path in NOT_OF_A_CALL or path.startswith("/client/"):
            return
        if path.startswith(SERVICE):
            headers = dict(scope["headers"])
            self.pieces.append(traffic.pushed(path, sent, headers[b"authorization"].decode()))
        else:
            self.pieces += [traffic.asked(path, sent), traffic.answered(path, sent, got)]

    def _socket(self, socket: WebSocket) -> None:
        self.pieces.append(traffic.opened(socket.url))
        socket.on("framesent", lambda frame: self._frame(frame, traffic.UP))
        socket.on("framereceived", lambda frame: self._frame(frame, traffic.DOWN))

    def _frame(self, frame: str | bytes, way: str) -> None:
        self.pieces += traffic.framed(frame, way)


class _Watched:
    """An app whose calls of HTTP are watched."""

    def __init__(self, app: ASGIApp, seen: Callable[[Scope, bytes, bytes], None]) -> None:
        self._app = app
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        """The service's app takes sockets beside HTTP."""
        return getattr(self._app, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        sent, got = bytearray(), bytearray()

        async def hear() -> Message:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            got.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, hear, say)
        self._seen(scope, bytes(sent), bytes(got))
