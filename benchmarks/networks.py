"""How long do people wait who sit behind routers, with ours and with PeerJS?

    python -m benchmarks.networks [--runs 5] [--pairs lan,a-a,…] [--systems heliograph,peerjs]
        [--round-trip 40] [--json FILE]

Each person has a browser, in a host of their own behind a router of their own (lab/networks); only
`lan` is two hosts behind one. coturn offers STUN, and TURN by UDP, TCP and TLS. PeerJS holds static
credentials for it, ours mints them. The first person has waited. Ours comes twice: with a browser
that knows nothing, and `again` with one that has been in such a call a moment ago.

    a  port-restricted NAT    b  symmetric NAT            c  UDP blocked
    d  only ports 80 and 443  e  two routers              g  as a, 100 ms more, 5 % of packets lost
    h  only port 443, the rest is swallowed

Needs root, Chromium, coturn, Node, and what `npm ci` installs in benchmarks/rivals.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from benchmarks import homes
from benchmarks.arguments import names
from benchmarks.rivals.people import NeverOpened, Person, new_room
from benchmarks.rivals.servers import Servers
from lab.networks import Host, Internet, own_network
from lab.networks.homes import browsers, site

PAIRS = ("lan", "a-a", "a-e", "e-e", "a-b", "b-b", "a-c", "b-c", "c-c", "a-d", "d-d", "g-g", "h-h")
SYSTEMS = ("heliograph", "peerjs")
STATISTICS_SECONDS = 0.3  # those of the browser follow the connection a moment later


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
        said = homes.cell([call.ms for call in self.calls])
        paths = sorted({call.path for call in self.calls if call.path})
        spent = sorted({call.credentials for call in self.calls})
        return self.pair, self.system, said, ", ".join(paths), "–".join(map(str, spent))


def main() -> int:
    """Print the table."""
    arguments = _arguments()
    homes.check("benchmarks.networks")
    print(homes.how(arguments, "ms from the second click to the open channel"))
    print("| pair | system | ms | path | credentials |\n|---|---|---|---|---|", flush=True)
    with own_network(), TemporaryDirectory() as folder, closing(Internet()) as internet:
        rows = asyncio.run(_measure(arguments, internet, Path(folder)))
    if arguments.json:
        found = [{"pair": r.pair, "system": r.system, "ms": [c.ms for c in r.calls]} for r in rows]
        arguments.json.write_text(json.dumps(found, indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = homes.parser("benchmarks.networks", PAIRS)
    parser.add_argument("--systems", type=names(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every time to it")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, internet: Internet, folder: Path) -> list[Row]:
    rows: list[Row] = []
    async with homes.servers_and_relay(folder) as (servers, _):
        for pair in arguments.pairs:
            hosts = _hosts(internet, pair, arguments.round_trip)
            async with browsers(hosts, folder) as started:
                rows += await _rows(arguments, servers, started, pair)
    return rows


async def _rows(
    arguments: argparse.Namespace, servers: Servers, browsers: Sequence[Browser], pair: str
) -> list[Row]:
    rows: dict[str, Row] = {}
    for _ in range(arguments.runs):
        for system in arguments.systems:
            titles = [system, f"{system}, again"] if system == "heliograph" else [system]
            calls = await _calls(servers, system, browsers, len(titles))
            for title, call in zip(titles, calls, strict=True):
                rows.setdefault(title, Row(pair, title)).calls.append(call)
    for row in rows.values():
        print(f"| {' | '.join(row.cells())} |", flush=True)
    return list(rows.values())


def _hosts(internet: Internet, pair: str, round_trip: float) -> tuple[Host, Host]:
    """Two machines, in sites of the kinds that the pair names."""
    if pair == "lan":
        both = site(internet, "a", round_trip)
        return internet.host(both), internet.host(both)
    first, second = (internet.host(site(internet, x, round_trip)) for x in pair.split("-"))
    return first, second


async def _calls(
    servers: Servers, system: str, browsers: Sequence[Browser], count: int
) -> list[Call]:
    """So many calls of the same two people, one after another."""
    calls = []
    async with homes.new_pages(browsers) as pages:
        for _ in range(count):
            two = await homes.people(pages, servers, system)
            calls.append(await _call(two))
            await asyncio.gather(*(one.leave() for one in two))
    return calls


async def _call(two: Sequence[Person]) -> Call:
    room = new_room()
    first, second = two
    await first.click(room)
    await asyncio.sleep(homes.AT_REST_SECONDS)
    clicked = await second.click(room)
    try:
        opened = max(await asyncio.gather(*(one.opened(1) for one in two)))
    except NeverOpened:
        return Call(None, "", await _credentials(two))
    await asyncio.sleep(STATISTICS_SECONDS)
    path = "–".join(sorted(await second.path()))
    return Call(opened - clicked, path, await _credentials(two))


async def _credentials(two: Sequence[Person]) -> int:
    return sum(await asyncio.gather(*(one.requests("/api/turn") for one in two)))


if __name__ == "__main__":
    sys.exit(main())
