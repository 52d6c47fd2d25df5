"""Calls between homes behind routers: by the path and with the credentials that they should need.

Real browsers, a real relay, the local stack. Skipped, in words, where there are no namespaces.
Nothing here is timed: each wait ends with a state, or after a time that no machine needs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from secrets import token_hex

import pytest
import pytest_asyncio
from playwright.async_api import Request

from lab.chromium import executable
from lab.coturn import program
from lab.media.people import Person, Studio, studio
from lab.networks import Host, Internet, Site, missing, own_network
from lab.networks.homes import SETTINGS, browsers, site
from lab.networks.relay import Relay, cut_short

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ROUND_TRIP_MS = 10.0
PATIENCE_MS = 60_000  # for what takes a second or two
CREDENTIAL_SECONDS = 10.0
EIGHT_MINUTES_MS = 500_000  # more than 82 % of a credential's ten
READY_SECONDS = 1.0  # in which a page finds out about its network, before anybody clicks


@pytest.fixture(scope="module")
def internet() -> Iterator[Internet]:
    reason = missing()
    if reason is None and program() is None:
        reason = "there is no turnserver"
    if reason is None and executable() is None:
        reason = "there is no Chromium"
    if reason is not None:
        pytest.skip(reason)
    with own_network(), closing(Internet()) as made:
        yield made


@dataclass
class Town:
    """Two machines, which can be in several homes each, and what runs in the internet."""

    place: Studio
    relay: Relay
    hosts: tuple[Host, Host]
    homes: tuple[dict[str, Site], dict[str, Site]]
    browsers: list[object]

    def live(self, pair: str) -> None:
        """`a-b`: the first machine is in a home of kind a, the second in one of kind b."""
        for host, homes, letter in zip(self.hosts, self.homes, pair.split("-"), strict=True):
            host.use(homes[letter])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("networks")
    relay = Relay(folder)
    relay.start()
    homes = tuple({x: site(internet, x, ROUND_TRIP_MS) for x in letters} for letters in LETTERS)
    homes[0]["mobile"] = site(internet, "a", ROUND_TRIP_MS)
    hosts = tuple(internet.host(*each.values()) for each in homes)
    try:
        async with studio(folder, SETTINGS) as place, browsers(hosts, folder) as started:
            yield Town(place, relay, hosts, homes, [*started])
    finally:
        relay.kill()


LETTERS = ("abce", "abce")


class Call:
    """Two people in one room. The second one clicked when the first had been there."""

    def __init__(self, ann: Person, ben: Person) -> None:
        self.people = ann, ben
        self.credentials = 0  # that the two pages have asked for
        for one in self.people:
            one.page.on("request", self._count)

    def _count(self, request: Request) -> None:
        self.credentials += request.url.endswith("/api/turn") and request.method == "POST"

    @classmethod
    async def between(cls, town: Town, pair: str, credential_seconds: float = 0) -> "Call":
        """It is up when this returns.

        `credential_seconds`: of the first credential of each, whose clocks can then be moved; 0:
        as long as usual.
        """
        town.live(pair)
        ann, ben = [
            await Person.at(browser, town.place, name)
            for browser, name in zip(town.browsers, ("Ann", "Ben"), strict=True)
        ]
        call = cls(ann, ben)
        if credential_seconds:
            for one in (ann, ben):
                await one.page.clock.install()
                await cut_short(one.page, credential_seconds)
        await asyncio.gather(ann.prepare(), ben.prepare())
        await asyncio.sleep(READY_SECONDS)
        room = token_hex(8)
        await ann.join(room)
        await ann.call("connected", PATIENCE_MS)
        await ben.join(room)
        await asyncio.gather(*(one.call("up", PATIENCE_MS) for one in (ann, ben)))
        return call

    async def path(self) -> set[str]:
        """The types of both ends, as the second one sees them; in a moment, when it is told."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while "" in (found := set(await self.people[1].call("path"))):
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        return found

    async def all_hear(self, *, directly: bool) -> None:
        """Each hears what the other says from now on; `directly`: over the connection."""
        for one, other in (self.people, self.people[::-1]):
            until = time.monotonic() + PATIENCE_MS / 1000
            while True:
                text = token_hex(8)
                way = await one.call("say", text)
                if way == "p2p" or (way == "server" and not directly):
                    await other.call("hears", text=text, ms=PATIENCE_MS)
                    break
                assert time.monotonic() < until, way
                await asyncio.sleep(0.25)

    async def others(self) -> list[list[str]]:
        return [await one.call("others") for one in self.people]

    async def end(self) -> None:
        for one in self.people:
            await one.close()


DIRECT, RELAYED = {"host", "srflx", "prflx"}, {"relay"}


@pytest.mark.parametrize(
    ("pair", "relayed", "credentials"),
    [("a-a", 0, 0), ("a-e", 0, 0), ("a-b", 1, 1), ("c-c", 2, 2)],
)
async def test_a_pair_connects_by_its_path_with_as_many_credentials_as_it_needs(
    town: Town, pair: str, relayed: int, credentials: int
) -> None:
    call = await Call.between(town, pair)
    path = await call.path()
    assert ("relay" in path) is (relayed > 0), path
    assert relayed < 2 or path == RELAYED
    assert call.credentials == credentials
    await call.all_hear(directly=True)
    await call.end()


async def test_a_call_goes_on_in_another_network(town: Town) -> None:
    call = await Call.between(town, "a-a")
    before = await call.others()
    town.hosts[0].use(town.homes[0]["mobile"])
    await call.all_hear(directly=True)
    assert await call.others() == before
    await call.end()


async def test_a_call_outlives_its_relay(town: Town) -> None:
    call = await Call.between(town, "b-b")
    assert "relay" in await call.path()
    before = await call.others()
    town.relay.kill()
    await call.all_hear(directly=False)
    town.relay.start()
    await call.all_hear(directly=True)
    assert await call.others() == before
    await call.end()


async def test_a_call_outlives_the_credential_of_its_relay(town: Town) -> None:
    """coturn asks for it again when a client makes a new allocation: after a restart of the relay.

    The pages' clocks go on by eight minutes: a credential is renewed in its last quarter.
    """
    call = await Call.between(town, "b-b", credential_seconds=CREDENTIAL_SECONDS)
    assert "relay" in await call.path() and call.credentials == 1
    over = time.monotonic() + CREDENTIAL_SECONDS
    for one in call.people:
        await one.page.clock.fast_forward(EIGHT_MINUTES_MS)
    until = time.monotonic() + PATIENCE_MS / 1000
    while call.credentials < 2:
        assert time.monotonic() < until
        await asyncio.sleep(0.25)
    await asyncio.sleep(over - time.monotonic())
    town.relay.kill()
    town.relay.start()
    await call.all_hear(directly=True)
    assert "relay" in await call.path()
    await call.end()
