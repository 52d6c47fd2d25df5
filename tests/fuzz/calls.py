"""The app's own functions, called as the Functions host calls them: HTTP requests and hub calls.

Whoever calls, with whatever tokens and bodies: something documented comes back, a refusal changes
no document, and nothing that was said stands in the log.
"""

import asyncio
import importlib.util
import json
import logging
import os
import re
from collections.abc import Callable
from functools import cache
from random import Random
from types import ModuleType
from typing import Any

import azure.functions as func

from backend.health import HealthCheck
from lab.stack import ROOT, SIGNING_KEYS
from signaling.seats import CLAIM
from tests.fuzz import inputs
from tests.fuzz.failure import Broken
from tests.fuzz.parsers import BODIES
from tests.fuzz.service import KEY, URL, Connection
from tests.fuzz.stamp import Stamp

CALLS = 60  # of one seed
START = 1_800_000_000_000
SECRETS = {"ann": "a-secret-of-ann-0123456789", "bob": "b-secret-of-bob-0123456789"}
NAMES = {"ann": "Ann Hathaway of Shottery", "bob": "Bobadil of the Old Jewry"}
LINE = "a=candidate:1 1 udp 1 192.0.2.77 50000 typ host"
ENVIRON = {
    "AzureSignalRConnectionString": f"Endpoint={URL};AccessKey={KEY};Version=1.0;",
    "HELIOGRAPH_STORAGE": "memory",
    "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
    "HELIOGRAPH_STUN_URLS": "",
}


@cache
def documented() -> frozenset[tuple[int, str]]:
    """Statuses and codes, from docs/protocol.md §6; without `internal`, which is none of ours."""
    page = (ROOT / "docs/protocol.md").read_text()
    rows = re.finditer(r"^\| (\d{3}) \| (.*) \|$", page, re.M)
    codes = {(int(row[1]), code) for row in rows for code in re.findall(r"`(\w+)`", row[2])}
    return frozenset(codes - {(500, "internal")})


@cache
def load() -> ModuleType:
    """function_app.py as a module of our own, with an environment of our own."""
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    try:
        spec = importlib.util.spec_from_file_location("fuzzed_app", ROOT / "function_app.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        os.environ.clear()
        os.environ.update(before)


@cache
def handlers() -> dict[str, tuple[str, Callable[..., Any]]]:
    """Of each function with a route: the route, and the handler."""
    found = {}
    for function in load().app.get_functions():
        for binding in function.get_bindings():
            if binding.type == "httpTrigger":
                found[function.get_function_name()] = (
                    str(binding.route),
                    function.get_user_function(),
                )
    return found


class Log(logging.Handler):
    """All that is logged, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + str(record.exc_info or ""))


class Caller:
    """A stamp in which Ann, Bob and a host have met, and all that can be sent there."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.now = START
        self.wrong: list[str] = []
        self.stamp = Stamp("a", lambda: self.now, [], self.chance, self.wrong.append)
        self.app = load()
        self.app.services = self.stamp.services  # type: ignore[attr-defined]
        self.app.health_check = HealthCheck(self.stamp.services)  # type: ignore[attr-defined]
        self.made = self.ok("create_room", {"capacity": 4, "inviteOnly": True})
        self.people = {name: self.enter(name, self.made["invite"]) for name in SECRETS}
        self.host = self.enter("host", self.made["room"], self.made["hostToken"])
        self.open_room = self.enter("ann", "the-room-of-the-quarrel")
        self.orders = self.ok("lock", {"locked": True}, self.made["hostToken"])["orders"]
        self.ok("lock", {"locked": False}, self.made["hostToken"])
        self.sockets = [self.connect(place) for place in self.people.values()]

    def enter(self, name: str, room: str, token: str = "") -> Any:
        ask = {"room": room, "secret": SECRETS.get(name, "h" * 22), "name": NAMES.get(name, "")}
        return self.ok("negotiate", ask, token)

    def connect(self, place: Any) -> Connection:
        socket = self.stamp.service.connect(place["accessToken"])
        assert socket is not None
        event = {"ConnectionId": socket.id, "Claims": {CLAIM: socket.claim}}
        self.app.hub_event(json.dumps(event), self.app.presence.connected)
        return socket

    def ok(self, name: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.send(name, json.dumps(body).encode(), headers, {})
        assert answer.status_code < 300, answer.get_body()
        return json.loads(answer.get_body())

    def send(self, name: str, body: bytes, headers: Any, query: Any) -> func.HttpResponse:
        route, handler = handlers()[name]
        method = "GET" if name in ("health", "ice", "stats") else "POST"
        url = f"http://x/api/{route}"
        more = {"queued": _Out()} if name == "report" else {}
        asked = func.HttpRequest(method, url, headers=headers, params=query, body=body)
        answer: func.HttpResponse = handler(req=asked, **more)
        return answer

    # --- what is sent -----------------------------------------------------------------------------

    def tokens(self) -> list[str]:
        """Those that were given, and some that nobody gives."""
        given = [*(place["token"] for place in self.people.values()), self.host["token"]]
        given += [self.made["hostToken"], self.open_room["token"], self.orders]
        return [*given, *(place["accessToken"] for place in self.people.values())]

    def body(self, name: str) -> Any:
        """One that is right."""
        peer = self.people[self.chance.choice([*self.people])]["peer"]
        kind = self.chance.choice([*BODIES])
        message = {"v": 1, "seq": self.chance.randrange(99), "kind": kind, "body": BODIES[kind]}
        offer = {"seq": 5, "body": {"pc": "p", "sdp": f"v=0\r\n{LINE}\r\n"}}
        room = self.chance.choice((self.made["room"], self.made["invite"], "the-room", None))
        known: dict[str, Any] = {
            "create_room": {"capacity": 4, "inviteOnly": True, "ttl": 600},
            "negotiate": {"room": room, "name": NAMES["bob"], "offers": [offer], "visit": 1},
            "signal": {**message, **self.chance.choice(({}, {"to": peer}))},
            "turn": {"to": peer},
            "leave": {"told": [peer]},
            "kick": {"peer": peer},
            "lock": {"locked": True, "orders": self.orders},
            "invite": {"uses": 1, "ttl": 600},
            "revoke": {"invite": self.made["invite"]},
            "report": {"v": 1, "outcome": "connected"},
        }
        return known.get(name, {})

    def call(self) -> None:
        """One request, in part as it should be."""
        chance = self.chance
        name = chance.choice([*handlers()])
        body = inputs.body(chance, self.body(name))
        headers = dict[str, str]()
        if chance.random() < 0.6:
            token = chance.choice(self.tokens())
            if chance.random() < 0.3:
                token = inputs.scrambled(chance, token.encode()).decode("latin-1")
            headers["Authorization"] = f"{chance.choice(('Bearer', 'bearer', 'Basic', ''))} {token}"
        if chance.random() < 0.2:
            headers["X-Forwarded-For"] = f"192.0.2.77, {inputs.text(chance)}"
        if chance.random() < 0.05:
            headers["Transfer-Encoding"] = "chunked"
        query = {}
        if chance.random() < 0.2:
            query = {chance.choice(("room", "name", "proof", "days", "token")): inputs.text(chance)}
        before = self.stamp.documents.documents
        answer = self.send(name, body, headers, query)
        self.check(name, answer.status_code, answer.get_body())
        if answer.status_code >= 400:
            self.expect(self.stamp.documents.documents == before, f"{name}: a refusal changed it")

    def hub(self) -> None:
        """One call by a socket, with any arguments."""
        chance, socket = self.chance, self.chance.choice(self.sockets)
        argument = inputs.body(chance, self.body("signal")).decode("utf-8", "replace")
        event: Any = {
            "ConnectionId": socket.id,
            "Claims": {CLAIM: socket.claim},
            "Arguments": [argument],
        }
        if chance.random() < 0.3:
            event = inputs.changed(chance, event)
        before = self.stamp.documents.documents
        everyone = chance.random() < 0.5
        try:
            text = json.dumps(event)
        except ValueError:  # a number of more digits than Python writes
            return
        answer = asyncio.run(self.app.hub_call(text, everyone=everyone))
        if answer["ok"] is not True:
            codes = {code for _, code in documented()}
            self.expect(answer["code"] in codes, f"a hub call is refused by {answer['code']}")
            same = seats(self.stamp) == seats_of(before)
            self.expect(same, "a refused hub call changed who is there")

    def check(self, name: str, status: int, body: bytes) -> None:
        """Fine, or a refusal that the protocol knows."""
        if status < 300:
            return
        error = json.loads(body)["error"]
        self.expect((status, error["code"]) in documented(), f"{name}: {status} {error['code']}")
        self.expect(set(error) <= {"code", "message", "retryAfter", "challenge"}, f"{name}: more")
        self.expect(b"Traceback" not in body, f"{name}: a traceback")

    def expect(self, holds: object, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def said(self) -> set[str]:
        """What may stand in no log."""
        given = {place[each] for place in self.people.values() for each in ("token", "accessToken")}
        names = {self.made["room"], self.made["invite"], "the-room-of-the-quarrel"}
        return {*given, *names, *SECRETS.values(), *NAMES.values(), self.orders, LINE, "192.0.2.77"}


class _Out:
    """As the worker's output of a queue."""

    def set(self, value: str) -> None:
        """Takes it."""


def seats(stamp: Stamp) -> Any:
    return seats_of(stamp.documents.documents)


def seats_of(documents: dict[str, bytes]) -> Any:
    """Who has a seat in which room."""
    rooms = (json.loads(data) for key, data in documents.items() if key.startswith("room-"))
    return [[member["peer"] for member in room.get("members", ())] for room in rooms]


def run(seed: int) -> None:
    """Call it. Raises Broken."""
    log = Log()
    root, heliograph = logging.getLogger(), logging.getLogger("heliograph")
    root.addHandler(log)
    level = heliograph.level
    heliograph.setLevel(logging.DEBUG)
    try:
        caller = Caller(seed)
        for number in range(CALLS):
            caller.now += caller.chance.choice((0, 10, 1_000, 5_000))
            (caller.hub if number % 3 == 0 else caller.call)()
            if caller.wrong:
                raise Broken(f"seed {seed}, call {number}: {caller.wrong}")
        spoken = [text for text in caller.said() if any(text in line for line in log.lines)]
        if spoken:
            raise Broken(f"seed {seed}: {len(spoken)} things that were said are in the log")
    except Broken:
        raise
    except Exception as error:
        raise Broken(f"seed {seed}: a call raised {type(error).__name__}") from error
    finally:
        root.removeHandler(log)
        heliograph.setLevel(level)
