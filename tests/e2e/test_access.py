"""axe finds nothing, on any screen: in light and dark, wide in English and narrow in German."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab.stack import Stack
from tests.e2e.browsers import IN_FIREFOX, not_in_firefox
from tests.e2e.policy import put_under_policy, refused
from tests.e2e.walk import walk

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

LOOKS = [(1200, "en-GB"), (390, "de-DE")]
CRASH = "axe makes a process of Firefox 153 crash (SIGSEGV) in the room, whatever its rules"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Each finding in a line: the rule, what is wrong, and where.
RUN = """async (runOnly) => {
  const options = { resultTypes: ["violations"], ...(runOnly && { runOnly }) };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${help} ${target} ${any.map((one) => one.message)}`));
}"""
# Wider than the window: somebody would have to scroll sideways.
OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const parts = "button, a.button, label:not(.hidden), summary, h1, h2";
  const cut = [...document.querySelectorAll(parts)]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
    .filter((one) => getComputedStyle(one).display !== "inline")
    .filter((one) => getComputedStyle(one).textOverflow !== "ellipsis");
  return [...(wide ? ["the page"] : []), ...cut.map((one) => one.outerHTML)];
}"""


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds wrong, by some rules or by all.

    The debugger puts it into the page, which no policy stops.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {AXE.read_text()} }}")
    found: list[str] = page.evaluate(RUN, rules)
    return found


@pytest.fixture
def visit(width: int, locale: str, window: Open, stack: Stack) -> Open:
    look = {"color_scheme": "light", "locale": locale, "viewport": {"width": width, "height": 844}}

    def opened(path: str) -> Page:
        page = window("/favicon.svg", **look)
        put_under_policy(page, stack)
        page.goto(stack.page + path.removeprefix("/"))
        return page

    return opened


@pytest.mark.parametrize(("width", "locale"), LOOKS)
@not_in_firefox(CRASH)
def test_axe_finds_nothing(visit: Open) -> None:
    wrong: dict[str, list[str]] = {}
    for step, page in walk(visit):
        found = findings(page) + page.evaluate(OVERFLOW)
        page.emulate_media(color_scheme="dark")
        found += findings(page, rules=["color-contrast"])  # nothing else depends on the scheme
        page.emulate_media(color_scheme="light")
        if found or (found := refused(page)):
            wrong[step] = found
    assert wrong == {}


@pytest.mark.skipif(not IN_FIREFOX, reason="test_axe_finds_nothing looks at it too")
@pytest.mark.parametrize(("width", "locale"), LOOKS)
def test_nothing_is_wider_than_the_window_or_stopped_by_the_policy(visit: Open) -> None:
    wrong: dict[str, list[str]] = {}
    for step, page in walk(visit):
        if found := page.evaluate(OVERFLOW) + refused(page):
            wrong[step] = found
    assert wrong == {}


def test_axe_would_find_something(window: Open) -> None:
    page = window("/")
    page.get_by_test_id("join").wait_for()
    page.evaluate("() => document.querySelector('#name').labels[0].remove()")
    page.evaluate("() => document.querySelector('#language').removeAttribute('aria-label')")
    rules = {line.partition(":")[0] for line in findings(page)}
    assert rules == {"label", "select-name"}
