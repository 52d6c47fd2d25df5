"""People in homes behind routers, for the benchmarks of networks: pages, relay and servers."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from benchmarks import machine
from benchmarks.arguments import names
from benchmarks.rivals.figures import Spread
from benchmarks.rivals.people import Person, person_at
from benchmarks.rivals.servers import Servers, check_built, serving
from lab.networks import missing
from lab.networks.homes import KINDS, SETTINGS
from lab.networks.relay import STUN_URLS, TURN_URLS, Relay, credential

ALL_PAIRS = tuple(f"{one}-{other}" for one in KINDS for other in KINDS)
AT_REST_SECONDS = 2.0  # what an offer that waits waits for is over then


def check(name: str) -> None:
    """Raises SystemExit if this machine cannot do it. `name`: of the benchmark."""
    if reason := missing():
        raise SystemExit(f"{name}: {reason}")
    check_built(name)


def parser(name: str, pairs: Sequence[str]) -> argparse.ArgumentParser:
    """Of a command with so many pairs of homes by default."""
    made = argparse.ArgumentParser(prog=f"python -m {name}")
    made.add_argument("--runs", type=int, default=5)
    made.add_argument("--pairs", type=names({*pairs, *ALL_PAIRS}), default=list(pairs))
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
