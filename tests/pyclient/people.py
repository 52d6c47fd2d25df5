"""People in rooms, and how to wait for what they see."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import heliograph
from heliograph.events import Event
from heliograph.room.streams import EventStream

from tests.visitor import new_room

E = TypeVar("E", bound=Event)
WAIT = 30.0  # seconds for anything a person would wait for; reached only by a failing test


class Person:
    """A room with the stream of its events."""

    def __init__(self, room: heliograph.Room) -> None:
        self.room = room
        self.stream: EventStream = room.events()

    async def sees(self, kind: type[E], matches: Callable[[Any], bool] = lambda event: True) -> E:
        """The next such event; others before it are dropped."""
        async with asyncio.timeout(WAIT):
            async for event in self.stream:
                if isinstance(event, kind) and matches(event):
                    return event
        raise AssertionError(f"the room was closed before {kind.__name__}")

    async def meets(self, name: str) -> heliograph.Peer:
        """The peer of this name, once it is connected."""
        return await eventually(lambda: self.connected().get(name))

    async def is_heard(self) -> None:
        """Return once the stamps know our sockets: then we hear what is for everyone."""
        stamps = self.room._signaling.stamps
        await eventually(lambda: all(each.open and each.is_checked for each in stamps))

    def connected(self) -> dict[str, heliograph.Peer]:
        peers = self.room.peers.values()
        return {peer.name: peer for peer in peers if peer.state == "connected"}


async def eventually(look: Callable[[], Any], within: float = WAIT) -> Any:
    """What it answers, once that is true."""
    async with asyncio.timeout(within):
        while not (found := look()):
            await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def together(
    backends: str | list[str], *names: str, room: str | None = None, **options: Any
) -> AsyncIterator[list[Person]]:
    """People in a new room, each connected with all others."""
    async with AsyncExitStack() as rooms:
        place = room or new_room()
        people = []
        for name in names:
            joining = heliograph.join(backends, place, name=name, **options)
            people.append(Person(await rooms.enter_async_context(joining)))
        for person in people:
            for name in names:
                if name != person.room.name:
                    await person.meets(name)
        yield people
