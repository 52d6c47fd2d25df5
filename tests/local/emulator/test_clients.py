"""Clients we did not write, unmodified: @microsoft/signalr in Node and in Chromium, pysignalr."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page
from pysignalr.client import SignalRClient
from pysignalr.messages import CompletionMessage
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.routing import Route

from lab.chromium import chromium
from local.emulator.protocol import (
    JSON_TYPE,
    Completion,
    Invocation,
    Protocol,
    decode_body,
    encode,
)
from local.emulator.upstream import UpstreamRequest, UpstreamResponse
from tests.local.emulator.support import HUB, Emulator, emulating, serving, until

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).parent / "clients" / "signalr.mjs"
LIBRARY = ROOT / "node_modules/@microsoft/signalr/dist/browser/signalr.min.js"
DEADLINE_SECONDS = 20  # seconds; starting Node or a browser on a busy machine takes a while


class Host:
    """A tiny app: `ask` answers its arguments, `fail` fails, `tell` is kept."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, tuple[Any, ...]]] = []

    async def deliver(self, event: UpstreamRequest) -> UpstreamResponse:
        if event.category == "connections":
            self.seen.append((event.event, ()))
            return UpstreamResponse(200)
        call = decode_body(event.content_type, event.body)
        assert isinstance(call, Invocation)
        self.seen.append((call.target, call.arguments))
        if call.target == "fail":
            return UpstreamResponse(500)
        if call.invocation_id is None or call.target != "ask":
            return UpstreamResponse(200)
        protocol: Protocol = "json" if event.content_type == JSON_TYPE else "messagepack"
        done = Completion(invocation_id=call.invocation_id, result={"got": call.arguments})
        return UpstreamResponse(200, event.content_type, encode(protocol, done))


class Node:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def event(self) -> Any:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), DEADLINE_SECONDS)
        return json.loads(line)

    def do(self, what: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **arguments}).encode() + b"\n")


@contextlib.asynccontextmanager
async def node(emulator: Emulator, protocol: str, *more: str) -> AsyncIterator[Node]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(SCRIPT),
        emulator.client_url(),
        protocol,
        *more,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"TOKEN": emulator.client_token("ann")},
    )
    try:
        yield Node(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@contextlib.asynccontextmanager
async def hosted() -> AsyncIterator[tuple[Host, Emulator]]:
    host = Host()
    async with emulating(host.deliver) as emulator:
        yield host, emulator


@pytest.mark.parametrize(
    ("protocol", "transport"),
    [
        ("json", "WebSockets"),
        ("messagepack", "WebSockets"),
        ("json", "LongPolling"),
        ("messagepack", "LongPolling"),
        ("json", "ServerSentEvents"),
    ],
)
async def test_the_javascript_client_in_node_does_all_it_can(
    protocol: Protocol, transport: str
) -> None:
    async with hosted() as (host, emulator), node(emulator, protocol, transport) as client:
        first = (await client.event())["connected"]
        client.do("invoke", target="ask", args=["ü", {"n": [1.5, None]}])
        assert await client.event() == {"result": {"got": ["ü", {"n": [1.5, None]}]}}
        client.do("invoke", target="void", args=[])
        assert await client.event() == {"result": None}
        client.do("invoke", target="fail", args=[])
        assert "status code 500" in (await client.event())["failed"]
        client.do("send", target="tell", args=["quietly"])
        await until(lambda: ("tell", ("quietly",)) in host.seen)

        body = {"Target": "say", "Arguments": ["hi", {"a": True}]}
        await emulator.rest("POST", "/users/ann/:send", json=body)
        assert await client.event() == {"said": ["hi", {"a": True}]}

        # A close that allows it makes the client come back, as a new connection.
        await emulator.rest("DELETE", f"/connections/{first}?reason=moving")
        assert (await client.event())["reconnected"] != first
        await emulator.rest("POST", "/:send", json={"target": "say", "arguments": []})
        assert await client.event() == {"said": []}
        client.do("stop")
        assert await client.event() == {"closed": None}
        await until(lambda: [event for event, _ in host.seen].count("disconnected") == 2)


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_the_javascript_client_may_skip_negotiation(protocol: Protocol) -> None:
    async with hosted() as (_, emulator), node(emulator, protocol, "skip") as client:
        assert await client.event() == {"connected": None}
        client.do("invoke", target="ask", args=[])
        assert await client.event() == {"result": {"got": []}}


async def test_pysignalr_is_sent_here_by_the_app_invokes_and_is_called() -> None:
    async with hosted() as (host, emulator), negotiating(emulator) as url:
        opened, said, completed = asyncio.Event(), [], []
        client = SignalRClient(url)

        async def on_open() -> None:
            opened.set()

        async def on_say(arguments: list[Any]) -> None:
            said.append(arguments)

        async def on_completion(message: CompletionMessage) -> None:
            completed.append(message.result)

        client.on_open(on_open)
        client.on("say", on_say)
        running = asyncio.create_task(client.run())
        try:
            await asyncio.wait_for(opened.wait(), DEADLINE_SECONDS)
            await client.send("ask", ["hi"], on_completion)
            await until(lambda: completed == [{"got": ["hi"]}])
            emulator.service.board.send_to_user(HUB, "ann", "say", [1, "two"])
            await until(lambda: said == [[1, "two"]])
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        await until(lambda: ("disconnected", ()) in host.seen)


@contextlib.asynccontextmanager
async def negotiating(emulator: Emulator) -> AsyncIterator[str]:
    """An app whose negotiate sends clients on to the emulator, as a Functions app does."""
    answer = {"url": emulator.client_url(), "accessToken": emulator.client_token("ann")}
    routes = [Route("/api/negotiate", lambda _: JSONResponse(answer), methods=["POST"])]
    async with serving(Starlette(routes=routes)) as port:
        yield f"http://127.0.0.1:{port}/api"


@contextlib.asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """A page of another origin than the emulator, with the library loaded."""
    routes = [
        Route("/", lambda _: HTMLResponse('<script src="/signalr.min.js"></script>')),
        Route("/signalr.min.js", lambda _: FileResponse(LIBRARY)),
    ]
    async with serving(Starlette(routes=routes)) as port, chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"http://localhost:{port}/")
        yield page


@pytest.mark.browser
async def test_the_javascript_client_works_from_another_origin_in_chromium() -> None:
    async with hosted() as (_, emulator), browser_page() as page:
        await page.evaluate(
            """async ([url, token]) => {
                window.said = [];
                window.connection = new signalR.HubConnectionBuilder()
                    .withUrl(url, { accessTokenFactory: () => token }).build();
                connection.on("say", (...args) => said.push(args));
                await connection.start();
            }""",
            [emulator.client_url(), emulator.client_token("ann")],
        )
        answer = await page.evaluate("connection.invoke('ask', 'hi', [1, 2])")
        assert answer == {"got": ["hi", [1, 2]]}
        await emulator.rest("POST", "/users/ann/:send", json={"target": "say", "arguments": [1]})
        await page.wait_for_function("said.length === 1")
        assert await page.evaluate("said") == [[1]]
        await page.evaluate("connection.stop()")
        await until(lambda: not emulator.service.board.has_user(HUB, "ann"))


@pytest.mark.browser
async def test_a_refused_token_is_an_error_the_page_can_read() -> None:
    async with hosted() as (_, emulator), browser_page() as page:
        message = await page.evaluate(
            """url => new signalR.HubConnectionBuilder()
                .withUrl(url, { accessTokenFactory: () => "junk" })
                .configureLogging(signalR.LogLevel.None).build()
                .start().then(() => "connected", error => error.message)""",
            emulator.client_url(),
        )
        assert "401" in message
