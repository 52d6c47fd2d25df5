"""Somebody in a call: what they do, and what their pages noted, put into the account."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Error

from lab.chaos.account import Account, Report, Stay, Text
from lab.chaos.page import Tab, View
from lab.chaos.reports import call_side
from lab.chaos.schedule import Act, Deed

NAMES = ("Ann", "Bob")
REST_SECONDS = 0.5  # until what a page wrote at its end can be read by the next one
MAX_REST_SECONDS = 3.0  # on a busy machine


def now_ms() -> float:
    """ms since 1970, as pages count them."""
    return time.time() * 1000


@dataclass(frozen=True, slots=True)
class Call:
    """Two people in a room. `room`: a name or a code; `blocked`: no path is ever found."""

    number: int
    room: str
    blocked: bool

    def link(self, page: str, name: str) -> str:
        """The link by which somebody of this name joins, `page` is the address of the page."""
        if self.room.startswith("~"):
            return f"{page}?name={name}#{self.room}"
        return f"{page}?room={self.room}&name={name}"


@dataclass(slots=True)
class World:
    """What all people have in common."""

    page: str  # http://127.0.0.1:PORT/
    account: Account
    config: dict[str, Any]  # of page.js
    log: list[tuple[float, str]] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Something for a trace."""
        self.log.append((now_ms(), words))


class Person:
    """One of the two of a call. Its methods are bounded and raise nothing of the browser."""

    def __init__(self, world: World, call: Call, number: int, tab: Tab) -> None:
        self.call, self.number = call, number
        self.view: View | None = None  # the last one
        self.tab = tab
        self._world = world
        self._stays = 0
        self._names: dict[str, Stay] = {}  # by what the page calls them
        self._reports: dict[str, Stay] = {}  # whose a report is: of the stay that sent it first
        self._told: set[str] = set()  # stays of pages that were told of their end

    @staticmethod
    async def make(world: World, browser: Browser, call: Call, number: int) -> "Person":
        """With a browser of their own and an empty tab."""
        tab = await Tab.open(browser, {**world.config, "blocked": call.blocked})
        return Person(world, call, number, tab)

    def __str__(self) -> str:
        return f"call {self.call.number} {NAMES[self.number]}"

    @property
    def stay(self) -> Stay:
        """The stay that is, or is to be."""
        return Stay(self.call.number, self.number, self._stays)

    @property
    def inside(self) -> bool:
        """Whether the page was in the room when it was last looked at."""
        return self.view is not None and self.view.self is not None

    async def come(self) -> bool:
        """Join by the link in the tab as it is; False if that fails."""
        self._stays += 1
        self._world.note(f"{self} comes")
        try:
            await self.tab.page.goto(
                self.call.link(self._world.page, NAMES[self.number]), wait_until="commit"
            )
        except Error:
            return await self._refused("the page did not load")
        return await self._arrive()

    async def look(self) -> View | None:
        """What the page says now; all its news go into the account."""
        self.view = await self.tab.view()
        if self.view is not None:
            self._book(self.view)
        return self.view

    async def act(self, deed: Deed) -> None:
        """Do it, and be back."""
        self._world.note(f"{self}: {deed.act}, for {deed.away_ms} ms")
        await self.look()
        leaves = deed.act is not Act.RELOAD
        crashes = deed.act is Act.CRASH
        self._world.account.end(self.stay, now_ms(), leaves=leaves, crashed=crashes)
        self._world.note(f"{self} was {self.view.self if self.view else None}")
        try:
            await ACTS[deed.act](self, deed.away_ms / 1000)
        except Error as error:
            await self._refused(f"{deed.act} failed: {type(error).__name__}")

    async def go(self) -> None:
        """Close the tab for good."""
        await self.look()
        self._world.account.end(self.stay, now_ms(), leaves=True)
        await self.tab.close()
        await self._closed()

    async def _reload(self, away: float) -> None:
        self._stays += 1
        await self.tab.reload()
        await self._arrive()

    async def _leave(self, away: float) -> None:
        await self.tab.leave()
        await asyncio.sleep(away)
        await self.look()
        self._stays += 1
        page = self.tab.page
        await page.get_by_test_id("room-input").fill(self.call.room)
        await page.get_by_test_id("name-input").fill(NAMES[self.number])
        await page.get_by_test_id("join").click()
        await self._arrive()

    async def _close(self, away: float) -> None:
        await self.tab.close()
        await self._closed()
        await asyncio.sleep(away)
        await self.come()

    async def _crash(self, away: float) -> None:
        await self.tab.crash()
        await self._rest()
        await asyncio.sleep(away)
        await self.come()

    async def _arrive(self) -> bool:
        if await self.tab.joined():
            await self.look()
            self._world.note(f"{self} is in")
            return True
        return await self._refused("no answer")

    async def _refused(self, words: str) -> bool:
        view = await self.look()
        words = (view.alarm if view else "") or words
        self._world.note(f"{self} could not join: {words}")
        self._world.account.refused.append((self.stay, now_ms(), words))
        return False

    async def _rest(self) -> None:
        """What pages noted that have ended."""
        await asyncio.sleep(REST_SECONDS)
        try:
            view = await self.tab.rest(f"{self._world.page}favicon.svg")
        except Error:
            return
        if view is not None:
            self._book_reports(view)

    async def _closed(self) -> None:
        """What the page noted that was closed.

        A browser gives it half a second to end, of which a busy machine may leave nothing. A page
        that was not even told of its end counts as one that crashed.
        """
        name = self.view.stay if self.view else None
        until = now_ms() + MAX_REST_SECONDS * 1000
        while name not in self._told and now_ms() < until:
            await self._rest()
        life = self._world.account.lives.get(self.stay)
        if life is not None and name not in self._told:
            self._world.note(f"{self}: the page was not told of its end")
            life.crashed = True

    def _book(self, view: View) -> None:
        account = self._world.account
        if view.self is not None and view.began is not None:
            if view.stay not in self._names:
                self._names[view.stay] = self.stay
                account.begin(self.stay, view.self, view.began)
            life = account.lives[self._names[view.stay]]
            life.met, life.up = view.met, view.up
        for said in view.said:
            sender = self._names.get(said.stay, self.stay)
            account.texts[said.id] = Text(
                said.id, sender, said.to, said.at, said.taken, said.dead, said.tries
            )
        for shown in view.shown:
            if shown.stay in self._names:
                account.show(self._names[shown.stay], shown.id, shown.at)
        for alarm in view.alarms:
            stay = self._names.get(alarm.stay, self.stay)
            account.alarms[stay, alarm.at, alarm.words] = alarm.ended_at
        self._book_reports(view)

    def _book_reports(self, view: View) -> None:
        self._told.update(view.ended)
        for report in view.reports:
            id = call_side(report.met, report.side, report.token)
            stay = self._reports.setdefault(id, self._names.get(report.stay, self.stay))
            self._world.account.reports.append(Report(id, stay, report.at, report.reached))


ACTS = {
    Act.RELOAD: Person._reload,
    Act.LEAVE: Person._leave,
    Act.CLOSE: Person._close,
    Act.CRASH: Person._crash,
}
