"""How long do people wait who sit behind routers, with ours and with PeerJS?

    python -m benchmarks.networks [--runs 5] [--pairs lan,a-a,…] [--systems heliograph,peerjs]
        [--round-trip 40] [--json FILE]

Each person has a browser, in a host of their own behind a router of their own (lab/networks); only
`lan` is two hosts behind one. coturn offers STUN, and TURN by UDP, TCP and TLS. PeerJS holds static
credentials for it, ours mints them. The first person has waited. Ours comes twice: `first` with a
browser that knows nothing, `again` with one that has been in such a call a moment ago.

    a  port-restricted NAT    b  symmetric NAT            c  UDP blocked
    d  only ports 80 and 443  h  only port 443, the rest is swallowed

Needs root, Chromium, coturn, Node, and what `npm ci` installs in benchmarks/rivals.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, async_playwright

from benchmarks.arguments import names
from benchmarks.rivals.people import NeverOpened, Person, new_room
from benchmarks.rivals.servers import FOLDER, Servers, serving
from lab.chaos.browser import FLAGS, executable
from lab.networks import Host, Internet, Kind, Site, missing, own_network
from lab.networks.relay import SECRET, STUN_URLS, TURN_URLS, Relay, credential

KINDS = {
    "a": Kind.PORT_RESTRICTED,
    "b": Kind.SYMMETRIC,
    "c": Kind.NO_UDP,
    "d": Kind.WEB_ONLY,
    "h": Kind.TLS_ONLY,
}
PAIRS = ("lan", "a-a", "a-b", "b-b", "a-c", "b-c", "c-c", "a-d", "d-d", "h-h")
SYSTEMS = ("heliograph", "peerjs")
AT_REST_SECONDS = 2.0  # after a click; what a parked offer waits for is over then
# coturn's certificate is of nobody; a page from 127.0.0.1 is secure.
BROWSER_FLAGS = (*FLAGS, "--ignore-certificate-errors")
SETTINGS = {
    "HELIOGRAPH_STUN_URLS": ",".join(STUN_URLS),
    "TURN_PROVIDERS": json.dumps(
        [{"kind": "coturn", "urls": TURN_URLS, "secret": "TURN_SECRET", "pricePerGB": 0.05}]
    ),
    "TURN_SECRET": SECRET,
}
ICE_SERVERS = (
    {"urls": list(STUN_URLS)},
    {"urls": list(TURN_URLS), **credential()},
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `ms`: from the second click to the open channel; None: never. The path is the
    candidate types of both ends; `credentials` were asked for, by both pages together."""

    ms: float | None
    path: str
    credentials: int


@dataclass(slots=True)
class Row:
    """All calls of a pair and a system."""

    pair: str
    system: str
    calls: list[Call] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        """Pair, system, ms, path, credentials."""
        times = sorted(call.ms for call in self.calls if call.ms is not None)
        failed = len(self.calls) - len(times)
        said = f"{failed} of {len(self.calls)} did not connect" if failed else ""
        if times:
            middle = f"{statistics.median(times):,.0f} ({times[0]:,.0f}–{times[-1]:,.0f})"
            said = f"{middle}; {said}" if failed else middle
        paths = sorted({call.path for call in self.calls if call.path})
        spent = sorted({call.credentials for call in self.calls})
        return self.pair, self.system, said, ", ".join(paths), "–".join(map(str, spent))


def main() -> int:
    """Print the table."""
    arguments = _arguments()
    if reason := missing():
        raise SystemExit(f"benchmarks.networks: {reason}")
    if not (FOLDER / "node_modules").exists() or not (FOLDER / "dist").exists():
        raise SystemExit("benchmarks.networks: first `make rivals`")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {date.today()}: median (least–most) of"
        f" {arguments.runs} runs, ms from the second click to the open channel; a round trip to"
        f" the servers or the relay takes {arguments.round_trip} ms\n",
        flush=True,
    )
    print("| pair | system | ms | path | credentials |\n|---|---|---|---|---|", flush=True)
    with own_network(), TemporaryDirectory() as folder, Internet() as internet:
        rows = asyncio.run(_measure(arguments, internet, Path(folder)))
    if arguments.json:
        found = [{"pair": r.pair, "system": r.system, "ms": [c.ms for c in r.calls]} for r in rows]
        arguments.json.write_text(json.dumps(found, indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pairs", type=names, default=list(PAIRS))
    parser.add_argument("--systems", type=names, default=list(SYSTEMS))
    parser.add_argument("--round-trip", type=float, default=40.0, metavar="MS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every time to it")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, internet: Internet, folder: Path) -> list[Row]:
    relay = Relay(folder)
    relay.start()
    rows: list[Row] = []
    try:
        async with serving(folder, SETTINGS, ICE_SERVERS) as servers:
            for pair in arguments.pairs:
                hosts = _hosts(internet, pair, arguments.round_trip)
                async with _browsers(hosts, folder) as browsers:
                    rows += await _rows(arguments, servers, browsers, pair)
    finally:
        relay.kill()
    return rows


async def _rows(
    arguments: argparse.Namespace, servers: Servers, browsers: Sequence[Browser], pair: str
) -> list[Row]:
    rows: dict[str, Row] = {}
    for _ in range(arguments.runs):
        for system in arguments.systems:
            again = (False, True) if system == "heliograph" else (False,)
            calls = await _calls(servers, system, browsers, again)
            for knows, call in zip(again, calls, strict=True):
                title = f"{system}, again" if knows else system
                rows.setdefault(title, Row(pair, title)).calls.append(call)
    for row in rows.values():
        print(f"| {' | '.join(row.cells())} |", flush=True)
    return list(rows.values())


def _hosts(internet: Internet, pair: str, round_trip: float) -> tuple[Host, Host]:
    """Two machines, in sites of the kinds that the pair names."""

    def site(kind: Kind) -> Site:
        return internet.site(kind, delay_ms=round_trip / 2)

    if pair == "lan":
        both = site(Kind.PORT_RESTRICTED)
        return internet.host(both), internet.host(both)
    first, second = (internet.host(site(KINDS[letter])) for letter in pair.split("-"))
    return first, second


@asynccontextmanager
async def _browsers(hosts: Sequence[Host], folder: Path) -> AsyncIterator[list[Browser]]:
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


async def _calls(
    servers: Servers, system: str, browsers: Sequence[Browser], again: Sequence[bool]
) -> list[Call]:
    """Calls of the same two people, one after another."""
    async with AsyncExitStack() as stack:
        pages = []
        for browser in browsers:
            context = await browser.new_context()
            stack.push_async_callback(context.close)
            pages.append(await context.new_page())
        calls = []
        for _ in again:
            two = []
            for number, page in enumerate(pages):
                await page.goto(servers.page)
                await page.wait_for_function("() => window.bench !== undefined")
                two.append(Person(page))
                await two[-1].use(servers.systems[system], number, 2)
            await asyncio.sleep(AT_REST_SECONDS)
            calls.append(await _call(two))
            await asyncio.gather(*(one.leave() for one in two))
    return calls


async def _call(two: Sequence[Person]) -> Call:
    room = new_room()
    first, second = two
    await first.click(room)
    await asyncio.sleep(AT_REST_SECONDS)
    clicked = await second.click(room)
    try:
        opened = max(await asyncio.gather(*(one.opened(1) for one in two)))
    except NeverOpened:
        return Call(None, "", await _credentials(two))
    await asyncio.sleep(0.3)
    path = "–".join(sorted(await second.path()))
    return Call(opened - clicked, path, await _credentials(two))


async def _credentials(two: Sequence[Person]) -> int:
    return sum(await asyncio.gather(*(one.requests("/api/turn") for one in two)))


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"\n{time.monotonic() - began:.0f} s")
    sys.exit(code)
