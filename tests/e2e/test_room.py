"""People in the room page: real browsers, real WebRTC, the real function_app.py."""

import re
from collections.abc import Callable
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from lab.stack import Stack
from tests.e2e.leaving import WATCH, sockets
from tests.e2e.room import expect_direct, expect_error, expect_heard, peer, say, users_of

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def room() -> str:
    return f"e2e-{token_hex(6)}"


def test_two_people_chat_both_ways_over_the_data_channel(window: Open, room: str) -> None:
    ann = window(f"/?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    say(ann, "hello Bob")
    expect_heard(bob, "hello Bob")
    say(bob, "hello Ann")
    expect_heard(ann, "hello Ann")
    for page in (ann, bob):
        expect(page.get_by_test_id("chat-log")).not_to_contain_text("via server")


def test_markup_in_names_and_messages_stays_text(window: Open, room: str) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    ann = window(f"/?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=%3Cb%3EBob%3C%2Fb%3E")
    expect_direct(ann, "<b>Bob</b>")
    say(bob, nasty)
    expect_heard(ann, nasty)
    assert ann.locator("img[src=x]").count() == 0


def test_three_people_are_each_connected_to_both_others(window: Open, room: str) -> None:
    pages = {name: window(f"/?room={room}&name={name}") for name in ("Ann", "Bob", "Cleo")}
    for name, page in pages.items():
        for other in pages.keys() - {name}:
            expect_direct(page, other)
    say(pages["Cleo"], "hello both")
    expect_heard(pages["Ann"], "hello both")
    expect_heard(pages["Bob"], "hello both")


def test_a_lost_socket_leaves_the_connection_and_the_identity_alone(
    window: Open, room: str, stack: Stack
) -> None:
    ann = window("/")
    users = users_of(ann)
    ann.add_init_script(WATCH)
    ann.goto(ann.url + f"?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    remember = "() => { window.before = [...heliograph.room.peers.values()][0].connection; }"
    ann.evaluate(remember)
    identity = ann.evaluate("() => heliograph.room.self.id")
    before = sockets(ann)
    stack.close_user(users[0])
    say(bob, "while you were away")
    expect_heard(ann, "while you were away")
    # The client opens a new socket by itself.
    ann.wait_for_function("(before) => leaving.sockets.length > before", arg=before)
    ann.wait_for_function("() => heliograph.room.state === 'connected'")
    assert ann.evaluate("() => heliograph.room.self.id") == identity
    assert ann.evaluate(
        "() => [...heliograph.room.peers.values()][0].connection === window.before"
        " && window.before.connectionState === 'connected'"
    )
    expect_direct(bob, "Ann")
    cleo = window(f"/?room={room}&name=Cleo")  # signaling works again, both ways
    expect_direct(cleo, "Ann")
    expect_direct(ann, "Cleo")


def test_a_reload_brings_the_same_peer_back(window: Open, room: str) -> None:
    ann = window(f"/?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    identity = bob.evaluate("() => heliograph.room.self.id")
    for _ in range(3):
        bob.reload()
        expect_direct(bob, "Ann", within=5_000)  # by negotiation, not by a later recovery
        assert bob.evaluate("() => heliograph.room.self.id") == identity
        expect_direct(ann, "Bob")
    say(bob, "back again")
    expect_heard(ann, "back again")


# ms by which the clock is set between two loads of a page
CLOCK_SET_BY = [300_000, 7_200_000, -7_200_000, -691_200_000]


@pytest.mark.parametrize("ms", CLOCK_SET_BY)
def test_who_comes_back_with_another_time_is_met_all_the_same(
    window: Open, room: str, ms: int
) -> None:
    ann = window(f"/?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    identity = bob.evaluate("() => heliograph.room.self.id")
    bob.add_init_script(f"{{ const now = Date.now; Date.now = () => now() + {ms}; }}")
    bob.reload()
    expect_direct(bob, "Ann", within=5_000)
    expect_direct(ann, "Bob")
    # To Ann he has left now: what she hears of him has to be newer than that.
    bob.get_by_test_id("leave").click()
    expect(peer(ann, "Bob")).to_have_count(0)
    bob.get_by_test_id("join").click()
    expect_direct(bob, "Ann", within=5_000)
    assert bob.evaluate("() => heliograph.room.self.id") == identity
    expect_direct(ann, "Bob")
    say(bob, "back again")
    expect_heard(ann, "back again")


def test_a_host_kicks_somebody_who_is_told_so(window: Open) -> None:
    host, guest = host_and_guest(window)
    remove(host, "Gus")
    expect_error(guest, "kicked")
    expect(peer(host, "Gus")).to_have_count(0)


def test_a_locked_room_takes_nobody_more(window: Open) -> None:
    host, _ = host_and_guest(window)
    link = host.get_by_test_id("invite-link").input_value()
    host.get_by_test_id("lock").click()
    expect(host.get_by_test_id("lock")).to_have_attribute("data-locked", "true")
    late = window(in_page(link))
    join_as(late, "Late")
    expect_error(late, "room_locked")


def test_guests_see_that_the_room_is_locked(window: Open) -> None:
    host, guest = host_and_guest(window)
    expect(guest.get_by_test_id("locked")).to_be_hidden()
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible()
    expect(guest.get_by_test_id("chat-log")).to_contain_text("The host locked the room")
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_hidden()


def test_the_address_of_the_host_lets_others_in(window: Open) -> None:
    host, guest = host_and_guest(window)
    link = host.get_by_test_id("invite-link").input_value()
    assert host.url == guest.url == link
    assert urlsplit(link).query == "" and re.fullmatch(
        r"~[A-Za-z0-9_-]{22}", urlsplit(link).fragment
    )
    another = window(in_page(host.url))
    join_as(another, "Ann")
    expect_direct(host, "Ann")


def test_a_code_never_goes_to_a_server_in_an_address(window: Open) -> None:
    asked: list[str] = []
    host = window("/")
    host.on("request", lambda request: asked.append(request.url))
    create_as(host, "Hanna")
    link = host.get_by_test_id("invite-link").input_value()
    host.reload()
    expect(host.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    assert asked and not any(urlsplit(link).fragment[1:] in url for url in asked)


def test_the_address_lets_others_in_after_somebody_was_removed(window: Open) -> None:
    host, guest = host_and_guest(window)
    old = host.url
    remove(host, "Gus")
    expect_error(guest, "kicked")
    expect(host).not_to_have_url(old)
    late, again = window(in_page(old)), window(in_page(host.url))
    join_as(late, "Gus")
    expect_error(late, "invite_revoked")
    join_as(again, "Ann")
    expect_direct(host, "Ann")


def test_who_was_removed_does_not_come_back_by_the_button_or_a_reload(window: Open) -> None:
    host, guest = host_and_guest(window)
    remove(host, "Gus")
    expect_error(guest, "kicked")
    guest.get_by_test_id("join").click()
    expect_error(guest, "kicked")
    guest.reload()
    guest.get_by_test_id("join").click()
    expect_error(guest, "kicked")
    expect(peer(host, "Gus")).to_have_count(0)


def test_a_host_who_reloads_or_closes_the_tab_is_host_again(window: Open) -> None:
    host, guest = host_and_guest(window)
    identity = host.evaluate("() => heliograph.room.self.id")
    host.reload()
    expect_direct(host, "Gus")
    assert host.evaluate("() => heliograph.room.self.id") == identity
    assert host.evaluate("() => heliograph.room.self.role") == "host"
    link = host.url
    tab = host.context.new_page()
    host.close(run_before_unload=True)
    tab.goto(link)
    expect(tab.get_by_test_id("name-input")).to_have_value("Hanna")
    tab.get_by_test_id("join").click()
    expect_direct(tab, "Gus")
    assert tab.evaluate("() => heliograph.room.self.role") == "host"
    tab.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible()


def test_a_second_tab_of_the_hosts_browser_is_another_host(window: Open) -> None:
    host, _ = host_and_guest(window)
    tab = host.context.new_page()
    tab.goto(host.url)
    join_as(tab, "Hanna too")
    expect_direct(host, "Hanna too")
    assert tab.evaluate("() => heliograph.room.self.role") == "host"
    assert host.evaluate("() => heliograph.room.state") == "connected"


def test_a_link_that_is_pasted_with_line_breaks_around_it_leads_in(window: Open) -> None:
    host, _ = host_and_guest(window)
    ann = window("/")
    ann.get_by_test_id("room-input").focus()
    ann.evaluate("(text) => document.execCommand('insertText', false, text)", f"\n {host.url} \n")
    join_as(ann, "Ann")
    expect_direct(host, "Ann")


def test_another_link_opened_in_the_tab_of_a_room_leads_out_of_it(window: Open) -> None:
    host, guest = host_and_guest(window)
    other = window("/")
    create_as(other, "Olga")
    guest.goto(other.get_by_test_id("invite-link").input_value())
    expect(peer(host, "Gus")).to_have_count(0)
    guest.get_by_test_id("join").click()
    expect_direct(other, "Gus")


def test_a_full_room_says_so(window: Open, stack: Stack) -> None:
    code = httpx.post(f"{stack.api}/rooms", json={"capacity": 2}).json()["room"]
    ann = window(f"/?name=Ann#{code}")
    bob = window(f"/?name=Bob#{code}")
    expect_direct(ann, "Bob")
    cleo = window(f"/?name=Cleo#{code}")
    expect_error(cleo, "room_full")
    expect_direct(bob, "Ann")


def test_text_goes_through_the_server_and_says_so_when_no_path_is_found(
    window: Open, room: str
) -> None:
    """Without any candidate there is no path, as behind the worst of networks."""
    blocked = """
        const Real = RTCPeerConnection;
        window.RTCPeerConnection = class extends Real {
            constructor(config) {
                super({ ...config, iceServers: [], iceTransportPolicy: "relay" });
            }
        };
    """
    ann = window(f"/?room={room}&name=Ann")
    bob = window("/")
    bob.add_init_script(blocked)
    bob.goto(bob.url + f"?room={room}&name=Bob")
    expect(peer(ann, "Bob")).to_be_visible()
    expect(peer(bob, "Ann")).to_have_attribute("data-path", "server")
    say(bob, "can you hear me")
    expect_heard(ann, "can you hear me")
    expect(ann.get_by_test_id("chat-log")).to_contain_text("via server")


def test_the_page_fits_a_phone(window: Open, room: str) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    ann = window(f"/?room={room}&name=Ann", **phone)
    bob = window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    say(bob, "a-very-long-word-without-any-break-" * 8)
    expect_heard(ann, "a-very-long-word")
    assert ann.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def host_and_guest(window: Open) -> tuple[Page, Page]:
    """A host in a new invite-only room, and a guest who came by the link."""
    host = window("/")
    create_as(host, "Hanna")
    link = host.get_by_test_id("invite-link").input_value()
    guest = window(in_page(link))
    join_as(guest, "Gus")
    expect_direct(host, "Gus")
    return host, guest


def create_as(page: Page, name: str) -> None:
    page.get_by_test_id("name-input").fill(name)
    page.get_by_test_id("new-room").click()


def remove(host: Page, name: str) -> None:
    peer(host, name).get_by_test_id("kick").click()
    expect(peer(host, name)).to_have_count(0)


def join_as(page: Page, name: str) -> None:
    page.get_by_test_id("name-input").fill(name)
    page.get_by_test_id("join").click()


def in_page(link: str) -> str:
    """The path, query and fragment of an absolute link."""
    return "/" + link.split("/", 3)[3]
