"""A real browser against the real local stack: browsers.py says which."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, sync_playwright

from lab.stack import Stack
from tests.e2e.browsers import BARE, is_thrown, launch

WAIT_MS = 15_000  # ms for anything a person would wait for


# Not for the whole session: while it is open, Playwright runs an event loop in this thread, and
# the asynchronous tests of other packages could not run theirs.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright, prefs=BARE)
    yield browser
    browser.close()


@pytest.fixture
def window(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """Opens windows of different people: each has its own storage. Fails on page errors."""
    yield from windows(browser, stack)


@pytest.fixture(scope="package")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """With what a headless shell has not: permissions to ask for, an icon to fetch."""
    browser = launch(playwright, whole=True, prefs=BARE)
    yield browser
    browser.close()


@pytest.fixture
def whole_window(whole_browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """As `window`, of the whole browser."""
    yield from windows(whole_browser, stack)


def windows(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """Of `window`, in this browser."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def note(error: Error) -> None:
        if is_thrown(error, browser):
            faults.append(type(error).__name__)

    def open_window(path: str = "/", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", note)
        page.goto(stack.page + path.removeprefix("/"))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert faults == []
