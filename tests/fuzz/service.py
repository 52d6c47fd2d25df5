"""A SignalR Service in memory, as strict as the real one about who hears what.

It stands where the app has its HTTP pool: each REST call is checked as the service checks it
(token, audience, path), and carried out at once. What a connection hears is told to `on_hear`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt

from cloud.http_pool import NoAnswer, Reply, Timeouts
from signaling.seats import CLAIM, Seat, read_seat
from signaling.signalr import HUB

URL = "http://service.test"
KEY = "key-of-the-service-0123456789abcdef0123456789"
BASE = f"/api/hubs/{HUB}"
ROUTES = {
    ("HEAD", "health"): r"/api/health",
    ("HEAD", "user"): rf"{BASE}/users/([^/]+)",
    ("POST", "send-user"): rf"{BASE}/users/([^/]+)/:send",
    ("POST", "close-user"): rf"{BASE}/users/([^/]+)/:closeConnections",
    ("HEAD", "connection"): rf"{BASE}/connections/([^/]+)",
    ("DELETE", "close"): rf"{BASE}/connections/([^/]+)",
    ("POST", "send"): rf"{BASE}/connections/([^/]+)/:send",
    ("PUT", "add"): rf"{BASE}/groups/([^/]+)/connections/([^/]+)",
    ("POST", "send-group"): rf"{BASE}/groups/([^/]+)/:send",
    ("POST", "close-group"): rf"{BASE}/groups/([^/]+)/:closeConnections",
}


@dataclass
class Connection:
    """One socket. `known`: the app has been told of it, whether or not it could do anything."""

    id: str
    user: str
    claim: str
    groups: set[str] = field(default_factory=set)
    known: bool = False

    @property
    def seat(self) -> Seat:
        seat = read_seat(self.claim)
        assert seat is not None
        return seat


class BadCall(AssertionError):
    """The app called what the service has not, or with a token that is not for it."""


@dataclass(frozen=True)
class Sent:
    """As that of HttpPool."""

    outcome: Reply | NoAnswer

    def reply(self) -> Reply:
        if isinstance(self.outcome, NoAnswer):
            raise self.outcome
        return self.outcome


class Service:
    """`fault`: "" works, "refuses" does nothing and says 500, "mute" does it and does not answer.

    `before` is called before each REST call, `on_hear` for each message that a connection hears.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.open: dict[str, Connection] = {}
        self.events: list[tuple[str, Connection]] = []  # connected, disconnected: not delivered yet
        self.fault = ""
        self.calls = 0
        self.before: Callable[[], object] = lambda: None
        self.on_hear: Callable[[Connection, str, Any], object] = lambda *heard: None
        self._made = 0

    def connect(self, access_token: str) -> Connection | None:
        """A client opens a socket; None: the service does not take its token."""
        audience = f"{URL}/client/?hub={HUB}"
        options: Any = {"verify_exp": False}
        said = jwt.decode(access_token, KEY, ["HS256"], options, audience=audience)
        if said["exp"] * 1000 <= self._now():
            return None
        self._made += 1
        made = Connection(f"c{self._made}", said["asrs.s.uid"], said[CLAIM])
        self.open[made.id] = made
        self.events.append(("connected", made))
        return made

    def close(self, connection: Connection) -> None:
        """A connection ends, by whichever side: it hears nothing from now on."""
        if self.open.pop(connection.id, None) is not None:
            connection.groups.clear()
            self.events.append(("disconnected", connection))

    def of_user(self, user: str) -> list[Connection]:
        return [each for each in self.open.values() if each.user == user]

    def in_group(self, group: str) -> list[Connection]:
        return [each for each in self.open.values() if group in each.groups]

    def send(
        self,
        verb: str,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        body: bytes | None = None,
    ) -> Reply:
        """As HttpPool."""
        self.before()
        self.calls += 1
        parts = urlsplit(url)
        token = headers["Authorization"].removeprefix("Bearer ")
        jwt.decode(token, KEY, ["HS256"], audience=f"{URL}{parts.path}")
        if self.fault == "refuses":
            return Reply(500, b"")
        status = self._carry_out(verb, parts.path, parse_qs(parts.query), body)
        if self.fault == "mute":
            raise NoAnswer("ReadTimeoutError")
        return Reply(status, b"")

    def start(self, *call: Any) -> "Sent":
        """As HttpPool: it is done at once, and told later."""
        try:
            return Sent(self.send(*call))
        except NoAnswer as error:
            return Sent(error)

    def _carry_out(
        self, verb: str, path: str, query: dict[str, list[str]], body: bytes | None
    ) -> int:
        name, arguments = _route(verb, path)
        if name == "health":
            return 200
        if name in ("user", "connection"):
            found = self.of_user(*arguments) if name == "user" else arguments[0] in self.open
            return 200 if found else 404
        if name == "add":
            connection = self.open.get(arguments[1])
            if connection is None:
                return 404
            connection.groups.add(arguments[0])
            return 200
        to = self._audience(name, arguments[0], query.get("excluded", []))
        if name.startswith("send"):
            for each in to:
                self._hear(each, body or b"")
            return 202
        for each in to:
            self.close(each)
        return 204 if name != "close" else 200 if to else 404

    def _audience(self, name: str, whom: str, excluded: list[str]) -> list[Connection]:
        if name.endswith("-user"):
            return self.of_user(whom)
        if name.endswith("-group"):
            return [each for each in self.in_group(whom) if each.id not in excluded]
        return [self.open[whom]] if whom in self.open else []

    def _hear(self, connection: Connection, body: bytes) -> None:
        said = json.loads(body)
        (argument,) = said["arguments"]
        self.on_hear(connection, said["target"], json.loads(argument))


def _route(verb: str, path: str) -> tuple[str, list[str]]:
    for (known, name), form in ROUTES.items():
        found = re.fullmatch(form, path) if known == verb else None
        if found is not None:
            return name, [unquote(each) for each in found.groups()]
    raise BadCall(f"{verb} {path}")
