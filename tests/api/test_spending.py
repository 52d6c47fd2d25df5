"""What messages cost, at the doors of the calls: at once, and in a day.

SignalR Service is a fake one that notes every call; what it would bill is counted from those alone.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future

import altcha
import pytest
from msgspec import Raw

from backend import admission, presence, rooms, signal
from backend.admission import LeaveRequest, Negotiated, NegotiateRequest
from backend.later import Later
from backend.rooms import KickRequest, LockRequest, RoomOptions
from backend.settings import Settings
from backend.spending import Spending
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.documents import Away
from cloud.memory import MemoryDocuments
from lab.signalr_service import KEY, Call, FaultyService, faulty_service
from signaling import rate
from signaling.admission_rate import Network
from signaling.budget import PEER, PEER_SOCKETS, payer_of
from signaling.day_budget import DAY_MS, DayBudget, Kind, Usage, Way
from signaling.errors import Abuse, DayFull, HeliographError, RateLimited, Unauthorized
from signaling.signalr import Invocation
from signaling.tokens import KeyRing
from tests.visitor import envelope, event_of, seat_of

NOW = 30_000 * DAY_MS + DAY_MS // 2  # far from now: the proof of work knows the real time too
RING = KeyRing({"k": b"k" * 32})
HOME = Network("home")
LARGE = {"x": "y" * 32_300}  # with its envelope 32 KB: 16 units


class AtOnce(Executor):
    """What is told in the background is told before anything else happens."""

    def submit(self, call, /, *args, **named):  # type: ignore[no-untyped-def]
        done: Future[object] = Future()
        done.set_result(call(*args, **named))
        return done


class Stamp:
    """A stamp of one instance, whose clock can be moved."""

    def __init__(self, service: FaultyService, per_day: int = 1_000_000) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        settings = Settings(connection, RING, None, "test", (), messages_per_day=per_day)
        self.now, self.service = NOW, service
        self.services = Services(settings, lambda: self.now)
        self.services.later = Later(())
        self.services.documents = MemoryDocuments()
        self.services.spending = Spending(
            DayBudget(per_day), lambda: self.services.documents, lambda: AtOnce()
        )

    def create(self, network: Network = HOME, capacity: int = 32) -> rooms.RoomCreated:
        return rooms.create_room(self.services, RoomOptions(capacity=capacity), network)

    def enter(self, room: str, name: str, network: Network = HOME, **ask: str) -> Negotiated:
        """Ask, and open the socket."""
        wanted = NegotiateRequest(room, name, **ask)
        me = admission.negotiate(self.services, wanted, None, network)
        self.connect(me, f"c-{name}")
        return me

    def connect(self, who: Negotiated, connection: str) -> None:
        presence.connected(self.services, event_of(who.access_token, connection))

    def say(self, who: Negotiated, message: object, *, everyone: bool = False) -> None:
        """By the hub, as function_app does. Raises what it would answer."""
        event = event_of(who.access_token, f"c-{who.name}")
        text = Raw(json.dumps(json.dumps(message)).encode())
        call = Invocation(event.connection_id, event.claims, (text,))
        forwarded = signal.on_hub_call(self.services, call, everyone=everyone)
        signal.send_checked(self.services, call, forwarded)

    def use(self, units: int, network: str = "somebody") -> None:
        """So much of the day was used by networks that each have used little."""
        for number in range(0, units, 50):
            payer = payer_of(seat_of(self.nobody.access_token))
            payer = type(payer)(f"{network}{number}", "", (f"{number:08}",))
            self.services.spending.spend(payer, 50, self.now)

    @property
    def nobody(self) -> Negotiated:
        if not hasattr(self, "_nobody"):
            self._nobody = admission.negotiate(
                self.services, NegotiateRequest("nobody-here"), None, HOME
            )
        return self._nobody

    def refusals(self, times: int, call: Callable[[], object]) -> list[str]:
        """Codes of those calls that were refused."""
        codes = []
        for _ in range(times):
            try:
                call()
            except HeliographError as error:
                codes.append(error.code)
        return codes


def billed(calls: list[Call], members: int) -> int:
    """Units that the service would bill for these calls in a room with so many members."""
    units = 0
    for call in calls:
        if call.path.endswith("/:send"):
            excluded = "excluded=" in call.query
            receivers = members - excluded if "/groups/" in call.path else 1
            units += -(-len(call.body) // 2048) * receivers
    return units


@pytest.fixture(scope="module")
def running() -> Iterator[FaultyService]:
    with faulty_service() as service:
        yield service


@pytest.fixture
def stamp(running: FaultyService) -> Stamp:
    running.calls.clear()
    return Stamp(running)


def full_room(stamp: Stamp) -> list[Negotiated]:
    """32 people of 32 networks, who came some time ago."""
    room = stamp.create().room
    people = [stamp.enter(room, f"p{n}", Network(f"net{n}")) for n in range(32)]
    stamp.now += 600_000
    stamp.service.calls.clear()
    return people


def test_one_member_of_a_full_room_cannot_burn_the_day_any_more(stamp: Stamp) -> None:
    """It took 198 broadcasts of 32 KB in 10 s, 101,376 units, while only messages were counted."""
    people = full_room(stamp)
    before, taken = rate.Bucket(at=stamp.now), 0
    for _ in range(260):
        before, verdict = rate.take(before, stamp.now)
        taken += verdict is rate.Verdict.ALLOWED
        try:
            stamp.say(people[0], envelope("data", LARGE), everyone=True)
        except RateLimited:
            pass
        stamp.now += 38
    assert taken * 16 * 32 > 101_376  # by the rule of old
    assert 16 * 32 <= billed(stamp.service.calls, 32) <= PEER.burst + 20 * 10 + 16 * 32


def test_the_others_of_the_room_are_not_refused_meanwhile(stamp: Stamp) -> None:
    people = full_room(stamp)
    stamp.refusals(60, lambda: stamp.say(people[0], envelope("data", LARGE), everyone=True))
    for one in people[1:9]:
        stamp.say(one, envelope("text"), everyone=True)
        stamp.say(one, envelope("offer", to=people[9].peer))


def test_who_is_refused_without_an_end_is_closed_and_a_new_connection_is_no_fresh_start(
    stamp: Stamp,
) -> None:
    people = full_room(stamp)
    bad = people[0]

    def flood() -> None:
        stamp.say(bad, envelope("data", LARGE), everyone=True)

    with pytest.raises(Abuse):
        for _ in range(300):
            try:
                flood()
            except RateLimited as error:
                if isinstance(error, Abuse):
                    raise
            stamp.now += 60
    stamp.connect(bad, "c-p0")
    stamp.service.calls.clear()
    with pytest.raises(Abuse):
        flood()
    assert billed(stamp.service.calls, 32) == 0


def test_a_socket_that_comes_again_and_again_is_closed_and_its_client_may_come_later(
    stamp: Stamp,
) -> None:
    """560 times in 10 s, each with a notice to 31 others, was possible."""
    people = full_room(stamp)
    for number in range(560):
        stamp.connect(people[0], f"again-{number}")
        stamp.now += 18
    notices = [
        call for call in stamp.service.calls if b'"joined"' in call.body and "/groups/" in call.path
    ]
    assert 10 <= len(notices) <= PEER_SOCKETS.burst + 2
    ended = [call for call in stamp.service.calls if call.verb == "DELETE"]
    assert len(ended) >= 530 and all("reason=" in call.query for call in ended)
    assert billed(stamp.service.calls, 32) <= 64 * PEER_SOCKETS.burst  # to be closed costs nothing
    stamp.now += 10_000
    stamp.service.calls.clear()
    stamp.connect(people[0], "later")
    assert any(b'"joined"' in call.body for call in stamp.service.calls)


def test_a_host_cannot_make_everybody_hear_orders_without_an_end(stamp: Stamp) -> None:
    made = stamp.create()
    for number in range(16):
        stamp.enter(made.room, f"p{number}", Network(f"net{number}"))
    stamp.service.calls.clear()
    said = stamp.refusals(
        120, lambda: rooms.lock(stamp.services, LockRequest(True), made.host_token, HOME)
    )
    assert set(said) == {"rate_limited"} and len(said) > 50
    assert billed(stamp.service.calls, 16) <= 2 * PEER.burst
    stamp.now += 60_000
    rooms.kick(stamp.services, KickRequest("A" * 16), made.host_token, HOME)


def test_sleep_is_rated_for_it_is_told_to_all(stamp: Stamp) -> None:
    room = stamp.create().room
    ann = admission.negotiate(stamp.services, NegotiateRequest(room, "Ann"), None, HOME)
    stamp.enter(room, "Bob")
    said = stamp.refusals(100, lambda: admission.sleep(stamp.services, ann.token))
    assert set(said) == {"rate_limited"} and len(said) == 40


RUNGS = [
    (70, set()),
    (76, {"relay"}),
    (86, {"relay", "broadcast"}),
    (96, {"relay", "broadcast", "newcomer", "room"}),
    (101, {"relay", "broadcast", "newcomer", "room"}),
]


@pytest.mark.parametrize(("percent", "refused"), RUNGS)
def test_rung_by_rung_until_only_calls_that_stand_go_on(
    running: FaultyService, percent: int, refused: set[str]
) -> None:
    running.calls.clear()
    stamp = Stamp(running, per_day=20_000)
    made = stamp.create()
    ann, bob = stamp.enter(made.room, "Ann"), stamp.enter(made.room, "Bob", Network("bobs"))
    stamp.use(200 * percent)
    tries: dict[str, Callable[[], object]] = {
        "relay": lambda: stamp.say(ann, envelope("text", to=bob.peer)),
        "broadcast": lambda: stamp.say(ann, envelope("data", [1]), everyone=True),
        "newcomer": lambda: stamp.enter(made.room, "Cyd", Network("cyds")),
        "room": lambda: stamp.create(Network("new")),
        "offer": lambda: stamp.say(ann, envelope("offer", to=bob.peer)),
        "bye": lambda: stamp.say(ann, envelope("bye"), everyone=True),
        "parked": lambda: stamp.say(ann, envelope("offer")),
        "invited": lambda: stamp.enter(made.invite, "Dan", Network("dans")),
        "again": lambda: stamp.connect(bob, "c-again"),
        "lock": lambda: rooms.lock(stamp.services, LockRequest(False), made.host_token, HOME),
        "leave": lambda: admission.leave(stamp.services, bob.token, LeaveRequest()),
    }
    said = {name: stamp.refusals(1, call) for name, call in tries.items()}
    assert {name for name, codes in said.items() if codes} == refused
    assert all(codes in ([], ["day_full"]) for codes in said.values())
    assert [call for call in running.calls if b'"left"' in call.body]


def test_a_member_who_loads_its_page_anew_is_no_newcomer(running: FaultyService) -> None:
    stamp = Stamp(running, per_day=20_000)
    secret = "s" * 22
    stamp.enter("open-room", "Ann", secret=secret)
    stamp.use(20_000)
    stamp.enter("open-room", "Ann", secret=secret)
    with pytest.raises(DayFull) as refused:
        stamp.enter("open-room", "Bob", Network("bobs"))
    assert refused.value.retry_after == DAY_MS // 2 // 1000
    stamp.now += DAY_MS
    stamp.enter("open-room", "Bob", Network("bobs"))


def test_who_is_refused_for_the_day_has_its_proof_left(running: FaultyService) -> None:
    stamp = Stamp(running, per_day=20_000)
    stamp.use(20_000)
    challenge = altcha.Challenge.from_dict(stamp.services.proofs.challenge(NOW))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    proof = altcha.Payload(challenge, solution).to_base64()
    for _ in range(2):
        with pytest.raises(DayFull):
            stamp.enter("open-room", "Bob", Network("bobs"), proof=proof)
        with pytest.raises(DayFull):
            rooms.create_room(stamp.services, RoomOptions(proof=proof), Network("bobs"))
    admission.pay(stamp.services, Network("bobs"), proof, NOW)
    with pytest.raises(Unauthorized):
        admission.pay(stamp.services, Network("bobs"), proof, NOW)


def test_a_network_that_has_used_its_share_does_not_touch_the_others(
    running: FaultyService,
) -> None:
    stamp = Stamp(running, per_day=20_000)
    greedy, taken = Network("greedy"), 0
    for number in range(40):
        try:
            room = stamp.create(greedy, capacity=2).room
        except DayFull:
            break
        eve = stamp.enter(room, f"eve{number}", greedy)
        mal = stamp.enter(room, f"mal{number}", greedy)
        for _ in range(30):
            say = functools.partial(stamp.say, eve, envelope("data", LARGE, to=mal.peer))
            taken += 0 if stamp.refusals(1, say) else 17
        stamp.now += 60_000
    with pytest.raises(DayFull):
        stamp.say(eve, envelope("text", to=mal.peer))
    assert 20_000 // 3 - 1_000 < taken < 20_000 // 3 + 1_000
    room = stamp.create(Network("others")).room
    ann, bob = (stamp.enter(room, name, Network("others")) for name in ("Ann", "Bob"))
    stamp.say(ann, envelope("text", to=bob.peer))
    stamp.say(ann, envelope("text"), everyone=True)


def test_two_stamps_have_a_day_each_and_instances_of_one_share_theirs(
    running: FaultyService,
) -> None:
    one, other = Stamp(running, per_day=20_000), Stamp(running, per_day=20_000)
    sibling = Stamp(running, per_day=20_000)
    sibling.services.documents = one.services.documents
    one.use(20_000)
    payer = payer_of(seat_of(other.nobody.access_token))
    sibling.services.spending.spend(payer, 1, NOW)  # the first message asks what others have spent
    ways = [each.services.spending.way(payer, Kind.RELAY, NOW) for each in (one, sibling, other)]
    assert ways == [Way.FULL, Way.FULL, Way.DAY]


class Gone(MemoryDocuments):
    """The document of the day cannot be reached."""

    def update(self, key, decide):  # type: ignore[no-untyped-def]
        if key.startswith("spending-"):
            raise Away("timeout")
        return super().update(key, decide)


def test_while_the_sum_is_away_people_go_on_for_a_twentieth_of_the_day(
    running: FaultyService,
) -> None:
    stamp = Stamp(running, per_day=20_000)
    stamp.services.documents = Gone()
    room = stamp.create().room
    ann, bob = stamp.enter(room, "Ann"), stamp.enter(room, "Bob", Network("bobs"))
    stamp.say(ann, envelope("text", to=bob.peer))
    stamp.use(2_000)
    with pytest.raises(DayFull):
        stamp.say(ann, envelope("text", to=bob.peer))
    stamp.say(ann, envelope("offer", to=bob.peer))


def test_a_document_that_cannot_be_read_counts_from_nothing(running: FaultyService) -> None:
    stamp = Stamp(running)
    key = f"spending-{NOW // DAY_MS}"
    from cloud.documents import Change

    stamp.services.documents.update(key, lambda _: Change(b"junk", NOW + DAY_MS, None))
    stamp.use(50)
    stored = stamp.services.documents.read(key)
    assert stored is not None and json.loads(stored)["spent"] == 50


def test_what_is_stored_of_a_day_names_nobody(stamp: Stamp) -> None:
    room = stamp.create().room
    stamp.enter(room, "Ann", Network("ann-network-hash"))
    stored = stamp.services.documents.read(f"spending-{NOW // DAY_MS}")
    assert stored is not None
    usage = Usage(**json.loads(stored))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{8}", name) for name in usage.networks)
    assert b"ann-network" not in stored and room.encode() not in stored
