"""A call of two in a room for two holds no socket: its messages go by the channel.

Two pages of their own with the SDK of the site, against the local stack; `sleepAfter` is a second.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from lab.stack import Stack
from tests.e2e.browsers import not_in_firefox

pytestmark = pytest.mark.browser
WAIT_MS = 15_000
# Counts the open sockets of the page; and each negotiate and sleep.
WATCH = """
window.sockets = new Set();
window.asked = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", () => window.sockets.add(this));
    this.addEventListener("close", () => window.sockets.delete(this));
  }
};
const fetched = window.fetch;
window.fetch = (url, ...rest) => {
  window.asked.push(new URL(url, location.href).pathname.split("/").pop());
  return fetched(url, ...rest);
};
"""
JOIN = """
async ({ room, hostToken, secret }) => {
  const ask = { backends: "/api", room, secret, sleepAfter: 1 };
  const joined = await window.heliograph.join(hostToken ? { ...ask, hostToken } : ask);
  window.it = joined;
  window.texts = [];
  window.ended = "";
  window.states = [];
  window.left = [];
  joined.on("text", ({ text, via }) => window.texts.push(`${via}: ${text}`));
  joined.on("state", ({ state }) => window.states.push(state));
  joined.on("peer-left", ({ reason }) => window.left.push(reason));
  joined.on("closed", ({ code }) => (window.ended = code));
  return joined.self.id;
}
"""
UP = "() => [...window.it.peers.values()].some(({ state }) => state === 'connected')"
ASLEEP = "() => window.asked.includes('sleep') && window.sockets.size === 0"
AWAKE = "() => window.sockets.size === 1"


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Callable[[], Page]]:
    contexts: list[BrowserContext] = []

    def open_page() -> Page:
        context = browser.new_context()
        contexts.append(context)
        context.add_init_script(WATCH)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.goto(stack.page)
        page.wait_for_function("() => window.heliograph")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def made(stack: Stack) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.post(f"{stack.api}/rooms", json={"capacity": 2}).json()
    return answer


def meet(visit: Callable[[], Page], made: dict[str, Any]) -> tuple[Page, Page]:
    """A host and a guest whose channel is open."""
    pages = visit(), visit()
    for page, secret, token in zip(pages, "hg", (made["hostToken"], ""), strict=True):
        page.evaluate(JOIN, {"room": made["room"], "hostToken": token, "secret": secret * 22})
    for page in pages:
        page.wait_for_function(UP)
    return pages


def text(page: Page, words: str) -> str:
    return str(page.evaluate("(words) => window.it.sendText(words)", words))


def test_a_full_room_of_two_holds_no_socket_and_goes_on(
    visit: Callable[[], Page], made: dict[str, Any]
) -> None:
    ann, bob = meet(visit, made)
    for page in (ann, bob):
        page.wait_for_function(ASLEEP)
    assert text(ann, "asleep") == "p2p"
    bob.wait_for_function("() => window.texts.includes('p2p: asleep')")
    for page in (ann, bob):
        assert page.evaluate("() => [window.states, window.left, window.ended]") == [
            *(["connected"], [], ""),
        ]


def test_a_reload_of_the_other_side_finds_its_way_within_three_seconds(
    visit: Callable[[], Page], made: dict[str, Any]
) -> None:
    ann, bob = meet(visit, made)
    for page in (ann, bob):
        page.wait_for_function(ASLEEP)
    bob.reload()
    bob.wait_for_function("() => window.heliograph")
    took = bob.evaluate(
        """
        async (ask) => {
          const began = performance.now();
          const joined = await window.heliograph.join(ask);
          await new Promise((resolve) => {
            joined.on("peer-updated", ({ peer }) => peer.state === "connected" && resolve());
          });
          return performance.now() - began;
        }
        """,
        {"backends": "/api", "room": made["room"], "secret": "g" * 22, "sleepAfter": 1},
    )
    ann.wait_for_function(UP)
    assert took < 3_000
    assert ann.evaluate("() => window.states") == ["connected"]


@not_in_firefox("as Playwright starts it, a page that crashes ends the whole browser")
def test_a_page_that_crashes_wakes_the_other_side(
    visit: Callable[[], Page], made: dict[str, Any]
) -> None:
    ann, bob = meet(visit, made)
    for page in (ann, bob):
        page.wait_for_function(ASLEEP)
    session = bob.context.new_cdp_session(bob)
    session.on("Inspector.targetCrashed", lambda _: None)
    with pytest.raises(Exception, match="crash|closed|Timeout"):
        bob.goto("chrome://crash", timeout=2_000)
    ann.wait_for_function(AWAKE, timeout=30_000)
    assert ann.evaluate("() => [window.states, window.left]") == [["connected"], []]


def test_who_is_kicked_asleep_is_out(visit: Callable[[], Page], made: dict[str, Any]) -> None:
    ann, bob = meet(visit, made)
    for page in (ann, bob):
        page.wait_for_function(ASLEEP)
    ann.evaluate("() => window.it.kick([...window.it.peers.keys()][0])")
    bob.wait_for_function("() => window.ended === 'kicked'")
    assert ann.evaluate("() => window.left") == ["kicked"]
    ann.wait_for_function(AWAKE)


def test_a_room_that_others_can_come_into_keeps_its_sockets(
    visit: Callable[[], Page], stack: Stack
) -> None:
    made = httpx.post(f"{stack.api}/rooms", json={"capacity": 3}).json()
    ann, bob = meet(visit, made)
    ann.wait_for_timeout(2_500)
    for page in (ann, bob):
        assert page.evaluate("() => [window.sockets.size, window.asked.includes('sleep')]") == [
            *(1, False),
        ]
