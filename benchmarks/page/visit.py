"""Somebody opens a link that joins by itself, with nothing in any cache. Times are ms."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, Request

from benchmarks.page.site import Site

PATIENCE_MS = 30_000
REST_SECONDS = 1.0  # until somebody who waits has parked an offer, and rests
_numbers = itertools.count()

# Notes when the first data channel opens, by the page's own clock.
CHANNELS = """
window.bench = { opened: null };
const note = (channel) => channel.addEventListener("open", () => {
  window.bench.opened ??= performance.now();
});
const create = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...how) {
  const channel = create.apply(this, how);
  note(channel);
  return channel;
};
"""
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""


@dataclass(frozen=True, slots=True)
class Visit:
    """From the navigation until …"""

    paint: float  # something is to be seen (first contentful paint)
    asked: float  # negotiate is on its way: its connection is open
    admitted: float  # it is answered
    opened: float  # the channel to somebody who has waited is open


async def visit(browser: Browser, site: Site, round_trip: float) -> Visit:
    """One visit. Raises what Playwright raises when nobody is connected in time."""
    room = f"bench-{time.time_ns()}-{next(_numbers)}"
    async with _window(browser) as waiting, _window(browser) as page:
        site.set_round_trip(0)
        await waiting.goto(f"{site.page}?room={room}&name=Ann")
        await waiting.get_by_test_id("alone").wait_for()
        await asyncio.sleep(REST_SECONDS)
        site.set_round_trip(round_trip)
        return await _opens(page, f"{site.page}?room={room}&name=Bob")


async def _opens(page: Page, link: str) -> Visit:
    negotiate = lambda asked: asked.method == "POST" and asked.url.endswith("/negotiate")  # noqa: E731
    async with page.expect_request_finished(negotiate) as asking:
        await page.goto(link, wait_until="commit")
    asked = await asking.value
    await page.wait_for_function("() => bench.opened !== null", timeout=PATIENCE_MS)
    began = await page.evaluate("() => performance.timeOrigin")
    return Visit(
        float(await page.evaluate(PAINTED)),
        _moment(asked, "requestStart") - began,
        _moment(asked, "responseEnd") - began,
        float(await page.evaluate("() => bench.opened")),
    )


def _moment(request: Request, name: str) -> float:
    """Since 1970, from DevTools: a page is not told the times of another origin."""
    timing: dict[str, float] = dict(request.timing)  # type: ignore[arg-type]
    return timing["startTime"] + max(0.0, timing[name])


@asynccontextmanager
async def _window(browser: Browser) -> AsyncIterator[Page]:
    """A context of its own: its cache is empty, and no connection is open."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(CHANNELS)
    try:
        yield await context.new_page()
    finally:
        await context.close()
