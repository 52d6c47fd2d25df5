"""Several instances of an app behind one address, with one SignalR service.

For tests, and for what reloads: a new instance takes the place of an old one.

Each instance is a process of its own (`python -m local.functions`), so nothing in the memory of one
is in another; one can be stopped and another started while clients stay connected. A request goes
to the instance with the fewest under way. Storage is shared only if the settings name an account
that is.
"""

import asyncio
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local import keys
from local.emulator import Options, Service, UpstreamRequest, UpstreamResponse, connection_string
from local.ending import end
from local.environment import SIGNALR_SETTING
from local.http_calls import Connections
from local.serving import Served, listen, port_of, serving

START_SECONDS = 30.0
STOP_SECONDS = 5.0
RETIRE_SECONDS = 5.0
LOOK_SECONDS = 0.05
_ROOT = Path(__file__).parents[1]
_VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_READY = re.compile(rb"The instance listens on port (\d+)\.")
_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "upgrade", "date"}


class NoInstance(Exception):
    """No instance runs, or the new one did not start."""


@dataclass(eq=False, slots=True)
class Instance:
    """One running instance: its process, its port, and how many requests it has under way."""

    process: asyncio.subprocess.Process
    port: int
    under_way: int = 0


class Cluster:
    """The instances of one app. Make it with `cluster(...)`."""

    def __init__(
        self,
        app_dir: Path,
        environ: Mapping[str, str],
        concurrency: int,
        rest: str = "",
        origins: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        self.instances: list[Instance] = []
        self.key = keys.host_key(keys.beside(app_dir))
        self.http = ""  # http://localhost:port, of all instances together
        self.signalr = ""
        self.service: Service | None = None
        self._app_dir = app_dir
        self._environ = environ
        self._rest = rest
        self._concurrency = concurrency
        self._origins = origins
        self._options = options
        self._passing: set[asyncio.Task[None]] = set()
        self.executions: Counter[str] = Counter()  # by the call of HTTP, or the hub's event
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(trust_env=False, timeout=None, limits=limits)
        self._events = Connections()
        routes = [Route("/{path:path}", self._forward, methods=_VERBS)]
        self.app = Starlette(routes=routes)

    async def start(self) -> Instance:
        """One more instance, once it answers. Raises NoInstance."""
        command = [sys.executable, "-m", "local.functions", "--app", str(self._app_dir)]
        command += ["--port", "0", "--concurrency", str(self._concurrency), "--watched"]
        command += self._options
        command += ["--cors", *self._origins] if self._origins else []
        setting = connection_string(self.signalr)
        if self._rest:
            setting += f"ServerEndpoint={self._rest};"
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=_ROOT,
            env={**os.environ, **self._environ, SIGNALR_SETTING: setting},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C in a terminal is for who started it, who may have something to tell it still.
            process_group=0,
        )
        port = await _port_when_ready(process)
        if port is None:
            raise NoInstance("an instance did not start")
        instance = Instance(process, port)
        passing = asyncio.create_task(_pass_on(process))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)
        self.instances.append(instance)
        return instance

    async def stop(self, instance: Instance) -> None:
        """End one instance. What it has under way is lost, as when a machine goes."""
        self.instances.remove(instance)
        await end(instance.process, STOP_SECONDS)

    async def retire(self, instance: Instance) -> None:
        """Give an instance nothing more, and end it when it has answered, or RETIRE_SECONDS on."""
        self.instances.remove(instance)
        loop = asyncio.get_running_loop()
        until = loop.time() + RETIRE_SECONDS
        while instance.under_way and loop.time() < until:
            await asyncio.sleep(LOOK_SECONDS)
        await end(instance.process, STOP_SECONDS)

    async def deliver(self, event: UpstreamRequest) -> UpstreamResponse:
        """Hand an event of the service to an instance. Raises NoInstance, OSError or Malformed."""
        # User ids and claims may hold any character, and go as UTF-8.
        headers = {name: value.encode().decode("latin-1") for name, value in event.headers.items()}
        headers["Content-Type"] = event.content_type
        self.executions[f"hub: {event.headers.get('X-ASRS-Event', '')}"] += 1
        path = f"/runtime/webhooks/signalr?code={self.key}"
        with self._least_busy() as instance:
            answer = await self._events.post(instance.port, path, headers, event.body)
        kind = answer.headers.get("content-type", "")
        return UpstreamResponse(answer.status, kind, answer.body)

    async def close(self) -> None:
        """Stop every instance."""
        for instance in tuple(self.instances):
            await self.stop(instance)
        await self._client.aclose()
        self._events.close()

    async def _forward(self, request: Request) -> Response:
        if request.method not in ("OPTIONS", "HEAD"):
            self.executions[request.url.path.removeprefix("/api/")] += 1
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = [pair for pair in request.headers.raw if pair[0].decode() not in _HOP_HEADERS]
        try:
            answer = await self._ask(request.method, path, await request.body(), headers)
        except (NoInstance, httpx.HTTPError):
            return Response(status_code=503)
        response = Response(answer.content, answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.decode().lower() not in _HOP_HEADERS
        ]
        return response

    async def _ask(
        self, verb: str, path: str, body: bytes, headers: list[tuple[bytes, bytes]]
    ) -> httpx.Response:
        with self._least_busy() as instance:
            url = f"http://127.0.0.1:{instance.port}{path}"
            return await self._client.request(verb, url, content=body, headers=headers)

    @contextmanager
    def _least_busy(self) -> Iterator[Instance]:
        """The instance with the fewest requests, and this one is under way there."""
        if not self.instances:
            raise NoInstance("no instance runs")
        instance = min(self.instances, key=lambda one: one.under_way)
        instance.under_way += 1
        try:
            yield instance
        finally:
            instance.under_way -= 1


async def _port_when_ready(process: asyncio.subprocess.Process) -> int | None:
    """Where it listens; None if it has ended, or did not say so in time."""
    assert process.stdout is not None
    port = None
    try:
        async with asyncio.timeout(START_SECONDS):
            while port is None and (line := await process.stdout.readline()):
                if found := _READY.match(line):
                    port = int(found[1])
                else:  # of the app's own
                    _pass(line)
    except TimeoutError:
        pass
    finally:
        if port is None:
            await end(process, STOP_SECONDS)
    return port


async def _pass_on(process: asyncio.subprocess.Process) -> None:
    """What the app prints, until it has ended."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        _pass(line)


def _pass(line: bytes) -> None:
    print(line.decode(errors="replace"), end="", flush=True)


@asynccontextmanager
async def cluster(
    app_dir: Path,
    environ: Mapping[str, str],
    *,
    instances: int = 1,
    concurrency: int = 1,
    rest: str = "",
    origins: Sequence[str] = (),
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> AsyncIterator[Cluster]:
    """A cluster with so many instances, each working on `concurrency` requests at a time.

    `rest`: a URL to which the app sends its REST calls instead (`ServerEndpoint` of the connection
    string), such as that of a service that fails. `origins`: pages that may call it. `around` wraps
    what answers HTTP: the app, and the service's REST API.
    """
    made = Cluster(app_dir, environ, concurrency, rest, origins)
    sockets, signalr_sockets = listen(0, "--port"), listen(0, "--signalr-port")
    made.http = f"http://localhost:{port_of(sockets)}"
    made.signalr = f"http://localhost:{port_of(signalr_sockets)}"
    service = Service(deliver=made.deliver, options=Options(endpoint=made.signalr))
    made.service = service
    fronts = [Served(around(made.app), sockets), Served(around(service.app), signalr_sockets)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(fronts))
        stack.push_async_callback(made.close)
        stack.callback(service.stop)
        for _ in range(instances):
            await made.start()
        yield made
