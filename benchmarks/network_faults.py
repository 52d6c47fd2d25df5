"""How long does a call notice that the network has changed under it?

    python -m benchmarks.network_faults [--runs 5] [--faults move,mappings,relay] [--pairs a-a,b-b]
        [--round-trip 40]

Two people behind routers (lab/networks) send one another a number every 150 ms. Then

    move      the first person goes over to another router: Wi-Fi to a mobile network
    quiet     the same, and the browser says nothing of it (`online` does not come)
    mappings  both routers forget all their mappings
    relay     the relay is killed, and starts again 3 s later
    expiry    the credential of the relay has ended, after its renewal; then the relay starts anew

`heard`: ms until both have heard from the other again, by whatever way. `direct`: until both hear
over the connection again, relayed or not. Needs what benchmarks.networks needs.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page

from benchmarks import homes
from benchmarks.arguments import names
from benchmarks.rivals.people import new_room
from benchmarks.rivals.servers import Servers
from lab.networks import Host, Internet, Site, own_network
from lab.networks.homes import browsers, site
from lab.networks.relay import Relay, cut_short

FAULTS = ("move", "quiet", "mappings", "relay", "expiry")
PAIRS = ("a-a", "b-b")
RELAY_AWAY_SECONDS = 3.0
TALK_SECONDS = 2.0  # before the fault
PATIENCE_SECONDS = 40.0
LOOK_SECONDS = 0.25
CREDENTIAL_SECONDS = 10.0  # of one that ends
RENEWAL_MS = 500_000  # by which the pages' clocks go on: it is renewed after 480 s
NOW = "() => performance.timeOrigin + performance.now()"
DEAF = "() => addEventListener('online', (event) => event.stopImmediatePropagation(), true)"


def main() -> int:
    """Print the table."""
    arguments = _arguments()
    homes.check("benchmarks.network_faults")
    print(homes.how(arguments, "ms"))
    print("| fault | pair | heard | direct |\n|---|---|---|---|", flush=True)
    with own_network(), TemporaryDirectory() as folder, closing(Internet()) as internet:
        asyncio.run(_measure(arguments, internet, Path(folder)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = homes.parser("benchmarks.network_faults", PAIRS)
    parser.add_argument("--faults", type=names(FAULTS), default=list(FAULTS))
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, internet: Internet, folder: Path) -> None:
    async with homes.servers_and_relay(folder) as (servers, relay):
        for pair in arguments.pairs:
            wifi, mobile, home = (
                site(internet, letter, arguments.round_trip)
                for letter in (pair[0], pair[0], pair[-1])
            )
            hosts = (internet.host(wifi, mobile), internet.host(home))
            async with browsers(hosts, folder) as started:
                for fault in arguments.faults:
                    run = _Run(servers, relay, hosts[0], (wifi, mobile, home), started)
                    times = [await run.once(fault) for _ in range(arguments.runs)]
                    cells = (homes.cell([time[n] for time in times]) for n in range(2))
                    print(f"| {fault} | {pair} | {' | '.join(cells)} |", flush=True)


class _Run:
    """Calls between the same two homes. The first person is in `sites[0]` at the beginning."""

    def __init__(
        self,
        servers: Servers,
        relay: Relay,
        moving: Host,
        sites: tuple[Site, Site, Site],
        browsers: Sequence[Browser],
    ) -> None:
        self._servers, self._relay = servers, relay
        self._moving, self._sites, self._browsers = moving, sites, browsers

    async def once(self, fault: str) -> tuple[float | None, float | None]:
        """One call: ms until both hear again, and until both hear over the connection."""
        self._moving.use(self._sites[0])
        async with homes.new_pages(self._browsers) as pages:
            two = await homes.people(pages, self._servers, "heliograph")
            if fault == "quiet":
                await pages[0].evaluate(DEAF)
            if fault == "expiry":
                for page in pages:
                    await page.clock.install()
                    await cut_short(page, CREDENTIAL_SECONDS)
            room = new_room()
            for one in two:
                await one.click(room)
                await asyncio.sleep(homes.AT_REST_SECONDS)
            await asyncio.gather(*(one.opened(1) for one in two))
            await asyncio.gather(*(page.evaluate("() => bench.talk()") for page in pages))
            await asyncio.sleep(TALK_SECONDS)
            if fault == "expiry":
                for page in pages:
                    await page.clock.fast_forward(RENEWAL_MS)
                await asyncio.sleep(CREDENTIAL_SECONDS)
            began = float(await pages[0].evaluate(NOW))
            await self._happen(fault)
            return await _heard(pages, began)

    async def _happen(self, fault: str) -> None:
        wifi, mobile, home = self._sites
        if fault in ("move", "quiet"):
            self._moving.use(mobile)
        elif fault == "mappings":
            wifi.forget()
            home.forget()
        else:
            self._relay.kill()
            await asyncio.sleep(RELAY_AWAY_SECONDS if fault == "relay" else 0)
            self._relay.start()


async def _heard(pages: Sequence[Page], began: float) -> tuple[float | None, float | None]:
    """What is said after the fault counts: what was on its way before is not news."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found = [await page.evaluate("(began) => bench.heardSince(began)", began) for page in pages]
        if all(direct is not None for _, direct in found):
            heard, direct = (max(each[n] for each in found) - began for n in range(2))
            return heard, direct
        await asyncio.sleep(LOOK_SECONDS)
    everyone = [each[0] for each in found]
    return (None if None in everyone else max(everyone) - began), None


if __name__ == "__main__":
    sys.exit(main())
