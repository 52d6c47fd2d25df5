"""One socket to Azure SignalR, from open to closed; it does not come back by itself.

It speaks SignalR's JSON hub protocol, version 1 (dotnet/aspnetcore, HubProtocol.md), over a
WebSocket at the address that negotiate has answered. Every argument is one text that holds JSON,
in both directions (docs/protocol.md §4).

    message   type  here
    handshake  –    sent first; the service answers `{}`, or an error and the end
    invocation 1    a push of the service; a call of ours, with an id
    completion 3    the answer to a call of ours
    ping       6    every 15 s from both sides; nothing for 30 s is the end
    close      7    the end
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from heliograph.errors import HeliographError
from heliograph.timing.tasks import Tasks
from heliograph.wire.answers import parse_reply
from heliograph.wire.parse import parse_push
from heliograph.wire.protocol import Admission, Envelope, Push
from heliograph.wire.shape import parse_json, record

SEPARATOR = "\x1e"
OPEN_SECONDS = 15.0
ANSWER_SECONDS = 15.0
PING_SECONDS = 15.0
SILENT_SECONDS = 30.0
CLOSE_SECONDS = 1.0
MAX_FRAME_BYTES = 1_048_576
INVOCATION, COMPLETION, PING, CLOSE = 1, 3, 6, 7


class Hub:
    """One connection: `start` it, and wait for `ended`."""

    def __init__(self, access: Admission, on_push: Callable[[Push], None]) -> None:
        """`access`: an answer of negotiate. Pushes that cannot be parsed are dropped."""
        self.access = access
        self.ended = asyncio.Event()
        self._on_push = on_push
        self._socket: ClientConnection | None = None
        self._tasks = Tasks()
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Any]] = {}

    @property
    def open(self) -> bool:
        """Whether the service has answered the handshake, and has not gone since."""
        return self._socket is not None and not self.ended.is_set()

    async def start(self) -> bool:
        """Open it. False if that fails, or takes longer than 15 s."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                self._socket = await self._open()
        except (OSError, TimeoutError, WebSocketException, ValueError):
            self._end()
            return False
        if self.ended.is_set():  # it was stopped meanwhile
            await self.stop()
            return False
        self._tasks.start(self._read(self._socket))
        self._tasks.start(self._ping(self._socket))
        return True

    async def invoke(self, method: Literal["signal", "broadcast"], envelope: Envelope) -> bool:
        """True when the service has taken the envelope; False if the connection breaks.

        False also if nothing is answered in 15 s. Raises the refusal, or `bad_answer`.
        """
        answer = await self._call(method, envelope.text(), ANSWER_SECONDS)
        if answer is None:
            return False
        reply = parse_reply(answer[0])
        if reply is None:
            raise HeliographError("bad_answer", "The service's answer has another form.")
        if not reply.ok:
            raise HeliographError(reply.code, reply.message, retry_after=reply.retry_after)
        return True

    async def is_alive(self, seconds: float) -> bool:
        """Whether the other end answers in time. What it is asked means nothing: it refuses."""
        return await self._call("signal", "{}", seconds) is not None

    async def is_answered(self, seconds: float) -> bool:
        """Whether the functions answer by it, and not the service alone."""
        answer = await self._call("signal", "{}", seconds)
        return answer is not None and parse_reply(answer[0]) is not None

    async def stop(self) -> None:
        """End it for good: a second at most. It never raises."""
        socket, self._socket = self._socket, None
        self._end()
        if socket is not None:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await socket.close()
            except (OSError, TimeoutError, WebSocketException):
                pass
            finally:  # whoever waits may be cancelled, and the other end may not answer
                socket.transport.abort()
        self._tasks.cancel()

    async def _open(self) -> ClientConnection:
        token = urlencode({"access_token": self.access.access_token})
        mark = "&" if "?" in self.access.url else "?"
        url = f"{self.access.url}{mark}{token}"
        socket = await connect(
            "ws" + url.removeprefix("http"),
            compression=None,
            ping_interval=None,  # SignalR has pings of its own
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_FRAME_BYTES,
        )
        try:
            await socket.send(json.dumps({"protocol": "json", "version": 1}) + SEPARATOR)
            text = await socket.recv()
            first, _, rest = _text(text).partition(SEPARATOR)
            answer = record(parse_json(first))
            if answer is None or answer.get("error") is not None:
                raise ValueError("the service has refused the handshake")
        except BaseException:
            socket.transport.abort()  # at once: who is cancelled has no time to say goodbye
            raise
        self._records(rest)
        return socket

    async def _call(self, method: str, argument: str, seconds: float) -> tuple[Any] | None:
        """The result in a tuple, because None can be one; None without an answer."""
        socket = self._socket
        if socket is None or not self.open:
            return None
        id = str(next(self._ids))
        call = {"type": INVOCATION, "invocationId": id, "target": method, "arguments": [argument]}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[id] = answer
        try:
            async with asyncio.timeout(seconds):
                await socket.send(json.dumps(call) + SEPARATOR)
                return (await answer,)
        except (OSError, TimeoutError, WebSocketException):
            return None
        finally:
            self._answers.pop(id, None)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while not self.ended.is_set():
                async with asyncio.timeout(SILENT_SECONDS):
                    self._records(_text(await socket.recv()))
        except (OSError, TimeoutError, WebSocketException):
            pass
        self._end()
        await self.stop()

    async def _ping(self, socket: ClientConnection) -> None:
        while not self.ended.is_set():
            await asyncio.sleep(PING_SECONDS)
            try:
                await socket.send(json.dumps({"type": PING}) + SEPARATOR)
            except (OSError, WebSocketException):
                return

    def _records(self, text: str) -> None:
        for each in text.split(SEPARATOR):
            fields = record(parse_json(each)) if each else None
            if fields is not None and not self.ended.is_set():
                self._take(fields)

    def _take(self, fields: dict[str, Any]) -> None:
        kind = fields.get("type")
        if kind == INVOCATION:
            arguments = fields.get("arguments")
            text = arguments[0] if isinstance(arguments, list) and arguments else None
            value = parse_json(text) if isinstance(text, str) else None
            push = parse_push(str(fields.get("target")), value)
            if push is not None:
                self._on_push(push)
        elif kind == COMPLETION:
            answer = self._answers.get(str(fields.get("invocationId")))
            if answer is not None and not answer.done():
                answer.set_result(fields.get("result"))
        elif kind == CLOSE:
            self._end()

    def _end(self) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the socket has ended"))


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
