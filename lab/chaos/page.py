"""A person's browser: the page of a room, what it notes, and all that can happen to it."""

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from playwright.async_api import Browser, BrowserContext, Error, Page

SCRIPT = Path(__file__).with_name("page.js")
JOIN_SECONDS = 20.0
STEP_MS = 10_000  # for any other thing that a page does
SINCE_1970 = Meta(ge=0)
Moment = Annotated[float, SINCE_1970]  # ms


class Said(Struct, frozen=True):
    """A text that the page sent. `taken`: when `sendText` resolved.

    `tries`: by which stamp it went and after how many ms, if it went by the servers.
    """

    id: str
    stay: str
    to: tuple[str, ...]
    at: Moment
    taken: Moment | None
    dead: bool
    tries: tuple[tuple[int | None, float], ...]


class Shown(Struct, frozen=True):
    """A text that the page was given."""

    id: str
    stay: str
    at: Moment


class Alarm(Struct, frozen=True, rename="camel"):
    """What the page said that alarms people. `ended_at`: None while it says so."""

    at: Moment
    stay: str
    words: str
    ended_at: Moment | None


class Reported(Struct, frozen=True):
    """An attempt to send a report: the proof of meeting, the side, and who sent it."""

    met: str
    side: str
    token: str
    stay: str
    at: Moment
    reached: bool


class Peer(Struct, frozen=True, rename="camel"):
    """A member that the page lists. `connection`: the number of the RTCPeerConnection."""

    id: str
    state: str
    connection: int
    connection_state: str


class View(Struct, frozen=True):
    """What is so in a page, and what has happened since the last time it was asked (page.js)."""

    stay: str  # a name for the time from one admission to the next
    began: Moment | None  # when it was admitted
    up: Moment | None  # when its call was up for the first time
    met: int
    alarm: str
    self: str | None  # its peer id; None: in no room
    state: str | None
    sockets: tuple[int | None, ...]  # the stamps to which one is open
    peers: tuple[Peer, ...]
    said: tuple[Said, ...]
    shown: tuple[Shown, ...]
    alarms: tuple[Alarm, ...]
    reports: tuple[Reported, ...]
    ended: tuple[str, ...]  # the stays of pages that the browser told of their end


class Tab:
    """One browser of one person, with storage of its own, and the tab that is open in it."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._context = context
        self.page = page

    @staticmethod
    async def open(browser: Browser, config: dict[str, Any]) -> "Tab":
        """A new browser with an empty tab. `config`: of page.js."""
        context = await browser.new_context()
        text = f"(() => {{ const CONFIG = {json.dumps(config)};\n{SCRIPT.read_text()}\n}})();"
        await context.add_init_script(text)
        context.set_default_timeout(STEP_MS)
        return Tab(context, await context.new_page())

    async def join(self, link: str) -> bool:
        """Open a link that joins. False: the page is in no room after JOIN_SECONDS."""
        await self.page.goto(link, wait_until="commit")
        return await self.joined()

    async def joined(self) -> bool:
        """Wait until the page is in its room, JOIN_SECONDS at most; False if it is not."""
        try:
            await self.page.wait_for_function(
                "() => window.heliograph?.room", timeout=JOIN_SECONDS * 1000
            )
        except Error:
            return False
        return True

    async def view(self) -> View | None:
        """What it has noted; None if it has no page that could say it."""
        try:
            found = await self.page.evaluate("() => window.chaos.take()")
        except Error:
            return None
        return msgspec.convert(found, View)

    async def ask(self, expression: str, argument: object = None) -> Any:
        """What a function in the page answers; None if there is no page that could."""
        try:
            return await self.page.evaluate(expression, argument)
        except Error:
            return None

    async def reload(self) -> None:
        """The same tab again."""
        await self.page.reload(wait_until="commit")

    async def leave(self) -> None:
        """As by the button, which also takes the page back to its start."""
        await self.page.get_by_test_id("leave").click()

    async def close(self) -> None:
        """Close the tab, which is told, and open an empty one in the same browser."""
        fresh = await self._context.new_page()
        await self.page.close(run_before_unload=False)
        self.page = fresh

    async def crash(self) -> None:
        """The tab ends and says nothing; there is an empty one in its place."""
        fresh = await self._context.new_page()
        try:
            await self.page.goto("chrome://crash", timeout=STEP_MS)
        except Error:
            pass  # this is how it ends
        self.page = fresh

    async def rest(self, blank: str) -> View | None:
        """What earlier pages noted last, read by the empty tab at the address `blank`."""
        await self.page.goto(blank, wait_until="commit")
        return await self.view()

    async def end(self) -> None:
        """Close this browser."""
        await self._context.close()
