"""A socket opens while the documents are away: nobody can tell yet whether it has a seat."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from msgspec import UNSET, Raw, structs

from backend import admission, presence, rooms, signal
from backend.admission import Negotiated, NegotiateRequest
from backend.checked import AWAY_MS, FRESH_MS, MAX_CHECKED, Checked
from backend.later import Later
from backend.pushes import carry_out
from backend.rooms import KickRequest, RoomOptions
from backend.settings import Settings
from backend.signal import CHECK_SECONDS
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.signalr_service import KEY, Call, FaultyService, Reply, faulty_service
from signaling.effects import CloseConnection, ClosePeer
from signaling.errors import HeliographError, Unavailable, Unseated
from signaling.places import read_place
from signaling.room_document import Member, Room
from signaling.tokens import KeyRing
from tests.turn.unreliable import UnreliableDocuments
from tests.visitor import envelope, event_of, seat_of, user_id_of

NOW = 1_800_000_000_000
RING = KeyRing({"k": b"k" * 32})
EVERYTHING = ("",)
DELETED = "/api/hubs/signaling/connections/"


class World:
    """A created room in which Ann has a seat, over documents that can be away."""

    def __init__(self, service: FaultyService) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        self.now = NOW
        self.services = Services(Settings(connection, RING, None, "test", ()), lambda: self.now)
        self.services.later = Later((0.1,) * 50)
        self.documents = UnreliableDocuments()
        self.services.documents = self.documents
        self.service = service
        self.made = rooms.create_room(self.services, RoomOptions())
        self.ann = self.enter("Ann")
        service.calls.clear()

    def pass_seconds(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

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


# --- what a socket may say ----------------------------------------------------------------------


def says(world: World, connection: str, *, to: str | None = None) -> str:
    """The code of the refusal of what Ann's socket sends; empty if it was sent."""
    text = json.dumps(json.dumps(envelope(to=to)))
    event = event_of(world.ann.access_token, connection)
    call = structs.replace(event, arguments=(Raw(text.encode()),))
    try:
        forwarded = signal.on_hub_call(world.services, call, everyone=to is None)
        signal.send_checked(world.services, call, forwarded)
        return ""
    except HeliographError as refusal:
        assert isinstance(refusal, Unseated) == (refusal.code in ("kicked", "not_member"))
        return refusal.code


BOB = "B" * 16


def test_an_unchecked_socket_does_not_speak_to_the_room_while_they_are_away(world: World) -> None:
    world.services.later = Later((3_600.0,))
    world.documents.away = EVERYTHING
    world.connect("c-1")
    assert says(world, "c-1") == "unavailable"
    assert says(world, "c-1", to=BOB) == ""  # a call that could stand
    world.documents.away = ()
    world.pass_seconds(AWAY_MS / 1000)
    assert says(world, "c-1") == ""


def test_one_that_was_checked_goes_on_while_they_are_away(world: World) -> None:
    world.connect("c-1")
    world.documents.away = EVERYTHING
    world.pass_seconds(3_600)
    assert says(world, "c-1") == says(world, "c-1", to=BOB) == ""


def test_a_socket_is_looked_up_once_in_a_while(world: World) -> None:
    """One whose event this instance has not heard, and one that it has checked itself."""
    reads = world.documents.count_reads()
    for _ in range(50):
        assert says(world, "c-1", to=BOB) == ""
    assert len(reads) == 1
    world.connect("c-2")
    reads.clear()
    assert says(world, "c-2") == "" and reads == []
    world.pass_seconds(FRESH_MS / 1000)
    assert says(world, "c-2") == "" and len(reads) == 1


def test_while_they_are_away_nobody_waits_for_them_more_than_once_in_a_while(world: World) -> None:
    world.services.later = Later((3_600.0,))
    world.documents.away = EVERYTHING
    reads = world.documents.count_reads()
    for number in range(50):
        assert says(world, f"c-{number}") == "unavailable"
    assert len(reads) == 1


@pytest.mark.parametrize("to", [None, BOB])
def test_a_message_does_not_wait_for_documents_that_hang(world: World, to: str | None) -> None:
    done = threading.Event()
    world.documents.read = lambda key: done.wait(20) and None  # type: ignore[method-assign]
    began = time.monotonic()
    for _ in range(20):
        assert says(world, "c-1", to=to) == ("unavailable" if to is None else "")
    assert time.monotonic() - began < 2 * CHECK_SECONDS
    done.set()


@pytest.mark.parametrize("to", [None, BOB])
def test_one_that_a_kick_could_not_close_is_refused(world: World, to: str | None) -> None:
    """The service was away: the socket stays open until that has been made good."""
    world.services.later = Later((3_600.0,))
    world.connect("c-1")
    assert says(world, "c-1", to=to) == ""
    world.service.rule = lambda call: Reply(503)
    with pytest.raises(Unavailable):
        rooms.kick(world.services, KickRequest(world.ann.peer), world.made.host_token)
    world.service.rule = lambda call: None
    assert says(world, "c-1", to=to) == "kicked"


def test_one_of_an_earlier_life_of_the_room_is_refused(world: World) -> None:
    ann = admission.negotiate(world.services, NegotiateRequest("board", "Ann"), None)
    world.ann = ann
    world.connect("c-1")
    assert says(world, "c-1") == ""
    world.pass_seconds(2 * 86_400)
    again = NegotiateRequest("board", "Ann", secret=str(ann.secret))
    assert admission.negotiate(world.services, again, None).peer == ann.peer
    assert says(world, "c-1") == "not_member"


def test_what_is_read_while_somebody_is_kicked_is_not_remembered(world: World) -> None:
    checked = Checked(lambda: NOW)
    seat = seat_of(world.ann.access_token)
    room = world.services.rooms.read(seat.key)

    def read_slowly(key: str) -> Room | None:
        checked.end(key, ClosePeer(seat.life, seat.peer, "kicked", "x"))
        return room

    checked.check("c-1", seat, read_slowly, everyone=True)
    with pytest.raises(Unseated):
        checked.check("c-1", seat, lambda key: None, everyone=True)


def test_the_sockets_that_are_remembered_are_bounded(world: World) -> None:
    checked, seat = Checked(lambda: NOW), seat_of(world.ann.access_token)
    for number in range(MAX_CHECKED + 1):
        checked.add(str(number), seat)
    checked.check("1", seat, lambda key: None, everyone=True)
    with pytest.raises(Unseated):
        checked.check("0", seat, lambda key: None, everyone=True)
    checked.end(seat.key, ClosePeer(seat.life, seat.peer, "kicked", "x"))
    for connection in ("1", str(MAX_CHECKED)):
        with pytest.raises(Unseated):
            checked.check(connection, seat, lambda key: None, everyone=True)
    assert not checked._known and not checked._of_peer


# --- what could not be closed -------------------------------------------------------------------


def another_instance(world: World) -> Services:
    """Of the same stamp; the first one has ended."""
    services = Services(world.services.settings, world.services.now)
    services.documents = world.documents
    services.later = Later(())
    return services


def enter_at(services: Services, world: World) -> None:
    admission.negotiate(services, NegotiateRequest(world.made.room, "Dan"), None)


@pytest.mark.parametrize("end", ["kick", "leave", "replaced"])
def test_what_an_instance_could_not_close_the_next_change_at_another_one_closes(
    world: World, end: str
) -> None:
    world.services.later = Later(())
    world.connect("c-1")
    place = f"/api/hubs/signaling/users/{user_id_of({'accessToken': world.ann.access_token})}"
    closing = f"{DELETED}c-1" if end == "replaced" else f"{place}/:closeConnections"
    world.service.rule = lambda call: (
        Reply(503) if call.path == closing or call.path == f"{place}/:send" else None
    )
    if end == "kick":
        with pytest.raises(Unavailable):
            rooms.kick(world.services, KickRequest(world.ann.peer), world.made.host_token)
    elif end == "leave":
        admission.leave(world.services, world.ann.token)
    else:
        world.ann = world.ann_again()
        world.connect("c-2")
    world.service.rule = lambda call: None
    world.service.calls.clear()
    enter_at(another_instance(world), world)
    ended = [call for call in world.service.calls if call.path == closing]
    assert len(ended) == 1
    world.service.calls.clear()
    enter_at(another_instance(world), world)
    assert world.service.calls == []


def test_who_has_left_and_come_back_keeps_its_new_socket(world: World) -> None:
    world.services.later = Later(())
    world.connect("c-1")
    world.service.rule = lambda call: Reply(503)
    admission.leave(world.services, world.ann.token)
    world.service.rule = lambda call: None
    world.ann = world.ann_again()
    world.connect("c-2")
    world.service.calls.clear()
    enter_at(another_instance(world), world)
    assert [call for call in world.service.calls if "close" in call.path] == []


def test_the_end_of_who_has_left_is_tried_again_in_the_background(world: World) -> None:
    world.services.later = Later((0.05,) * 20)
    world.connect("c-1")
    world.service.rule = lambda call: Reply(503)
    admission.leave(world.services, world.ann.token)
    taken: list[Call] = []
    world.service.rule = taken.append
    until(lambda: any(call.path.endswith("/:closeConnections") for call in taken))


def test_it_is_tried_again_too_when_nobody_is_left_in_an_open_room(world: World) -> None:
    world.services.later = Later((0.05,) * 20)
    world.ann = admission.negotiate(world.services, NegotiateRequest("board", "Ann"), None)
    world.connect("c-1")
    world.service.rule = lambda call: Reply(503)
    admission.leave(world.services, world.ann.token)
    taken: list[Call] = []
    world.service.rule = taken.append
    until(lambda: any(call.path.endswith("/:closeConnections") for call in taken))


def test_what_could_not_be_closed_while_the_documents_were_away_too_is_tried_again(
    world: World,
) -> None:
    world.services.later = Later((0.05,) * 40)
    world.service.rule = lambda call: Reply(503)
    world.documents.away = EVERYTHING
    end = CloseConnection("c-1", "unavailable", "A service we need is away.")
    carry_out(world.services, seat_of(world.ann.access_token).key, [end])
    world.documents.away = ()
    time.sleep(0.2)
    world.service.rule = lambda call: None
    world.service.calls.clear()
    until(world.closed)
    assert set(world.closed()) == {"c-1"}
