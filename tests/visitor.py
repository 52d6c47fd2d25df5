"""Somebody at the front door: HTTP calls and a socket, as any client in any language makes them."""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import httpx
import jwt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from signaling.seats import CLAIM, Seat, read_seat
from signaling.signalr import Invocation
from tests import contract

DEADLINE = 5.0  # seconds; reached only by a failing test
SEPARATOR = "\x1e"
SDP = "v=0\r\no=- 4611731400430051336 2 IN IP4 192.0.2.77\r\n"


def envelope(kind: str = "text", body: Any = None, to: str | None = None, **more: Any) -> Any:
    """A valid one; `seq` grows from call to call."""
    said = {"text": {"text": "hi"}, "offer": {"pc": "p1", "sdp": SDP}, "bye": {}}
    members = {
        "v": 1,
        "seq": next(_SEQ),
        "kind": kind,
        "body": said[kind] if body is None else body,
    }
    return {**members, **({} if to is None else {"to": to}), **more}


_SEQ = itertools.count(1)


def new_room() -> str:
    return f"room-{secrets.token_hex(6)}"


def new_secret() -> str:
    return secrets.token_urlsafe(16)


def user_id_of(place: dict[str, Any]) -> str:
    """By which the service knows a peer: the user id in its token."""
    return str(_claims(place["accessToken"])["asrs.s.uid"])


def seat_of(access_token: str) -> Seat:
    """Who the connection of this token is: what the service hands to us with its events."""
    seat = read_seat(str(_claims(access_token)[CLAIM]))
    assert seat is not None
    return seat


def event_of(access_token: str, connection: str) -> Invocation:
    """An event of a connection that was opened with this token."""
    return Invocation(connection, {CLAIM: seat_of(access_token).claim})


def _claims(access_token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(access_token, options={"verify_signature": False})
    return claims


def code_of(answer: httpx.Response, status: int) -> str:
    """The code of a refusal in the form of docs/protocol.md §3."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "retryAfter"} and error["message"]
    assert answer.headers.get("retry-after") == (
        str(error["retryAfter"]) if "retryAfter" in error else None
    )
    return str(error["code"])


def checked(answer: httpx.Response, path: str) -> httpx.Response:
    """The answer, if it and what was asked are as docs/openapi.json says."""
    asked = answer.request
    try:
        sent = asked.content
    except httpx.RequestNotRead:  # in chunks: it does not arrive
        sent = b""
    said = (answer.status_code, answer.headers, answer.content)
    contract.check_answer(asked.method, path.partition("?")[0], sent, *said)
    return answer


class Visitor:
    """The HTTP side. `place` is what the last good negotiate answered."""

    def __init__(self, http: httpx.AsyncClient, api: str, secret: str = "") -> None:
        self._http = http
        self._api = api
        self.secret = secret or new_secret()
        self.place: dict[str, Any] = {}

    @property
    def peer(self) -> str:
        return str(self.place["peer"])

    @property
    def room(self) -> str:
        return str(self.place["room"])

    @property
    def token(self) -> str:
        return str(self.place["token"])

    async def post(
        self, path: str, body: Any = None, token: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= options.pop("headers", {})
        if "content" not in options:
            options["content"] = b"" if body is None else json.dumps(body).encode()
        answer = await self._http.post(f"{self._api}{path}", headers=headers, **options)
        return checked(answer, path)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return checked(await self._http.get(f"{self._api}{path}", **options), path)

    async def head(self, path: str) -> httpx.Response:
        return checked(await self._http.head(f"{self._api}{path}"), path)

    async def create(self, **options: Any) -> dict[str, Any]:
        answer = await self.post("/rooms", options)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def negotiate(self, room: str, token: str | None = None, **ask: Any) -> "Visitor":
        """Another visitor, who has a place in the room."""
        other = Visitor(self._http, self._api, ask.pop("secret", ""))
        body = {"room": room, "secret": other.secret, **ask}
        answer = await self.post("/negotiate", body, token)
        assert answer.status_code == 200, answer.text
        other.place = answer.json()
        return other

    async def again(self, token: str | None = None, **ask: Any) -> httpx.Response:
        """Ask for the same seat."""
        body = {"room": self.place["room"], "secret": self.secret, **ask}
        return await self.post("/negotiate", body, token)

    def at(self, api: str) -> "Visitor":
        """The same person before another stamp."""
        return Visitor(self._http, api, self.secret)

    async def signal(self, message: Any) -> httpx.Response:
        return await self.post("/signal", message, self.token)

    def socket(self) -> "Socket":
        return Socket(self.place["url"], self.place["accessToken"])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Socket"]:
        async with self.socket() as socket:
            await socket.heard()
            yield socket


class Socket:
    """The SignalR side: JSON hub protocol over one WebSocket, and what was pushed, in order.

    What tells a client that its socket is known is kept apart: every socket hears it.
    """

    def __init__(self, url: str, access_token: str) -> None:
        self._url = f"{url.replace('http', 'ws', 1)}&access_token={access_token}"
        self._calls = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.pushes: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.known: list[int] = []  # `admittedAt` of what was pushed to `admitted`
        self.ended = asyncio.Event()

    async def __aenter__(self) -> "Socket":
        self._socket: ClientConnection = await connect(
            self._url, compression=None, ping_interval=None, close_timeout=1, proxy=None
        )
        await self._socket.send(json.dumps({"protocol": "json", "version": 1}) + SEPARATOR)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                assert isinstance(data, str)
                for record in data.split(SEPARATOR)[:-1]:
                    self._take(json.loads(record))
        except ConnectionClosed:
            pass
        self.ended.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the socket was closed"))

    def _take(self, record: dict[str, Any]) -> None:
        if record.get("type") == 1:
            (argument,) = record["arguments"]
            push = record["target"], json.loads(argument)
            contract.check_push(*push)
            if record["target"] == "admitted":
                self.known.append(push[1]["admittedAt"])
            else:
                self.pushes.put_nowait(push)
        elif record.get("type") == 3:
            self._answers.pop(record["invocationId"]).set_result(record)

    async def invoke(self, target: str, *arguments: Any) -> dict[str, Any]:
        """`{ok, …}`, or the whole completion without such a method. Arguments go as JSON text."""
        id = str(next(self._calls))
        self._answers[id] = asyncio.get_running_loop().create_future()
        texts = [json.dumps(argument) for argument in arguments]
        await self._send(target, texts, invocationId=id)
        async with asyncio.timeout(DEADLINE):
            completion: dict[str, Any] = await self._answers[id]
        said: dict[str, Any] = completion.get("result", completion)
        contract.check_hub_call(target, arguments, said)
        return said

    async def _send(self, target: str, arguments: Any, **more: Any) -> None:
        call = {"type": 1, "target": target, "arguments": list(arguments), **more}
        await self._socket.send(json.dumps(call) + SEPARATOR)

    async def heard(self) -> None:
        """Return once `connected` has run: calls of a connection are answered in order."""
        assert (await self.invoke("signal", None))["code"] == "invalid_message"

    async def next(
        self, target: str, matches: Callable[[Any], bool] = lambda argument: True
    ) -> Any:
        """The argument of the next such push; others before it are dropped."""
        async with asyncio.timeout(DEADLINE):
            while True:
                pushed, argument = await self.pushes.get()
                if pushed == target and matches(argument):
                    return argument

    async def all_of(self, *targets: str) -> dict[str, Any]:
        """The arguments of the next push to each of these targets, in whatever order they come."""
        got: dict[str, Any] = {}
        async with asyncio.timeout(DEADLINE):
            while len(got) < len(targets):
                pushed, argument = await self.pushes.get()
                if pushed in targets:
                    got.setdefault(pushed, argument)
        return got

    def waiting(self) -> list[tuple[str, Any]]:
        """What has been pushed and not been taken."""
        return [self.pushes.get_nowait() for _ in range(self.pushes.qsize())]

    async def end(self) -> None:
        """Return once the server has ended the socket."""
        async with asyncio.timeout(DEADLINE):
            await self.ended.wait()
