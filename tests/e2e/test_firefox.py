"""One person in Firefox, and one in Chromium. browsers.py runs the other files in Firefox."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from lab.firefox import executable
from lab.stack import Stack
from tests.e2e.browsers import CALM, launch_chromium, launch_firefox
from tests.e2e.conftest import windows
from tests.e2e.room import WAIT_MS, expect_direct, expect_error, expect_heard, peer, say
from tests.e2e.test_call import ALLOWED, DEVICES, call, expect_seen, expect_sound
from tests.e2e.test_files import LONG_MS, MB, digest, expect_state, hold_after, received, send
from tests.e2e.test_files import transfer as row
from tests.e2e.test_words import compare, message

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Firefox: scripts/firefox"),
]
type Open = Callable[..., Page]
type Both = dict[str, Open]
# Who is Ann, who comes first, and who is Bob.
ORDERS = [("chromium", "firefox"), ("firefox", "chromium")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(scope="module")
def both(playwright: Playwright) -> Iterator[dict[str, Browser]]:
    """With made-up devices, which their people allow."""
    browsers = {
        "chromium": launch_chromium(playwright, *DEVICES, *ALLOWED),
        "firefox": launch_firefox(playwright, CALM),
    }
    yield browsers
    for browser in browsers.values():
        browser.close()


@pytest.fixture
def openers(both: dict[str, Browser], stack: Stack) -> Iterator[Both]:
    """`window` of conftest.py, in each browser."""
    running = {kind: windows(browser, stack) for kind, browser in both.items()}
    yield {kind: next(each) for kind, each in running.items()}
    for each in running.values():
        with pytest.raises(StopIteration):
            next(each)


@pytest.fixture
def meet(openers: Both) -> Callable[..., tuple[Page, Page]]:
    """Ann and Bob, in a room that is open to everybody, once each sees the other."""

    def met(ann_in: str, bob_in: str, **options: object) -> tuple[Page, Page]:
        room = f"mixed-{token_hex(6)}"
        ann = openers[ann_in](f"/?room={room}&name=Ann")
        bob = openers[bob_in](f"/?room={room}&name=Bob", **options)
        expect_direct(ann, "Bob")
        expect_direct(bob, "Ann")
        return ann, bob

    return met


def test_they_write_compare_words_and_pass_a_file(meet: Callable[..., tuple[Page, Page]]) -> None:
    ann, bob = meet("chromium", "firefox")
    for page, other, text in ((ann, bob, "hello, Firefox"), (bob, ann, "hello, Chromium")):
        say(page, text)
        expect_heard(other, text)
        expect(message(page, text)).to_have_attribute("data-delivery", "delivered")
        expect(other.get_by_test_id("chat-log")).not_to_contain_text("via server")
    assert compare(ann, "Bob") == compare(bob, "Ann")
    content = os.urandom(MB)
    send(ann, {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": content})
    assert received(bob, "a.bin") == ("a.bin", content)
    expect_state(ann, "a.bin", "done")


@pytest.mark.long
@pytest.mark.parametrize(("ann_in", "bob_in"), ORDERS)
def test_a_reload_of_the_receiver_loses_nothing_of_a_file_from_the_other_browser(
    ann_in: str, bob_in: str, meet: Callable[..., tuple[Page, Page]], tmp_path: Path
) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(os.urandom(80 * MB))
    ann, bob = meet(ann_in, bob_in)
    bob.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    send(ann, film)
    row(bob, film.name).get_by_test_id("transfer-accept").click()
    hold_after(bob, film.name, 0.3)
    bob.reload()
    expect_direct(bob, "Ann", LONG_MS)
    with bob.expect_download(timeout=LONG_MS) as download:
        expect(row(bob, film.name)).to_be_visible(timeout=WAIT_MS)
    assert digest(download.value.path().read_bytes()) == digest(film.read_bytes())
    expect_state(ann, film.name, "done", LONG_MS)


@pytest.mark.long
@pytest.mark.parametrize(("ann_in", "bob_in"), ORDERS)
def test_they_see_and_hear_each_other(
    ann_in: str, bob_in: str, meet: Callable[..., tuple[Page, Page]]
) -> None:
    ann, bob = meet(ann_in, bob_in)
    for page in (ann, bob):
        call(page)
    for page, other in ((ann, "Bob"), (bob, "Ann")):
        expect_seen(page, other)
        expect_sound(page, other)
    say(bob, "do you see me?")
    expect_heard(ann, "do you see me?")


@pytest.mark.long
@pytest.mark.parametrize(("host_in", "guest_in"), ORDERS)
def test_a_host_locks_the_room_and_removes_who_came_by_link(
    host_in: str, guest_in: str, openers: Both
) -> None:
    host = openers[host_in]("/")
    host.get_by_test_id("name-input").fill("Hanna")
    host.get_by_test_id("new-room").click()
    link = host.get_by_test_id("invite-link").input_value()
    guest = openers[guest_in]("/", **PHONE)
    guest.goto(link)
    guest.get_by_test_id("name-input").fill("Gus")
    guest.get_by_test_id("join").click()
    expect_direct(host, "Gus")
    expect_direct(guest, "Hanna")
    assert guest.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    host.get_by_test_id("lock").click()
    expect(guest.get_by_test_id("locked")).to_be_visible()
    host.get_by_test_id("kick").click()
    expect_error(guest, "kicked")
    expect(peer(host, "Gus")).to_have_count(0)
