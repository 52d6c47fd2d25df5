"""Loopback sockets, and several ASGI applications served on one event loop until told to stop."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator, Sequence

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
                f"Port {port} is in use. Stop what uses it, or choose another with {option}."
            ) from error
        if error.errno == errno.EACCES:
            raise HostRefusal(f"Port {port} is not allowed. Choose one with {option}.") from error
        raise
    return listener


async def serve(
    apps: Sequence[tuple[ASGIApp, list[socket.socket]]], ready: Callable[[], None]
) -> None:
    """Serve every app on its sockets until SIGINT or SIGTERM; call `ready` once all accept."""
    servers = [Server(_config(app)) for app, _ in apps]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        for server, (_, sockets) in zip(servers, apps, strict=True):
            tasks.create_task(server.serve(sockets))
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
        ready()
        await stop.wait()
        for server in servers:
            server.should_exit = True


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        # No access logs: they would hold query strings, and with them tokens and room names.
        **SERVER_OPTIONS,
    )
