"""Sockets that outlive their room and say nothing: they end with it, by the service of a stack.

A room's document is made to expire in the store; hours would have to pass else.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest
from msgspec import structs

from backend import expiry
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection, TableStorage
from lab.signalr_service import Reply, faulty_service
from lab.stack import KEY, SIGNING_KEY, Stack
from signaling.room_document import Room
from signaling.tokens import KeyRing
from tests.cloud.azurite import azurite
from tests.visitor import Visitor, new_room, seat_of, user_id_of

RING = KeyRing({"tests": SIGNING_KEY})
DAY = 86_400_000


class Here:
    """A stack, and another instance of the same stamp in this process."""

    def __init__(self, stack: Stack, connection: str) -> None:
        self.stack, self.connection = stack, connection
        self.services = self.instance(stack.signalr, connection)

    @staticmethod
    def instance(signalr: str, connection: str) -> Services:
        service = SignalRConnection(signalr, signalr, "http://localhost", KEY)
        return Services(Settings(service, RING, TableStorage(connection), "local", ()))

    def expire(self, who: Visitor, ago: int = 1) -> None:
        """The room has been over for `ago` ms."""

        def over(room: Room | None) -> tuple[Room | None, None]:
            assert room is not None
            return structs.replace(room, expires_at=self.services.now() - ago), None

        self.services.rooms.update(seat_of(who.place["accessToken"]).key, over)

    def room_of(self, who: Visitor) -> Room | None:
        return self.services.rooms.read(seat_of(who.place["accessToken"]).key)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    log = tmp_path_factory.mktemp("outlived") / "log"
    with azurite() as store:
        environ = {"AzureWebJobsStorage": store.connection, "HELIOGRAPH_STORAGE": "table"}
        with Stack(log, **environ) as stack:
            yield Here(stack, store.connection)


@pytest.fixture
async def visitor(here: Here) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield Visitor(http, here.stack.api)


async def test_a_silent_socket_ends_with_the_room_that_is_swept(
    here: Here, visitor: Visitor
) -> None:
    made = await visitor.create()
    ann, other = await visitor.negotiate(made["room"]), await visitor.negotiate(new_room())
    async with ann.connected() as anns, other.connected() as others:
        assert expiry.sweep(here.services) == 0 and not anns.ended.is_set()
        here.expire(ann)
        assert expiry.sweep(here.services) == 1
        await anns.end()
        assert [said["code"] for target, said in anns.waiting() if target == "closed"] == [
            "room_not_found"
        ]
        await others.heard()
    assert here.room_of(ann) is None


async def test_a_silent_socket_does_not_hear_who_takes_the_rooms_name(
    here: Here, visitor: Visitor
) -> None:
    room = new_room()
    eve = await visitor.negotiate(room)
    async with eve.connected() as eves:
        here.expire(eve)
        ann = await visitor.negotiate(room)
        assert ann.place["peers"] == []
        await eves.end()
        assert user_id_of(ann.place) != user_id_of(eve.place)
        async with ann.connected() as anns:
            assert anns.waiting() == []


@pytest.mark.parametrize(("ago", "kept"), [(1, True), (DAY, False)], ids=["now", "a day later"])
async def test_a_room_stays_while_its_sockets_cannot_be_closed(
    here: Here, visitor: Visitor, ago: int, kept: bool
) -> None:
    people = [await visitor.negotiate((await visitor.create())["room"]) for _ in range(3)]
    async with AsyncExitStack() as sockets:
        opened = [await sockets.enter_async_context(who.connected()) for who in people]
        for who in people:
            here.expire(who, ago)
        with faulty_service() as service:
            service.rule = lambda call: Reply(503) if "/groups/" in call.path else None
            expiry.sweep(Here.instance(service.url, here.connection))
            asked = [call for call in service.calls if call.path.endswith("/:closeConnections")]
            assert len(asked) == (2 if kept else 0), "both tries, and of one room only"
        assert [here.room_of(who) is not None for who in people] == [kept] * 3
        if kept:
            assert expiry.sweep(here.services) == 3
            for socket in opened:
                await socket.end()
