"""What each call leaves behind when SignalR Service fails: the caller's answer, and the room.

The table in docs/design.md ("When a push fails") is TABLE. Every call is made under every fault.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend import admission, presence, rooms, signal
from backend.admission import Negotiated, NegotiateRequest
from backend.later import Later
from backend.pushes import carry_out
from backend.rooms import KickRequest, LockRequest, RevokeRequest, RoomOptions
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.memory import MemoryDocuments
from cloud.signalr_rest import TRIES
from lab.signalr_service import KEY, Call, FaultyService, Reply, faulty_service
from signaling.effects import CloseConnection, ClosePeer
from signaling.errors import HeliographError
from signaling.news import BY_NAME, BY_NAME_MS
from signaling.orders import Orders
from signaling.places import read_place
from signaling.room import STALE_MS
from signaling.room_document import Room
from signaling.seats import group_of, user_of
from signaling.signalr import Invocation
from signaling.tokens import KeyRing, read_orders, sign_orders
from tests.api.faults import FAULTS
from tests.visitor import envelope, event_of, seat_of

NOW = 1_800_000_000_000
RING = KeyRing({"k": b"k" * 32})
ELSEWHERE = "x" * 16  # a peer at another stamp


class World:
    """A created room with a host and two members with sockets, over a service that can fail."""

    def __init__(self, service: FaultyService) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        settings = Settings(connection, RING, None, "test", ())
        self.now = NOW
        self.services = Services(settings, lambda: self.now)
        self.services.later = Later(())
        self.service = service
        self.made = rooms.create_room(self.services, RoomOptions())
        self.key = read_place(RING, self.made.room, NOW).key
        self.ann, self.bob = self.enter("Ann"), self.enter("Bob")
        self.stranger = self.admit("Cyd")
        service.calls.clear()

    def admit(self, name: str, **ask: str) -> Negotiated:
        asked = NegotiateRequest(self.made.room, name, **ask)
        return admission.negotiate(self.services, asked, None)

    def enter(self, name: str) -> Negotiated:
        me = self.admit(name)
        presence.connected(self.services, self.event(me))
        return me

    def event(self, who: Negotiated) -> Invocation:
        return event_of(who.access_token, f"c-{who.name}")

    def place(self, who: Negotiated) -> str:
        """The path of a peer at the service."""
        seat = seat_of(who.access_token)
        return f"/api/hubs/signaling/users/{user_of(seat.life, seat.peer)}"

    def room(self) -> Room:
        room = self.services.rooms.read(self.key)
        assert room is not None
        return room

    def seats(self) -> dict[str, bool]:
        """Who has a seat, and whether it has a socket."""
        return {member.name: bool(member.connection) for member in self.room().members}

    def said(self, calls: list[Call] | None = None) -> list[tuple[str, dict[str, Any]]]:
        """Targets and arguments of all messages that the service was asked to send."""
        asked = self.service.calls if calls is None else calls
        bodies = [json.loads(call.body) for call in asked if call.path.endswith("/:send")]
        return [(body["target"], json.loads(body["arguments"][0])) for body in bodies]

    def pushed(self) -> list[tuple[str, str]]:
        """Targets and peers of those that are about a peer."""
        found = ((target, argument.get("peer", "")) for target, argument in self.said())
        return [one for one in found if one[1]]


@pytest.fixture
def world() -> Iterator[World]:
    with faulty_service() as service:
        yield World(service)


def signal_to_ann(world: World) -> None:
    forwarded = envelope("text", {"text": "hi"}, to=world.ann.peer)
    sent = signal.signal_by_http(world.services, json.dumps(forwarded).encode(), world.bob.token)
    assert sent.ok


def broadcast(world: World) -> None:
    everyone = json.dumps(envelope("text", {"text": "hi"})).encode()
    signal.signal_by_http(world.services, everyone, world.bob.token)


def connect(world: World) -> None:
    presence.connected(world.services, world.event(world.stranger))


def disconnect(world: World) -> None:
    presence.disconnected(world.services, world.event(world.bob))


def leave(world: World) -> None:
    admission.leave(world.services, world.bob.token)


def kick(world: World) -> None:
    made = world.made
    rooms.kick(world.services, KickRequest(world.bob.peer), made.host_token)


def kick_elsewhere(world: World) -> None:
    made = world.made
    rooms.kick(world.services, KickRequest(ELSEWHERE), made.host_token)


def lock(world: World) -> None:
    rooms.lock(world.services, LockRequest(True), world.made.host_token)


def revoke(world: World) -> None:
    made = world.made
    rooms.revoke(world.services, RevokeRequest(made.invite), made.host_token)


def sleep(world: World) -> None:
    admission.sleep(world.services, world.bob.token)


def sleep_without_socket(world: World) -> None:
    admission.sleep(world.services, world.stranger.token)


def negotiate(world: World) -> None:
    world.admit("Dan")


def negotiate_with_orders(world: World) -> None:
    """Another stamp says that Bob was kicked."""
    said = Orders(kicked=(world.bob.peer,))
    given = sign_orders(RING, world.made.room, said, world.made.expires_at)
    world.admit("Dan", orders=given)


BEFORE = {"Ann": True, "Bob": True, "Cyd": False}
WITHOUT_BOB = {"Ann": True, "Cyd": False}
# call → what its caller gets, who has a seat (and a socket) afterwards, who is told later
TABLE: dict[str, tuple[Callable[[World], None], str, dict[str, bool], set[str]]] = {
    "signal": (signal_to_ann, "unavailable", BEFORE, set()),
    "broadcast": (broadcast, "unavailable", BEFORE, set()),
    "connected": (connect, "", BEFORE, {"Cyd"}),
    "disconnected": (disconnect, "", BEFORE | {"Bob": False}, {"Bob"}),
    "leave": (leave, "", WITHOUT_BOB, {"Bob"}),
    "kick": (kick, "unavailable", WITHOUT_BOB, {"Bob"}),
    "kick of nobody here": (kick_elsewhere, "unavailable", BEFORE, {"elsewhere"}),
    "lock": (lock, "", BEFORE, set()),
    "revoke": (revoke, "", BEFORE, set()),
    "sleep": (sleep, "", BEFORE, set()),
    "sleep without a socket": (sleep_without_socket, "", BEFORE, {"Cyd"}),
    "negotiate": (negotiate, "", BEFORE | {"Dan": False}, set()),
    "negotiate with orders": (
        negotiate_with_orders,
        "",
        WITHOUT_BOB | {"Dan": False},
        {"Bob"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", TABLE)
def test_every_call_under_every_fault(world: World, name: str, fault: str) -> None:
    call, code, seats, untold = TABLE[name]
    world.service.rule = FAULTS[fault]
    said = ""
    try:
        call(world)
    except HeliographError as refusal:
        said = refusal.code
        assert "http" not in refusal.message and world.made.room not in refusal.message
    assert (said, world.seats()) == (code, seats)
    peers = (("Ann", world.ann), ("Bob", world.bob), ("Cyd", world.stranger))
    names = {who.peer: name for name, who in peers} | {ELSEWHERE: "elsewhere"}
    assert {names[peer] for peer in world.room().untold} == untold


TOLD_LATER = ["disconnected", "leave", "kick", "negotiate with orders"]


@pytest.mark.parametrize("name", TOLD_LATER)
def test_what_the_members_were_not_told_they_are_told_with_the_next_change(
    world: World, name: str
) -> None:
    world.service.rule = FAULTS["503"]
    try:
        TABLE[name][0](world)
    except HeliographError as refusal:
        assert refusal.code == "unavailable"
    world.service.rule = lambda call: None
    world.service.calls.clear()
    world.enter("Eve")
    target = "disconnected" if name == "disconnected" else "left"
    assert (target, world.bob.peer) in world.pushed()
    assert world.room().untold == ()


def test_what_is_told_later_is_how_things_stand_then(world: World) -> None:
    """Bob was gone unheard, and is back: nobody is told that he is gone."""
    world.service.rule = FAULTS["503"]
    disconnect(world)
    world.service.rule = lambda call: None
    world.service.calls.clear()
    presence.connected(world.services, world.event(world.bob))
    assert ("disconnected", world.bob.peer) not in world.pushed()
    assert ("joined", world.bob.peer) in world.pushed()


def test_a_socket_that_is_not_in_the_group_is_closed_and_its_client_can_come_again(
    world: World,
) -> None:
    world.service.rule = lambda call: Reply(503) if "/groups/" in call.path else None
    connect(world)
    assert world.service.paths("DELETE") == ["/api/hubs/signaling/connections/c-Cyd"]
    assert world.seats() == BEFORE
    world.service.rule = lambda call: None
    connect(world)
    assert world.seats() == BEFORE | {"Cyd": True}


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_connection_that_could_not_be_ended_is_ended_later(world: World, failures: int) -> None:
    left = iter(range(failures * TRIES))
    world.service.rule = lambda call: (
        Reply(503) if call.verb == "DELETE" and next(left, None) is not None else None
    )
    end = CloseConnection("c-Cyd", "unavailable", "A service we need is away.")
    world.services.later = Later((0.01,) * failures)
    carry_out(world.services, world.key, [end])
    deadline = time.monotonic() + 10
    while len(world.service.paths("DELETE")) <= failures * TRIES:
        assert time.monotonic() < deadline, "it stays open"
        time.sleep(0.02)


@pytest.mark.parametrize("name", TOLD_LATER)
def test_the_members_are_told_as_soon_as_the_service_is_well(world: World, name: str) -> None:
    """Without any further change of the room."""
    world.services.later = Later((0.2,) * 50)
    world.service.rule = FAULTS["503"]
    with contextlib.suppress(HeliographError):
        TABLE[name][0](world)
    assert world.room().untold == (world.bob.peer,)
    world.service.rule = lambda call: None
    world.service.calls.clear()
    target = "disconnected" if name == "disconnected" else "left"
    deadline = time.monotonic() + 10
    while (target, world.bob.peer) not in world.pushed():
        assert time.monotonic() < deadline, "nobody is told"
        time.sleep(0.02)
    assert world.room().untold == ()
    if name in ("kick", "negotiate with orders"):
        closing = f"{world.place(world.bob)}/:closeConnections"
        while closing not in world.service.paths("POST"):
            assert time.monotonic() < deadline, "the kicked one stays"
            time.sleep(0.02)


@pytest.mark.parametrize("name", ["kick", "lock", "revoke"])
def test_orders_that_were_not_heard_are_sent_as_soon_as_the_service_is_well(
    world: World, name: str
) -> None:
    """Members carry them to other stamps, long after the host may have gone."""
    world.services.later = Later((0.2,) * 50)
    world.service.rule = FAULTS["503"]
    with contextlib.suppress(HeliographError):
        TABLE[name][0](world)
    taken: list[Call] = []
    world.service.rule = taken.append
    deadline = time.monotonic() + 10
    while not (heard := [told for target, told in world.said(taken) if target == "orders"]):
        assert time.monotonic() < deadline, "nobody hears them"
        time.sleep(0.02)
    _, said = read_orders(RING, heard[0]["orders"], NOW)
    assert said == world.room().orders != Orders()
    assert heard[0]["locked"] is said.locked


def test_a_kick_that_was_not_told_is_told_as_a_kick(world: World) -> None:
    """Whoever was kicked is ignored for good, whatever other stamps say; who expired is not."""
    world.service.rule = FAULTS["503"]
    with contextlib.suppress(HeliographError):
        kick(world)
    world.service.rule = lambda call: None
    world.service.calls.clear()
    world.enter("Eve")
    left = [argument for target, argument in world.said() if target == "left"]
    assert [(one["peer"], one["reason"]) for one in left] == [(world.bob.peer, "kicked")]


def test_who_has_left_and_come_back_is_not_closed_later(world: World) -> None:
    world.services.later = Later((0.05,))
    world.service.rule = FAULTS["503"]
    end = ClosePeer(world.room().life, world.bob.peer, "not_member", "Left.")
    carry_out(world.services, world.key, [end])
    world.service.rule = lambda call: None
    world.service.calls.clear()
    time.sleep(0.3)
    assert world.service.paths("POST") == []


def test_one_push_that_fails_among_many_stops_none_of_the_others(world: World) -> None:
    world.now += BY_NAME_MS
    cyd = world.place(world.stranger)
    group = f"/api/hubs/signaling/groups/{group_of(world.room().life)}/:send"
    world.service.rule = lambda call: Reply(500) if call.path == group else None
    connect(world)
    assert world.seats() == BEFORE | {"Cyd": True}
    assert f"{cyd}/:send" in world.service.paths("POST")
    assert world.room().untold == (world.stranger.peer,)


def test_somebody_who_joins_costs_as_many_pushes_as_in_any_other_room(world: World) -> None:
    for number in range(3):
        world.enter(f"{number}")
    last, later = world.admit("Eve"), world.admit("Fay")
    for who, joined in ((last, BY_NAME + 1), (later, 1)):
        world.service.calls.clear()
        presence.connected(world.services, world.event(who))
        targets = [target for target, _ in world.said()]
        assert sorted(targets) == ["admitted", *["joined"] * joined]
        assert len(world.service.calls) == len(targets) + 1  # and the group
        world.now += BY_NAME_MS


def test_pushes_for_which_there_are_connections_are_under_way_at_once_without_threads(
    world: World,
) -> None:
    """Cyd's: the group, `admitted`, and `joined` to Ann and to Bob. None waits for another."""
    count = 4
    meet = threading.Barrier(count, timeout=5)

    def together(_: Call) -> None:
        meet.wait()

    world.service.rule = together
    with ThreadPoolExecutor(count) as threads:  # so many connections are open then
        list(threads.map(world.services.signalr.is_open, ["c"] * count))
    world.service.calls.clear()
    world.services.push_threads.shutdown()
    connect(world)
    assert len(world.service.calls) == count and meet.n_waiting == 0
    assert world.seats() == BEFORE | {"Cyd": True}


def test_a_call_of_two_reads_the_room_for_nothing_that_was_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only who opens a socket as a third one does, and each hears of each (signaling/news.py)."""
    read: list[str] = []
    stored = MemoryDocuments.read

    def reading(documents: MemoryDocuments, key: str) -> bytes | None:
        read.append(key)
        return stored(documents, key)

    monkeypatch.setattr(MemoryDocuments, "read", reading)
    made = rooms.create_room(world.services, RoomOptions())
    people = []
    for number in range(3):
        ask = NegotiateRequest(made.room, f"{number}")
        people.append(admission.negotiate(world.services, ask, None))
        presence.connected(world.services, world.event(people[-1]))
        assert len(read) == (number == 2)
    heard = [
        world.said([c for c in world.service.calls if c.path.startswith(world.place(one))])
        for one in people
    ]
    joined = [[said["name"] for target, said in each if target == "joined"] for each in heard]
    assert joined == [["1", "2"], ["2"], []]


def test_who_connects_while_another_is_added_to_the_group_is_known_to_it(world: World) -> None:
    """Dan is announced while the service still adds Cyd to the group, so Cyd does not hear it."""
    dan = world.admit("Dan")
    put = threading.Event()

    def rule(call: Call) -> Reply | None:
        if call.verb == "PUT" and not put.is_set():
            put.set()
            presence.connected(world.services, world.event(dan))
        return None

    world.service.rule = rule
    connect(world)
    to_cyd = [c for c in world.service.calls if c.path == f"{world.place(world.stranger)}/:send"]
    assert ("joined", dan.peer) in [(t, said.get("peer")) for t, said in world.said(to_cyd)]


def test_a_kick_that_could_not_close_is_done_when_it_is_asked_again(world: World) -> None:
    world.service.rule = FAULTS["503"]
    with pytest.raises(HeliographError, match="service"):
        kick(world)
    world.service.rule = lambda call: None
    kick(world)
    closed = f"{world.place(world.bob)}/:closeConnections"
    assert closed in world.service.paths("POST")


def test_what_the_service_writes_in_its_logs_names_no_room_and_no_peer(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Paths hold user ids and groups. Ours have no paths."""
    caplog.set_level(logging.DEBUG)
    world.services.later = Later((0.01,) * 5)
    last = ("negotiate with orders", "leave", "kick", "lock")  # they end Bob's seat, or all entry
    for name in (*(name for name in TABLE if name not in last), *last):
        TABLE[name][0](world)
    paths = "\n".join(f"{call.path}?{call.query}" for call in world.service.calls)
    assert "/users/" in paths and "/groups/" in paths
    assert "/users/" not in caplog.text and "/groups/" not in caplog.text
    seats = [seat_of(who.access_token) for who in (world.ann, world.bob, world.stranger)]
    secret = {world.made.room, world.made.room[1:], world.made.invite[1:], world.key, ELSEWHERE}
    secret |= {text for seat in seats for text in (seat.peer, seat.life)}
    secret |= {who.token for who in (world.ann, world.bob)} | {world.made.host_token}
    for where in (paths, caplog.text):
        assert [text for text in secret if text in where] == []


def test_a_member_who_is_gone_unheard_is_announced_even_if_the_push_fails(world: World) -> None:
    world.now += STALE_MS
    gone = {world.place(who) for who in (world.ann, world.stranger)}
    world.service.rule = lambda call: (
        Reply(404) if call.path in gone else Reply(503) if call.verb == "POST" else None
    )
    negotiate(world)
    assert world.seats() == {"Bob": True, "Dan": False}
    assert set(world.room().untold) == {world.ann.peer, world.stranger.peer}
