"""The page in German: every screen, without a word of English, and back without a reload."""

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lab.stack import Stack
from tests.e2e.policy import put_under_policy, refused
from tests.e2e.room import expect_direct, expect_heard, say
from tests.e2e.walk import walk

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

WORDS = Path(__file__).with_name("clients") / "words.mjs"
SLOT = "◆"
# What can be seen or heard: texts, what labels say, hints, the title of the tab.
SAID = """() => {
  const said = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.closest("noscript, #language")) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt", "aria-roledescription"])
      if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    for (const child of node.childNodes)
      if (child.nodeType === Node.TEXT_NODE) said.push(child.data);
  }
  return said;
}"""


@cache
def tables() -> dict[str, list[str]]:
    """The texts of each language, with a slot for each value."""
    done = subprocess.run(["node", str(WORDS)], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@cache
def english() -> re.Pattern[str]:
    """Finds each piece of an English text that no German text has."""
    german = "\n".join(tables()["german"])
    pieces = {piece.strip(" .,:…()·") for text in tables()["english"] for piece in text.split(SLOT)}
    telling = [
        word for piece in pieces if len(piece) > 2 and not re.search(word := whole(piece), german)
    ]
    assert len(telling) > 200
    return re.compile("|".join(sorted(telling, key=len, reverse=True)))


def whole(piece: str) -> str:
    return rf"(?<!\w){re.escape(piece)}(?!\w)"


def english_on(page: Page) -> list[str]:
    said: list[str] = page.evaluate(SAID)
    return [text for text in said if english().search(text)]


@pytest.fixture
def visit(window: Open, stack: Stack) -> Callable[..., Page]:
    """Opens a path as a person whose browser asks for this language."""

    def open_page(path: str = "/", locale: str = "de-DE") -> Page:
        page = window("/favicon.svg", locale=locale)
        put_under_policy(page, stack)
        page.goto(stack.page + path.removeprefix("/"))
        return page

    return open_page


def test_a_german_page_has_no_word_of_english(visit: Callable[..., Page]) -> None:
    seen: list[str] = []
    for step, page in walk(visit):
        if step != "statistics away":  # all others are documents of the page itself
            assert page.locator("html").get_attribute("lang") == "de", step
        assert english_on(page) == [], step
        assert refused(page) == [], step
        seen.append(step)
    assert len(seen) > 15


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
