"""Two people meet in the room page."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any

import httpx
from playwright.async_api import Browser, Error, Page, Playwright, expect

from lab.chromium import HIDDEN_ADDRESSES, executable, flags
from tests.smoke.trial import Trial

START_SECONDS = 30.0  # seconds for an app that may be starting
MEETINGS = 2  # at a time: an agent of a pipeline has two cores
WAIT_MS = 25_000  # ms for each thing that people would wait for

# Writes other backends into the page, before its script reads them. The answer stays the server's
# own: with an answer that Playwright gives, Chromium finds no path to a peer on this machine.
GIVEN = """
new MutationObserver((_, observer) => {
  const config = document.querySelector("#config");
  if (!config?.nextSibling) return; // it has not been read to its end
  observer.disconnect();
  config.firstChild.data = JSON.stringify(%s);
}).observe(document, { childList: true, subtree: true });
"""


class Failure(Exception):
    """What does not hold, in words that may be shown."""


class Window:
    """One browser for everyone; it is started when somebody needs it."""

    def __init__(self, playwright: Playwright) -> None:
        self.room = asyncio.Semaphore(MEETINGS)
        self._playwright = playwright
        self._started: asyncio.Task[Browser] | None = None

    async def browser(self) -> Browser:
        if self._started is None:
            launched = self._playwright.chromium.launch(
                executable_path=executable(), args=flags(without=HIDDEN_ADDRESSES)
            )
            self._started = asyncio.create_task(launched)
        # Of those who wait, one who gives up does not end it for the others.
        return await asyncio.shield(self._started)

    async def close(self) -> None:
        if self._started is not None:
            with suppress(Error):
                await (await self._started).close()


async def meet(window: Window, trial: Trial) -> str:
    """What was seen, in a few words. Raises Failure, or what Playwright raises."""
    trial.doing = "asking /health"
    health = await asyncio.gather(*map(healthy, trial.apis))
    trial.doing = "waiting for a browser"
    async with window.room:
        talked = await talk(await window.browser(), trial)
    return f"{health[0]}; {talked}" if len(health) == 1 else talked


async def healthy(api: str) -> str:
    """Waits for an app that starts. Raises Failure if it does not come up."""
    failed, until = "no answer", time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(timeout=START_SECONDS, trust_env=False) as http:
        while True:
            try:
                answer = await http.get(f"{api}/health")
                failed = f"/health answers {answer.status_code}"
                if answer.status_code == 200:
                    said = answer.json()
                    return f"{said['status']}; {seen(said['caller'])}"
            except httpx.HTTPError as error:
                failed = type(error).__name__
            except (ValueError, KeyError, TypeError):
                failed = "/health answers something else than JSON with a status"
            if time.monotonic() > until:
                raise Failure(failed)
            await asyncio.sleep(1)


def seen(caller: dict[str, Any]) -> str:
    """How the app sees us. We send no X-Forwarded-For: what stands left of us is a proxy."""
    what = f"sees a {caller['kind']} caller behind {caller['skipped']} proxies"
    if caller["left"]:
        what += f" and {caller['left']} that HELIOGRAPH_TRUSTED_HOPS does not count"
    return what


async def talk(browser: Browser, trial: Trial) -> str:
    room, start = f"smoke-{token_hex(8)}", time.monotonic()
    trial.doing = "opening the page"
    ann = await enter(browser, trial, room, "Ann", trial.ann)
    bob = await enter(browser, trial, room, "Bob", trial.bob)
    trial.doing = "connecting"
    paths = {await connected(ann, "Bob"), await connected(bob, "Ann")}
    took = time.monotonic() - start
    trial.doing = "talking"
    await say(ann, bob, f"hello Bob {token_hex(4)}")
    await say(bob, ann, f"hello Ann {token_hex(4)}")
    return f"two met in {took:.1f} s, {' and '.join(sorted(paths))}, and talked"


async def enter(
    browser: Browser, trial: Trial, room: str, name: str, backends: Sequence[str]
) -> Page:
    context = await browser.new_context()
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()

    await page.add_init_script(GIVEN % json.dumps({"backends": backends}))
    address = trial.page_of(backends)
    answer = await page.goto(f"{address}?room={room}&name={name}")
    if answer is None or not answer.ok:
        raise Failure(f"the page answers {answer.status if answer else 'nothing'}")
    return page


async def connected(page: Page, other: str) -> str:
    """By which path. Raises Failure if the page says that it cannot."""
    peer = page.locator(f'[data-testid="peer"][data-name="{other}"]')
    error = page.get_by_test_id("error").and_(page.locator("[data-code]"))
    try:
        await expect(peer.or_(error).first).to_be_visible(timeout=WAIT_MS)
    except AssertionError:
        raise Failure(f"{other} did not come") from None
    if await error.count():
        raise Failure(f"the page says {await error.first.get_attribute('data-code')}")
    try:
        await expect(peer).to_have_attribute("data-state", "connected", timeout=WAIT_MS)
        # The page learns a moment later which path it is.
        await expect(peer).not_to_have_attribute("data-path", "server", timeout=WAIT_MS)
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
