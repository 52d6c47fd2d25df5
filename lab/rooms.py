"""People who join rooms at chosen moments, and what they live through.

Each person is a `POST /api/negotiate` and a socket; and, if asked for, an offer by
`POST /api/signal` to each who is in the room already, as the client does (docs/protocol.md §5).
A refusal is counted and not tried again: it is what a person would have been shown.
"""

import asyncio
import contextlib
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

HANDSHAKE = '{"protocol":"json","version":1}\x1e'
SEPARATOR = "\x1e"
SDP = "v=0\r\n" + "a=candidate:1 1 udp 1 192.0.2.77 50000 typ host\r\n" * 30  # about 1.5 KB
NO_ANSWER = "no answer"  # among the codes of refusals
ANSWER_SECONDS = 30.0
NO_ANSWERS = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)
KNOWN_SECONDS = 10.0  # after the last admission: whoever has not heard by then never does


@dataclass
class Person:
    """One who joins. Times: seconds of the loop's clock."""

    room: str  # any word: who gives the same one joins the same room
    moment: float  # when it asks, after the start
    peer: str = ""
    took_ms: float = math.inf  # negotiate
    refused: str = ""  # the code of a refusal
    heard: dict[str, float] = field(default_factory=dict)  # of whom, when


@dataclass(frozen=True)
class Outcome:
    """What all of them lived through."""

    negotiate_ms: Sequence[float]  # of those who were admitted, sorted
    refused: Sequence[str]  # codes
    known_ms: Sequence[float]  # from the later admission of two, until both know; sorted
    strangers: int  # of two who are in one room, one has not heard of the other

    def negotiate_percentile(self, percent: int) -> float:
        """In ms; infinite if nobody was admitted."""
        return percentile(self.negotiate_ms, percent)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Nearest rank; infinite of nothing."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else math.inf


@asynccontextmanager
async def meeting(
    apis: Sequence[str],
    people: Sequence[Person],
    *,
    codes: Mapping[str, str] | None = None,
    offers: bool = False,
) -> AsyncIterator[Outcome]:
    """Let them join, by the given backends in turn, until all know all or KNOWN_SECONDS.

    `apis`: `http://localhost:PORT/api`, of instances of one stamp. Their sockets end with the
    block. `codes`: the rooms, if `create` has made them. `offers`: each offers to everybody in its
    list, before its socket is open.
    """
    loop = asyncio.get_running_loop()
    async with (
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as listening,
    ):
        codes = await create(apis[0], people) if codes is None else codes
        start = loop.time()
        joining = []
        for number, person in enumerate(people):
            api = apis[number % len(apis)]
            way = _Way(api, offers=offers, world=(stack, listening))
            joining.append(way.join(person, codes[person.room], start + person.moment))
        await asyncio.gather(*joining)
        until = loop.time() + KNOWN_SECONDS
        while loop.time() < until and _strangers(people):
            await asyncio.sleep(0.02)
        yield _outcome(people)
        await stack.aclose()


async def create(api: str, people: Sequence[Person]) -> dict[str, str]:
    """The code of a room for each word, with a seat for everybody."""
    codes = {}
    for room, seats in Counter(person.room for person in people).items():
        _, made = await _post(f"{api}/rooms", {"capacity": max(2, seats)})
        codes[room] = str(made["room"])
    return codes


async def _post(url: str, body: Any) -> tuple[int, Any]:
    """Status and body of an answer, over a connection of its own as a browser's first call.

    Raises one of NO_ANSWERS. By hand: httpx takes as long as the app whose time is measured.
    """
    parts = urlsplit(url)
    sent = json.dumps(body).encode()
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
    head += f"Content-Length: {len(sent)}\r\n\r\n"
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(head.encode() + sent)
            answer = await reader.readuntil(b"\r\n\r\n")
            return int(answer.split()[1]), json.loads(await reader.read())
        finally:
            writer.close()


type _World = tuple[AsyncExitStack, asyncio.TaskGroup]  # holds sockets; hears them


class _Way:
    """How one person reaches the stamp."""

    def __init__(self, api: str, *, offers: bool, world: "_World") -> None:
        self._api, self._offers = api, offers
        self._stack, self._tasks = world

    async def join(self, person: Person, room: str, moment: float) -> None:
        """Return when everything that the person does by itself has been done."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, moment - loop.time()))
        began = loop.time()
        try:
            status, given = await _post(f"{self._api}/negotiate", {"room": room})
        except NO_ANSWERS:
            person.refused = NO_ANSWER
            return
        if status != 200:
            person.refused = str(given["error"]["code"])
            return
        person.took_ms = (loop.time() - began) * 1000
        person.peer = given["peer"]
        person.heard = {other["peer"]: loop.time() for other in given["peers"]}
        person.heard[person.peer] = loop.time()  # when it was admitted itself
        url = f"{given['url'].replace('http', 'ws', 1)}&access_token={given['accessToken']}"
        others = given["peers"] if self._offers else []
        offers = (self._offer(given["token"], other["peer"]) for other in others)
        await asyncio.gather(self._listen(url, person), *offers)

    async def _listen(self, url: str, person: Person) -> None:
        # By address: to look up a name is a thread's work.
        host = urlsplit(self._api).hostname
        connecting = connect(url, compression=None, proxy=None, host=host)
        socket = await self._stack.enter_async_context(connecting)
        await socket.send(HANDSHAKE)
        self._tasks.create_task(_hear(socket, person))

    async def _offer(self, token: str, to: str) -> None:
        body = {"pc": "p1", "sdp": SDP}
        envelope = {"v": 1, "to": to, "seq": 1, "kind": "offer", "body": body, "token": token}
        with contextlib.suppress(*NO_ANSWERS):  # who waits for it offers again
            await _post(f"{self._api}/signal", envelope)


async def _hear(socket: ClientConnection, person: Person) -> None:
    loop = asyncio.get_running_loop()
    try:
        async for data in socket:
            for frame in str(data).split(SEPARATOR):
                said = json.loads(frame) if frame else {}
                if said.get("target") == "joined":
                    person.heard.setdefault(json.loads(said["arguments"][0])["peer"], loop.time())
    except ConnectionClosed:
        return


def _pairs(people: Sequence[Person]) -> Iterable[tuple[Person, Person]]:
    rooms: dict[str, list[Person]] = {}
    for person in people:
        if person.peer:
            rooms.setdefault(person.room, []).append(person)
    for members in rooms.values():
        yield from ((a, b) for a in members for b in members if a is not b)


def _strangers(people: Sequence[Person]) -> int:
    return sum(b.peer not in a.heard for a, b in _pairs(people))


def _outcome(people: Sequence[Person]) -> Outcome:
    known = [
        (a.heard[b.peer] - max(a.heard[a.peer], b.heard[b.peer])) * 1000
        for a, b in _pairs(people)
        if b.peer in a.heard
    ]
    return Outcome(
        negotiate_ms=sorted(person.took_ms for person in people if person.peer),
        refused=[person.refused for person in people if person.refused],
        known_ms=sorted(known),
        strangers=_strangers(people),
    )
