"""How many messages a call costs."""

from collections.abc import Callable
from secrets import token_hex

import pytest
from playwright.sync_api import Page, Request, WebSocket, expect

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
    sent: list[str] = []
    ann = listening(window("/"), sent)
    ann.goto(ann.url + f"?room={room}&name=Ann")
    ann.wait_for_function("() => window.heliograph?.room?.state === 'connected'")
    ann.wait_for_timeout(500)  # a waiting peer has long parked its offer
    bob = listening(window("/"), sent)
    bob.goto(bob.url + f"?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    ann.wait_for_timeout(1500)  # what would be sent again would be by now
    print(f"messages to the server after negotiate: {len(sent)} {sent}")
    assert 2 <= len(sent) <= MOST_MESSAGES


def test_two_people_who_click_on_the_start_page_need_no_message_at_all(
    window: Callable[..., Page],
) -> None:
    sent: list[str] = []
    ann, bob = (listening(window("/"), sent) for _ in range(2))
    for _ in range(2):  # the second time they come from another room
        meet_by_click(ann, bob)
        ann.wait_for_timeout(1500)
        assert sent == []
        say(ann, "hello")
        expect_heard(bob, "hello")
        # Or its receipt would go by the servers, when its sender has left.
        expect(ann.get_by_test_id("message")).to_have_attribute("data-delivery", "delivered")
        assert sent == []
        for page in (ann, bob):
            page.get_by_test_id("leave").click()
            expect(page.get_by_test_id("join")).to_be_visible()
        sent.clear()  # who is left alone parks an offer


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


def listening(page: Page, sent: list[str]) -> Page:
    """Notes every hub message and every call of `POST /api/signal` that leaves this page."""

    def on_socket(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.extend(hub_messages(frame)))

    page.on("websocket", on_socket)
    page.on(
        "request",
        lambda asked: sent.append(kind_by_http(asked)) if asked.url.endswith("/signal") else None,
    )
    return page


def kind_by_http(asked: Request) -> str:
    """What goes by `POST /api/signal`, as `http offer`."""
    return f"http {(asked.post_data_json or {}).get('kind')}"


def hub_messages(frame: str | bytes) -> list[str]:
    """The invocations (`"type":1`) among the records of a frame; handshake and pings are none."""
    text = frame if isinstance(frame, str) else frame.decode(errors="replace")
    return ["hub" for record in text.split("\x1e") if '"type":1' in record]
