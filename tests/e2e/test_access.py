"""axe finds nothing, on any screen: in light and dark, wide in English and narrow in German. There
no word is English.

What axe takes most of its time for, contrast, depends on colours: neither on words nor on width. In
German it is looked at too in `make test-long`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab.stack import Stack
from tests.e2e.browsers import IN_FIREFOX, not_in_firefox
from tests.e2e.english import english_on
from tests.e2e.policy import put_under_policy, refused
from tests.e2e.walk import walk

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

LOOKS = [(1200, "en-GB"), (390, "de-DE")]
CONTRAST = "color-contrast"
CRASH = "axe makes a process of Firefox 153 crash (SIGSEGV) in the room, whatever its rules"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Each finding in a line: the rule, what is wrong, and where.
RUN = """async ([runOnly, off]) => {
  const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]));
  const options = { resultTypes: ["violations"], ...(runOnly ? { runOnly } : { rules }) };
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


def findings(page: Page, rules: list[str] | None = None, without: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong, by some rules or by all but those `without`.

    The debugger puts it into the page, which no policy stops.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {AXE.read_text()} }}")
    found: list[str] = page.evaluate(RUN, [rules, without])
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


@pytest.mark.parametrize(
    ("width", "locale", "contrast"),
    [(*LOOKS[0], True), (*LOOKS[1], False), pytest.param(*LOOKS[1], True, marks=pytest.mark.long)],
)
@not_in_firefox(CRASH)
def test_axe_finds_nothing_and_no_word_of_english_in_german(
    visit: Open, locale: str, contrast: bool
) -> None:
    wrong: dict[str, list[str]] = {}
    for step, page in walk(visit):
        found = findings(page, without=() if contrast else [CONTRAST])
        if contrast:
            page.emulate_media(color_scheme="dark")
            found += findings(page, rules=[CONTRAST])  # nothing else depends on the scheme
            page.emulate_media(color_scheme="light")
        wrong[step] = found + out_of_place(page, step, locale)
    assert len(wrong) > 15 and not {step: found for step, found in wrong.items() if found}


@pytest.mark.skipif(not IN_FIREFOX, reason="what looks for axe's findings looks at it too")
@pytest.mark.parametrize(("width", "locale"), LOOKS)
def test_nothing_is_wide_or_stopped_by_the_policy_or_english_in_german(
    visit: Open, locale: str
) -> None:
    wrong = {step: out_of_place(page, step, locale) for step, page in walk(visit)}
    assert len(wrong) > 15 and not {step: found for step, found in wrong.items() if found}


def out_of_place(page: Page, step: str, locale: str) -> list[str]:
    """What is too wide, what the policy has stopped, and English where German should be."""
    found: list[str] = page.evaluate(OVERFLOW) + refused(page)
    if locale != "de-DE":
        return found
    language = page.locator("html").get_attribute("lang")
    # "statistics away" shows what is no document of the page.
    is_known = language == "de" or step == "statistics away"
    return found + english_on(page) + ([] if is_known else [f"lang: {language}"])


def test_axe_would_find_something(window: Open) -> None:
    page = window("/")
    page.get_by_test_id("join").wait_for()
    page.evaluate("() => document.querySelector('#name').labels[0].remove()")
    page.evaluate("() => document.querySelector('#language').removeAttribute('aria-label')")
    rules = {line.partition(":")[0] for line in findings(page)}
    assert rules == {"label", "select-name"}
