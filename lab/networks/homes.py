"""People in homes behind routers: kinds of homes, browsers in them, and the app with its relay."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from lab.chromium import executable, flags
from lab.networks.internet import Host, Internet, Site
from lab.networks.relay import SECRET, STUN_URLS, TURN_URLS
from lab.networks.sites import Kind

# By the letter in the name of a pair.
KINDS = {
    "a": Kind.PORT_RESTRICTED,
    "b": Kind.SYMMETRIC,
    "c": Kind.NO_UDP,
    "d": Kind.WEB_ONLY,
    "e": Kind.DOUBLE,
    "g": Kind.PORT_RESTRICTED,
    "h": Kind.TLS_ONLY,
}
# Of site g alone: its line is slower by so much, both ways together, and loses packets.
POOR_MS, POOR_LOSS = 100.0, 0.05
# coturn's certificate is of nobody; a page from 127.0.0.1 is secure.
BROWSER_FLAGS = flags("--ignore-certificate-errors")
SETTINGS: Mapping[str, str] = {
    "HELIOGRAPH_STUN_URLS": ",".join(STUN_URLS),
    "TURN_PROVIDERS": json.dumps(
        [{"kind": "coturn", "urls": TURN_URLS, "secret": "TURN_SECRET", "pricePerGB": 0.05}]
    ),
    "TURN_SECRET": SECRET,
}


def site(internet: Internet, letter: str, round_trip: float) -> Site:
    """A home. `round_trip`: to everything in the internet, ms."""
    poor = letter == "g"
    delay = (round_trip + (POOR_MS if poor else 0)) / 2
    return internet.site(KINDS[letter], delay_ms=delay, loss=POOR_LOSS if poor else 0.0)


@asynccontextmanager
async def browsers(hosts: Sequence[Host], folder: Path, *more: str) -> AsyncIterator[list[Browser]]:
    """One in each host. `more`: flags beside those that all have."""
    path = executable()
    assert path is not None
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        found = []
        for host in hosts:
            program = host.program(path, folder)
            browser = await playwright.chromium.launch(
                executable_path=program, args=[*BROWSER_FLAGS, *more]
            )
            stack.push_async_callback(browser.close)
            found.append(browser)
        yield found
