"""A SignalR Service that can fail: it notes every REST call and answers as a test wants."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "key-of-the-service-0123456789abcdef0123456789"


@dataclass(frozen=True)
class Call:
    """One REST call."""

    verb: str
    path: str  # without the query
    query: str
    token: str
    body: bytes
    port: int = 0  # of the caller: one for each connection


@dataclass(frozen=True)
class Reply:
    """What the service answers. `seconds`: after a while."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


FINE = {"POST": 202, "PUT": 200, "DELETE": 200, "HEAD": 200, "GET": 200}
type Rule = Callable[[Call], Reply | None]  # None: as a service does that is well


@dataclass
class FaultyService:
    """`rule` may be changed at any time; `calls` are in the order in which they came."""

    url: str
    calls: list[Call]
    rule: Rule = lambda call: None

    def paths(self, verb: str) -> list[str]:
        """The paths of all calls of this verb."""
        return [call.path for call in self.calls if call.verb == verb]


def handler_for(service: FaultyService) -> type[BaseHTTPRequestHandler]:
    """Notes what comes, and answers by the service's rule."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            """Note the call, and answer it."""
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            call = Call(self.command, path, query, token, body, self.client_address[1])
            service.calls.append(call)
            fine = 204 if path.endswith(":closeConnections") else FINE[self.command]
            reply = service.rule(call) or Reply(fine)
            time.sleep(reply.seconds)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing is printed: paths hold rooms."""

    return Handler


class Server(ThreadingHTTPServer):
    """A server that takes many calls at once."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that hangs up before the answer is what some tests are about."""


@contextmanager
def faulty_service() -> Iterator[FaultyService]:
    """A service on loopback while the block runs."""
    service = FaultyService("", [])
    server = Server(("127.0.0.1", 0), handler_for(service))
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """`python -m lab.signalr_service`: print the URL, and run until standard input ends."""
    with faulty_service() as service:
        print(service.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
