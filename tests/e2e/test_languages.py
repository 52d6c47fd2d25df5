"""The page in German: every screen, without a word of English, and back without a reload."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lab.stack import Stack
from tests.e2e.english import english_on
from tests.e2e.policy import put_under_policy, refused
from tests.e2e.room import expect_direct, expect_heard, say

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def visit(window: Open, stack: Stack) -> Callable[..., Page]:
    """Opens a path as a person whose browser asks for this language."""

    def open_page(path: str = "/", locale: str = "de-DE") -> Page:
        page = window("/favicon.svg", locale=locale)
        put_under_policy(page, stack)
        page.goto(stack.page + path.removeprefix("/"))
        return page

    return open_page


def test_an_english_page_is_found_out(visit: Callable[..., Page]) -> None:
    page = visit("/", locale="fr-FR")
    expect(page.get_by_test_id("join")).to_have_text("Join")
    assert page.locator("html").get_attribute("lang") == "en"
    assert len(english_on(page)) > 5


def test_the_choice_goes_before_what_the_browser_asks_for_and_is_kept(
    visit: Callable[..., Page],
) -> None:
    page = visit("/")
    page.get_by_test_id("name-input").fill("Änne")
    expect(page.get_by_test_id("join")).to_have_text("Betreten")
    page.get_by_test_id("language").focus()
    page.get_by_test_id("language").select_option("en")
    expect(page.get_by_test_id("join")).to_have_text("Join")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_test_id("name-input")).to_have_value("Änne")
    expect(page.get_by_test_id("language")).to_be_focused()
    page.reload()
    expect(page.get_by_test_id("join")).to_have_text("Join")
    page.get_by_test_id("stats-link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statistics")
    page.get_by_test_id("language").select_option("de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Statistik")
    expect(page).to_have_title("Statistik · Heliograph")


def test_another_language_in_a_room_leaves_the_connection_and_the_log(
    visit: Callable[..., Page],
) -> None:
    ann, bob = (visit(f"/?room=sprache&name={name}") for name in ("Ann", "Bob"))
    expect_direct(ann, "Bob")
    say(bob, "guten Tag")
    expect_heard(ann, "guten Tag")
    bob.get_by_test_id("file-input").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    expect(ann.get_by_test_id("transfer")).to_have_attribute("data-state", "offered")
    ann.get_by_test_id("chat-input").fill("halb")
    ann.evaluate("window.before = heliograph.room")
    ann.get_by_test_id("language").select_option("en")
    expect(ann.get_by_test_id("leave")).to_have_attribute("aria-label", "Leave")
    assert ann.evaluate("window.before === heliograph.room")
    expect(ann.locator(".note")).to_have_text("Bob joined")
    expect_heard(ann, "guten Tag")
    expect(ann.get_by_test_id("chat-input")).to_have_value("halb")
    ann.get_by_test_id("transfer-accept").click()
    expect(bob.get_by_test_id("transfer")).to_have_attribute("data-state", "done")
    say(bob, "noch da?")
    expect_heard(ann, "noch da?")
    ann.get_by_test_id("language").select_option("de")
    expect(ann.locator(".note")).to_have_text("Bob ist da")
    assert refused(ann) == []


def test_a_page_whose_german_does_not_come_speaks_english(window: Open) -> None:
    page = window("/favicon.svg", locale="de-DE")
    page.route("**/assets/page-*.js", lambda route: route.abort())
    page.goto(page.url.replace("favicon.svg", ""))
    expect(page.get_by_test_id("join")).to_have_text("Join")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_english_page_loads_no_german(visit: Callable[..., Page]) -> None:
    asked = "() => performance.getEntriesByType('resource').map((one) => one.name)"
    for locale, count in (("en-GB", 0), ("de-DE", 1)):
        page = visit("/", locale=locale)
        expect(page.get_by_test_id("join")).to_be_visible()
        found = [url for url in page.evaluate(asked) if re.search(r"/page-[^/]*\.js", url)]
        assert len(found) == count
