"""In which browser the tests of this folder run: Chromium, or Firefox with E2E_BROWSER=firefox."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Playwright

from lab import chromium, firefox

type Prefs = Mapping[str, bool | int | str]

KINDS = ("chromium", "firefox")
KIND = os.environ.get("E2E_BROWSER") or KINDS[0]
if KIND not in KINDS:
    raise ValueError(f"E2E_BROWSER is {KIND!r}, and not one of {', '.join(KINDS)}")
IN_FIREFOX = KIND == "firefox"
# As a Chromium without flags: no devices, and notices are refused where nobody has allowed them.
BARE: Prefs = {"media.navigator.streams.fake": False, "permissions.default.desktop-notification": 2}
# Cameras that are made up have few and small pictures: several calls share the machine.
CALM: Prefs = {
    "media.navigator.video.default_fps": 5,
    "media.navigator.video.default_width": 320,
    "media.navigator.video.default_height": 240,
}


def launch(
    playwright: Playwright, *flags: str, whole: bool = False, prefs: Prefs = MappingProxyType({})
) -> Browser:
    """`flags` and `whole` are for Chromium, as in lab/chromium.py; `prefs` for Firefox."""
    if IN_FIREFOX:
        return launch_firefox(playwright, prefs)
    return launch_chromium(playwright, *flags, whole=whole)


def launch_chromium(playwright: Playwright, *flags: str, whole: bool = False) -> Browser:
    """`flags` and `whole`: as in lab/chromium.py."""
    path = chromium.executable(whole=whole)
    return playwright.chromium.launch(executable_path=path, args=chromium.flags(*flags))


def launch_firefox(playwright: Playwright, prefs: Prefs = MappingProxyType({})) -> Browser:
    """`prefs`: beside those of lab/firefox.py."""
    return playwright.firefox.launch(**firefox.for_playwright(prefs))


def launch_in(playwright: Playwright, profile: Path) -> BrowserContext:
    """The whole browser, with a profile of its own. `kill_in` ends it."""
    if IN_FIREFOX:
        options = firefox.for_playwright({})
        return playwright.firefox.launch_persistent_context(str(profile), **options)
    path, flags = chromium.executable(whole=True), chromium.flags()
    return playwright.chromium.launch_persistent_context(
        str(profile), executable_path=path, args=flags
    )


def kill_in(profile: Path) -> None:
    """SIGKILL for the browser that has this profile; its other processes end with it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        has_it = str(profile) in words or f"--user-data-dir={profile}" in words
        is_part = any(word.startswith(("--type=", "-contentproc", "lab.")) for word in words)
        if has_it and not is_part:
            os.kill(int(process.name), signal.SIGKILL)
            return
    raise RuntimeError("the browser is not there")


def is_thrown(error: Error, browser: Browser) -> bool:
    """Whether the page has thrown this `pageerror`, or left it uncaught.

    By BiDi also comes what Firefox itself says: no socket could be opened, ICE has failed. That has
    no name, which everything has that is thrown.
    """
    return browser.browser_type.name != "firefox" or error.name != ""


def not_in_firefox(why: str) -> pytest.MarkDecorator:
    """Leaves the test out there. `why`: what Firefox, BiDi or Playwright has not."""
    return pytest.mark.skipif(IN_FIREFOX, reason=f"not in Firefox: {why}")
