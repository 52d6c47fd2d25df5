"""One of two stamps dies while people talk: they go on, and the page says nothing alarming."""

from collections.abc import Callable, Iterator
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.room import expect_direct, expect_heard, peer, say
from tests.e2e.stamps import Stamps
from tests.long import usually

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
WAIT_MS = 15_000

# Notes everything alarming that the page shows, from the moment it is called.
WATCH = """
() => {
  window.alarms = [];
  const look = () => {
    for (const id of ["error", "banner"])
      for (const one of document.querySelectorAll(`[data-testid=${id}]`))
        window.alarms.push(`${id}: ${one.textContent}`);
    const state = document.querySelector("[data-testid=connection]")?.dataset.state;
    if (state !== "connected") window.alarms.push(`connection: ${state}`);
    for (const one of document.querySelectorAll("[data-testid=peer]"))
      if (one.dataset.state !== "connected") window.alarms.push(`peer: ${one.dataset.state}`);
  };
  const all = { subtree: true, childList: true, attributes: true };
  new MutationObserver(look).observe(document.body, all);
  look();
}
"""
# The hosts from which a socket of the page has heard something, and is open.
SOCKETS = """
window.sockets = new Set();
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    const { host } = new URL(given[0]);
    this.addEventListener("message", () => window.sockets.add(host));
    this.addEventListener("close", () => window.sockets.delete(host));
  }
};
"""


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stamps]:
    with Stamps(tmp_path_factory.mktemp("stamps")) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stamps: Stamps) -> Iterator[Open]:
    """Opens the page of a stamp in a browser of its own."""
    contexts: list[BrowserContext] = []

    def open_page(stamp: str, path: str = "") -> Page:
        context = browser.new_context()
        contexts.append(context)
        context.add_init_script(SOCKETS)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.goto(stamps.pages[stamp] + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def until_at_both(page: Page) -> None:
    page.wait_for_function("() => window.sockets.size === 2", timeout=60_000)


def alarms(page: Page) -> list[str]:
    return list(page.evaluate("() => [...new Set(window.alarms)]"))


@pytest.mark.parametrize("dead", usually(["a", "b"], "a"))
def test_people_who_talk_do_not_notice_that_a_stamp_dies(
    dead: str, stamps: Stamps, visit: Open
) -> None:
    room = f"two-{token_hex(6)}"
    ann = visit("a", f"?room={room}&name=Ann")
    bob = visit("b", f"?room={room}&name=Bob")
    for page, other in ((ann, "Bob"), (bob, "Ann")):
        expect_direct(page, other)
        until_at_both(page)
        page.evaluate(WATCH)
    stamps.kill(dead)
    say(ann, "still there?")
    expect_heard(bob, "still there?")
    ann.wait_for_timeout(10_000)  # longer than the page waits before it explains an interruption
    say(bob, "yes")
    expect_heard(ann, "yes")
    assert alarms(ann) == alarms(bob) == []
    living = "a" if dead == "b" else "b"
    cleo = visit(living, f"?room={room}&name=Cleo")
    expect_direct(cleo, "Ann")
    expect_direct(bob, "Cleo")
    stamps.start(dead)
    for page in (ann, bob, cleo):
        until_at_both(page)
    cleo.get_by_test_id("leave").click()
    expect(peer(ann, "Cleo")).to_have_count(0)


def test_while_both_are_dead_the_page_says_so_once_and_nothing_of_it_stays(
    stamps: Stamps, visit: Open
) -> None:
    host = visit("a")
    host.get_by_test_id("name-input").fill("Hanna")
    host.get_by_test_id("new-room").click()
    link = host.get_by_test_id("invite-link").input_value()
    guest = visit("b", f"?name=Gus#{link.partition('#')[2]}")
    expect_direct(host, "Gus")
    until_at_both(host)
    host.evaluate(WATCH)
    for name in stamps.pages:
        stamps.kill(name)
    expect(host.get_by_test_id("banner")).to_contain_text("The backend is away", timeout=30_000)
    assert "connection: reconnecting" in alarms(host)
    host.get_by_test_id("lock").click()
    expect(host.get_by_test_id("error")).to_contain_text("That was not done", timeout=30_000)
    expect(host.get_by_test_id("banner")).to_have_count(0)
    say(guest, "we still hear each other")
    expect_heard(host, "we still hear each other")
    for name in stamps.pages:
        stamps.start(name)
    for page in (host, guest):  # these stamps keep rooms in memory: both have to take a seat again
        connection = page.get_by_test_id("connection")
        expect(connection).to_have_attribute("data-state", "connected", timeout=60_000)
        until_at_both(page)
    for sign in ("error", "banner"):
        expect(host.get_by_test_id(sign)).to_have_count(0)
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible(timeout=60_000)


def test_a_host_and_a_guest_meet_through_different_stamps_and_the_lock_holds_on_both(
    stamps: Stamps, visit: Open
) -> None:
    host = visit("a")
    host.get_by_test_id("name-input").fill("Hanna")
    host.get_by_test_id("new-room").click()
    link = host.get_by_test_id("invite-link").input_value()
    code = link.partition("#")[2]
    guest = visit("b", f"?name=Gus#{code}")
    expect_direct(host, "Gus")
    until_at_both(host)
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible()
    for stamp in stamps.pages:
        late = visit(stamp, f"?name=Late#{code}")
        error = late.get_by_test_id("error")
        expect(error).to_have_attribute("data-code", "room_locked", timeout=WAIT_MS)


def test_a_room_that_is_made_and_locked_while_a_stamp_is_dead_is_locked_there_afterwards(
    stamps: Stamps, visit: Open
) -> None:
    host, guest = visit("b"), visit("b")
    stamps.kill("a")
    host.get_by_test_id("name-input").fill("Hanna")
    host.get_by_test_id("new-room").click()
    link = host.get_by_test_id("invite-link").input_value()
    guest.get_by_test_id("name-input").fill("Gus")
    guest.get_by_test_id("room-input").fill(link)
    guest.get_by_test_id("join").click()
    expect_direct(host, "Gus")
    expect_direct(guest, "Hanna")
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible()
    stamps.start("a")
    until_at_both(host)  # and with it the lock has come to the stamp that was dead
    late = visit("a", f"?name=Late#{link.partition('#')[2]}")
    error = late.get_by_test_id("error")
    expect(error).to_have_attribute("data-code", "room_locked", timeout=WAIT_MS)
    for page, other in ((host, "Gus"), (guest, "Hanna")):
        expect(page.get_by_test_id("locked")).to_be_visible()
        expect_direct(page, other)


def test_the_statistics_come_from_the_stamp_that_is_there(stamps: Stamps, visit: Open) -> None:
    page = visit("b")
    stamps.kill("a")
    page.goto(f"{stamps.pages['b']}stats/")
    with page.expect_response(lambda answer: "/api/stats" in answer.url) as answered:
        page.reload()
    assert answered.value.url.startswith(stamps.pages["b"])
    assert answered.value.status in (200, 304)  # the page may have it from a moment ago
    stamps.start("a")
