"""Every refusal that contracts/calls.py lists is brought about, at the handlers of function_app.py.

The clock can be moved, and what is behind the app can be taken away: so each needs one or a few
calls and no server. The answer is compared with docs/openapi.json too.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import azure.functions as func
import pytest
from msgspec import structs

from backend.later import Later
from backend.network import UNKNOWN
from backend.settings import Settings
from backend.spending import Spending
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.documents import Away, Busy
from cloud.memory import MemoryDocuments
from cloud.secrets import VaultError
from contracts import app, refusals
from contracts.calls import CALLS, Token
from lab.signalr_service import KEY, FaultyService, faulty_service
from signaling.admission_rate import AdmissionRate, Network
from signaling.budget import payer_from
from signaling.day_budget import DAY_MS, TRICKLE, DayBudget, Way
from signaling.orders import MAX_KICKED, Orders
from signaling.places import read_place
from signaling.rate import Rate
from signaling.tokens import KeyRing, sign_orders
from stats.settings import SqlSettings
from tests import contract
from tests.stats.reports import report
from tests.visitor import envelope, new_room, new_secret

NOW = 30_000 * DAY_MS + DAY_MS // 2
RING = KeyRing({"k": b"k" * 32})
PER_DAY = 1_000
MOST = 2_000  # calls until one of many is refused
HOUR, MINUTE = 3_600_000, 60_000
# A room and an invite are good for two minutes longer than they say, a token for five.
OVER = 3 * MINUTE
type Answer = tuple[int, str, Any]  # status, code of the refusal or "", what was said


class Failing(MemoryDocuments):
    """A store that fails from some moment on."""

    error: type[Exception] | None = None

    def update(self, key, decide):  # type: ignore[no-untyped-def]
        if self.error is not None:
            raise self.error
        return super().update(key, decide)

    def read(self, key: str) -> bytes | None:
        if self.error is Away:
            raise Away
        return super().read(key)


class NoVault:
    """A vault that is away."""

    def get(self, name: str) -> str:
        raise VaultError


class Queue:
    """What a call hands to a queue."""

    def set(self, value: str) -> None:
        assert value


class World:
    """An app, and a room with a host, Ann, who is one too, and Bob; somebody is in an open room."""

    def __init__(self, service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = SignalRConnection(service.url, service.url, "http://127.0.0.1", KEY)
        sql = SqlSettings(path="no.sqlite")
        settings = Settings(connection, RING, None, "t", (), messages_per_day=PER_DAY, sql=sql)
        self.now = NOW
        self.is_hasty = True  # of many answers, only the last one is looked at
        self.said: tuple[Any, ...] = ()
        self.documents = Failing()
        self.services = Services(settings, lambda: self.now)
        self.services.later = Later(())
        self.services.documents = self.documents
        self.services.spending = Spending(
            DayBudget(PER_DAY), lambda: self.documents, lambda: self.services.push_threads
        )
        monkeypatch.setattr(app._import(), "services", self.services)
        self.made = self.good("rooms", {"inviteOnly": True, "ttl": HOUR // 1_000})
        self.host, self.room = self.made["hostToken"], self.made["room"]
        self.secrets = {name: new_secret() for name in ("ann", "bob", "cyd")}
        self.enter("ann", self.room, self.host)
        self.bob = self.enter("bob", self.made["invite"])
        self.ann = self.enter("ann", self.room, self.host)  # who hears of Bob
        self.cyd = self.enter("cyd", "tea")
        self.is_hasty = False

    def enter(self, who: str, room: str, token: str | None = None, **more: Any) -> Any:
        secret = self.secrets.setdefault(who, new_secret())
        return self.good("negotiate", {"room": room, "secret": secret, **more}, token)

    def good(self, route: str, body: Any, token: str | None = None) -> Any:
        status, code, said = self.ask(route, body, token)
        assert status < 300, code
        return said

    def ask(self, route: str, body: Any = None, token: str | None = None, **more: Any) -> Answer:
        """What a client would read; it is as docs/openapi.json says."""
        method = "GET" if route == "stats" else "POST"
        raw = more.get("raw", b"" if body is None else json.dumps(body).encode())
        headers = {**more.get("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = func.HttpRequest(
            method, f"/api/{route}", headers=headers, params=more.get("params", {}), body=raw
        )
        answer = _handlers()[route](request, *([Queue()] if route == "report" else []))
        said = answer.get_body()
        told = {
            "content-type": answer.mimetype,
            **{k.lower(): v for k, v in answer.headers.items()},
        }
        self.said = (method, f"/{route}", raw, answer.status_code, told, said)
        if not self.is_hasty:
            contract.check_answer(*self.said)
        value = json.loads(said) if said else None
        return answer.status_code, (value or {}).get("error", {}).get("code", ""), value

    def token(self, route: str) -> str | None:
        """One with which the call is taken."""
        kind = CALLS[route].token
        return {Token.HOST: self.host, Token.PEER: self.ann["token"]}.get(kind)

    def body(self, route: str) -> Any:
        """One that is taken."""
        bob = self.bob["peer"]
        (met,) = (each["met"] for each in self.ann["peers"])
        side = "first" if self.ann["peer"] > bob else "second"
        return {
            "negotiate": {"room": "tea"},
            "signal": envelope("text", to=bob),
            "turn": {"to": bob},
            "rooms/kick": {"peer": bob},
            "rooms/lock": {"locked": True},
            "rooms/revoke": {"invite": self.made["invite"]},
            "report": report(met=met, side=side),
        }.get(route, {})

    def taken(self, route: str, token: str | None = None, **changes: Any) -> Answer:
        """A call that is as it should be but for what is given."""
        body = {**self.body(route), **changes}
        return self.ask(route, body, self.token(route) if token is None else token)

    def until_refused(self, call: Callable[[], Answer]) -> Answer:
        """The answer to the first of many calls that is refused."""
        self.is_hasty = True
        found = next(answer for answer in (call() for _ in range(MOST)) if answer[1])
        contract.check_answer(*self.said)
        return found

    def use_up_the_day(self) -> None:
        """By others; and the trickle that goes on in this room, too."""
        for number in range(PER_DAY // 50 + 1):
            payer = payer_from(f"room{number}", Network(f"other{number}"))
            self.services.spending.spend(payer, 50, self.now)
        ours = payer_from(read_place(RING, self.room, self.now).key, UNKNOWN)
        self.services.spending.spend(ours, TRICKLE.burst, self.now, Way.TRICKLE)


@cache
def _handlers() -> dict[str, Any]:
    return {
        binding["route"]: function.get_user_function()
        for function, binding in app._triggers()
        if binding["type"] == "httpTrigger"
    }


# --- what brings a refusal about ------------------------------------------------------------------

type Bring = Callable[[World, str], Answer]
OF_ANOTHER_TYPE = {
    "rooms": {"capacity": "many"},
    "negotiate": {"room": 5},
    "signal": {"token": 5},
    "poll": {"token": 5},
    "turn": {"to": 5},
    "sleep": {"token": 5},
    "leave": {"told": 5},
    "rooms/kick": {"peer": 5},
    "rooms/lock": {"locked": 5},
    "rooms/invite": {"uses": "many"},
    "rooms/revoke": {"invite": 5},
    "report": {"met": 5},
}


def invalid_json(world: World, route: str) -> Answer:
    return world.ask(route, raw=b"{")


def invalid_options(world: World, route: str) -> Answer:
    return world.ask(route, OF_ANOTHER_TYPE[route])


def length_required(world: World, route: str) -> Answer:
    """In chunks it does not arrive."""
    return world.ask(route, token=world.token(route), headers={"Transfer-Encoding": "chunked"})


def too_large(world: World, route: str) -> Answer:
    return world.ask(route, {"x": "y" * 70_000})


def missing_token(world: World, route: str) -> Answer:
    return world.ask(route, world.body(route))


def bad_token(world: World, route: str) -> Answer:
    return world.taken(route, "x.y.z")


def token_expired(world: World, route: str) -> Answer:
    body = world.body(route)
    world.now += 2 * DAY_MS
    return world.ask(route, body, world.token(route) or world.host)


def unavailable(world: World, route: str) -> Answer:
    """Nobody can tell the signing keys."""
    world.services.settings = structs.replace(world.services.settings, signing_keys=None)
    world.services.secrets = NoVault()
    return world.taken(route)


def room_not_found(world: World, route: str) -> Answer:
    """It has ended, and the token has not. A peer's token reads rooms for as long as it counts:
    then the key is gone that can read the room's code, and not the newer one of the token.
    """
    if CALLS[route].token is Token.PEER:
        return key_is_gone(world, route)
    body = {**world.body(route), **({"room": world.room} if route == "negotiate" else {})}
    world.now = world.made["expiresAt"] + OVER
    return world.ask(route, body, world.token(route))


def key_is_gone(world: World, route: str) -> Answer:
    settings, newer = world.services.settings, {"newer": b"n" * 32}
    both = KeyRing({**newer, **RING.keys})
    world.services.settings = structs.replace(settings, signing_keys=both)
    body, renewed = world.body(route), world.enter("ann", world.room)["token"]
    world.services.settings = structs.replace(settings, signing_keys=KeyRing(newer))
    return world.ask(route, body, renewed)


def not_member(world: World, route: str) -> Answer:
    world.good("leave", {}, world.ann["token"])
    return world.taken(route)


def kicked(world: World, route: str) -> Answer:
    world.good("rooms/kick", {"peer": world.ann["peer"]}, world.host)
    return world.taken(route, world.ann["token"])


def not_host(world: World, route: str) -> Answer:
    return world.taken(route, world.bob["token"])


def rate_limited(world: World, route: str) -> Answer:
    return world.until_refused(lambda: world.taken(route))


def day_full(world: World, route: str) -> Answer:
    world.use_up_the_day()
    return world.taken(route)


def busy(world: World, route: str) -> Answer:
    world.documents.error = Busy
    return world.taken(route)


def newcomers_too_fast(world: World, route: str) -> Answer:
    """As with HELIOGRAPH_NETWORK_RATE=1/1."""
    world.services.admission_rate = AdmissionRate(Rate(burst=1, per_second=1))
    return world.until_refused(lambda: from_outside(world, route))


def proof_required(world: World, route: str) -> Answer:
    return world.until_refused(lambda: from_outside(world, route))


def from_outside(world: World, route: str) -> Answer:
    """Into a room of its own."""
    body = {"room": new_room()} if route == "negotiate" else {}
    return world.ask(route, body, headers={"X-Forwarded-For": "203.0.113.9"})


def newcomer(world: World, **ask: Any) -> Answer:
    """Somebody new who asks to come in."""
    return world.ask("negotiate", {"secret": new_secret(), **ask})


def invite_of(world: World, **options: Any) -> str:
    return str(world.good("rooms/invite", options, world.host)["invite"])


def invite_used(world: World, route: str) -> Answer:
    invite = invite_of(world, uses=1)
    assert newcomer(world, room=invite)[0] == 200
    return newcomer(world, room=invite)


def invite_expired(world: World, route: str) -> Answer:
    invite = invite_of(world, ttl=60)
    world.now += MINUTE + OVER
    return newcomer(world, room=invite)


def invite_revoked(world: World, route: str) -> Answer:
    invite = invite_of(world, uses=2)
    world.good("rooms/revoke", {"invite": invite}, world.host)
    return newcomer(world, room=invite)


def room_locked(world: World, route: str) -> Answer:
    world.good("rooms/lock", {"locked": True}, world.host)
    return newcomer(world, room=invite_of(world))


def locked_for_good(world: World, route: str) -> Answer:
    """As many as are remembered were kicked at another stamp, and one more is."""
    peers = tuple(f"{number:016}" for number in range(MAX_KICKED))
    known = sign_orders(RING, world.room, Orders(1, True, peers), world.made["expiresAt"])
    world.good("rooms/lock", {"locked": True, "orders": known}, world.host)
    world.good("rooms/kick", {"peer": world.bob["peer"]}, world.host)
    return world.taken(route, locked=False)


def room_full(world: World, route: str) -> Answer:
    small = world.good("rooms", {"capacity": 2})["room"]
    return [newcomer(world, room=small) for _ in range(3)][-1]


def orders_of_another_room(world: World, route: str) -> Answer:
    other = world.good("rooms", {})
    told = world.good("rooms/lock", {"locked": True}, other["hostToken"])
    return world.taken(route, orders=told["orders"])


def kicked_before(world: World, route: str) -> Answer:
    world.good("rooms/kick", {"peer": world.bob["peer"]}, world.host)
    return newcomer(world, room=world.made["invite"], secret=world.secrets["bob"])


def without_statistics(world: World, route: str) -> Answer:
    world.services.settings = structs.replace(world.services.settings, sql=None)
    return world.ask(route)


OFFER = {"pc": "p", "sdp": "v=0"}
EVERYWHERE: dict[str, Bring] = {
    each.__name__: each
    for each in (
        *(invalid_json, invalid_options, length_required, too_large, missing_token, bad_token),
        *(token_expired, unavailable, room_not_found, not_member, kicked, not_host),
        *(rate_limited, day_full, busy, proof_required),
    )
}
# Where a call needs something of its own.
OWN: dict[tuple[str, str], Bring] = {
    ("rooms", "rate_limited"): newcomers_too_fast,
    ("rooms", "bad_proof"): lambda world, route: world.taken(route, proof="x"),
    ("negotiate", "rate_limited"): newcomers_too_fast,
    ("negotiate", "bad_proof"): lambda world, route: world.taken(route, proof="x"),
    ("negotiate", "invalid_room"): lambda world, route: newcomer(world, room="two words"),
    ("negotiate", "invalid_name"): lambda world, route: newcomer(world, room="a", name="a\nb"),
    ("negotiate", "invalid_secret"): lambda world, route: newcomer(world, room="a", secret="short"),
    ("negotiate", "invalid_message"): lambda world, route: newcomer(
        world, room="a", offers=[{"seq": 1, "body": {**OFFER, "sdp": ""}}]
    ),
    ("negotiate", "wrong_room"): lambda world, route: world.taken(route, world.host),
    ("negotiate", "kicked"): kicked_before,
    ("negotiate", "room_locked"): room_locked,
    ("negotiate", "invite_required"): lambda world, route: newcomer(world, room=world.room),
    ("negotiate", "invite_expired"): invite_expired,
    ("negotiate", "invite_used"): invite_used,
    ("negotiate", "invite_revoked"): invite_revoked,
    ("negotiate", "room_full"): room_full,
    ("signal", "invalid_message"): lambda world, route: world.taken(route, v=2),
    ("signal", "unknown_kind"): lambda world, route: world.taken(route, kind="shout"),
    ("signal", "missing_to"): lambda world, route: world.ask(
        route, envelope("answer", OFFER), world.ann["token"]
    ),
    ("signal", "busy"): lambda world, route: busy_parking(world, route),
    ("rooms/lock", "wrong_room"): orders_of_another_room,
    ("rooms/lock", "room_locked"): locked_for_good,
    ("rooms/revoke", "invalid_room"): lambda world, route: world.taken(route, invite="a b"),
    ("report", "not_met"): lambda world, route: world.taken(route, world.bob["token"]),
    ("report", "not_granted"): lambda world, route: world.taken(
        route, turn="used", granted="x" * 60
    ),
    ("stats", "invalid_options"): lambda world, route: world.ask(route, params={"days": "0"}),
    ("stats", "unavailable"): without_statistics,
}


def busy_parking(world: World, route: str) -> Answer:
    """An offer for whoever comes next waits in the room."""
    world.documents.error = Busy
    return world.ask(route, envelope("offer"), world.ann["token"])


# --- the test -------------------------------------------------------------------------------------

LISTED = [(route, code) for route, call in CALLS.items() for code in call.refuses]


@pytest.fixture(scope="module")
def service() -> Iterator[FaultyService]:
    with faulty_service() as running:
        yield running


@pytest.fixture
def world(service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(service, monkeypatch)


@pytest.mark.parametrize(("route", "code"), LISTED, ids=lambda part: part.replace("/", "-"))
def test_a_refusal_that_is_listed_is_brought_about(world: World, route: str, code: str) -> None:
    bring = OWN.get((route, code), EVERYWHERE.get(code))
    assert bring is not None, "nobody knows how"
    status, found, _ = bring(world, route)
    assert (found, status) == (code, refusals.statuses()[code])


@pytest.mark.parametrize("route", [route for route in CALLS if route not in ("health", "stats")])
def test_a_call_that_the_refusals_begin_with_is_taken(world: World, route: str) -> None:
    assert world.ask(route, world.body(route), world.token(route))[1] == ""


def test_no_way_is_left_over() -> None:
    assert OWN.keys() <= set(LISTED)
    assert EVERYWHERE.keys() <= {code for _, code in LISTED}
