"""Who comes back to a created room by its secret alone: for how long, and past which locks."""

from collections.abc import Iterator

import pytest
from msgspec import UNSET

from backend import admission, presence, rooms
from backend.admission import Negotiated, NegotiateRequest
from backend.later import Later
from backend.rooms import InviteRequest, KickRequest, LockRequest, RoomOptions
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from lab.signalr_service import KEY, FaultyService, Reply, faulty_service
from signaling.errors import HeliographError
from signaling.tokens import KeyRing
from tests.visitor import event_of, user_id_of

NOW = 1_800_000_000_000
MINUTE = 60_000
RING = KeyRing({"k": b"k" * 32})


class World:
    """A stamp whose clock can be moved, and a created room with a host in it."""

    def __init__(self, service: FaultyService, **options: bool) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        self.now, self.service = NOW, service
        self.services = Services(Settings(connection, RING, None, "test", ()), lambda: self.now)
        self.services.later = Later(())
        self.made = rooms.create_room(self.services, RoomOptions(**options))
        self.host = self.enter("Host", self.made.room, token=self.made.host_token)

    def enter(self, name: str, code: str, *, token: str | None = None) -> Negotiated:
        """Ask, and open the socket."""
        me = self.ask(code, name=name, token=token)
        self.connect(me)
        return me

    def connect(self, who: Negotiated) -> None:
        presence.connected(self.services, event_of(who.access_token, f"c-{who.name}"))

    def ask(
        self, code: str, *, secret: object = UNSET, name: str = "", token: str | None = None
    ) -> Negotiated:
        ask = NegotiateRequest(code, name or None, secret if isinstance(secret, str) else None)
        return admission.negotiate(self.services, ask, token)

    def refusal(self, code: str, secret: object = UNSET) -> str:
        with pytest.raises(HeliographError) as refused:
            self.ask(code, secret=secret)
        return refused.value.code

    def falls_silent(self, who: Negotiated) -> None:
        presence.disconnected(self.services, event_of(who.access_token, f"c-{who.name}"))
        gone = user_id_of({"accessToken": who.access_token})
        self.service.rule = lambda call: (
            Reply(404) if call.verb == "HEAD" and call.path.endswith(gone) else None
        )

    def somebody_comes(self) -> None:
        """Who is gone is noticed now; everybody with a socket is still there."""
        self.ask(self.made.room, token=self.made.host_token)

    def invite(self) -> str:
        return rooms.invite(self.services, InviteRequest(), self.made.host_token).invite

    def lock(self) -> None:
        rooms.lock(self.services, LockRequest(True), self.made.host_token)


@pytest.fixture
def service() -> Iterator[FaultyService]:
    with faulty_service() as service:
        yield service


@pytest.mark.parametrize("noticed", [True, False])
def test_who_was_asleep_for_70_minutes_is_back_without_a_click(
    service: FaultyService, noticed: bool
) -> None:
    """A machine that sleeps renews nothing: token and seat are over, and the invite is used."""
    world = World(service, invite_only=True)
    code = world.invite()
    ann = world.enter("Ann", code)
    admission.sleep(world.services, ann.token)
    world.falls_silent(ann)
    world.now += 70 * MINUTE
    if noticed:
        world.somebody_comes()
    back = world.ask(code, secret=ann.secret)
    assert (back.peer, back.name) == (ann.peer, "Ann" if not noticed else "")
    world.connect(back)
    assert world.ask(code, secret=ann.secret).socket_admitted_at == back.admitted_at
    assert world.refusal(code) == "invite_used", "somebody else"


def test_who_was_away_for_longer_needs_an_invite_as_anybody_else(service: FaultyService) -> None:
    world = World(service, invite_only=True)
    code = world.invite()
    ann = world.enter("Ann", code)
    world.falls_silent(ann)
    world.now += 3 * 60 * MINUTE
    assert world.refusal(code, ann.secret) == "invite_used"
    assert world.ask(world.invite(), secret=ann.secret).peer == ann.peer


@pytest.mark.parametrize("how", ["leave", "vanish", "vanish unnoticed"])
def test_who_was_inside_at_the_lock_does_not_come_back_hours_later(
    service: FaultyService, how: str
) -> None:
    """Ann, Bob and Eve are in when the room is locked. Eve goes, Bob is kicked, and Eve waits."""
    world = World(service)
    eve, bob = world.enter("Eve", world.made.room), world.enter("Bob", world.made.room)
    world.lock()
    if how == "leave":
        admission.leave(world.services, eve.token)
    else:
        world.falls_silent(eve)
    if how == "vanish":
        world.now += MINUTE
        world.somebody_comes()
    rooms.kick(world.services, KickRequest(bob.peer), world.made.host_token)
    world.now += 9 * MINUTE
    if how != "vanish unnoticed":
        assert world.ask(world.made.room, secret=eve.secret).peer == eve.peer, "within the grace"
        admission.leave(world.services, world.ask(world.made.room, secret=eve.secret).token)
    world.now += 5 * 60 * MINUTE
    assert world.refusal(world.made.room, eve.secret) == "room_locked"
    assert world.refusal(world.made.room, bob.secret) == "kicked"


def test_the_orders_of_before_do_not_let_in_who_has_left(service: FaultyService) -> None:
    """At a stamp that has never seen Eve: it knows her from what members bring."""
    world = World(service)
    eve = world.enter("Eve", world.made.room)
    world.lock()
    before = world.ask(world.made.room, token=world.made.host_token).orders
    admission.leave(world.services, eve.token)
    after = world.ask(world.made.room, token=world.made.host_token).orders
    other = Services(world.services.settings, world.services.now)
    for said in (after, before):
        ask = NegotiateRequest(world.made.room, "Host", orders=str(said))
        admission.negotiate(other, ask, world.made.host_token)
    again = NegotiateRequest(world.made.room, "Eve", secret=str(eve.secret), orders=str(before))
    with pytest.raises(HeliographError) as refused:
        admission.negotiate(other, again, None)
    assert refused.value.code == "room_locked"


def test_a_silent_member_whom_the_service_does_not_know_has_ten_minutes(
    service: FaultyService,
) -> None:
    world = World(service)
    eve = world.enter("Eve", world.made.room)
    world.lock()
    world.now += 5 * 60 * MINUTE
    service.rule = lambda call: Reply(404) if call.verb == "HEAD" else None
    world.somebody_comes()
    service.rule = lambda call: None
    world.now += 10 * MINUTE - 1
    assert world.ask(world.made.room, secret=eve.secret).peer == eve.peer
    admission.leave(world.services, world.ask(world.made.room, secret=eve.secret).token)
    world.now += 10 * MINUTE
    assert world.refusal(world.made.room, eve.secret) == "room_locked"
