"""In which browser the tests of this folder run: Chromium, or Firefox with E2E_BROWSER=firefox."""

import os

import pytest
from playwright.sync_api import Browser, Playwright

from lab import chromium, firefox

KINDS = ("chromium", "firefox")
KIND = os.environ.get("E2E_BROWSER") or KINDS[0]
if KIND not in KINDS:
    raise ValueError(f"E2E_BROWSER is {KIND!r}, and not one of {', '.join(KINDS)}")
IN_FIREFOX = KIND == "firefox"


def launch(playwright: Playwright, *flags: str, whole: bool = False) -> Browser:
    """`flags` and `whole` are for Chromium: as in lab/chromium.py."""
    if IN_FIREFOX:
        return launch_firefox(playwright)
    path = chromium.executable(whole=whole)
    return playwright.chromium.launch(executable_path=path, args=chromium.flags(*flags))


def launch_firefox(playwright: Playwright, **preferences: bool | int | str) -> Browser:
    """With `preferences` beside those of lab/firefox.py."""
    return playwright.firefox.launch(**firefox.for_playwright(preferences))


def not_in_firefox(why: str) -> pytest.MarkDecorator:
    """Leaves the test out there. `why`: what Firefox, BiDi or Playwright has not."""
    return pytest.mark.skipif(IN_FIREFOX, reason=f"not in Firefox: {why}")
