"""Microphone, camera and screen between two people, in Chromium and Firefox, in each order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from secrets import token_hex

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from lab.firefox import Firefox, executable
from lab.media.people import Kind, Person, Studio, browsers, studio

needs_firefox = pytest.mark.skipif(executable() is None, reason="no Firefox: scripts/firefox")
# One stack and one browser of each kind for all of them.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MEDIA_MS = 5_000
UP_MS = 15_000
SCREENS = 10
ONE_ROUND = 2  # descriptions that a side sets: its own and the other's
PAIRS = [
    pytest.param("chromium", "chromium", marks=pytest.mark.long),
    pytest.param("chromium", "firefox", marks=needs_firefox),
    pytest.param("firefox", "chromium", marks=needs_firefox),
    pytest.param("firefox", "firefox", marks=[needs_firefox, pytest.mark.long]),
]


Meeting = Callable[[Kind, Kind], AbstractAsyncContextManager[tuple[Person, Person]]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("media")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Mapping[Kind, Browser | Firefox]]:
    kinds: list[Kind] = ["chromium", *(["firefox"] if executable() else [])]
    async with browsers(*kinds) as started:
        yield dict(zip(kinds, started, strict=True))


@pytest.fixture
def people(place: Studio, running: Mapping[Kind, Browser | Firefox]) -> Meeting:
    """Two whose pages are open, and who have not joined."""

    @asynccontextmanager
    async def opened(first: Kind, second: Kind) -> AsyncIterator[tuple[Person, Person]]:
        ann = await Person.at(running[first], place, "Ann")
        ben = await Person.at(running[second], place, "Ben")
        yield ann, ben
        await ann.close()
        await ben.close()

    return opened


async def meet(ann: Person, ben: Person, adds: str = "nothing") -> float:
    """Ann waits in the room for a second. When Ben clicked: ms since 1970."""
    room = token_hex(8)
    await ann.join(room, adds)
    await asyncio.sleep(1)
    clicked = time.time() * 1000
    await ben.join(room, adds)
    return clicked


async def up(*pair: Person) -> None:
    await asyncio.gather(*(each.call("up", UP_MS) for each in pair))


async def both_see(*pair: Person) -> float:
    """When audio and video came on both sides: ms since 1970."""
    return max(await asyncio.gather(*(each.call("both", 4 * MEDIA_MS) for each in pair)))


async def nothing_was_refused(*pair: Person, rounds: int) -> None:
    for each in pair:
        state = await each.call("state")
        assert (state["refused"], state["rollbacks"], state["texts"]) == (0, 0, [])
        assert state["descriptions"] == rounds * ONE_ROUND
        assert state["connections"] == 1


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_both_add_tracks_when_they_are_told_of_the_connection(
    people: Meeting, first: Kind, second: Kind
) -> None:
    """mediasoup-client #368: Chromium refuses RTP extension ids of an offer that it took back."""
    async with people(first, second) as (ann, ben):
        clicked = await meet(ann, ben, "connection")
        assert await both_see(ann, ben) - clicked < MEDIA_MS
        await nothing_was_refused(ann, ben, rounds=2)


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_tracks_given_to_join_ride_in_the_first_negotiation(
    people: Meeting, first: Kind, second: Kind
) -> None:
    async with people(first, second) as (ann, ben):
        clicked = await meet(ann, ben, "join")
        assert await both_see(ann, ben) - clicked < MEDIA_MS
        await nothing_was_refused(ann, ben, rounds=1)


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_both_start_in_the_same_moment_and_then_share_ten_screens(
    people: Meeting, first: Kind, second: Kind
) -> None:
    async with people(first, second) as (ann, ben):
        await meet(ann, ben)
        await up(ann, ben)
        at = time.time() * 1000 + 300
        sources = ["microphone", "camera"]
        await asyncio.gather(*(each.call("start", at=at, sources=sources) for each in (ann, ben)))
        assert await both_see(ann, ben) - at < MEDIA_MS
        for number in range(SCREENS):
            sharer, watcher = (ann, ben) if number % 2 else (ben, ann)
            await sharer.call("start", sources=["screen"])
            await watcher.call("comes", source="screen", ms=MEDIA_MS)
            await sharer.call("stop", "screen")
            await watcher.call("told", source="screen", **{"is": "off"}, ms=MEDIA_MS)
        await nothing_was_refused(ann, ben, rounds=2)
        assert [await each.call("transceivers") for each in (ann, ben)] == [4, 4]


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_a_microphone_is_opened_muted_and_comes_again(
    people: Meeting, first: Kind, second: Kind
) -> None:
    async with people(first, second) as (ann, ben):
        await meet(ann, ben)
        await up(ann, ben)
        for source in ("microphone", "camera"):
            await ben.call("open", source)
            await ann.call("comes", source=source, ms=MEDIA_MS)
            await ben.call("mute", [source, True])
            await ann.call("told", source=source, **{"is": "muted"}, ms=MEDIA_MS)
            await ben.call("mute", [source, False])
            await ann.call("comes", source=source, ms=MEDIA_MS)
        await nothing_was_refused(ann, ben, rounds=2)
