"""Loopback sockets, and several ASGI applications served on one event loop until told to stop."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from local.emulator import SERVER_OPTIONS
from local.functions.bindings import HostRefusal

SHUTDOWN_SECONDS = 1  # for open requests and sockets; the whole stop takes less than 2 s


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals alone: one handler serves all servers of the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGINT and SIGTERM to `serve`."""
        yield


def run(work: Coroutine[Any, Any, None], program: str = "") -> int:
    """The exit status of a process that does this: 0 after a clean stop.

    1, with one clear sentence on stderr, when it cannot run. Of a `program` that is named, its name
    stands before the sentence and the code behind it.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        asyncio.run(work)
    except HostRefusal as refusal:
        said = f"{program}: {refusal} ({refusal.code})" if program else str(refusal)
        print(said, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before `serve` listens for it
        pass
    return 0


def listen(port: int, option: str) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1 and, where there is IPv6, ::1: `localhost` may mean either.

    Port 0 picks a free port. Raises HostRefusal, naming the option to change, if it is taken.
    """
    first = _bind(socket.AF_INET, "127.0.0.1", port, option)
    chosen = port_of([first])
    try:
        return [first, _bind(socket.AF_INET6, "::1", chosen, option)]
    except OSError:  # no IPv6 here; HostRefusal is none of these
        return [first]
    except HostRefusal:
        if port == 0:  # somebody else's port by chance: IPv4 alone will do
            return [first]
        first.close()
        raise


def port_of(sockets: Sequence[socket.socket]) -> int:
    """The port that the first of the sockets listens on."""
    return int(sockets[0].getsockname()[1])


def _bind(family: socket.AddressFamily, address: str, port: int, option: str) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY: without it every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Lets a restart take the port while old connections linger in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise HostRefusal(
                f"Port {port} is in use. Stop what uses it, or choose another with {option}.",
                "port_taken",
            ) from error
        if error.errno == errno.EACCES:
            text = f"Port {port} is not allowed. Choose one with {option}."
            raise HostRefusal(text, "port_not_allowed") from error
        raise
    return listener


@dataclass(frozen=True, slots=True)
class Served:
    """An application and where it listens."""

    app: ASGIApp
    sockets: list[socket.socket]


def _nothing() -> None:
    pass


async def serve(
    apps: Sequence[Served], ready: Callable[[], None], stopping: Callable[[], None] = _nothing
) -> None:
    """Serve every app on its sockets until SIGINT or SIGTERM.

    `ready` is called once all accept, `stopping` before they end, to end what waits for long.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(apps):
        ready()
        await stop.wait()
        stopping()


@contextlib.asynccontextmanager
async def serving(apps: Sequence[Served]) -> AsyncIterator[None]:
    """Serve every app on its sockets inside this block."""
    servers = [Server(_config(one)) for one in apps]
    async with asyncio.TaskGroup() as tasks:
        for server, one in zip(servers, apps, strict=True):
            tasks.create_task(server.serve(one.sockets))
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            for server in servers:
                server.should_exit = True


def end_with_stdin() -> None:
    """End this process, as by SIGTERM, when its standard input ends: so it does not outlive who
    started it, however that one ended.
    """
    loop = asyncio.get_running_loop()

    def ended() -> None:  # nothing is ever written there, so what can be read is its end
        loop.remove_reader(sys.stdin)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(sys.stdin, ended)


def leave_soon() -> None:
    """End the process in half a second, even if a synchronous function still holds a thread.

    Python would wait for such a thread, and it for an answer of a service that has just stopped.
    """
    timer = threading.Timer(0.5, os._exit, (0,))
    timer.daemon = True  # an ordinary end, which comes first, is not held up by the timer
    timer.start()


def _config(served: Served) -> uvicorn.Config:
    return uvicorn.Config(
        served.app,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        # No access logs: they would hold query strings, and with them tokens and room names.
        **SERVER_OPTIONS,
    )
