"""Notices of the browser, for who looks at something else."""

from collections.abc import Callable
from secrets import token_hex

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.room import expect_direct, expect_heard, say

pytestmark = pytest.mark.browser
# Notes what is shown; and Playwright's windows are never hidden by themselves.
WATCH = """
window.notices = [];
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options);
    notices.push(`${title}: ${options.body}`);
  }
};
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
window.hide = (now) => {
  hidden = now;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


def test_who_asked_for_it_is_told_who_writes_comes_and_offers_a_file(
    whole_window: Callable[..., Page],
) -> None:
    room = f"notices-{token_hex(6)}"
    ann = whole_window("/favicon.svg", permissions=["notifications"])
    ann.add_init_script(WATCH)
    ann.goto(ann.url.replace("favicon.svg", f"?room={room}&name=Ann"))
    bob = whole_window(f"/?room={room}&name=Bob")
    expect_direct(ann, "Bob")
    ann.evaluate("hide(true)")
    say(bob, "one")
    expect_heard(ann, "one")
    assert ann.evaluate("notices") == []  # nobody has asked for them
    ann.evaluate("hide(false)")
    ann.get_by_test_id("notices").click()
    expect(ann.get_by_test_id("notices")).to_be_checked()
    say(bob, "two")
    expect_heard(ann, "two")
    assert ann.evaluate("notices") == []  # she looks at the page
    ann.evaluate("hide(true)")
    say(bob, "three")
    expect_heard(ann, "three")
    file = {"name": "secret.txt", "mimeType": "text/plain", "buffer": b"x"}
    bob.get_by_test_id("file-input").set_input_files([file])  # type: ignore[list-item]
    expect(ann.get_by_test_id("transfer")).to_be_visible()
    cleo = whole_window(f"/?room={room}&name=Cleo")
    expect_direct(cleo, "Ann")
    ann.wait_for_function("() => notices.length === 3")
    assert ann.evaluate("notices") == ["New messages: Bob", "Files: Bob", "Heliograph: Cleo joined"]
    ann.evaluate("hide(false)")
    ann.reload()
    expect(ann.get_by_test_id("notices")).to_be_checked()


def test_who_refuses_is_told_what_to_do(whole_window: Callable[..., Page]) -> None:
    ann = whole_window(f"/?room=notices-{token_hex(6)}&name=Ann")
    ann.get_by_test_id("notices").click()
    expect(ann.locator(".notices")).to_contain_text("Notifications: not allowed.")
    expect(ann.get_by_test_id("notices")).not_to_be_checked()
