"""Two stamps, of which one is killed: nobody notices, and nothing is lost (docs/protocol.md §7)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import heliograph
import pytest
from heliograph.events import RoomLocked, StateChanged, TextReceived

from tests.e2e.stamps import Stamps
from tests.pyclient.people import Person, eventually, together
from tests.visitor import new_room


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stamps]:
    with Stamps(tmp_path_factory.mktemp("stamps")) as running:
        yield running


def backends(stamps: Stamps) -> list[str]:
    return [f"{page}api" for page in stamps.pages.values()]


def sockets(person: Person) -> int:
    return sum(stamp.open for stamp in person.room._signaling.stamps)


@asynccontextmanager
async def without_connections(stamps: Stamps, *names: str) -> AsyncIterator[list[Person]]:
    """People who are at both stamps, and whose messages go by the servers alone."""
    room = new_room()
    async with AsyncExitStack() as rooms:
        people = []
        for name in names:
            joining = heliograph.join(backends(stamps), room, name=name)
            person = Person(await rooms.enter_async_context(joining))
            person.room._members.may_connect = lambda peer: False  # type: ignore[method-assign]
            people.append(person)
        for person in people:
            await eventually(lambda person=person: sockets(person) == 2)
            await person.is_heard()
            await eventually(lambda person=person: len(person.room.peers) == len(names) - 1)
        yield people


async def test_a_stamp_that_dies_takes_no_message_with_it(stamps: Stamps) -> None:
    async with without_connections(stamps, "Ann", "Bob") as (ann, bob):
        sent = await ann.room.send_text("before")
        assert (sent.via, await sent.delivered()) == ("server", (bob.room.self_id,))
        stamps.kill("a")
        try:
            for number in range(5):
                sent = await ann.room.send_text(f"after {number}")
                assert await asyncio.wait_for(sent.delivered(), 10) == (bob.room.self_id,)
                sent = await bob.room.send_text(f"answer {number}", to=ann.room.self_id)
                assert await asyncio.wait_for(sent.delivered(), 10) == (ann.room.self_id,)
            texts = [(await bob.sees(TextReceived)).text for _ in range(6)]
            assert texts == ["before", *(f"after {number}" for number in range(5))]
            assert {ann.room.state, bob.room.state} == {"connected"}
        finally:
            stamps.start("a")
        await eventually(lambda: sockets(ann) == sockets(bob) == 2, 45)


async def test_who_comes_while_a_stamp_is_away_is_met_and_its_lock_is_carried_on(
    stamps: Stamps,
) -> None:
    stamps.kill("b")
    async with together(backends(stamps), "Ann", "Bob") as (ann, bob):
        made = await heliograph.create_room(backends(stamps))
        host = heliograph.join(
            backends(stamps), made.invite, name="Host", host_token=made.host_token
        )
        async with host as room, heliograph.join(backends(stamps), made.invite) as guest:
            person = Person(guest)
            await person.sees(StateChanged, lambda event: event.state == "connected")
            await eventually(lambda: person.room._signaling.stamps[0].is_checked)
            await room.lock()
            assert (await person.sees(RoomLocked)).locked
            stamps.start("b")
            # It hears of the lock from whoever comes back to it.
            await eventually(lambda: sockets(person) == 2, 45)
            with pytest.raises(heliograph.HeliographError) as refused:
                page_b = f"{stamps.pages['b']}api"
                async with heliograph.join(page_b, made.invite):
                    pass
            assert refused.value.code == "room_locked"
        sent = await ann.room.send_text("hello")
        assert await sent.delivered() == (bob.room.self_id,)


async def test_a_stamp_that_was_never_there_does_not_matter(stamps: Stamps) -> None:
    known = [f"{stamps.pages['a']}api", "http://127.0.0.1:9/api"]
    async with together(known, "Ann", "Bob") as (ann, bob):
        sent = await bob.room.send_text("hello")
        assert await sent.delivered() == (ann.room.self_id,)
