"""A web server on a port of its own: for a folder, or with a handler."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and prints nothing."""

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def serving(folder: Path) -> AbstractContextManager[str]:
    """The origin of a folder."""
    return serving_by(partial(Quiet, directory=str(folder)))


@contextmanager
def serving_by(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The origin of what the handler answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
