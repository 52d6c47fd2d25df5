"""People in homes behind routers, for the benchmarks of networks: browsers, relay and servers."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from benchmarks import machine
from benchmarks.arguments import names
from benchmarks.rivals.figures import Spread
from benchmarks.rivals.people import Person, person_at
from benchmarks.rivals.servers import Servers, check_built, serving
from lab.chromium import executable, flags
from lab.networks import Host, Internet, Kind, Site, missing
from lab.networks.relay import SECRET, STUN_URLS, TURN_URLS, Relay, credential

AT_REST_SECONDS = 2.0  # what an offer that waits waits for is over then
# By the letter in the name of a pair.
KINDS = {
    "a": Kind.PORT_RESTRICTED,
    "b": Kind.SYMMETRIC,
    "c": Kind.NO_UDP,
    "d": Kind.WEB_ONLY,
    "h": Kind.TLS_ONLY,
}
# coturn's certificate is of nobody; a page from 127.0.0.1 is secure.
BROWSER_FLAGS = flags("--ignore-certificate-errors")
SETTINGS = {
    "HELIOGRAPH_STUN_URLS": ",".join(STUN_URLS),
    "TURN_PROVIDERS": json.dumps(
        [{"kind": "coturn", "urls": TURN_URLS, "secret": "TURN_SECRET", "pricePerGB": 0.05}]
    ),
    "TURN_SECRET": SECRET,
}


def check(name: str) -> None:
    """Raises SystemExit if this machine cannot do it. `name`: of the benchmark."""
    if reason := missing():
        raise SystemExit(f"{name}: {reason}")
    check_built(name)


def parser(name: str, pairs: Sequence[str]) -> argparse.ArgumentParser:
    """Of a command with so many pairs of homes by default."""
    made = argparse.ArgumentParser(prog=f"python -m {name}")
    made.add_argument("--runs", type=int, default=5)
    made.add_argument("--pairs", type=names, default=list(pairs))
    made.add_argument("--round-trip", type=float, default=40.0, metavar="MS")
    return made


def how(arguments: argparse.Namespace, what: str) -> str:
    """On which machine and how often it was measured. `what`: the times say."""
    return (
        f"{machine.how(arguments.runs)}, {what}; a round trip to the servers or the relay takes"
        f" {arguments.round_trip:.0f} ms\n"
    )


def cell(times: Sequence[float | None]) -> str:
    """Of a table. None: it never came about."""
    found = [each for each in times if each is not None]
    failed = len(times) - len(found)
    return str(Spread.of(found, failed) or f"{failed} never")


@asynccontextmanager
async def servers_and_relay(folder: Path) -> AsyncIterator[tuple[Servers, Relay]]:
    """Both, until the block ends. `folder` gets logs."""
    relay = Relay(folder)
    relay.start()
    ice_servers = ({"urls": list(STUN_URLS)}, {"urls": list(TURN_URLS), **credential()})
    try:
        async with serving(folder, SETTINGS, ice_servers) as servers:
            yield servers, relay
    finally:
        relay.kill()


def site(internet: Internet, letter: str, round_trip: float) -> Site:
    """A home. `round_trip`: to everything in the internet, ms."""
    return internet.site(KINDS[letter], delay_ms=round_trip / 2)


@asynccontextmanager
async def browsers(hosts: Sequence[Host], folder: Path) -> AsyncIterator[list[Browser]]:
    """One in each host."""
    path = executable()
    assert path is not None
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        found = []
        for host in hosts:
            program = host.program(path, folder)
            browser = await playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
            stack.push_async_callback(browser.close)
            found.append(browser)
        yield found


@asynccontextmanager
async def new_pages(all_browsers: Sequence[Browser]) -> AsyncIterator[list[Page]]:
    """One in each browser, which knows nothing."""
    async with AsyncExitStack() as stack:
        pages = []
        for browser in all_browsers:
            context = await browser.new_context()
            stack.push_async_callback(context.close)
            pages.append(await context.new_page())
        yield pages


async def people(pages: Sequence[Page], servers: Servers, system: str) -> list[Person]:
    """Somebody at each page, who has not clicked; what the page prepares is ready."""
    count = len(pages)
    found = [await person_at(page, servers, system, n, count) for n, page in enumerate(pages)]
    await asyncio.sleep(AT_REST_SECONDS)
    return found
