"""Any sequence of what people, hosts, sockets, time and failures do at two stamps, from a seed.

A step is a name and some numbers, which choose among what there is (a person, a room, a token). So
a sequence stays one when steps are taken out of it, and what fails can be made short (`shortest`).
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Raw

from backend import admission, expiry, presence, pushes, rooms, signal, turn
from backend.admission import Negotiated, NegotiateRequest
from backend.rooms import KickRequest, LockRequest, RevokeRequest, RoomCreated, RoomOptions
from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from signaling.errors import Abuse, HeliographError, RoomEnded, Unavailable, Unseated
from signaling.places import read_place
from signaling.room_document import ParkedOffer
from signaling.seats import CLAIM
from signaling.signalr import Invocation
from tests.fuzz.failure import Broken
from tests.fuzz.promises import Asking, Promises, rooms_of
from tests.fuzz.service import Connection
from tests.fuzz.stamp import EVERYTHING, RING, Stamp
from turn.providers import Capabilities
from turn.store import LedgerStore

STEPS = 80  # of one sequence
NUMBERS = 6  # of one step
HOUR_MS = 3_600_000
OPEN_ROOM = "board"
FOLLOWED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")
SILENT = Capabilities(False, "none", True, 60, 86_400, 0.05, "egress")
CHANNEL = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\na=mid:0\\r\\na=setup:actpass\\r\\n"
OFFER = Raw(f'{{"pc":"p","sdp":"v=0\\r\\na=ice-lite\\r\\n{CHANNEL}"}}'.encode())
SECONDS = (0, 0, 1, 1, 1, 1, 2, 5, 5, 10, 10, 29, 31, 31, 61, 121, 301, 601, 3_601)
# How often each step is drawn, of the sum of all.
WEIGHTS = {
    "enter": 30,
    "open": 22,
    "deliver": 8,
    "lose": 1,
    "close": 5,
    "say": 14,
    "post": 5,
    "leave": 7,
    "sleep": 3,
    "kick": 5,
    "lock": 5,
    "revoke": 2,
    "invite": 3,
    "relay": 10,
    "carry": 4,
    "settle": 4,
    "wait": 14,
    "sweep": 2,
    "race": 10,
    "restart": 2,
    "fail_documents": 3,
    "fail_service": 3,
    "fail_vendor": 2,
    "heal": 5,
}


class Step(NamedTuple):
    """One thing that happens."""

    name: str
    numbers: tuple[int, ...]


@dataclass
class Person:
    """Somebody with a secret, and all that it was ever given."""

    number: int
    visit: int = 1
    places: dict[tuple[str, str], list[Negotiated]] = field(default_factory=dict)  # room, stamp

    @property
    def secret(self) -> str:
        return f"{self.number}" * 22


def draw(seed: int, count: int = STEPS) -> list[Step]:
    """The steps of a seed. The first ones let people in."""
    chance = random.Random(seed)
    names = random.Random(seed ^ 0x5EED).choices([*WEIGHTS], [*WEIGHTS.values()], k=count)
    numbers = [tuple(chance.randrange(840) for _ in range(NUMBERS)) for _ in range(count)]
    return [Step(*each) for each in zip(names, numbers, strict=True)]


def run(seed: int, steps: list[Step] | None = None) -> None:
    """Do them in a new world. Raises Broken. `seed` also draws what rooms there are."""
    world = World(seed)
    for number, step in enumerate(draw(seed) if steps is None else steps):
        world.do(step)
        if world.promises.wrong:
            raise Broken(f"seed {seed}, step {number}, {step}: {world.promises.wrong}")
    world.finish()
    if world.promises.wrong:
        raise Broken(f"seed {seed}, at the end: {world.promises.wrong}")


def shortest(seed: int) -> list[Step]:
    """The steps of a seed that fails, without those that it fails without."""
    steps, size = draw(seed), STEPS // 2
    while size:
        for start in range(len(steps), -1, -size):
            fewer = steps[:start] + steps[start + size :]
            if len(fewer) < len(steps) and _fails(seed, fewer):
                steps = fewer
        size //= 2
    return steps


def _fails(seed: int, steps: list[Step]) -> bool:
    try:
        run(seed, steps)
    except Broken:
        return True
    return False


def pick[T](choices: list[T] | tuple[T, ...], number: int) -> T:
    """One of them, which are at least one."""
    return choices[number % len(choices)]


class World:
    """Two stamps, five people, two created rooms and an open one."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed ^ 0xB00C)
        self.now = MIDNIGHT_MS + HOUR_MS
        skews = [chance.randrange(-60_000, 60_000) for _ in "ab"]
        self.vendors = [Vendor("followed", FOLLOWED), Vendor("silent", SILENT)]
        wrong: list[str] = []
        self.stamps = [
            Stamp(name, lambda skew=skew: self.now + skew, [*self.vendors], chance, wrong.append)
            for name, skew in zip("ab", skews, strict=True)
        ]
        self.promises = Promises(self.stamps)
        self.promises.wrong = wrong
        self.people = [Person(number) for number in range(5)]
        self.made: list[RoomCreated] = [self._create(chance) for _ in range(2)]
        first, second = (made.room for made in self.made)
        self.names = [first, first, first, second, OPEN_ROOM]  # they meet more often in the first
        self.invites = {made.room: [made.invite] for made in self.made}
        self.orders: dict[str, list[str]] = {name: [] for name in self.names}
        self.holders: dict[str, tuple[str, str]] = {}  # username → stamp and room, and peer
        self.unkicked: list[tuple[Stamp, KickRequest, str]] = []  # the host has to ask again
        self.race: tuple[int, Step] | None = None  # after how many trips, and what then
        self.depth = self.done = 0
        for stamp in self.stamps:
            stamp.service.before = stamp.documents.before = self._trip
            stamp.documents.overtaken = lambda: self.race is not None and self.race[0] == 0

    def _create(self, chance: random.Random) -> RoomCreated:
        options = RoomOptions(
            capacity=chance.choice((2, 3, 4, 8)),
            invite_only=chance.random() < 0.6,
            ttl=chance.choice((600, 3_600, 86_400)),
            turn=chance.choice(("late", "late", "eager", "off")),
            turn_sides=chance.choice((1, 2)),
        )
        return rooms.create_room(self.stamps[0].services, options)

    # --- how a step is done -----------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """One step, from the outside or in the middle of another one."""
        outermost = self.depth == 0
        if outermost:
            self.promises.begin()
        self.depth += 1
        self.promises.asking.append(None)
        for vendor in self.vendors:
            vendor.now = self.now
        getattr(self, f"do_{step.name}")(*step.numbers)
        self.promises.asking.pop()
        self.depth -= 1
        self.done += 1
        if outermost:
            if step.name != "race":
                self.race = None
            self.promises.end()

    def _trip(self) -> None:
        """A call is about to ask a store or a service: another one may be faster."""
        if self.race is None:
            return
        left, step = self.race
        self.race = (left - 1, step) if left else None
        if not left:
            self.do(step)

    def call[T](self, stamp: Stamp, what: Callable[..., T], *arguments: Any) -> T | None:
        """What it answers; None if it was refused. A refusal changes nothing."""
        before, done = _told(stamp), self.done
        try:
            return what(stamp.services, *arguments)
        except Unavailable:
            self.promises.expect(stamp.troubled, f"{what.__name__}: unavailable without a cause")
        except HeliographError as refusal:
            same = before == _told(stamp) or self.done != done
            same |= what is _hub_call and stamp.troubled  # it keeps the end of the socket
            self.promises.expect(same, f"{what.__name__}: {refusal.code} has changed something")
        except Exception as error:
            self.promises.wrong.append(f"{what.__name__} raised {error!r}")
        return None

    def _trouble(self, stamp: Stamp) -> None:
        stamp.troubled = self.promises.troubled_ever = True

    # --- people -----------------------------------------------------------------------------------

    def do_enter(self, who: int, room: int, where: int, by: int, ground: int, more: int) -> None:
        """Ask for a seat, with whatever the person has got hold of."""
        person, name, stamp = self._who(who, room, where)
        invites = self.invites.get(name, [])
        code = pick(invites, by // 4) if invites and by % 4 else name
        person.visit += more % 4 == 0
        token = self._token(person, name, ground)
        held = pick([None, *self.orders[name][-4:]], more // 4)
        brought = tuple(ParkedOffer(self.done * 2 + n, OFFER) for n in range(more % 3))
        ask = NegotiateRequest(code, f"n{who}", person.secret, held, None, person.visit, brought)
        answer = self._enter(person, stamp, ask, token)
        if answer is not None and more % 5 < 3:  # as a client does at once
            self._open(stamp, answer, False)

    def _enter(
        self, person: Person, stamp: Stamp, ask: NegotiateRequest, token: str | None
    ) -> Negotiated | None:
        try:
            place = read_place(RING, ask.room, stamp.now())
        except HeliographError:
            return self.call(stamp, admission.negotiate, ask, token)  # the room has ended
        role = "host" if token in [made.host_token for made in self.made] else "guest"
        self.promises.asking.append(Asking(place.peer(person.secret), role, place.invite))
        answer = self.call(stamp, admission.negotiate, ask, token)
        self.promises.asking.pop()
        if answer is None:
            return None
        others = [other.peer for other in answer.peers]
        self.promises.expect(answer.peer not in others, "somebody is told of itself")
        self.promises.expect(answer.peer == place.peer(person.secret), "a secret is two peers")
        person.places.setdefault((place.name, stamp.name), []).append(answer)
        if isinstance(answer.orders, str):
            self.orders[place.name].append(answer.orders)
        self._note_relays(stamp, place.key, answer.peer, answer.ice_servers)
        return answer

    def _who(self, who: int, room: int, where: int) -> tuple[Person, str, Stamp]:
        return pick(self.people, who), pick(self.names, room), pick(self.stamps, where)

    def _token(self, person: Person, name: str, ground: int) -> str | None:
        """A host's token in every sixth call, one's own of any stamp, age or room, or none."""
        if ground % 6 == 0 and name != OPEN_ROOM:
            return self._host(name)
        own = [
            place.token
            for (room, _), places in person.places.items()
            if room == name or ground % 36 == 1
            for place in places
        ]
        return pick(own, ground // 6) if own and ground % 6 == 1 else None

    def _host(self, name: str) -> str:
        return next(made.host_token for made in self.made if made.room == name)

    def _place(self, which: int, stamp: Stamp) -> list[Negotiated]:
        """One that somebody has got there, if anybody has: mostly one of the newest."""
        places = [
            each
            for person in self.people
            for (_, name), all in person.places.items()
            if name == stamp.name
            for each in (all[-1:] if which % 4 else all)
        ]
        return [pick(places, which // 4)] if places else []

    def do_leave(self, where: int, which: int, _1: int, _2: int, _3: int, _4: int) -> None:
        """With any token of one's own."""
        stamp = pick(self.stamps, where)
        for place in self._place(which, stamp):
            done, seats = self.done, self.promises.seats(stamp)
            self.call(stamp, admission.leave, place.token)
            if self.done == done and seats - self.promises.seats(stamp):
                self._relays_are_over(stamp, place)

    def do_sleep(self, where: int, which: int, _1: int, _2: int, _3: int, _4: int) -> None:
        stamp = pick(self.stamps, where)
        for place in self._place(which, stamp):
            self.call(stamp, admission.sleep, place.token)

    # --- hosts ------------------------------------------------------------------------------------

    def do_kick(self, who: int, room: int, where: int, by: int, _1: int, _2: int) -> None:
        """By the host's token, or by somebody else's, who may be a host."""
        person, name, stamp = self._who(who, room, where)
        peer = read_peer(person, name, stamp)
        token = self._order_token(name, by)
        if peer is None or token is None:
            return
        ask = KickRequest(peer)
        done = self.call(stamp, rooms.kick, ask, token)
        if done is not None:
            self.orders[name].append(done.orders)
            self.promises.expect(self._is_kicked(stamp, name, peer), "a kick was not done")
        elif stamp.troubled:
            self.unkicked.append((stamp, ask, token))

    def _is_kicked(self, stamp: Stamp, name: str, peer: str) -> bool:
        room = rooms_of(stamp).get(read_place(RING, name, stamp.now()).key)
        return room is not None and peer in room.orders.kicked

    def _order_token(self, name: str, by: int) -> str | None:
        if by % 3 and name != OPEN_ROOM:
            return self._host(name)
        places = [each for person in self.people for each in person.places.items()]
        tokens = [place.token for (room, _), all in places if room == name for place in all]
        return pick(tokens, by // 3) if tokens else None

    def do_lock(self, room: int, where: int, by: int, locked: int, known: int, _: int) -> None:
        name, stamp = pick(self.names, room), pick(self.stamps, where)
        token = self._order_token(name, by)
        orders = pick([None, *self.orders[name][-4:]], known)
        if token is not None:
            done = self.call(stamp, rooms.lock, LockRequest(locked % 3 != 0, orders), token)
            self.orders[name] += [done.orders] if done is not None else []

    def do_revoke(self, room: int, where: int, by: int, which: int, _1: int, _2: int) -> None:
        name, stamp = pick(self.names, room), pick(self.stamps, where)
        token = self._order_token(name, by)
        if token is not None:
            ask = RevokeRequest(pick(self.invites.get(name, [name]), which))
            done = self.call(stamp, rooms.revoke, ask, token)
            self.orders[name] += [done.orders] if done is not None else []

    def do_invite(self, room: int, where: int, by: int, uses: int, ttl: int, _: int) -> None:
        name, stamp = pick(self.names, room), pick(self.stamps, where)
        token = self._order_token(name, by)
        if token is not None:
            ask = rooms.InviteRequest(1 + uses % 2, pick((60, 600, 3_600), ttl))
            made = self.call(stamp, rooms.invite, ask, token)
            if made is not None:
                self.invites[name].append(made.invite)

    # --- sockets ----------------------------------------------------------------------------------

    def do_open(self, where: int, which: int, late: int, _1: int, _2: int, _3: int) -> None:
        """With any answer that was ever given. Every fourth event comes late."""
        stamp = pick(self.stamps, where)
        for place in self._place(which, stamp):
            self._open(stamp, place, late % 4 == 0)

    def _open(self, stamp: Stamp, place: Negotiated, late: bool) -> None:
        socket = stamp.service.connect(place.access_token)
        if socket is not None and not late:
            self._deliver(stamp, len(stamp.service.events) - 1)

    def do_close(self, where: int, which: int, _1: int, _2: int, _3: int, _4: int) -> None:
        stamp = pick(self.stamps, where)
        for socket in self._socket(stamp, which):
            stamp.service.close(socket)

    def do_deliver(self, where: int, which: int, _1: int, _2: int, _3: int, _4: int) -> None:
        """An event that was late; those of one connection stay in order."""
        stamp = pick(self.stamps, where)
        if stamp.service.events:
            self._deliver(stamp, which % len(stamp.service.events))

    def do_lose(self, where: int, which: int, _1: int, _2: int, _3: int, _4: int) -> None:
        """The service tells of a socket once, whether anybody hears it or not."""
        stamp = pick(self.stamps, where)
        if stamp.service.events:
            stamp.service.events.pop(which % len(stamp.service.events))

    def _deliver(self, stamp: Stamp, index: int) -> None:
        events = stamp.service.events
        socket = events[index][1]
        first = next(number for number, event in enumerate(events) if event[1] is socket)
        name, _ = events.pop(first)
        call = Invocation(socket.id, {CLAIM: socket.claim})
        self.call(stamp, getattr(presence, name), call)
        socket.known = True

    def _socket(self, stamp: Stamp, which: int) -> list[Connection]:
        """One of those that are open, if there is one."""
        return [pick([*stamp.service.open.values()], which)] if stamp.service.open else []

    def do_say(self, where: int, which: int, to: int, everyone: int, _1: int, _2: int) -> None:
        """By a socket: to somebody, to all, or an offer that waits."""
        stamp = pick(self.stamps, where)
        for socket in self._socket(stamp, which):
            text = Raw(_json_text(_envelope(self.done, self._somebody(stamp, to))))
            call = Invocation(socket.id, {CLAIM: socket.claim}, (text,))
            self.call(stamp, _hub_call, call, everyone % 2 == 0)

    def do_post(self, where: int, which: int, to: int, _1: int, _2: int, _3: int) -> None:
        """By HTTP, with any token of one's own; or ask what waits."""
        stamp = pick(self.stamps, where)
        for place in self._place(which, stamp):
            if to % 4 == 0:
                self.call(stamp, signal.poll, place.token)
                continue
            envelope = _envelope(self.done, self._somebody(stamp, to))
            self.call(stamp, signal.signal_by_http, envelope, place.token)

    def _somebody(self, stamp: Stamp, to: int) -> str | None:
        peers = sorted(member.peer for room in rooms_of(stamp).values() for member in room.members)
        return pick([None, None, *peers], to)

    # --- relays -----------------------------------------------------------------------------------

    def do_relay(self, where: int, which: int, to: int, network: int, _1: int, _2: int) -> None:
        stamp = pick(self.stamps, where)
        for place in self._place(which, stamp):
            ask = turn.TurnRequest(self._somebody(stamp, to))
            answer = self.call(stamp, turn.mint, ask, place.token, pick(("n", "m", ""), network))
            if answer is not None:
                key = read_key(place.room, stamp)
                self._note_relays(stamp, key, place.peer, answer.ice_servers)

    def _note_relays(self, stamp: Stamp, key: str, peer: str, servers: Any) -> None:
        for server in servers:
            self.holders[server.username] = (f"{stamp.name}{key}", peer)

    def _relays_are_over(self, stamp: Stamp, place: Negotiated) -> None:
        """Who has left uses no credential that can be revoked."""
        if stamp.troubled or self.promises.troubled_ever or self.vendors[0].fails:
            return
        mine = (f"{stamp.name}{read_key(place.room, stamp)}", place.peer)
        for username, holder in self.holders.items():
            credential = self.vendors[0].credentials.get(username)
            live = credential is not None and credential.ends_at > self.now
            self.promises.expect(holder != mine or not live, "who has left can use a relay")

    def do_carry(self, which: int, size: int, _1: int, _2: int, _3: int, _4: int) -> None:
        """Bytes flow through a relay, as long as its credential is good."""
        usable = [name for vendor in self.vendors for name in vendor.credentials]
        if usable:
            name = pick(usable, which)
            vendor = next(vendor for vendor in self.vendors if name in vendor.credentials)
            if vendor.credentials[name].ends_at > self.now:
                vendor.carry(name, size * 100_000, self.now)

    def do_settle(self, where: int, _1: int, _2: int, _3: int, _4: int, _5: int) -> None:
        self._poll(pick(self.stamps, where))

    def _poll(self, stamp: Stamp) -> None:
        minting = stamp.services.minting
        assert minting is not None
        try:
            minting.poll(stamp.now())
        except Exception as error:
            self.promises.expect(stamp.troubled, f"settle raised {error!r}")

    # --- time and failures ------------------------------------------------------------------------

    def do_wait(self, seconds: int, more: int, _1: int, _2: int, _3: int, _4: int) -> None:
        self._pass(1000 * pick(SECONDS, seconds) + more)

    def _pass(self, ms: int) -> None:
        self.now = min(self.now + ms, MIDNIGHT_MS + 22 * HOUR_MS)
        for vendor in self.vendors:
            vendor.now = self.now
        for stamp in self.stamps:
            stamp.later.run()

    def do_sweep(self, where: int, _1: int, _2: int, _3: int, _4: int, _5: int) -> None:
        stamp, done = pick(self.stamps, where), self.done
        self.call(stamp, expiry.sweep)
        if not stamp.troubled and self.done == done:
            keys = {key for key, room in rooms_of(stamp).items() if room.expires_at > stamp.now()}
            heard = [each for each in stamp.service.open.values() if each.groups]
            gone = [each for each in heard if each.seat.key not in keys]
            self.promises.expect(not gone, "a socket outlives its room and the sweep")

    def do_race(self, trips: int, kind: int, *numbers: int) -> None:
        """The next step is overtaken by another one in the middle."""
        names = ("enter", "open", "deliver", "leave", "kick", "lock", "say", "relay", "close")
        more = (trips, *numbers, kind)[:NUMBERS]
        self.race = (trips % 6, Step(pick(names, kind), more))

    def do_restart(self, where: int, _1: int, _2: int, _3: int, _4: int, _5: int) -> None:
        """Another instance of the app goes on. Nothing may depend on the memory of one."""
        stamp = pick(self.stamps, where)
        if not stamp.troubled:
            stamp.start()

    def do_fail_documents(
        self, where: int, what: int, late: int, _1: int, _2: int, _3: int
    ) -> None:
        stamp = pick(self.stamps, where)
        prefixes = (EVERYTHING, ("room-",), ("turn-",), ())
        stamp.documents.away = pick(prefixes, what)
        stamp.documents.too_late = late % 2 == 0
        self._trouble(stamp)

    def do_fail_service(self, where: int, how: int, _1: int, _2: int, _3: int, _4: int) -> None:
        stamp = pick(self.stamps, where)
        stamp.service.fault = pick(("refuses", "mute", ""), how)
        self._trouble(stamp)

    def do_fail_vendor(self, what: int, _1: int, _2: int, _3: int, _4: int, _5: int) -> None:
        fails = ((), ("mint",), ("revoke",), ("usage",), ("mint", "revoke", "usage"))
        self.vendors[0].fails = pick(fails, what)

    def do_heal(self, *_: int) -> None:
        """All works again. Within two minutes, and with the next change of a room, all is good."""
        for stamp in self.stamps:
            stamp.documents.away, stamp.service.fault = (), ""
        self.vendors[0].fails = ()
        for stamp, ask, token in self.unkicked:
            self.call(stamp, rooms.kick, ask, token)
        self.unkicked = []
        for _ in range(12):
            self._pass(10_000)
            for stamp in self.stamps:
                self._deliver_all(stamp)
        for stamp in self.stamps:
            for key in rooms_of(stamp):
                told = pushes.tell(stamp.services, key)
                self.promises.expect(told, "a room cannot be told although all works")
            self._deliver_all(stamp)
            self.promises.expect(not stamp.later.waiting, "something waits for ever")
            stamp.troubled = False

    def _deliver_all(self, stamp: Stamp) -> None:
        while stamp.service.events:
            self._deliver(stamp, 0)

    def finish(self) -> None:
        """All is made good; then all credentials are over, and nothing is held for them."""
        self.do(Step("heal", (0,) * NUMBERS))
        self._pass(HOUR_MS)
        for stamp in self.stamps:
            self._poll(stamp)
            assert stamp.services.minting is not None
            shards = LedgerStore(stamp.documents).read_shards()
            grants = [grant for shard in shards for grant in shard.grants.values()]
            self.promises.expect(not grants, "a grant outlives its credential")


def read_key(name: str, stamp: Stamp) -> str:
    """Of the room's document, whether or not it has ended."""
    from signaling.places import place_in_token

    return place_in_token(RING, name, min(stamp.now(), MIDNIGHT_MS + HOUR_MS)).key


def read_peer(person: Person, name: str, stamp: Stamp) -> str | None:
    """Who the person is in this room; None: the room has ended."""
    try:
        return read_place(RING, name, stamp.now()).peer(person.secret)
    except HeliographError:
        return None


def _told(stamp: Stamp) -> dict[str, bytes]:
    """What is in the documents, but for what messages cost: to end a socket costs one too."""
    stored = stamp.documents.documents
    return {key: data for key, data in stored.items() if not key.startswith("spending-")}


def _hub_call(services: Any, call: Invocation, everyone: bool) -> None:
    """As function_app.hub_call."""
    try:
        forwarded = signal.on_hub_call(services, call, everyone=everyone)
        signal.send_checked(services, call, forwarded)
    except (Abuse, RoomEnded, Unseated) as error:
        signal.close(services, call, error)
        raise


def _envelope(seq: int, to: str | None) -> bytes:
    whom = "" if to is None else f'"to":"{to}",'
    if seq % 3 == 0:
        return f'{{"v":1,{whom}"seq":{seq},"kind":"offer","body":{bytes(OFFER).decode()}}}'.encode()
    return f'{{"v":1,{whom}"seq":{seq},"kind":"text","body":{{"text":"x"}}}}'.encode()


def _json_text(data: bytes) -> bytes:
    return json.dumps(data.decode()).encode()
