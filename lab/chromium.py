"""The Chromium that tests, benchmarks and labs drive."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

# What follows the address while one types is a page of its own in each window, and there are two:
# without them, opening a window costs half the CPU.
POPUPS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
# Of several --disable-features the last one counts: these Playwright would leave out.
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
# A name by multicast DNS hides the own address from the page. Nothing in one machine resolves it,
# but two browsers there have a path by that address.
HIDDEN_ADDRESSES = ("WebRtcHideLocalIpsWithMdns",)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def flags(*more: str, without: Sequence[str] = ()) -> list[str]:
    """Of the command line. `more`: beside those that all have; `without`: features, by name."""
    return [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--disable-features={','.join((*PLAYWRIGHTS, *POPUPS, *without))}",
        *more,
    ]


def executable(*, whole: bool = False) -> str | None:
    """CHROMIUM, or the system's; None lets Playwright use its own.

    CHROMIUM may be the headless shell, which has no permissions to ask for and installs nothing.
    `whole`: not that one, but CHROMIUM_WHOLE if it is set.
    """
    given = (whole and os.environ.get("CHROMIUM_WHOLE")) or os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def chromium(
    *more: str, without: Sequence[str] = (), whole: bool = False
) -> AsyncIterator[Browser]:
    """One for the whole block. `more`, `without`: as in flags(); `whole`: as in executable()."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(whole=whole), args=flags(*more, without=without)
        )
        try:
            yield browser
        finally:
            await browser.close()
