"""Calls of two people over stamps of their own, watched."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount

from benchmarks.usage.traffic import ASKED, UP, Piece
from benchmarks.usage.watch import Watch
from lab.stack import ROOT, SIGNING_KEYS
from local import static
from local.cluster import Cluster, cluster
from local.serving import Served, listen, port_of, serving

TEXTS = 3
STEP_MS = 20_000
AFTER_SECONDS = 1.5  # for what still comes when a call has ended
SETTINGS = {
    "HELIOGRAPH_STORAGE": "memory",
    "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
    "HELIOGRAPH_STUN_URLS": "",
}
JOIN = """
async (ask) => {
  const room = await window.heliograph.join({ ...ask, sleepAfter: ask.sleepAfter ?? Infinity });
  window.it = room;
  await new Promise((resolve) => {
    const look = () => [...room.peers.values()].some((p) => p.state === "connected") && resolve();
    room.on("peer-updated", look);
    look();
  });
}
"""


class Counts(Struct):
    """Of all calls of one way."""

    pieces: list[Piece]
    events: Counter[str]  # of the hub, that run a function
    billed: int  # messages, by the emulator
    open_in_call: int  # sockets at the end of the calls, before anybody leaves

    @property
    def executions(self) -> Counter[str]:
        """Of functions, by step."""
        calls = (p.step for p in self.pieces if p.way == ASKED)
        invoked = (p.step for p in self.pieces if p.way == UP and p.units and p.step != "connected")
        return Counter(calls) + Counter(invoked) + self.events


class _Scene(Struct):
    """Where calls happen."""

    browser: Browser
    page: str  # its address
    stamps: list[Cluster]
    watch: Watch
    seconds: float
    asleep: bool

    @property
    def backends(self) -> list[str]:
        return [f"{stamp.http}/api" for stamp in self.stamps]


async def count(browser: Browser, stamps: int, asleep: bool, calls: int, seconds: float) -> Counts:
    """So many calls over new stamps."""
    watch = Watch()
    async with AsyncExitStack() as stack:
        sockets = listen(0, "--port")
        origin = f"http://localhost:{port_of(sockets)}"
        settings = {**SETTINGS, "HELIOGRAPH_STAMPS": str(stamps)}
        how: dict[str, Any] = {"concurrency": 16, "origins": [origin], "around": watch.around}
        made = [cluster(ROOT, settings, **how) for _ in range(stamps)]
        running = [await stack.enter_async_context(each) for each in made]
        scene = _Scene(browser, origin, running, watch, seconds, asleep)
        sources = [url for stamp in running for url in (stamp.http, stamp.signalr)]
        page = static.page(ROOT / "web", sources, scene.backends)
        if page is None:
            raise SystemExit("benchmarks.usage: the page is not built: make build")
        site = Starlette(routes=[Mount("/", page)])
        await stack.enter_async_context(serving([Served(site, sockets)]))
        held = [await _call(scene) for _ in range(calls)]
        billed = sum(stamp.service.board.messages for stamp in running if stamp.service)
        events: Counter[str] = Counter()
        for stamp in running:
            for event in ("connected", "disconnected"):
                events[event] += stamp.executions[f"hub: {event}"]
        return Counts(watch.pieces, events, billed, sum(held))


async def _call(scene: _Scene) -> int:
    """One call, from the making of the room to the end; the sockets that it held."""
    contexts = [await scene.browser.new_context() for _ in range(2)]
    for context in contexts:
        scene.watch.listen(context)
    pages = [await context.new_page() for context in contexts]
    for page in pages:
        page.set_default_timeout(STEP_MS)
        await page.goto(scene.page)
        await page.wait_for_function("() => window.heliograph")
        prepare = "(backends) => window.heliograph.prepare({ backends })"
        await page.evaluate(prepare, scene.backends)
    room = await _room(pages[0], scene.backends)
    ask: dict[str, Any] = {"backends": scene.backends, "room": room}
    ask |= {"sleepAfter": 1} if scene.asleep else {}
    first = asyncio.ensure_future(pages[0].evaluate(JOIN, ask))
    await pages[0].wait_for_function("() => window.it")
    await asyncio.sleep(1)  # somebody waits: all sockets are open
    await asyncio.gather(first, pages[1].evaluate(JOIN, ask))
    for number in range(TEXTS):
        await pages[number % 2].evaluate("(n) => window.it.sendText(`text ${n}`)", number)
    await asyncio.sleep(scene.seconds)
    held = sum(len(stamp.service.board) for stamp in scene.stamps if stamp.service)
    for page in pages:
        await page.evaluate("() => window.it.leave()")
    await asyncio.sleep(AFTER_SECONDS)
    for context in contexts:
        await context.close()
    return held


async def _room(page: Page, backends: list[str]) -> str:
    made: dict[str, Any] = await page.evaluate(
        "(backends) => window.heliograph.createRoom({ backends, capacity: 2 })", backends
    )
    return str(made["room"])
