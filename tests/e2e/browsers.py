"""In which browser the tests of this folder run: Chromium, or Firefox with E2E_BROWSER=firefox."""

import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Playwright

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

# Who speaks in a `pageerror` that no script has thrown.
FIREFOX_ITSELF = ("", "WebRTC")


def launch(
    playwright: Playwright,
    *flags: str,
    whole: bool = False,
    prefs: Prefs = MappingProxyType({}),
    display: str | None = None,
) -> Browser:
    """`flags` and `whole` are for Chromium, as in lab/chromium.py; `prefs` and `display` for
    Firefox."""
    if IN_FIREFOX:
        return launch_firefox(playwright, prefs, display)
    return launch_chromium(playwright, *flags, whole=whole)


def launch_chromium(playwright: Playwright, *flags: str, whole: bool = False) -> Browser:
    """`flags` and `whole`: as in lab/chromium.py."""
    path = chromium.executable(whole=whole)
    return playwright.chromium.launch(executable_path=path, args=chromium.flags(*flags))


def launch_firefox(
    playwright: Playwright, prefs: Prefs = MappingProxyType({}), display: str | None = None
) -> Browser:
    """`prefs`: beside those of lab/firefox.py. `display`: its windows are there (lab/display.py);
    else it has none."""
    shown = {"headless": False, "env": {**os.environ, "DISPLAY": display}} if display else {}
    return playwright.firefox.launch(**firefox.for_playwright(prefs), **shown)


def tap(place: Locator) -> None:
    """With a finger; in Firefox by mouse, because Playwright has no touch by BiDi: its `tap` does
    nothing there."""
    if IN_FIREFOX:
        place.click()
    else:
        place.tap()


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
    """SIGKILL for the browser that has this profile, and for all of its processes."""
    pids = {int(each.name) for each in Path("/proc").glob("[0-9]*")}
    [browser] = [pid for pid in pids if is_browser(pid, profile)]
    parents = {pid: parent_of(pid) for pid in pids}
    dying = [browser]
    for pid in dying:  # which grows
        dying += [child for child, parent in parents.items() if parent == pid]
    for pid in dying:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_browser(pid: int, profile: Path) -> bool:
    """Its first process: neither the bridge before it nor a part of it."""
    words = read(pid, "cmdline").split("\0")
    is_part = any(word.startswith(("--type=", "-contentproc", "lab.")) for word in words)
    return not is_part and (str(profile) in words or f"--user-data-dir={profile}" in words)


def parent_of(pid: int) -> int | None:
    """None if it has ended."""
    found = re.search(r"(?m)^PPid:\s+(\d+)", read(pid, "status"))
    return int(found[1]) if found else None


def read(pid: int, file: str) -> str:
    """Of /proc; nothing if the process has ended."""
    try:
        return Path("/proc", str(pid), file).read_text(errors="replace")
    except OSError:
        return ""


def is_thrown(error: Error, browser: Browser) -> bool:
    """Whether the page has thrown this `pageerror`, or left it uncaught.

    By BiDi also comes what Firefox itself says: no socket could be opened ("Firefox can't …", which
    has no name), or ICE has failed ("WebRTC: ICE failed, …", where Playwright takes what is before
    the colon for the name). Everything that is thrown has a name.
    """
    return browser.browser_type.name != "firefox" or error.name not in FIREFOX_ITSELF


def not_in_firefox(why: str) -> pytest.MarkDecorator:
    """Leaves the test out there. `why`: what Firefox, BiDi or Playwright has not."""
    return pytest.mark.skipif(IN_FIREFOX, reason=f"not in Firefox: {why}")
