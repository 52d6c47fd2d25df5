"""A call is done, or not, and its caller hears only that the store is away: it asks again."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backend import admission, presence, rooms
from backend.admission import Negotiated, NegotiateRequest
from backend.later import Later
from backend.rooms import KickRequest, LockRequest, RevokeRequest, RoomOptions
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.signalr_service import KEY, FaultyService, faulty_service
from signaling.codes import is_code
from signaling.errors import Forbidden, HeliographError, Unavailable
from signaling.places import read_place
from signaling.room_document import Room
from signaling.tokens import KeyRing, read_orders
from tests.turn.unreliable import UnreliableDocuments
from tests.visitor import event_of, user_id_of

NOW = 1_800_000_000_000
RING = KeyRing({"k": b"k" * 32})
EVERYTHING = ("",)
BEFORE, AFTER = False, True  # the store goes away before a change, or after it


class World:
    """An invite-only room for which there is an invite for two; Ann has come by it."""

    def __init__(self, service: FaultyService) -> None:
        self.service, url = service, service.url
        connection = SignalRConnection(url, url, "http://127.0.0.1", KEY)
        self.services = Services(Settings(connection, RING, None, "test", ()), lambda: NOW)
        self.services.later = Later(())
        self.documents = UnreliableDocuments()
        self.services.documents = self.documents
        self.made = rooms.create_room(self.services, RoomOptions(capacity=2, invite_only=True))
        self.ann = self.enter("a")

    def enter(self, letter: str) -> Negotiated:
        """The identity whose secret is made of this letter."""
        ask = NegotiateRequest(self.made.invite, letter, letter * 22)
        return admission.negotiate(self.services, ask, None)

    def host(self, call: Callable[..., Any], ask: object) -> Any:
        return call(self.services, ask, self.made.host_token)

    def room(self) -> Room:
        room = self.services.rooms.read(read_place(RING, self.made.room, NOW).key)
        assert room is not None
        return room


@pytest.fixture
def world() -> Iterator[World]:
    with faulty_service() as service:
        yield World(service)


CALLS: dict[str, Callable[[World], Any]] = {
    "negotiate": lambda world: world.enter("b"),
    "sleep": lambda world: admission.sleep(world.services, world.ann.token),
    "leave": lambda world: admission.leave(world.services, world.ann.token),
    "kick": lambda world: world.host(rooms.kick, KickRequest(world.ann.peer)),
    "lock": lambda world: world.host(rooms.lock, LockRequest(True)),
    "revoke": lambda world: world.host(rooms.revoke, RevokeRequest(world.made.invite)),
}


def facts(room: Room) -> Any:
    """What the room is, but for how often its lock was turned."""
    said = room.orders
    members = [(member.peer, member.role, member.asleep_until) for member in room.members]
    orders = (said.locked, said.kicked, said.revoked)
    return members, orders, room.invites, sorted(room.lost)


@pytest.mark.parametrize("done", [BEFORE, AFTER], ids=["not done", "done"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_made_again_is_done_once(world: World, name: str, done: bool) -> None:
    before = facts(world.room())
    world.documents.away, world.documents.too_late = EVERYTHING, done
    with pytest.raises(Unavailable):
        CALLS[name](world)
    after = world.documents.peek(lambda: facts(world.room()))
    assert (after != before) is done
    world.documents.away = ()
    CALLS[name](world)
    assert facts(world.room()) != before
    if done:
        assert facts(world.room()) == after


def test_whoever_asks_again_has_one_seat_and_has_used_an_invite_once(world: World) -> None:
    world.documents.away, world.documents.too_late = EVERYTHING, AFTER
    for _ in range(3):
        with pytest.raises(Unavailable):
            world.enter("b")
    world.documents.away = ()
    bob = world.enter("b")
    assert [other.peer for other in bob.peers] == [world.ann.peer]
    assert len(world.room().members) == 2
    assert list(world.room().invites.values()) == [2]


def test_a_kick_that_was_not_done_leaves_a_member_until_it_is_made_again(world: World) -> None:
    world.documents.away = EVERYTHING
    with pytest.raises(Unavailable):
        CALLS["kick"](world)
    world.documents.away = ()
    world.enter("a")
    done = CALLS["kick"](world)
    assert read_orders(RING, done.orders, NOW)[1].kicked == (world.ann.peer,)
    with pytest.raises(Forbidden) as refused:
        world.enter("a")
    assert refused.value.code == "kicked"


def test_without_a_store_a_room_and_an_invite_are_made_that_work_when_it_is_back(
    world: World,
) -> None:
    world.documents.away = EVERYTHING
    made = rooms.create_room(world.services, RoomOptions(invite_only=True))
    asked = (rooms.InviteRequest(uses=1), made.host_token)
    invited = rooms.invite(world.services, *asked)
    assert is_code(invited.invite)
    world.documents.away = ()
    ask = NegotiateRequest(invited.invite, "Cyd", "c" * 22)
    assert admission.negotiate(world.services, ask, None).room == made.room
    with pytest.raises(HeliographError) as refused:
        other = NegotiateRequest(invited.invite, "Dan", "d" * 22)
        admission.negotiate(world.services, other, None)
    assert refused.value.code == "invite_used"


def orders_of_another_stamp(world: World) -> None:
    """A stamp that has documents of its own has kicked Ann; Bob comes here and tells of it."""
    there = World(world.service)
    there.made, there.services.now = world.made, world.services.now
    there.ann = there.enter("a")
    orders = CALLS["kick"](there).orders
    ask = NegotiateRequest(world.made.invite, "Bob", "b" * 22, orders)
    admission.negotiate(world.services, ask, None)


ENDS = {
    "kick": CALLS["kick"],
    "leave": CALLS["leave"],
    "orders": orders_of_another_stamp,
}


@pytest.mark.parametrize("name", ENDS)
def test_whom_a_write_without_an_answer_has_removed_hears_nothing_a_little_later(
    world: World, name: str
) -> None:
    """The caller may never ask again, or what it asks again changes nothing any more."""
    b = world.enter("b")
    presence.connected(world.services, event_of(world.ann.access_token, "c-1"))
    presence.connected(world.services, event_of(b.access_token, "c-2"))
    world.services.later = Later((0.05,) * 40)
    world.documents.away, world.documents.too_late = ("room-",), AFTER
    with pytest.raises(Unavailable):
        ENDS[name](world)
    world.service.calls.clear()
    world.documents.away = ()
    until(lambda: any("/users/" in path and "close" in path for path in posts(world)))
    b = f"/users/{user_id_of({'accessToken': b.access_token})}/:send"
    until(lambda: any(path.endswith(b) for path in posts(world)))  # and the others are told


def test_the_socket_of_a_life_that_is_over_is_ended_although_a_new_one_has_begun(
    world: World,
) -> None:
    ask = NegotiateRequest("board", "Ann", "a" * 22)
    ann = admission.negotiate(world.services, ask, None)
    presence.connected(world.services, event_of(ann.access_token, "c-1"))
    world.services.later = Later((0.05,) * 40)
    world.documents.away, world.documents.too_late = ("room-",), AFTER
    with pytest.raises(Unavailable):
        admission.leave(world.services, ann.token)
    world.documents.away = ()
    admission.negotiate(world.services, ask, None)
    user = user_id_of({"accessToken": ann.access_token})
    until(lambda: any(f"/users/{user}/:close" in path for path in posts(world)))


def test_a_change_that_was_not_done_ends_nobody(world: World) -> None:
    """Neither if nothing was written, nor if somebody else has changed the room since."""
    world.services.later = Later((0.05,) * 3)
    presence.connected(world.services, event_of(world.ann.access_token, "c-1"))
    for late in (AFTER, BEFORE):
        world.documents.away, world.documents.too_late = ("room-",), late
        with pytest.raises(Unavailable):
            CALLS["leave"](world)
        if late is AFTER:
            world.documents.away = ()
            world.ann = world.enter("a")  # it has a seat again
            presence.connected(world.services, event_of(world.ann.access_token, "c-3"))
    world.documents.away = ()
    world.service.calls.clear()
    time.sleep(0.4)
    assert [path for path in posts(world) if "closeConnections" in path] == []


def posts(world: World) -> list[str]:
    return world.service.paths("POST")


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
