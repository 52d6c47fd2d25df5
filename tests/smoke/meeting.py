"""Two people meet in the room page, through one stamp."""

import asyncio
import json
import os
import shutil
import time
from dataclasses import dataclass
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, Page, Playwright, Route, expect

# Two in one machine have a path by its own address; a name for it by multicast DNS (which hides
# it from the page) would need a network that carries multicast.
FLAGS = ["--no-sandbox", "--disable-features=WebRtcHideLocalIpsWithMdns"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 30.0  # seconds for an app that may be starting
WAIT_MS = 25_000  # ms for each thing that people would wait for


class Failure(Exception):
    """What does not hold, in words that may be shown."""


@dataclass(slots=True)
class Stamp:
    api: str
    page: str | None  # None: it serves one itself
    doing: str = "starting a browser"

    @property
    def host(self) -> str:
        return urlsplit(self.api).netloc

    @property
    def page_url(self) -> str:
        return (self.page or self.api.removesuffix("/api")).rstrip("/") + "/"


async def meet(playwright: Playwright, stamp: Stamp) -> str:
    """What was seen, in a few words. Raises Failure, or what Playwright raises."""
    stamp.doing = "asking /health"
    health = await healthy(stamp)
    stamp.doing = "starting a browser"
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        return f"{health}; {await talk(browser, stamp)}"
    finally:
        await browser.close()


async def healthy(stamp: Stamp) -> str:
    """Waits for an app that starts. Raises Failure if it does not come up."""
    said, until = "no answer", time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(timeout=START_SECONDS, trust_env=False) as http:
        while True:
            try:
                answer = await http.get(f"{stamp.api}/health")
                said = f"/health answers {answer.status_code}"
                if answer.status_code == 200:
                    return str(answer.json()["status"])
            except httpx.HTTPError as error:
                said = type(error).__name__
            except (ValueError, KeyError, TypeError):
                said = "/health answers something else than JSON with a status"
            if time.monotonic() > until:
                raise Failure(said)
            await asyncio.sleep(1)


async def talk(browser: Browser, stamp: Stamp) -> str:
    room, start = f"smoke-{token_hex(8)}", time.monotonic()
    stamp.doing = "opening the page"
    ann = await enter(browser, stamp, room, "Ann")
    bob = await enter(browser, stamp, room, "Bob")
    stamp.doing = "connecting"
    paths = {await connected(ann, "Bob"), await connected(bob, "Ann")}
    took = time.monotonic() - start
    stamp.doing = "talking"
    await say(ann, bob, f"hello Bob {token_hex(4)}")
    await say(bob, ann, f"hello Ann {token_hex(4)}")
    return f"two met in {took:.1f} s, {' and '.join(sorted(paths))}, and talked"


async def enter(browser: Browser, stamp: Stamp, room: str, name: str) -> Page:
    context = await browser.new_context()
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()

    async def backend(route: Route) -> None:
        body = json.dumps({"backends": [stamp.api]})
        await route.fulfill(status=200, content_type="application/json", body=body)

    await page.route("**/config.json", backend)
    answer = await page.goto(f"{stamp.page_url}?room={room}&name={name}")
    if answer is None or not answer.ok:
        raise Failure(f"the page answers {answer.status if answer else 'nothing'}")
    return page


async def connected(page: Page, other: str) -> str:
    """By which path. Raises Failure if the page says that it cannot."""
    peer = page.locator(f'[data-testid="peer"][data-name="{other}"]')
    error = page.get_by_test_id("error").and_(page.locator("[data-code]"))
    await expect(peer.or_(error).first).to_be_visible(timeout=WAIT_MS)
    if await error.count():
        raise Failure(f"the page says {await error.first.get_attribute('data-code')}")
    try:
        await expect(peer).to_have_attribute("data-state", "connected", timeout=WAIT_MS)
    except AssertionError:
        raise Failure(f"no connection: {await peer.get_attribute('data-state')}") from None
    return str(await peer.get_attribute("data-path"))


async def say(page: Page, other: Page, text: str) -> None:
    await page.get_by_test_id("chat-input").fill(text)
    await page.get_by_test_id("chat-input").press("Enter")
    message = other.get_by_test_id("message").filter(has_text=text)
    try:
        await expect(message).to_be_visible(timeout=WAIT_MS)
    except AssertionError:
        raise Failure("a message did not arrive") from None
    if await message.get_attribute("data-via") != "p2p":
        raise Failure("a message did not go from peer to peer")
