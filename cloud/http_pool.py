"""HTTP calls to a few services over connections that are kept open. Threads share a pool.

Straight on a socket, with the words of http_wire.py: each message that a peer sends is one call,
and each join six. A call takes an eighth of the processor time that it takes by urllib3.

 what happens                              is told as
 no address, no connection, no TLS         NotReached: nothing was sent
 the connection breaks, or no HTTP comes   Broken: it may have been done
 all is not there in time                  NoAnswer: it may have been done
"""

import select
import socket
import time
import weakref
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from cloud import http_wire

if TYPE_CHECKING:
    from ssl import SSLContext

CHUNK_BYTES = 64 << 10
PORTS = {"http": 80, "https": 443}
# Of a connection that is kept: seconds until TCP asks whether the other end is there, between two
# questions, and how many of them without an answer end it.
SILENT = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


class NotReached(Exception):
    """There was no connection, or it broke: another try may help. The text names the kind."""


class Broken(NotReached):
    """The connection broke: it may have been done."""


class NoAnswer(Exception):
    """It may have been done. The text names the kind of failure and holds no URL."""


class Timeouts(Struct, frozen=True):
    """For how long a caller waits: for each address of the service, and for the whole answer."""

    connect_seconds: float
    answer_seconds: float


class Reply(Struct, frozen=True):
    """What the service answered."""

    status: int
    body: bytes
    retry_after: str = ""  # the header
    headers: Mapping[str, str] = {}  # all of them; names in any case


class Place(Struct, frozen=True):
    """Where a service listens."""

    tls: bool
    host: str
    port: int


class HttpPool:
    """Follows no redirect, takes no proxy out of the environment, tries nothing twice."""

    def __init__(self, connections: int) -> None:
        """`connections`: how many are kept open to one place; more are opened when needed."""
        self._most = connections
        self._lock = Lock()
        self._idle: dict[Place, list[socket.socket]] = {}  # the one used last is the last
        self._context: SSLContext | None = None
        weakref.finalize(self, _close_all, self._idle)

    def send(
        self,
        verb: str,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        body: bytes | None = None,
    ) -> Reply:
        """One call. Raises NotReached or NoAnswer; ValueError for what is no URL or header."""
        place, host, target = _split(url)
        words = http_wire.call(verb, host, target, headers, body)
        connection = self._take(place) or self._connect(place, timeouts.connect_seconds)
        return Sent(self, place, connection).write(verb, words, timeouts.answer_seconds).reply()

    def start(
        self,
        verb: str,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        body: bytes | None = None,
    ) -> "Sent | None":
        """Write a call to a connection that is open, so that several can be under way at once.

        None: none is open, and nothing was done. Raises what `send` does. Whoever has started a
        call asks for its reply.
        """
        place, host, target = _split(url)
        words = http_wire.call(verb, host, target, headers, body)
        connection = self._take(place)
        if connection is None:
            return None
        return Sent(self, place, connection).write(verb, words, timeouts.answer_seconds)

    def _take(self, place: Place) -> socket.socket | None:
        """One that is open still. What can be read without a call is its end."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                if not idle:
                    return None
                connection = idle.pop()
            look = select.poll()
            look.register(connection, select.POLLIN)
            if not look.poll(0):
                return connection
            connection.close()

    def give_back(self, place: Place, connection: socket.socket) -> bool:
        """A connection that can carry another call. Whether it is kept."""
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) >= self._most:
                return False
            idle.append(connection)
            return True

    def _connect(self, place: Place, seconds: float) -> socket.socket:
        try:
            connection = socket.create_connection((place.host, place.port), seconds)
        except (OSError, UnicodeError) as error:  # of a name that is none
            raise NotReached(type(error).__name__) from None
        try:
            # With Nagle's algorithm the second of two small writes waits for an acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _keep_alive(connection)
            if not place.tls:
                return connection
            return self._tls().wrap_socket(connection, server_hostname=place.host)
        except (OSError, UnicodeError) as error:
            connection.close()
            raise NotReached(type(error).__name__) from None

    def _tls(self) -> "SSLContext":
        """Certificates and names are checked, against the authorities that certifi knows."""
        if self._context is None:
            import ssl

            import certifi

            made = ssl.create_default_context(cafile=certifi.where())
            made.set_alpn_protocols(["http/1.1"])
            self._context = made  # two threads may both make one; the last stays
        return self._context


class Sent:
    """A call on its way, on a connection of its own."""

    def __init__(self, pool: HttpPool, place: Place, connection: socket.socket) -> None:
        self._pool, self._place, self._connection = pool, place, connection
        self._verb, self._until = "", 0.0

    def write(self, verb: str, words: bytes, seconds: float) -> "Sent":
        """The call itself, whose answer has to be there in so many seconds. Raises as `reply`."""
        self._verb, self._until = verb, time.monotonic() + seconds
        try:
            self._connection.settimeout(seconds)
            self._connection.sendall(words)
        except OSError as error:
            self._connection.close()
            raise _failure(error) from None
        return self

    def reply(self) -> Reply:
        """Wait for the answer. Raises Broken or NoAnswer."""
        kept = False
        try:
            answer = self._read()
            kept = answer.keeps and self._pool.give_back(self._place, self._connection)
        except (OSError, http_wire.Malformed) as error:
            raise _failure(error) from None
        finally:
            if not kept:
                self._connection.close()
        retry_after = answer.headers.get("retry-after", "")
        return Reply(answer.status, answer.body, retry_after, answer.headers)

    def _read(self) -> http_wire.Answer:
        """Raises TimeoutError, OSError or Malformed."""
        answer = http_wire.Answer(self._verb)
        while (left := self._until - time.monotonic()) > 0:
            self._connection.settimeout(left)
            if answer.feed(self._connection.recv(CHUNK_BYTES)):
                return answer
        raise TimeoutError


def _failure(error: OSError | http_wire.Malformed) -> Broken | NoAnswer:
    return (NoAnswer if isinstance(error, TimeoutError) else Broken)(type(error).__name__)


def _keep_alive(connection: socket.socket) -> None:
    """Azure's outbound translation forgets a connection that is silent for four minutes, and tells
    nobody (https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in SILENT.items():
        if hasattr(socket, option):  # not every system has all of them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _split(url: str) -> tuple[Place, str, str]:
    """Where to connect, the header Host, and the target. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not a URL of a service")
    port = parts.port or PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", parts.hostname, port), parts.netloc, target


def _close_all(idle: dict[Place, list[socket.socket]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.close()
