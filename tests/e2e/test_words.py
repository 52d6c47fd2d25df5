"""Two people compare words, and see what has become of their messages."""

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from lab.stack import Stack
from tests.e2e.browsers import kill_in, launch_in
from tests.e2e.room import WAIT_MS, expect_direct, expect_heard, peer, say

pytestmark = pytest.mark.browser
Window = Callable[..., Page]
GONE_MS = 60_000  # a seat without a socket is kept for 30 s


def message(page: Page, text: str) -> Locator:
    return page.get_by_test_id("message").filter(has_text=text)


def compare(page: Page, name: str) -> str:
    """The words that are shown after the button was pressed."""
    peer(page, name).get_by_test_id("compare-words").click()
    words = peer(page, name).get_by_test_id("safety-words")
    expect(words).to_be_visible(timeout=WAIT_MS)
    return words.inner_text()


def test_two_people_see_the_same_three_words_when_they_ask(window: Window) -> None:
    room = f"words-{token_hex(6)}"
    ann, bob, cleo = (window(f"/?room={room}&name={name}") for name in ("Ann", "Bob", "Cleo"))
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    expect_direct(cleo, "Ann")
    words = compare(ann, "Bob")
    assert len(words.split()) == 3
    expect(bob.get_by_test_id("safety-words")).to_have_count(0)  # it has not asked
    assert compare(bob, "Ann") == words
    assert compare(cleo, "Ann") != words
    peer(ann, "Bob").get_by_test_id("compare-words").click()
    expect(peer(ann, "Bob").get_by_test_id("safety-words")).to_have_count(0)


def test_words_of_a_connection_that_was_made_anew_are_taken_away(window: Window) -> None:
    room = f"words-{token_hex(6)}"
    ann, bob = (window(f"/?room={room}&name={name}") for name in ("Ann", "Bob"))
    expect_direct(ann, "Bob")
    words = compare(ann, "Bob")
    bob.evaluate("() => [...heliograph.room.peers.values()][0].connection.close()")
    expect(ann.get_by_test_id("safety-words")).to_have_count(0)
    expect_direct(ann, "Bob")
    ann.get_by_role("button", name="Compare again").click()
    expect(ann.get_by_test_id("safety-words")).to_be_visible()
    anew = ann.get_by_test_id("safety-words").inner_text()
    assert anew != words
    assert compare(bob, "Ann") == anew
    bob.reload()
    expect_direct(ann, "Bob")
    expect(ann.get_by_test_id("safety-words")).to_have_count(0)
    assert compare(ann, "Bob") not in (words, anew)


def test_a_message_is_marked_when_everyone_has_it(window: Window) -> None:
    room = f"words-{token_hex(6)}"
    ann, bob, cleo = (window(f"/?room={room}&name={name}") for name in ("Ann", "Bob", "Cleo"))
    expect_direct(ann, "Bob")
    expect_direct(ann, "Cleo")
    say(ann, "hello both")
    expect(message(ann, "hello both")).to_have_attribute("data-delivery", "delivered")
    expect(message(ann, "hello both")).to_contain_text("Delivered")
    for page in (bob, cleo):
        expect_heard(page, "hello both")
        expect(message(page, "hello both")).not_to_contain_text("Delivered")


def test_a_text_that_dies_with_the_other_browser_is_never_called_delivered(
    window: Window, playwright: Playwright, stack: Stack, tmp_path: Path
) -> None:
    room = f"words-{token_hex(6)}"
    ann = window(f"/?room={room}&name=Ann")
    watch(ann)
    bob = launch_in(playwright, tmp_path).pages[0]
    bob.goto(f"{stack.page}?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    say(ann, "are you there?")
    expect(message(ann, "are you there?")).to_have_attribute("data-delivery", "delivered")

    kill_in(tmp_path)
    say(ann, "and now?")
    sent = message(ann, "and now?")
    expect(sent).to_have_attribute("data-delivery", "sent")
    expect(peer(ann, "Bob")).to_have_count(0, timeout=GONE_MS)
    expect(sent).to_have_attribute("data-delivery", "undelivered")
    expect(sent).to_contain_text("not delivered")
    assert "delivered" not in states_of(ann, "and now?")

    bob_again = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    sent.get_by_role("button", name="Send again").click()
    expect_heard(bob_again, "and now?")


def watch(page: Page) -> None:
    """From now on the page remembers every state that a message has been in."""
    page.evaluate(
        """() => {
          window.states = {};
          new MutationObserver(() => {
            for (const row of document.querySelectorAll('[data-testid=message]')) {
              const text = row.querySelector('.bubble').textContent;
              (window.states[text] ??= []).push(row.dataset.delivery);
            }
          }).observe(document.body, { subtree: true, childList: true, attributes: true });
        }"""
    )


def states_of(page: Page, text: str) -> list[str]:
    states: list[str] = page.evaluate("(text) => window.states[text]", text)
    return states
