"""Networks that block WebSockets: people meet all the same, by long polling, within ten seconds."""

from collections.abc import Callable, Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from lab.threaded import Threaded, running_in_thread
from lab.upgrades import Sockets
from tests.e2e.leaving import WATCH, sockets
from tests.e2e.policy import REPORT, refused
from tests.e2e.room import expect_direct, expect_error, expect_heard, say, until
from tests.long import usually

pytestmark = pytest.mark.browser

BLOCKS = [how for how in Sockets if how is not Sockets.PASS]
MOST_MS = 10_000
AGAIN_MS = 3_000  # less than a client waits for a WebSocket that hangs
WAIT_MS = 15_000
CLICK = """
async () => {
  const began = performance.now();
  document.querySelector("[data-testid=join]").click();
  while (window.heliograph?.room?.state !== "connected")
    await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - began;
}
"""
# A connection between the two never comes about: what they say goes through the servers.
NO_WAY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) {
    super({ ...given, iceServers: [], iceTransportPolicy: "relay" });
  }
};
"""


class Visitor:
    """A page of its own, and what it asks of SignalR by HTTP."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.polls: set[str] = set()  # hosts from which a poll was answered
        self.page.on("requestfinished", lambda asked: self._note(asked.method, asked.url))
        self.page.goto(url)

    def _note(self, method: str, url: str) -> None:
        if method == "GET" and "/client/" in url:
            self.polls.add(url.split("/client/")[0])

    def click(self, room: str, name: str) -> float:
        """ms from the click to a room that is connected."""
        self.page.get_by_test_id("room-input").fill(room)
        self.page.get_by_test_id("name-input").fill(name)
        return float(self.page.evaluate(CLICK))

    def until_polling_at(self, count: int) -> None:
        """Until so many stamps are heard by polls."""
        until(lambda: len(self.polls) >= count, self.page)


def kind_of(request: Request) -> str:
    """Its path, or "websocket": BiDi tells of the handshake of a WebSocket as a request, too."""
    is_handshake = "sec-websocket-key" in request.headers
    return "websocket" if is_handshake else urlsplit(request.url).path


type Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Threaded]:
    settings = {"HELIOGRAPH_STUN_URLS": ""}
    with running_in_thread(2, tmp_path_factory.mktemp("blocked"), settings) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stamps: Threaded) -> Iterator[Visit]:
    """Opens the page in a browser of its own, under the policy that it has in Azure."""
    visitors: list[Visitor] = []

    def open_page(script: str = "") -> Visitor:
        context = browser.new_context()
        context.add_init_script(REPORT + WATCH + script)
        visitors.append(Visitor(context, stamps.lab.page))
        return visitors[-1]

    yield open_page
    assert [each for visitor in visitors for each in refused(visitor.page)] == []
    for visitor in visitors:
        visitor.page.context.close()


def block(stamps: Threaded, how: Sockets) -> None:
    for stamp in stamps.lab.stamps:
        stamp.signalr.proxy.sockets = how


def new_room() -> str:
    return f"blocked-{token_hex(6)}"


@pytest.mark.parametrize(
    "how", usually(BLOCKS, Sockets.HANG, Sockets.REFUSE), ids=lambda how: how.value
)
def test_two_meet_directly_and_the_next_room_is_quick(
    how: Sockets, stamps: Threaded, visit: Visit
) -> None:
    block(stamps, how)
    ann, ben = visit(), visit()
    room = new_room()
    taken = [ann.click(room, "Ann"), ben.click(room, "Ben")]
    expect_direct(ann.page, "Ben")
    expect_direct(ben.page, "Ann")
    for each, other in ((ann, ben), (ben, ann)):
        say(each.page, f"{how.value}?")
        expect_heard(other.page, f"{how.value}?")
        each.until_polling_at(2)
    tried = sockets(ann.page)
    assert tried >= 2  # one at each stamp
    ann.page.get_by_test_id("leave").click()
    again = ann.click(new_room(), "Ann")
    print(f"{how.value}: connected {taken[0]:.0f} and {taken[1]:.0f} ms after the click, ", end="")
    print(f"the next time {again:.0f} ms")
    assert max(taken) <= MOST_MS
    assert again <= AGAIN_MS
    assert sockets(ann.page) == tried


@pytest.mark.parametrize("how", usually(BLOCKS, Sockets.SWALLOW), ids=lambda how: how.value)
def test_what_two_say_goes_through_the_servers_where_they_cannot_meet(
    how: Sockets, stamps: Threaded, visit: Visit
) -> None:
    block(stamps, how)
    ann, ben = visit(NO_WAY), visit(NO_WAY)
    room = new_room()
    taken = [ann.click(room, "Ann"), ben.click(room, "Ben")]
    for page, name in ((ann.page, "Ben"), (ben.page, "Ann")):
        expect(page.locator(f'[data-testid="peer"][data-name="{name}"]')).to_be_visible()
    for each, other in ((ann, ben), (ben, ann)):
        for text in ("one", "two"):
            say(each.page, f"{how.value} {text}")
            expect_heard(other.page, f"{how.value} {text}")
    assert max(taken) <= MOST_MS


def test_who_is_removed_is_told_and_what_is_polled_ends(stamps: Threaded, visit: Visit) -> None:
    block(stamps, Sockets.REFUSE)
    host, guest = visit(), visit()
    host.page.get_by_test_id("name-input").fill("Hanna")
    host.page.get_by_test_id("new-room").click()
    link = host.page.get_by_test_id("invite-link").input_value()
    guest.page.goto(link)
    guest.page.get_by_test_id("name-input").fill("Gus")
    guest.page.get_by_test_id("join").click()
    expect_direct(host.page, "Gus")
    guest.until_polling_at(2)
    host.page.get_by_test_id("kick").click()
    expect_error(guest.page, "kicked")


def test_where_websockets_pass_nothing_else_is_asked_of_signalr(
    stamps: Threaded, visit: Visit
) -> None:
    block(stamps, Sockets.PASS)
    ann = visit()
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(kind_of(request)))
    taken = ann.click(new_room(), "Ann")
    ann.page.wait_for_timeout(4_000)  # longer than a client waits for a WebSocket
    print(f"pass: connected {taken:.0f} ms after the click")
    assert sockets(ann.page) == 2
    assert [kind for kind in asked if "/client/" in kind or "polling" in kind] == []
