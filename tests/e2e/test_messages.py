"""How many messages a call costs."""

from collections.abc import Callable
from secrets import token_hex

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.leaving import WATCH, sent
from tests.e2e.room import expect_direct, expect_heard, say

pytestmark = pytest.mark.browser
MOST_MESSAGES = 3
IS_PREPARED = (
    "() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/api/ice'))"
)


def test_a_two_party_call_takes_at_most_three_messages_to_the_server(
    window: Callable[..., Page],
) -> None:
    room = f"count-{token_hex(6)}"
    ann, bob = watched(window), watched(window)
    ann.goto(ann.url + f"?room={room}&name=Ann")
    ann.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
    ann.wait_for_timeout(500)  # a waiting peer has long parked its offer
    bob.goto(bob.url + f"?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    ann.wait_for_timeout(1500)  # what would be sent again would be by now
    both = sent(ann) + sent(bob)
    print(f"messages to the server after negotiate: {len(both)} {both}")
    assert 2 <= len(both) <= MOST_MESSAGES


def test_two_people_who_click_on_the_start_page_need_no_message_at_all(
    window: Callable[..., Page],
) -> None:
    ann, bob = watched(window), watched(window)
    for _ in range(2):  # the second time they come from another room
        meet_by_click(ann, bob)
        ann.wait_for_timeout(1500)
        assert sent(ann) == sent(bob) == []
        say(ann, "hello")
        expect_heard(bob, "hello")
        # Or its receipt would go by the servers, when its sender has left.
        expect(ann.get_by_test_id("message")).to_have_attribute("data-delivery", "delivered")
        assert sent(ann) == sent(bob) == []
        for page in (ann, bob):
            page.get_by_test_id("leave").click()
            expect(page.get_by_test_id("join")).to_be_visible()
        for page in (ann, bob):  # who is left alone parks an offer
            page.evaluate("leaving.sent = []")


def meet_by_click(ann: Page, bob: Page) -> None:
    room = f"count-{token_hex(6)}"
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        page.get_by_test_id("room-input").fill(room)
        page.get_by_test_id("name-input").fill(name)
        page.wait_for_function(IS_PREPARED)
        page.wait_for_timeout(2_500)  # until the offer is described, however busy the machine is
        page.get_by_test_id("join").click()
        page.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")


def watched(window: Callable[..., Page]) -> Page:
    """The start page, which notes what leaves it."""
    page = window("/favicon.svg")
    page.add_init_script(WATCH)
    page.goto(page.url.replace("favicon.svg", ""))
    return page
