"""What does one call of two use: function executions, messages and sockets of SignalR?

    python -m benchmarks.usage [--calls 3] [--seconds 6]

Real Chromium pages with the built SDK, prepared, in a room for two; each call says three texts and
ends by `leave`. One stamp, two stamps, and two whose sockets sleep from the first second on. It
counts calls of functions at their doors, and messages in the SignalR emulator, which bills as the
service does (2 KB units to each client). Beside it what costs/call.py counts for the design.
Storage is in memory and not counted. Counts do not depend on the machine.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount

from costs.prices import parse
from costs.stamps import WAYS, usage
from lab.chaos.browser import chromium
from lab.stack import ROOT, SIGNING_KEYS
from local import static
from local.cluster import Cluster, cluster
from local.serving import Served, listen, port_of, serving

TEXTS = 3
STEP_MS = 20_000
AFTER_SECONDS = 1.5  # for what still comes when a call has ended
# The root is answered by the host: no function runs.
NOT_OF_THE_CALL = ("rooms", "stats", "ice", "/")
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

    executions: Counter[str]
    messages: int
    sockets: int  # opened
    open_in_call: int  # at the end of the calls, before anybody leaves


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage")
    parser.add_argument("--calls", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="that each call lasts")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.calls, arguments.seconds))


async def measure(calls: int, seconds: float) -> None:
    """All three ways, one after another."""
    prices = parse((ROOT / "costs" / "prices.toml").read_text())
    ways = {"one stamp": (1, False), "two stamps": (2, False), "two, asleep": (2, True)}
    print(f"One call of two, {calls} calls each: measured (and as costs/call.py counts it)")
    async with chromium() as browser:
        for name, (stamps, asleep) in ways.items():
            counts = await count(browser, stamps, asleep, calls, seconds)
            design = usage(seconds / 60, WAYS[name], prices)
            said = sum(counts.executions.values()) / calls
            print(f"\n{name}")
            print(f"  function executions   {said:7.2f}  ({design.executions:.2f})")
            print(
                f"  messages of 2 KB      {counts.messages / calls:7.2f}  ({design.messages:.2f})"
            )
            print(f"  sockets opened        {counts.sockets / calls:7.2f}  ({design.sockets:.2f})")
            print(f"  open during the call  {counts.open_in_call / calls:7.2f}")
            each = sorted(counts.executions.items())
            print("  " + ", ".join(f"{name} {number / calls:g}" for name, number in each))


async def count(browser: Browser, stamps: int, asleep: bool, calls: int, seconds: float) -> Counts:
    """So many calls over new stamps."""
    async with AsyncExitStack() as stack:
        sockets = listen(0, "--port")
        origin = f"http://localhost:{port_of(sockets)}"
        settings = {**SETTINGS, "HELIOGRAPH_STAMPS": str(stamps)}
        running = [
            await stack.enter_async_context(
                cluster(ROOT, settings, concurrency=16, origins=[origin])
            )
            for _ in range(stamps)
        ]
        backends = [f"{stamp.http}/api" for stamp in running]
        sources = [url for stamp in running for url in (stamp.http, stamp.signalr)]
        page = static.page(ROOT / "web", sources, backends)
        if page is None:
            raise SystemExit("benchmarks.usage: the page is not built: make build")
        site = Starlette(routes=[Mount("/", page)])
        await stack.enter_async_context(serving([Served(site, sockets)]))
        for stamp in running:
            stamp.executions.clear()
        open_in_call = 0
        for _ in range(calls):
            open_in_call += await call(browser, origin, backends, running, asleep, seconds)
        executions = sum((stamp.executions for stamp in running), Counter[str]())
        messages = sum(stamp.service.board.messages for stamp in running if stamp.service)
        return Counts(executions, messages, executions["hub: connected"], open_in_call)


async def call(
    browser: Browser,
    origin: str,
    backends: list[str],
    stamps: list[Cluster],
    asleep: bool,
    seconds: float,
) -> int:
    """One call, from the making of the room to the end; the sockets that it held."""
    contexts = [await browser.new_context() for _ in range(2)]
    pages = [await context.new_page() for context in contexts]
    for page in pages:
        page.set_default_timeout(STEP_MS)
        await page.goto(origin)
        await page.wait_for_function("() => window.heliograph")
        await page.evaluate("(backends) => window.heliograph.prepare({ backends })", backends)
    room = await _room(pages[0], backends)
    for stamp in stamps:
        for made_by_us in NOT_OF_THE_CALL:
            stamp.executions.pop(made_by_us, None)
    ask = {"backends": backends, "room": room} | ({"sleepAfter": 1} if asleep else {})
    first = asyncio.ensure_future(pages[0].evaluate(JOIN, ask))
    await pages[0].wait_for_function("() => window.it")
    await asyncio.sleep(1)  # the first one has parked its offer, as when somebody waits
    await asyncio.gather(first, pages[1].evaluate(JOIN, ask))
    for number in range(TEXTS):
        await pages[number % 2].evaluate("(n) => window.it.sendText(`text ${n}`)", number)
    await asyncio.sleep(seconds)
    held = sum(len(stamp.service.board) for stamp in stamps if stamp.service)
    for page in pages:
        await page.evaluate("() => window.it.leave()")
    await asyncio.sleep(AFTER_SECONDS)
    for context in contexts:
        await context.close()
    for stamp in stamps:
        for made_by_us in NOT_OF_THE_CALL:
            stamp.executions.pop(made_by_us, None)
    return held


async def _room(page: Page, backends: list[str]) -> str:
    made: dict[str, Any] = await page.evaluate(
        "(backends) => window.heliograph.createRoom({ backends, capacity: 2 })", backends
    )
    return str(made["room"])


if __name__ == "__main__":
    main()
