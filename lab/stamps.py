"""Stamps whose parts are processes of their own: what kills, freezes and cuts is built on this.

    async with running(2, folder) as lab:
        await lab.stamps[0].functions.kill()  # or freeze, swallow, refuse, delay, cut: lab/part.py
        await lab.stamps[0].restore()

Each stamp has `functions` (the Functions host), `signalr` (the emulator) and `storage` (tables and
queues), each behind a proxy of its own; all of them talk to one another through the proxies. They
share what stamps share in Azure: signing keys and the database of statistics. Every address stays
the same for as long as the block runs.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from lab.part import Part
from lab.process import ROOT, Process
from lab.proxy import Proxy, proxy
from local import keys, static, statistics
from local.emulator import connection_string as signalr_connection
from local.environment import SIGNALR_SETTING
from local.serving import Served, listen, port_of, serving
from local.storage import connection_string as storage_connection

NAMES = "abcdefgh"
# Known, so that tests can make tokens that are expired, foreign or forged.
SIGNING_KEY = b"a key of the lab, 32 bytes long!"
SIGNING_KEYS = f"lab:{base64.urlsafe_b64encode(SIGNING_KEY).decode().rstrip('=')}"
CONCURRENCY = 16  # requests and events that a Functions host works on at a time
HEALTH_SECONDS = 30.0
ASK_SECONDS = 2.0


class NotWell(Exception):
    """A stamp was not well in time. The text says which, and nothing of an answer."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One complete stamp. `name` is `a`, `b`, …"""

    name: str
    functions: Part
    signalr: Part
    storage: Part
    doors: tuple[Proxy, Proxy] | None = None  # of functions and signalr, for clients alone

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        """In the order in which they are started."""
        return self.storage, self.signalr, self.functions

    @property
    def api(self) -> str:
        """http://127.0.0.1:PORT/api, where clients come"""
        return f"{self.doors[0].url if self.doors else self.functions.url}/api"

    async def start(self) -> None:
        """Start what does not run. Raises DidNotStart."""
        for part in self.parts:
            await part.start()

    async def kill(self) -> None:
        """Kill all of it at once, as when its region goes."""
        await asyncio.gather(*(part.kill() for part in self.parts))

    def freeze(self) -> None:
        """Freeze all of it."""
        for part in self.parts:
            part.freeze()

    async def swallow(self) -> None:
        """Nothing reaches any of it, and nobody is told; its parts do not reach one another."""
        for part in self.parts:
            await part.swallow()

    async def restore(self, seconds: float = HEALTH_SECONDS) -> None:
        """Make it well again, and wait until it says so. Raises DidNotStart or NotWell."""
        for part in self.parts:
            await part.restore()
        await self.until_well(seconds)

    async def until_well(self, seconds: float = HEALTH_SECONDS) -> None:
        """Wait until `/api/health` answers 200. Raises NotWell."""
        try:
            async with asyncio.timeout(seconds), _client() as http:
                while not await _is_well(http, self.api):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise NotWell(f"stamp {self.name} is not well after {seconds:.0f} s") from None


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=ASK_SECONDS)


async def _is_well(http: httpx.AsyncClient, api: str) -> bool:
    try:
        return (await http.get(f"{api}/health")).status_code == 200
    except httpx.HTTPError:
        return False


@dataclass(frozen=True, slots=True)
class Lab:
    """The stamps that run, and what there is once."""

    stamps: tuple[Stamp, ...]
    page: str  # http://127.0.0.1:PORT/, "" if the page is not built
    statistics: Path  # the database
    folder: Path  # logs: `a-functions.log`, …

    @property
    def backends(self) -> list[str]:
        """The URL of each stamp's API, as `join` and config.json take them."""
        return [stamp.api for stamp in self.stamps]


@asynccontextmanager
async def running(
    count: int,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    doors: bool = False,
    origins: Sequence[str] = (),
) -> AsyncIterator[Lab]:
    """So many stamps (1-8), well when the block begins, and ended after it.

    `folder` gets logs and files. `settings`: of every app, in place of ours. The page is served
    beside them, as Static Web Apps does: it does not end with a stamp. `doors`: clients come by
    proxies of their own, so that what delays them does not delay the parts among each other.
    `origins`: of further pages that may call. Raises DidNotStart, NotWell.
    """
    assert 1 <= count <= len(NAMES)
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "statistics.sqlite"
    shared = {
        "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
        "HELIOGRAPH_STAMPS": str(count),
        "SQL_CONNECTION": f"sqlite:///{database.absolute()}",
        **(settings or {}),
    }
    statistics.prepare(shared)
    sockets = listen(0, "--port")
    page = f"http://127.0.0.1:{port_of(sockets)}"
    async with AsyncExitStack() as stack:
        sites = (page, *origins)
        stamps = [await _made(stack, name, folder, shared, sites, doors) for name in NAMES[:count]]
        lab = Lab(tuple(stamps), f"{page}/", database, folder)
        app = static.page(ROOT / "web", _sources(lab.stamps), lab.backends)
        if app is not None:
            site = Starlette(routes=[Mount("/", app)])  # it turns what is not there into a 404
            served = serving([Served(site, sockets)])
            await stack.enter_async_context(served)
        await asyncio.gather(*(stamp.start() for stamp in stamps))
        await asyncio.gather(*(stamp.until_well() for stamp in stamps))
        yield lab if app is not None else Lab(lab.stamps, "", database, folder)


async def _made(
    stack: AsyncExitStack,
    name: str,
    folder: Path,
    shared: Mapping[str, str],
    pages: tuple[str, ...],
    doors: bool,
) -> Stamp:
    """A stamp that does not run yet, and ends with `stack`."""
    proxies = [await stack.enter_async_context(proxy()) for _ in range(5 if doors else 3)]
    stamp = _stamp(name, folder, shared, pages, proxies)
    if stamp.doors is not None:
        for door, part in zip(stamp.doors, (stamp.functions, stamp.signalr), strict=True):
            await door.set_target(part.proxy.port)
    stack.push_async_callback(_end, stamp)
    return stamp


async def _end(stamp: Stamp) -> None:
    await asyncio.gather(*(part.stop() for part in reversed(stamp.parts)))


def _sources(stamps: tuple[Stamp, ...]) -> list[str]:
    """What the page may call."""
    return [
        each.url for stamp in stamps for each in (stamp.doors or (stamp.functions, stamp.signalr))
    ]


def _stamp(
    name: str, folder: Path, shared: Mapping[str, str], pages: tuple[str, ...], proxies: list[Proxy]
) -> Stamp:
    """A stamp that does not run yet. Proxies: of the three parts, then of the doors, if any."""
    for_functions, for_signalr, for_storage, *doors = proxies
    door = f"ClientEndpoint={doors[1].url};" if doors else ""
    settings = {
        "HELIOGRAPH_STAMP": name,
        "HELIOGRAPH_STORAGE": "table",
        "PYTHON_THREADPOOL_THREAD_COUNT": str(CONCURRENCY),  # as infra/stamp/settings.tf has it
        "AzureWebJobsStorage": storage_connection(for_storage.url),
        SIGNALR_SETTING: signalr_connection(for_signalr.url) + door,
        **shared,
    }
    upstream = folder / f"{name}-upstream.json"
    webhook = (
        f"{for_functions.url}/runtime/webhooks/signalr?code={keys.host_key(keys.beside(ROOT))}"
    )
    upstream.write_text(json.dumps({"UpstreamSettings": {"Templates": [{"UrlTemplate": webhook}]}}))
    upstream.chmod(0o600)  # it holds the key of the host

    def part(kind: str, arguments: list[str], ready: str, through: Proxy) -> Part:
        log = folder / f"{name}-{kind}.log"
        return Part(kind, Process(arguments, settings, ready, log), through)

    functions = ["local.functions", "--port", "0", "--concurrency", str(CONCURRENCY)]
    functions += ["--queues", "account", "--cors", *pages]
    signalr = ["local.emulator", "--host", "127.0.0.1", "--port", "0", "--settings", str(upstream)]
    storage = ["local.storage", "--port", "0", "--file", str(folder / f"{name}.sqlite")]
    listens = r"listens on port (\d+)\."
    return Stamp(
        name,
        part("functions", functions, listens, for_functions),
        part("signalr", signalr, r"Port=(\d+);", for_signalr),
        part("storage", storage, listens, for_storage),
        (doors[0], doors[1]) if doors else None,
    )
