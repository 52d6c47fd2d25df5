"""Microphone, camera and screen between two people, in Chromium and Firefox, in each order."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lab.firefox import executable
from lab.media.people import Kind, Person, browsers, studio

needs_firefox = pytest.mark.skipif(executable() is None, reason="no Firefox: scripts/firefox")
pytestmark = pytest.mark.browser

MEDIA_MS = 5_000
UP_MS = 15_000
SCREENS = 10
ONE_ROUND = 2  # descriptions that a side sets: its own and the other's
PAIRS = [
    ("chromium", "chromium"),
    pytest.param("chromium", "firefox", marks=needs_firefox),
    pytest.param("firefox", "chromium", marks=needs_firefox),
    pytest.param("firefox", "firefox", marks=needs_firefox),
]


@asynccontextmanager
async def people(folder: Path, first: Kind, second: Kind) -> AsyncIterator[tuple[Person, Person]]:
    """Their pages are open, and nobody has joined."""
    async with studio(folder) as place, browsers(first, second) as (one, other):
        ann, ben = await Person.at(one, place, "Ann"), await Person.at(other, place, "Ben")
        yield ann, ben
        await ann.close()
        await ben.close()


async def meet(ann: Person, ben: Person, adds: str = "nothing") -> float:
    """Ann waits in the room for a second. When Ben clicked: ms since 1970."""
    await ann.join("r", adds)
    await asyncio.sleep(1)
    clicked = time.time() * 1000
    await ben.join("r", adds)
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
    tmp_path: Path, first: Kind, second: Kind
) -> None:
    """mediasoup-client #368: Chromium refuses RTP extension ids of an offer that it took back."""
    async with people(tmp_path, first, second) as (ann, ben):
        clicked = await meet(ann, ben, "connection")
        assert await both_see(ann, ben) - clicked < MEDIA_MS
        await nothing_was_refused(ann, ben, rounds=2)


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_tracks_given_to_join_ride_in_the_first_negotiation(
    tmp_path: Path, first: Kind, second: Kind
) -> None:
    async with people(tmp_path, first, second) as (ann, ben):
        clicked = await meet(ann, ben, "join")
        assert await both_see(ann, ben) - clicked < MEDIA_MS
        await nothing_was_refused(ann, ben, rounds=1)


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_both_start_in_the_same_moment_and_then_share_ten_screens(
    tmp_path: Path, first: Kind, second: Kind
) -> None:
    async with people(tmp_path, first, second) as (ann, ben):
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
    tmp_path: Path, first: Kind, second: Kind
) -> None:
    async with people(tmp_path, first, second) as (ann, ben):
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
