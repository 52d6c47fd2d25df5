"""The Functions host on a laptop: the app's functions behind one ASGI application.

worker (Microsoft's code) ── invoker ── http_trigger ┐
                                     ├─ signalr_trigger ├─ Host.app, Host.deliver
                                     ├─ queues, timers ─┘

Sources: "Azure Functions HTTP trigger" (routes, keys, CORS), "SignalR Service trigger binding" (the
webhook `/runtime/webhooks/signalr`), each module its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.emulator import UpstreamRequest, UpstreamResponse
from local.functions.bindings import Function, HostRefusal, resolve
from local.functions.control import Control
from local.functions.cors import THIS_MACHINE, Cors
from local.functions.faults import Faults
from local.functions.host_json import route_prefix
from local.functions.http_trigger import BodyTooLarge, HttpTrigger, has_key, read_body
from local.functions.invoker import Invoker
from local.functions.queues import Message, MessageQueues, Queues, metadata, policy
from local.functions.rules import refusals
from local.functions.service_settings import http_timeout_seconds, service_endpoint
from local.functions.signalr_sink import Outputs, WithFaults
from local.functions.signalr_trigger import SignalRTrigger
from local.functions.slots import DEFAULT_HTTP_CONCURRENCY, Slots
from local.functions.timers import Timers
from local.functions.worker import FunctionFailed, Worker, text

log = logging.getLogger("local.functions.host")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a host is told: the environment, host.json, its key, CORS and the page.

    `http_concurrency`: requests and SignalR events it works on at a time; the others wait.
    `queues`: those of an account; None: in this process.
    """

    environ: Mapping[str, str]
    key: str
    host_json: Mapping[str, Any]
    cors: Cors = Cors()
    page: ASGIApp | None = None
    http_concurrency: int = DEFAULT_HTTP_CONCURRENCY
    queues: MessageQueues | None = None


class Host:
    """One app, loaded and ready to be served. Make it with `await Host.start(...)`.

    `faults` are the faults that the app's SignalR outputs meet; none are set at first.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        worker: Worker,
        outputs: Outputs,
        options: Options,
    ) -> None:
        self._worker = worker
        self._options = options
        self.faults = Faults()
        self._slots = Slots(options.http_concurrency)
        self._queues = options.queues or Queues(policy(options.host_json))
        environ = options.environ
        timeout = http_timeout_seconds(environ)
        faulty = WithFaults(outputs, self.faults, service_endpoint(environ), timeout)
        self._invoker = Invoker(worker, faulty, self._queues)
        prefix = route_prefix(options.host_json)
        self._http = HttpTrigger(functions, prefix, options.key, self._invoker, self._slots)
        self._signalr = SignalRTrigger(functions, environ, self._invoker, self._slots)
        self._timers = Timers(functions, self._invoker)
        self._readers = [f for f in functions if f.trigger.type.lower() == "queuetrigger"]
        self.app = self._application()
        self.deliver = self._signalr.deliver

    @classmethod
    async def start(cls, app_dir: Path, outputs: Outputs, options: Options) -> "Host":
        """Index and check the app. Raises HostRefusal with every reason not to run it."""
        worker = await Worker.start(app_dir)
        functions = [resolve(f, options.environ) for f in worker.functions.values()]
        if not functions:
            raise HostRefusal("The app has no functions.")
        if reasons := refusals(functions, options.environ, route_prefix(options.host_json)):
            raise HostRefusal("\n".join(reasons))
        return cls(functions, worker, outputs, options)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Timers and queue readers run inside this block; the worker stops after it."""
        loops = [self._timers.run(), *(self._read(function) for function in self._readers)]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):
                    log.error("A timer or queue reader had stopped: %s", type(ended).__name__)
            self._worker.stop()

    def _application(self) -> Starlette:
        routes: list[BaseRoute] = [
            *Control(self._options.key, self.faults, self._slots).routes(),
            Route("/runtime/webhooks/signalr", self._upstream, methods=["POST"]),
            Mount("/", self._functions_then_page),
        ]
        return Starlette(routes=routes, middleware=cors_middleware(self._options.cors))

    async def _functions_then_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A function's route first, then the page; the host itself answers 404.

        Its root is answered by 204, as with `AzureWebJobsDisableHomepage`: no function runs.
        """
        request = Request(scope, receive)
        match = self._http.find(request)
        answer: ASGIApp
        if match is not None:
            answer = await self._http.answer(request, match)
        elif self._options.page is not None and request.method in ("GET", "HEAD"):
            answer = self._options.page
        else:
            answer = Response(status_code=204 if request.url.path == "/" else 404)
        await answer(scope, receive, send)

    async def _upstream(self, request: Request) -> Response:
        """`POST /runtime/webhooks/signalr?code=`: the same trigger, called from outside."""
        if not has_key(request, self._options.key):
            return Response(status_code=401)
        try:
            body = await read_body(request)
        except BodyTooLarge:
            return Response(status_code=413)
        answer: UpstreamResponse = await self.deliver(
            UpstreamRequest(
                hub=request.headers.get("x-asrs-hub", ""),
                category=request.headers.get("x-asrs-category", ""),
                event=request.headers.get("x-asrs-event", ""),
                headers=dict(request.headers),
                content_type=request.headers.get("content-type", ""),
                body=body,
            )
        )
        return Response(answer.body, answer.status, media_type=answer.content_type or None)

    async def _read(self, function: Function) -> None:
        """Hand messages to a queueTrigger function, one at a time, for as long as we run."""
        name = function.trigger.text("queueName")
        while True:
            message = await self._queues.take(name)
            try:
                await self._invoker.run(function, _queue_value(message), metadata(message))
                await self._queues.done(name, message)
            except FunctionFailed:
                log.warning(
                    "%s: try %d of a message failed; it goes to %s",
                    function.name,
                    message.dequeues,
                    await self._queues.failed(name, message),
                )


def cors_middleware(cors: Cors) -> list[Middleware]:
    """What lets other origins call; nothing where none may."""
    if cors.is_empty:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(cors.origins),
            allow_origin_regex=THIS_MACHINE if cors.this_machine else None,
            allow_credentials=cors.credentials,
            allow_methods=["*"],
            allow_headers=["*"],
        )
    ]


def _queue_value(message: Message) -> Any:
    return text(message.body.decode(errors="replace"))
