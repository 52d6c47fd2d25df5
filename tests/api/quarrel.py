"""A room in which some behave badly, what they say, and its hub: for test_bad_input.py."""

import json
import time
from contextlib import ExitStack
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from lab.stack import SIGNING_KEY, Stack
from signaling import codes
from signaling.codes import Code, Invite, Terms
from signaling.orders import Orders
from signaling.tokens import KeyRing, sign_host, sign_orders
from tests.visitor import SDP, SEPARATOR, new_secret

RING = KeyRing({"tests": SIGNING_KEY})
NOW = time.time_ns() // 1_000_000
STRANGER = "stranger-1234567"
OPEN_ROOM, NAME = "the-room-of-the-quarrel", "Ann Hathaway of Shottery"
# Made as any stamp makes them: a created room and an invite to it.
TERMS = Terms(4, True, "late", 2, codes.round_up(NOW, 3_600), 0x71_AB_0C_44_E2)
ROOM = codes.write(RING, Code(TERMS, None, "tests"))
INVITE = codes.write(RING, Code(TERMS, Invite(4, TERMS.ends_at, 7), "tests"))
HOST_TOKEN = sign_host(RING, ROOM, TERMS.ends_at)
LOCKED = sign_orders(RING, ROOM, Orders(9, True, (STRANGER,)), TERMS.ends_at)
BURST, PER_SECOND = 50, 18  # calls of one peer, below what the rate allows


class Quarrel:
    """A room with a host, Ann and Bob in it; Ann's socket hears what gets through."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        self.http, self.api, self.log = http, stack.api, stack.log
        self.said: set[str] = {SDP.split("\r\n")[1], OPEN_ROOM, NAME}
        self.said |= {ROOM, INVITE, HOST_TOKEN, LOCKED}
        self.secrets = {name: new_secret() for name in ("ann", "bob", "cyd")}
        self.said |= set(self.secrets.values())
        self.ann, self.bob = self.enter("ann", INVITE), self.enter("bob", INVITE)
        self.cyd = self.enter("cyd", OPEN_ROOM)

    def enter(self, who: str, room: str = ROOM) -> Any:
        """A place in the room, or the same one again. A page that is never loaded anew."""
        ask = {"room": room, "name": NAME, "secret": self.secrets[who], "visit": 1}
        place = self.ok("/negotiate", ask)
        self.said |= {place["token"], place["accessToken"], place["peer"]}
        return place

    def ok(self, path: str, body: Any, token: str = "") -> Any:
        answer = self.post(path, json.dumps(body).encode(), token)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def post(
        self, path: str, body: bytes, token: str = "", query: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {b"Authorization": b"Bearer " + token.encode("latin-1")} if token else {}
        return self.http.post(f"{self.api}{path}", content=body, headers=headers, params=query)

    def negotiate(self, **ask: Any) -> httpx.Response:
        return self.post("/negotiate", json.dumps(ask).encode())

    def state(self) -> Any:
        """The room as its members see it. Both resume: a seat without a socket is kept for 30 s."""
        for who in ("bob", "ann"):
            place = self.enter(who)
        members = ("capacity", "locked", "name", "role", "orders")
        # `met` is another one each second: it holds its own end.
        peers = [{**peer, "met": len(peer["met"])} for peer in place["peers"]]
        return {"peers": peers, **{name: place.get(name) for name in members}}


class Hub:
    """Bob's socket, which keeps within the rate; and Ann's, which listens."""

    def __init__(self, quarrel: Quarrel) -> None:
        self.quarrel, self.calls, self.began = quarrel, 0, time.monotonic()
        self.bobs, self.anns = ExitStack(), ExitStack()
        quarrel.state()
        self.ann = self.open(quarrel.ann, self.anns)
        self.bob = self.open(quarrel.bob, self.bobs)

    def open(self, place: dict[str, Any], until: ExitStack) -> ClientConnection:
        url = f"{place['url'].replace('http', 'ws', 1)}&access_token={place['accessToken']}"
        socket = until.enter_context(
            connect(url, compression=None, max_size=None, proxy=None, ping_interval=None)
        )
        socket.send('{"protocol":"json","version":1}' + SEPARATOR)
        return socket

    def invoke(self, method: str, *arguments: Any) -> Any:
        self.wait()
        return self.answer(self.bob, method, [json.dumps(argument) for argument in arguments])

    def invoke_raw(self, method: str, *arguments: Any) -> Any:
        """Arguments as they are, and not as JSON text."""
        self.wait()
        return self.answer(self.bob, method, arguments)

    def wait(self) -> None:
        """Until one more call of Bob's is taken."""
        self.calls += 1
        due = self.began + (self.calls - BURST) / PER_SECOND
        time.sleep(max(0.0, due - time.monotonic()))

    def answer(self, socket: ClientConnection, method: str, arguments: Any) -> Any:
        call = {"type": 1, "target": method, "arguments": arguments, "invocationId": "i"}
        socket.send(json.dumps(call) + SEPARATOR)
        while True:
            for record in str(socket.recv(5)).split(SEPARATOR)[:-1]:
                assert "Traceback" not in record
                if json.loads(record).get("type") == 3:
                    return json.loads(record)

    def heard(self) -> list[str]:
        """Targets that were pushed to Ann since the last time, but for Bob's coming and going."""
        call = {"type": 1, "target": "signal", "arguments": [0], "invocationId": "i"}
        self.ann.send(json.dumps(call) + SEPARATOR)
        targets: list[str] = []
        while True:
            for text in str(self.ann.recv(5)).split(SEPARATOR)[:-1]:
                record = json.loads(text)
                if record.get("type") == 3:
                    return [
                        target
                        for target in targets
                        if target not in ("joined", "left", "disconnected")
                    ]
                targets += [record["target"]] if record.get("type") == 1 else []
