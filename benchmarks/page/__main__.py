"""How long does a link take, from the click to the call, on a cold cache?

    python -m benchmarks.page [--runs 7] [--round-trips 0,50,100,200]
        [--ways http1,http2,slow-start] [--locales en-GB,de-DE] [--json FILE]

Somebody waits in a room, and somebody else opens a link that joins by itself, in a browser with an
empty profile: nothing is in a cache and no connection is open. Page and functions have different
origins, each behind a proxy that makes a round trip (R) and the opening of a TCP connection take so
long. http1: HTTP/1.1 without TLS, as the local stack answers. http2: HTTP/2 over TLS 1.3 before
page and functions, compressed, as in Azure; TLS adds a round trip to each connection. slow-start:
the same, and a connection begins with 10 segments (RFC 6928), so that files that are large cost
round trips; in the other two as many bytes pass as come. The words of another language than English
are one more file, which comes beside what draws: `--locales` compares.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.arguments import names, numbers
from benchmarks.page.site import Site, new_identity, site
from benchmarks.page.visit import Browsers, browsers, visit
from benchmarks.rivals.figures import Series, as_json, table
from lab.stack import ROOT

WAYS = ("http1", "http2", "slow-start")
SEGMENTS_BYTES = 10 * 1_460  # RFC 6928
LOCALES = ("en-GB", "de-DE")
STEPS = {
    "paint": "first contentful paint",
    "asked": "negotiate sent",
    "admitted": "admitted",
    "opened": "channel open",
}


def main() -> int:
    """Print the tables."""
    arguments = _arguments()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; median (least–most) of {arguments.runs}"
        " runs, ms from the navigation",
        flush=True,
    )
    found = asyncio.run(_measure(arguments))
    for series in found:
        print(f"\n{table(series, line=True)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--ways", type=names(WAYS), default=list(WAYS))
    parser.add_argument("--locales", type=names(LOCALES), default=["en-GB"])
    parser.add_argument("--round-trips", type=numbers, default=[0, 50, 100, 200], metavar="MS,…")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every time to it")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> list[Series]:
    found = {name: Series(title, "R =") for name, title in STEPS.items()}
    compares = len(arguments.locales) > 1
    async with _serving() as (windows, sites):
        for _ in range(arguments.runs):
            for round_trip in arguments.round_trips:
                for way, locale in product(arguments.ways, arguments.locales):
                    window = SEGMENTS_BYTES if way == "slow-start" else 0
                    seen = await visit(windows, sites[way], round_trip, window, locale)
                    for name, ms in asdict(seen).items():
                        found[name].add(f"{way} {locale}" if compares else way, round_trip, ms)
    return list(found.values())


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[Browsers, dict[str, Site]]]:
    """Browsers, and the page by each way."""
    identity = new_identity()
    # An error of a certificate that is let pass would cost another connection.
    trust = [f"--ignore-certificate-errors-spki-list={identity.spki}"]
    with TemporaryDirectory() as folder:
        http1 = site(ROOT / "web", Path(folder) / "http1", None)
        http2 = site(ROOT / "web", Path(folder) / "http2", identity)
        async with http1 as first, http2 as second, browsers(trust) as found:
            yield found, dict(zip(WAYS, (first, second, second), strict=True))


if __name__ == "__main__":
    sys.exit(main())
