"""What a link does first, and what happens when a part of the page does not come."""

from collections.abc import Callable
from secrets import token_hex

import pytest
from playwright.sync_api import Page, Response, Route, expect

from lab.stack import Stack
from tests.e2e.browsers import not_in_firefox
from tests.e2e.room import expect_direct, until

pytestmark = pytest.mark.browser

type Open = Callable[..., Page]

SCREENS = "**/assets/screens-main-*.js"  # what the page draws with
SIGNALR = "**/assets/transports-*.js"  # the library of SignalR


def link(stack: Stack, name: str, room: str) -> str:
    return f"{stack.page}?room={room}&name={name}"


def is_seat(answer: Response) -> bool:
    return answer.url.endswith("/api/negotiate") and answer.ok


def test_a_link_asks_for_the_seat_before_anything_is_drawn(window: Open, stack: Stack) -> None:
    page, held = window("/favicon.svg"), list[Route]()
    page.route(SCREENS, lambda route: held.append(route))
    with page.expect_response(is_seat):
        page.goto(link(stack, "Ann", f"start-{token_hex(6)}"), wait_until="commit")
    until(lambda: held, page)
    assert page.locator("#app > *").count() == 0
    held[0].continue_()
    expect(page.get_by_test_id("alone")).to_be_visible()


@not_in_firefox("**a fault of ours**: it never asks again for a module that did not come once")
def test_two_meet_though_the_library_of_signalr_came_only_later(window: Open, stack: Stack) -> None:
    room, refused = f"start-{token_hex(6)}", list[str]()

    def once(route: Route) -> None:
        if len(refused) < 2:  # a browser may ask again at once
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    ann = window("/favicon.svg")
    ann.route(SIGNALR, once)
    ann.goto(link(stack, "Ann", room))
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    expect(ann.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    assert refused


def test_a_page_that_cannot_be_drawn_says_so_and_takes_no_seat(window: Open, stack: Stack) -> None:
    room = f"start-{token_hex(6)}"
    ann = window("/favicon.svg")
    ann.route(SCREENS, lambda route: route.abort())
    ann.goto(link(stack, "Ann", room))
    expect(ann.locator("body")).to_have_text(
        "The page could not be loaded whole. Please load it again."
    )
    bob = window(f"/?room={room}&name=Bob")
    expect(bob.get_by_test_id("alone")).to_be_visible()
    expect(bob.get_by_test_id("peer")).to_have_count(0)
