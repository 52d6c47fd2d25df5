"""Chromium and Firefox in networks that block WebSockets: connected within ten seconds."""

from collections.abc import AsyncIterator, Mapping
from secrets import token_hex

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from lab.firefox import Firefox, executable
from lab.media.people import Kind, Person, Studio, browsers, studio
from lab.upgrades import Sockets
from tests.long import usually

needs_firefox = pytest.mark.skipif(executable() is None, reason="no Firefox: scripts/firefox")
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MOST_MS = 10_000
AGAIN_MS = 3_000  # less than a client waits for a WebSocket that hangs
PATIENCE_MS = 15_000
BLOCKS = [how for how in Sockets if how is not Sockets.PASS]
# Two in Chromium, with the page: tests/e2e/test_blocked_sockets.py.
KINDS: tuple[Kind, Kind] = ("firefox", "chromium")

type Running = Mapping[Kind, Browser | Firefox]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("blocked")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Running]:
    kinds: list[Kind] = ["chromium"]
    if executable():
        kinds.append("firefox")
    async with browsers(*kinds) as started:
        yield dict(zip(kinds, started, strict=True))


async def arrive(browser: Browser | Firefox, place: Studio, name: str) -> Person:
    """Somebody who has never been in this network."""
    person = await Person.at(browser, place, name)
    await person.call("forget")
    return person


@needs_firefox
@pytest.mark.parametrize("how", usually(BLOCKS, Sockets.HANG), ids=lambda how: how.value)
async def test_two_connect_and_hear_one_another_by_the_servers_and_directly(
    how: Sockets, place: Studio, running: Running
) -> None:
    _, signalr = place.doors
    for way in ("server", "p2p"):
        signalr.sockets = how
        ann, ben = [
            await arrive(running[kind], place, name)
            for kind, name in zip(KINDS, ("Ann", "Ben"), strict=True)
        ]
        room = token_hex(8)
        for each in (ann, ben):
            if way == "server":
                await each.call("cutOff")
            await each.join(room)
        taken = [await each.call("connected", PATIENCE_MS) for each in (ann, ben)]
        print(f"{how.value}, {'-'.join(KINDS)}: {taken} ms from the click to connected")
        if way == "p2p":
            await ann.call("up", PATIENCE_MS)
            await ben.call("up", PATIENCE_MS)
        for each, other in ((ann, ben), (ben, ann)):
            await each.call("met", PATIENCE_MS)
            text = f"{way} {each.name}"
            assert await each.call("say", text) == way
            await other.call("hears", text=text, ms=PATIENCE_MS)
        for each in (ann, ben):
            await each.close()
        assert max(taken) <= MOST_MS


@pytest.mark.parametrize("how", usually(BLOCKS, Sockets.HANG), ids=lambda how: how.value)
@pytest.mark.parametrize("kind", ["chromium", pytest.param("firefox", marks=needs_firefox)])
async def test_the_next_room_is_quick(
    how: Sockets, kind: Kind, place: Studio, running: Running
) -> None:
    _, signalr = place.doors
    signalr.sockets = how
    ann = await arrive(running[kind], place, "Ann")
    taken = []
    for _ in range(2):
        await ann.join(token_hex(8))
        taken.append(await ann.call("connected", PATIENCE_MS))
        await ann.call("leave")
    await ann.close()
    print(f"{how.value}, {kind}: {taken} ms from the click to connected, the first and second time")
    assert taken[0] <= MOST_MS
    assert taken[1] <= AGAIN_MS
