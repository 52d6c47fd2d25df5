"""The client of SignalR Service's data-plane REST API: pushes, presence, and ends of connections.

https://github.com/Azure/azure-signalr/blob/dev/docs/rest-api.md, api-version 2022-06-01. Tokens
as Azure/azure-signalr makes them (RestApiProvider.cs): with an access key the audience is the URL
without its query, on the scheme and host of `Endpoint` whatever the port and whoever is called.

A call is tried again once where the service says that nothing was done (429, 503) or could not be
reached; a push that comes twice is dropped by its receiver.
"""

import functools
import logging
import random
import time
from collections.abc import Callable
from urllib.parse import quote

from msgspec import Struct

from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool, NoAnswer, NotReached, Reply, Sent, Timeouts
from cloud.signalr_keys import AccessKeys, KeyAway
from signaling.effects import AddToGroup, Close, CloseGroup, ClosePeer, Push, SendToPeer
from signaling.messages import Closed
from signaling.seats import group_of, user_of
from signaling.signalr import HUB, encode_message

BASE = f"/api/hubs/{HUB}"
API = "api-version=2022-06-01"
TIMEOUTS = Timeouts(connect_seconds=1.0, answer_seconds=2.0)  # callers wait for this
TRIES = 2
PAUSE_SECONDS = 0.1  # before the second try; up to twice as long
MAX_PAUSE_SECONDS = 0.5  # that a Retry-After is waited for
AGAIN = frozenset({429, 503})

# Not the module's own: background threads draw from it, and tests seed that one.
RANDOM = random.Random()

log = logging.getLogger("heliograph")


class ServiceAway(Exception):
    """SignalR Service could not be reached or did not do it. The text holds no secret."""


class Request(Struct, frozen=True):
    """One call: what to send where, and which statuses say that it is done."""

    verb: str
    path: str
    fine: tuple[int, ...]
    body: bytes | None = None
    query: str = ""


class SignalRRest:
    """The client of one service. Safe to share between threads."""

    def __init__(
        self,
        connection: SignalRConnection,
        pool: HttpPool,
        keys: AccessKeys,
        jitter: Callable[[], float] = RANDOM.random,
    ) -> None:
        """`jitter` returns a number from 0 to 1."""
        self._connection = connection
        self._pool = pool
        self._keys = keys
        self._jitter = jitter

    def is_present(self, life: str, peer: str) -> bool:
        """Whether a peer has an open connection. Raises ServiceAway."""
        return self._call(Request("HEAD", _user(life, peer), (200, 404))) == 200

    def is_open(self, connection: str) -> bool:
        """Whether there is such a connection. Raises ServiceAway."""
        return self._call(Request("HEAD", _connection(connection), (200, 404))) == 200

    def push(self, push: Push) -> None:
        """Send a message, or add a connection to a group. Raises ServiceAway.

        To add a connection that has ended meanwhile is done: nobody would hear anything.
        """
        self._call(_request(push))

    def start(self, push: Push) -> "Started | None":
        """Begin a push, so that several are under way at once. None: no connection is open.

        Raises ServiceAway. Whoever has started one asks whether it is done.
        """
        request = _request(push)
        try:
            sent = self._pool.start(*self._words(request))
        except NotReached:
            return None
        except NoAnswer as error:
            raise ServiceAway(str(error)) from None
        return None if sent is None else Started(self._call, request, sent)

    def close(self, effect: Close) -> None:
        """Send the push `closed`, if it is not silent, then end the connection or connections.

        Raises ServiceAway.

        Without the push the end itself still carries the code.
        """
        if isinstance(effect, ClosePeer):
            place = _user(effect.life, effect.peer)
        elif isinstance(effect, CloseGroup):
            place = _group(effect.life)
        else:
            place = _connection(effect.connection)
        if isinstance(effect, CloseGroup) or not effect.silent:
            self._announce(place, effect)
        several = isinstance(effect, ClosePeer | CloseGroup)
        ending = ("POST", f"{place}/:closeConnections") if several else ("DELETE", place)
        self._call(Request(*ending, (200, 204, 404), query=f"&reason={quote(effect.code)}"))

    def _announce(self, place: str, effect: Close) -> None:
        body = encode_message("closed", Closed(effect.code, effect.message))
        try:
            self._call(Request("POST", f"{place}/:send", (202,), body))
        except ServiceAway as error:
            log.warning("a connection ends unannounced: %s", error)

    def ping(self) -> None:
        """Return if the service answers. Raises ServiceAway."""
        self._call(Request("HEAD", "/api/health", (200,)))

    def _call(self, request: Request, first: Callable[[], Reply] | None = None) -> int:
        """The status, one of `request.fine`. Raises ServiceAway.

        `first`: gives the answer to a first try that has been made. Raises as the pool does.
        """
        again = functools.partial(self._send, request)
        for attempt in range(1, TRIES + 1):
            status, pause = _outcome(first or again)
            first = None
            if status in request.fine:
                return status
            if attempt == TRIES or status not in AGAIN | {0}:
                raise ServiceAway(f"status {status}" if status else "no connection")
            time.sleep(pause + PAUSE_SECONDS * (1 + self._jitter()))
        raise AssertionError

    def _send(self, request: Request) -> Reply:
        return self._pool.send(*self._words(request))

    def _words(self, request: Request) -> tuple[str, str, dict[str, str], Timeouts, bytes | None]:
        """What the pool needs to send it. Raises ServiceAway."""
        url = f"{self._connection.endpoint}{request.path}?{API}{request.query}"
        return request.verb, url, self._headers(request.path), TIMEOUTS, request.body

    def _headers(self, path: str) -> dict[str, str]:
        try:
            audience = f"{self._connection.audience}{path}"
            token = self._keys.bearer(audience, time.time_ns() // 1_000_000)
        except KeyAway as error:
            raise ServiceAway(f"no access to the service: {error}") from None
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class Started:
    """A push on its way."""

    def __init__(
        self, call: Callable[[Request, Callable[[], Reply]], int], request: Request, sent: Sent
    ) -> None:
        """`call` sends the request again, if the first answer says so."""
        self._call, self._request, self._sent = call, request, sent
        self._reply: Reply | None = None
        self._error: NotReached | NoAnswer | None = None

    def is_done(self) -> bool:
        """Wait for the answer. If it is not done, `finish` has to be called."""
        try:
            self._reply = self._sent.reply()
        except (NotReached, NoAnswer) as error:
            self._error = error
            return False
        return self._reply.status in self._request.fine

    def finish(self) -> None:
        """Try it again if that may help. Raises ServiceAway."""
        self._call(self._request, self._first)

    def _first(self) -> Reply:
        if self._error is not None:
            raise self._error
        assert self._reply is not None
        return self._reply


def _outcome(send: Callable[[], Reply]) -> tuple[int, float]:
    """The status, 0 if the service could not be reached; and the pause that it asks for.

    Raises ServiceAway where another try would not help: an answer that does not come may mean that
    it was done.
    """
    try:
        reply = send()
    except NotReached:
        return 0, 0.0
    except NoAnswer as error:
        raise ServiceAway(str(error)) from None
    return reply.status, _retry_after(reply.retry_after)


def _request(push: Push) -> Request:
    if isinstance(push, AddToGroup):
        path = f"{_group(push.life)}/connections/{_quoted(push.connection)}"
        return Request("PUT", path, (200, 404))
    body = encode_message(push.target, push.argument)
    if isinstance(push, SendToPeer):
        return Request("POST", f"{_user(push.life, push.peer)}/:send", (202,), body)
    without = "".join(f"&excluded={_quoted(each)}" for each in push.excluding)
    return Request("POST", f"{_group(push.life)}/:send", (202,), body, without)


def _connection(connection: str) -> str:
    return f"{BASE}/connections/{_quoted(connection)}"


def _group(life: str) -> str:
    return f"{BASE}/groups/{group_of(life)}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _user(life: str, peer: str) -> str:
    return f"{BASE}/users/{user_of(life, peer)}"


def _retry_after(text: str) -> float:
    return min(MAX_PAUSE_SECONDS, float(text)) if text.isascii() and text.isdigit() else 0.0
