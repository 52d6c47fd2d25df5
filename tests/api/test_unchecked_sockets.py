"""A socket opens while the documents are away: nobody can tell yet whether it has a seat."""

import time
from collections.abc import Callable, Iterator

import pytest
from msgspec import UNSET

from backend import admission, presence, rooms
from backend.admission import Negotiated, NegotiateRequest
from backend.later import Later
from backend.rooms import KickRequest, RoomOptions
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.signalr_service import KEY, FaultyService, Reply, faulty_service
from signaling.places import read_place
from signaling.room_document import Member
from signaling.tokens import KeyRing
from tests.turn.unreliable import UnreliableDocuments
from tests.visitor import event_of

NOW = 1_800_000_000_000
RING = KeyRing({"k": b"k" * 32})
EVERYTHING = ("",)
DELETED = "/api/hubs/signaling/connections/"


class World:
    """A created room in which Ann has a seat, over documents that can be away."""

    def __init__(self, service: FaultyService) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        self.services = Services(Settings(connection, RING, None, "test", ()), lambda: NOW)
        self.services.later = Later((0.1,) * 50)
        self.documents = UnreliableDocuments()
        self.services.documents = self.documents
        self.service = service
        self.made = rooms.create_room(self.services, RoomOptions())
        self.ann = self.enter("Ann")
        service.calls.clear()

    def enter(self, name: str) -> Negotiated:
        return admission.negotiate(self.services, NegotiateRequest(self.made.room, name), None)

    def connect(self, connection: str) -> None:
        presence.connected(self.services, event_of(self.ann.access_token, connection))

    def ann_again(self) -> Negotiated:
        """What negotiate answers to Ann, who has a seat."""
        assert isinstance(self.ann.secret, str)
        ask = NegotiateRequest(self.made.room, secret=self.ann.secret)
        return admission.negotiate(self.services, ask, None)

    def seat(self) -> Member:
        room = self.services.rooms.read(read_place(RING, self.made.room, NOW).key)
        assert room is not None
        (ann,) = room.members
        return ann

    def grouped(self) -> list[str]:
        """Connections that were added to the group."""
        paths = self.service.paths("PUT")
        assert all("/groups/" in path for path in paths)
        return [path.rpartition("/")[2] for path in paths]

    def closed(self) -> list[str]:
        """Connections that were ended."""
        return [path.removeprefix(DELETED) for path in self.service.paths("DELETE")]


@pytest.fixture
def world() -> Iterator[World]:
    with faulty_service() as service:
        yield World(service)


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_hears_nothing_and_gets_its_seat_when_they_are_back(world: World) -> None:
    world.documents.away = EVERYTHING
    world.connect("c-1")
    time.sleep(0.3)
    assert (world.grouped(), world.closed()) == ([], [])
    world.documents.away = ()
    until(world.grouped)
    assert (world.grouped(), world.seat().connection) == (["c-1"], "c-1")
    assert world.closed() == []


def test_negotiate_says_which_socket_it_knows(world: World) -> None:
    """A client whose socket it does not know opens another one."""
    assert (world.ann.admitted_at, world.ann.socket_admitted_at) == (NOW, UNSET)
    world.connect("c-1")
    assert world.ann_again().socket_admitted_at == NOW
    presence.disconnected(world.services, event_of(world.ann.access_token, "c-1"))
    assert world.ann_again().socket_admitted_at is UNSET


def test_a_clock_that_is_behind_makes_no_answer_older_than_the_socket(world: World) -> None:
    """Instances of a stamp have clocks of their own, and an older socket is refused."""
    world.connect("c-1")
    world.services.now = lambda: NOW - 2_000
    world.ann = world.ann_again()
    assert world.ann.admitted_at == NOW + 1
    world.connect("c-2")
    assert (world.seat().connection, world.closed()) == ("c-2", ["c-1"])


def test_negotiate_knows_no_socket_that_has_not_been_checked(world: World) -> None:
    world.services.later = Later((3_600.0,))  # the process ends before: nobody remembers the socket
    world.documents.away = EVERYTHING
    world.connect("c-1")
    world.documents.away = ()
    assert world.ann_again().socket_admitted_at is UNSET


def test_it_is_closed_when_they_stay_away(world: World) -> None:
    world.services.later = Later((0.05, 0.05))
    world.documents.away = EVERYTHING
    world.connect("c-1")
    until(world.closed)
    assert (world.grouped(), world.closed()) == ([], ["c-1"])
    bodies = b"".join(call.body for call in world.service.calls)
    assert b"unavailable" in bodies  # its client comes again, and not for good


def test_it_is_closed_at_once_when_too_many_wait(world: World) -> None:
    world.services.later = Later((60.0,), most=1)
    world.documents.away = EVERYTHING
    world.connect("c-1")
    world.connect("c-2")
    until(world.closed)
    assert (world.grouped(), world.closed()) == ([], ["c-2"])


@pytest.mark.parametrize("end", ["kick", "leave"])
def test_whoever_has_lost_its_seat_is_closed_when_they_are_back(world: World, end: str) -> None:
    if end == "kick":
        ask = KickRequest(world.ann.peer)
        rooms.kick(world.services, ask, world.made.host_token)
    else:
        admission.leave(world.services, world.ann.token)
    world.documents.away = EVERYTHING
    world.connect("c-1")
    assert world.closed() == []
    world.documents.away = ()
    until(world.closed)
    assert (world.grouped(), world.closed()) == ([], ["c-1"])


def test_a_late_check_of_a_socket_that_is_gone_does_not_replace_a_newer_one(world: World) -> None:
    """`replaced` says to a client: do not come back by yourself."""
    world.documents.away = EVERYTHING
    world.connect("c-1")
    world.service.rule = lambda call: (
        Reply(404) if call.verb == "HEAD" and call.path == f"{DELETED}c-1" else None
    )
    world.documents.away = ()
    world.connect("c-2")
    until(lambda: f"{DELETED}c-1" in world.service.paths("HEAD"))
    time.sleep(0.1)
    assert world.seat().connection == "c-2"
    assert (world.grouped(), world.closed()) == (["c-2"], [])


def test_nothing_is_decided_while_the_service_is_away_too(world: World) -> None:
    world.documents.away = EVERYTHING
    world.connect("c-1")
    world.service.rule = lambda call: Reply(503)
    world.documents.away = ()
    until(lambda: len(world.service.paths("HEAD")) >= 2)
    assert world.seat().connection == ""
    world.service.rule = lambda call: None
    until(world.grouped)
    until(lambda: world.seat().connection == "c-1")
