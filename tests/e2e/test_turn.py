"""Relays late, one-sided and only when needed: a real browser, a real coturn."""

import json
import re
import time
from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, Response

from lab.stack import Stack
from tests.e2e.browsers import launch
from tests.e2e.room import expect_direct, expect_heard, expect_relayed, say
from tests.turn.coturn import Coturn

pytestmark = pytest.mark.browser
SECRET = "a secret of the relay"
# As in a network that lets nothing but TCP out: a relay over TCP is the only way.
BLOCKED = "--webrtc-ip-handling-policy=disable_non_proxied_udp"
ONLY_RELAYS = {"media.peerconnection.ice.relay_only": True}  # the nearest that Firefox has
# A page that may use the camera offers all of the machine's addresses, and not that of its default
# route alone: from there the relay, which is on loopback, cannot be reached without another relay.
MAY_SEE_ALL = {"permissions.default.camera": 1, "permissions.default.microphone": 1}
FILE_BYTES = 20_000_000


@pytest.fixture(scope="module")
def relay() -> Iterator[Coturn]:
    with Coturn(SECRET, extra=["--allow-loopback-peers", "--verbose"]) as running:
        yield running


@pytest.fixture(scope="module")
def turned(relay: Coturn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A local stack that mints for this coturn."""
    urls = [f"turn:{relay.host}:{relay.port}?transport={way}" for way in ("udp", "tcp")]
    provider = {"kind": "coturn", "urls": urls, "secret": "TURN_SECRET", "pricePerGB": 0.05}
    log = tmp_path_factory.mktemp("turned") / "log"
    with Stack(log, TURN_PROVIDERS=json.dumps([provider]), TURN_SECRET=SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def blocked(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose network blocks direct paths."""
    browser = launch(playwright, BLOCKED, whole=True, prefs=ONLY_RELAYS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def near(playwright: Playwright) -> Iterator[Browser]:
    """A browser that reaches the relay from its own address."""
    browser = launch(playwright, prefs=MAY_SEE_ALL)
    yield browser
    browser.close()


class Window:
    """A page in the stack with a relay, and the credentials that were minted for it."""

    def __init__(self, browser: Browser, stack: Stack, path: str) -> None:
        self.minted: list[dict[str, Any]] = []
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("response", self._heard)
        self.page.goto(stack.page + path)
        # "load" does not wait for a module that awaits its configuration.
        self.page.wait_for_function("() => window.heliograph")

    def _heard(self, response: Response) -> None:
        if response.url.endswith(("/api/turn", "/api/negotiate")) and response.ok:
            said = response.json()
            servers = [s for s in said["iceServers"] if "credential" in s]
            if servers:
                self.minted.append(said)


@pytest.fixture
def windows(turned: Stack) -> Iterator[Callable[[Browser, str], Window]]:
    opened: list[Window] = []

    def open_window(browser: Browser, path: str) -> Window:
        opened.append(Window(browser, turned, path))
        return opened[-1]

    yield open_window
    for window in opened:
        window.context.close()


def test_with_a_direct_path_no_credential_is_minted(
    windows: Callable[[Browser, str], Window], browser: Browser, relay: Coturn
) -> None:
    room = f"direct-{token_hex(6)}"
    before = relay.said().count("ALLOCATE processed, success")
    ann, bob = (windows(browser, f"?room={room}&name={name}") for name in ("Ann", "Bob"))
    expect_direct(ann.page, "Bob")
    expect_direct(bob.page, "Ann")
    ann.page.wait_for_timeout(3_000)  # longer than a late relay waits
    assert ann.minted == bob.minted == []
    assert relay.said().count("ALLOCATE processed, success") == before


def test_with_direct_paths_blocked_two_people_meet_through_a_late_relay(
    windows: Callable[[Browser, str], Window], blocked: Browser
) -> None:
    room = f"late-{token_hex(6)}"
    ann, bob = (windows(blocked, f"?room={room}&name={name}") for name in ("Ann", "Bob"))
    expect_relayed(ann.page, "Bob")
    expect_relayed(bob.page, "Ann")
    say(ann.page, "through the relay")
    expect_heard(bob.page, "through the relay")
    minted = ann.minted + bob.minted
    print(f"credentials minted with direct paths blocked: {len(minted)}")
    assert 1 <= len(minted) <= 4
    for said in minted:
        assert (said["granted"], said["level"]) == (True, "normal")
        assert said["ttl"] == 300 and said["expiresAt"] > 0


def test_a_relay_on_the_senders_side_alone_costs_less_than_on_both(
    windows: Callable[[Browser, str], Window], near: Browser, relay: Coturn
) -> None:
    one = relayed_bytes(windows, near, relay, receiver="all")
    both = relayed_bytes(windows, near, relay, receiver="relay")
    print(
        f"20 MB file, bytes that the relay sent to clients: one-sided {one / 1e6:.2f} MB, "
        f"two-sided {both / 1e6:.2f} MB"
    )
    assert one < both / 2


def relayed_bytes(
    windows: Callable[[Browser, str], Window], browser: Browser, relay: Coturn, receiver: str
) -> int:
    """What coturn sent to its clients (what vendors bill as egress) for one file."""
    before = len(relay.said())
    room = f"file-{token_hex(6)}"
    receiving, sending = windows(browser, ""), windows(browser, "")
    receiving.page.evaluate(JOIN, [room, receiver])
    sending.page.evaluate(JOIN, [room, "relay"])
    sending.page.evaluate(SEND, FILE_BYTES)
    receiving.page.wait_for_function(
        "size => window.received >= size", arg=FILE_BYTES, timeout=90_000
    )
    for window in (sending, receiving):
        window.page.evaluate("() => window.joined.leave()")
        window.context.close()
    return egress(relay, before)


def egress(relay: Coturn, start: int) -> int:
    """Bytes sent to clients, by the log from `start` on; coturn tells at the end of a session."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        said = relay.said()[start:]
        opened = len(re.findall("ALLOCATE processed, success", said))
        closed = len(re.findall(r"delete: realm", said))
        if opened and closed >= opened:
            break
        time.sleep(0.2)
    return sum(int(sent) for sent in re.findall(r": usage: .*?\bsb=(\d+)", said))


JOIN = """
async ([room, iceTransportPolicy]) => {
  const rtc = { iceTransportPolicy };
  const joined = await heliograph.join({ backends: "/api", room, name: iceTransportPolicy, rtc });
  Object.assign(window, { joined, received: 0 });
  window.opened = new Promise((resolve) => {
    joined.on("connection", ({ connection }) => {
      const channel = connection.createDataChannel("file", { negotiated: true, id: 7 });
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => { window.received += data.byteLength; };
      channel.onopen = () => resolve(channel);
    });
  });
}
"""
SEND = """
async (size) => {
  const channel = await window.opened;
  const chunk = new Uint8Array(16_384);
  channel.bufferedAmountLowThreshold = 262_144;
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (channel.bufferedAmount > 1_048_576) {
      await new Promise((resolve) => { channel.onbufferedamountlow = resolve; });
    }
    channel.send(sent + chunk.length > size ? chunk.subarray(0, size - sent) : chunk);
  }
}
"""
