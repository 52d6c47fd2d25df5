"""A page with the SDK and nothing else, one stamp, and people in Chromium and Firefox.

async with studio(folder) as place, browsers("chromium", "firefox") as (one, other):
    ann = await Person.at(one, place, "Ann")
    await ann.call("join", room="r", adds="connection")
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lab.chromium import HIDDEN_ADDRESSES, chromium
from lab.firefox import Firefox, Tab, firefox
from lab.process import ROOT
from lab.proxy import Proxy
from lab.stamps import running
from local.serving import Served, listen, port_of, serving

Kind = Literal["chromium", "firefox"]
FOLDER = Path(__file__).parent
BUILD_SECONDS = 60.0
WITHOUT_ICE: Mapping[str, str] = {"HELIOGRAPH_STUN_URLS": ""}
MEDIA_FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


class NotBuilt(Exception):
    """The page could not be built. The text is what Vite said."""


@dataclass(frozen=True, slots=True)
class Studio:
    """`page`: its address; `api`: of the stamp; `doors`: the proxies before it.

    These are of the functions and of SignalR, in this order.
    """

    page: str
    api: str
    doors: tuple[Proxy, ...]

    def set_round_trip(self, ms: float) -> None:
        """From now on a round trip to the servers takes so long, and to open a connection too."""
        for each in self.doors:
            each.set_round_trip(ms)


@asynccontextmanager
async def studio(folder: Path, settings: Mapping[str, str] = WITHOUT_ICE) -> AsyncIterator[Studio]:
    """The page and a stamp with these settings, until the block ends. `folder` gets both.

    Raises NotBuilt.
    """
    built = folder / "page"
    await _build(built)
    sockets = listen(0, "--port")
    page = f"http://127.0.0.1:{port_of(sockets)}"
    app = Starlette(routes=[Mount("/", StaticFiles(directory=built, html=True))])
    async with (
        running(1, folder, settings, doors=True, origins=(page,)) as lab,
        serving([Served(app, sockets)]),
    ):
        [stamp] = lab.stamps
        yield Studio(f"{page}/", stamp.api, stamp.doors or ())


async def _build(to: Path) -> None:
    made = await asyncio.create_subprocess_exec(
        *("npx", "vite", "build", "--config", str(FOLDER / "vite.config.js")),
        *("--outDir", str(to), "--logLevel", "error"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(BUILD_SECONDS):
        said, _ = await made.communicate()
    if made.returncode != 0:
        raise NotBuilt(said.decode(errors="replace"))


@asynccontextmanager
async def browsers(*kinds: Kind) -> AsyncIterator[list[Browser | Firefox]]:
    """One of each kind that is named, in that order; a kind that is named twice is one browser."""
    async with AsyncExitStack() as stack:
        running_now: dict[Kind, Browser | Firefox] = {}
        for kind in dict.fromkeys(kinds):
            if kind == "firefox":
                running_now[kind] = await stack.enter_async_context(firefox())
            else:
                running_now[kind] = await stack.enter_async_context(
                    chromium(*MEDIA_FLAGS, without=HIDDEN_ADDRESSES)
                )
        yield [running_now[kind] for kind in kinds]


class Person:
    """Somebody with a page of their own."""

    def __init__(self, page: Page | Tab, place: Studio, name: str) -> None:
        self._page = page
        self._place = place
        self.name = name

    @classmethod
    async def at(cls, browser: Browser | Firefox, place: Studio, name: str) -> "Person":
        """Opens the page."""
        if isinstance(browser, Firefox):
            return cls(await browser.open(place.page), place, name)
        page = await (await browser.new_context()).new_page()
        await page.goto(place.page)
        return cls(page, place, name)

    @property
    def page(self) -> Page:
        """In Chromium."""
        assert not isinstance(self._page, Tab)
        return self._page

    async def call(self, method: str, argument: Any = None, /, **given: Any) -> Any:
        """A function of `window.call` (page/main.js). Raises what the browser's driver raises."""
        script = f"async (given) => await window.call.{method}(given)"
        return await self._page.evaluate(script, given or argument)

    async def prepare(self) -> None:
        """What a page does before its user clicks."""
        await self.call("prepare", [self._place.api])

    async def join(self, room: str, adds: str = "nothing") -> None:
        """`adds`: `connection`, `join` or `nothing` (page/main.js)."""
        await self.call("join", backends=[self._place.api], name=self.name, room=room, adds=adds)

    async def close(self) -> None:
        """Leaves, and closes the page."""
        await self.call("leave")
        if isinstance(self._page, Tab):
            await self._page.close()
        else:
            await self._page.context.close()
