"""Somebody opens a link that joins by itself, with nothing in any cache. Times are ms."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, Playwright, Request, async_playwright

from benchmarks.page.site import Site
from lab.chromium import executable, flags

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
    asked: float  # negotiate is sent, by an open connection: a round trip before its answer
    admitted: float  # it is answered
    opened: float  # the channel to somebody who has waited is open


class Browsers:
    """One for those who wait, and a new one with an empty profile for each visit.

    A context of Playwright would be a private window: it ignores `preconnect`.
    """

    def __init__(self, playwright: Playwright, waiting: Browser, arguments: Sequence[str]) -> None:
        self._playwright, self._waiting, self._arguments = playwright, waiting, arguments

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[Page]:
        """A window of its own."""
        context = await self._waiting.new_context()
        try:
            yield await context.new_page()
        finally:
            await context.close()

    @asynccontextmanager
    async def cold(self, locale: str) -> AsyncIterator[Page]:
        """Nothing is in a cache, and no connection is open."""
        with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            launch = self._playwright.chromium.launch_persistent_context
            context = await launch(
                profile, executable_path=executable(), args=self._arguments, locale=locale
            )
            context.set_default_timeout(PATIENCE_MS)
            await context.add_init_script(CHANNELS)
            try:
                yield context.pages[0]
            finally:
                await context.close()


@asynccontextmanager
async def browsers(more: Sequence[str]) -> AsyncIterator[Browsers]:
    """`more` flags: of each Chromium, beside those of the lab."""
    arguments = flags(*more)
    async with async_playwright() as playwright:
        waiting = await playwright.chromium.launch(executable_path=executable(), args=arguments)
        try:
            yield Browsers(playwright, waiting, arguments)
        finally:
            await waiting.close()


async def visit(
    browsers: Browsers,
    site: Site,
    round_trip: float,
    window_bytes: int = 0,
    locale: str = "en-GB",
) -> Visit:
    """One visit. Raises what Playwright raises when nobody is connected in time.

    `window_bytes`: of a connection that has just opened; 0: no limit. `locale`: what the
    browser asks for.
    """
    room = f"bench-{time.time_ns()}-{next(_numbers)}"
    site.set_round_trip(0)
    async with browsers.waiting() as waiting, browsers.cold(locale) as page:
        await waiting.goto(f"{site.page}?room={room}&name=Ann")
        await waiting.get_by_test_id("alone").wait_for()
        await page.goto(site.other)  # so that the browser has a process for pages
        await asyncio.sleep(REST_SECONDS)
        site.set_round_trip(round_trip, window_bytes)
        return await _opens(page, f"{site.page}?room={room}&name=Bob", round_trip)


async def _opens(page: Page, link: str, round_trip: float) -> Visit:
    async with page.expect_request_finished(_is_negotiate) as asking:
        await page.goto(link, wait_until="commit")
    asked = await asking.value
    await page.wait_for_function("() => bench.opened !== null")
    began = await page.evaluate("() => performance.timeOrigin")
    return Visit(
        float(await page.evaluate(PAINTED)),
        _moment(asked, "responseStart") - round_trip - began,
        _moment(asked, "responseEnd") - began,
        float(await page.evaluate("() => bench.opened")),
    )


def _is_negotiate(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/negotiate")


def _moment(request: Request, name: str) -> float:
    """Since 1970, from DevTools: a page is not told the times of another origin."""
    timing: dict[str, float] = dict(request.timing)  # type: ignore[arg-type]
    return timing["startTime"] + timing[name]
