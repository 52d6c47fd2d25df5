"""Any sequence of calls and events, with time passing, against a model that knows the promises."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from signaling import room as rooms
from signaling.effects import SendToRoom
from signaling.errors import HeliographError
from signaling.room import Admission, ParkedOffer, Room, RoomOptions
from signaling.tokens import PEER_TTL_SECONDS, InviteToken

INVITES = [InviteToken("r", f"i{uses}", uses) for uses in (1, 2, 3)]
PEERS = st.integers(0, 30)  # a peer by its number, modulo how many there are


class RoomMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000_000
        self.room: Room | None = None
        self.tokens: dict[str, tuple[int, int, str]] = {}  # peer → issued, expires, role
        self.kicked: set[str] = set()  # identities, for ever: their tokens cannot be renewed
        self.sockets: dict[str, list[str]] = {}  # peer → connections, the newest last
        self.parked: dict[str, int] = {}  # peer → seq of its newest offer
        self.handed: set[tuple[str, int]] = set()
        self.admissions: dict[tuple[int, str], int] = {}  # (room's birth, invite) → newcomers
        self.seq = 0

    def change(self, transition: Any, *arguments: Any) -> tuple[Any, str]:
        """(what it returned, the code of its refusal). Whatever happens, the old room stands."""
        before = self.room
        stored = None if before is None else rooms.dump(before)
        try:
            return transition(before, *arguments), ""
        except HeliographError as refusal:
            return None, refusal.code
        finally:
            assert (None if before is None else rooms.dump(before)) == stored

    def known(self, number: int) -> str:
        return list(self.tokens)[number % len(self.tokens)]

    def seats(self) -> list[str]:
        alive = self.room is not None and self.room.expires_at > self.now
        return [m.peer for m in self.room.members] if self.room is not None and alive else []

    # --- rules --------------------------------------------------------------------------------

    @rule(
        capacity=st.integers(2, 4), invite_only=st.booleans(), ttl=st.sampled_from([60, 600, 86400])
    )
    def create(self, capacity: int, invite_only: bool, ttl: int) -> None:
        occupied = self.room is not None and self.room.expires_at > self.now
        options = RoomOptions(capacity=capacity, invite_only=invite_only, ttl=ttl)
        made, refused = self.change(rooms.create, options, self.now)
        assert refused == ("room_exists" if occupied else "")
        self.room = made or self.room

    @rule(
        role=st.sampled_from(["guest", "guest", "host"]),
        invite=st.none() | st.sampled_from(INVITES),
        gone=st.booleans(),
    )
    def newcomer(self, role: str, invite: InviteToken | None, gone: bool) -> None:
        peer = f"{len(self.tokens):016}"
        silent = [p for p in self.seats() if not self.sockets.get(p)] if gone else []
        ask = Admission(peer, "n", role, None, invite, dict.fromkeys(silent, False))
        admitted, refused = self.change(rooms.admit, "r", ask, self.now)
        if refused:
            assert refused in {"room_locked", "room_full", "invite_required", "invite_used"}
            assert self.room is not None
            if refused == "room_full":
                assert len(self.seats()) >= self.room.capacity
            return
        self.room = admitted[0]
        if self.room.invite_only and role != "host":
            assert invite is not None
            key = (self.room.born, invite.id)
            self.admissions[key] = self.admissions.get(key, 0) + 1
            assert self.admissions[key] <= invite.uses
        self.entered(peer, role, admitted[1])

    @precondition(lambda self: self.tokens)
    @rule(number=PEERS)
    def resume(self, number: int) -> None:
        peer = self.known(number)
        issued, expires, role = self.tokens[peer]
        if expires <= self.now:
            return  # the token is refused before anybody asks the room
        had_seat = peer in self.seats()
        ask = Admission(peer, None, role, issued_at=issued, present={})
        admitted, refused = self.change(rooms.admit, "r", ask, self.now)
        if refused:
            assert not had_seat
            return
        assert peer not in self.kicked, "a kicked identity is back while its token lives"
        self.room = admitted[0]
        self.entered(peer, role, admitted[1], newcomer=not had_seat)

    def entered(self, peer: str, role: str, admitted: Any, newcomer: bool = True) -> None:
        assert self.room is not None
        expires = self.now + PEER_TTL_SECONDS * 1000
        if self.room.created:
            expires = min(expires, self.room.expires_at)
        self.tokens[peer] = (self.now, expires, role)
        assert peer not in [other.peer for other in admitted.others]
        for other in admitted.others:
            if other.offer is None:
                continue
            assert newcomer
            assert rooms.member_of(self.room, other.peer).connection  # type: ignore[union-attr]
            assert self.parked[other.peer] == other.offer.seq
            assert (other.peer, other.offer.seq) not in self.handed
            self.handed.add((other.peer, other.offer.seq))
        for effect in admitted.effects:
            assert isinstance(effect, SendToRoom) and effect.target == "left"

    @precondition(lambda self: self.tokens)
    @rule(number=PEERS)
    def connect(self, number: int) -> None:
        peer = self.known(number)
        self.seq += 1
        member = peer in self.seats()
        (room, effects), _ = self.change(rooms.connect, "r", peer, f"c{self.seq}", self.now)
        if member:
            self.sockets.setdefault(peer, []).append(f"c{self.seq}")
            self.room = room
        else:
            assert room is self.room and [effect.code for effect in effects] == ["not_member"]

    @precondition(lambda self: any(self.sockets.values()))
    @rule(number=PEERS, newest=st.booleans())
    def disconnect(self, number: int, newest: bool) -> None:
        peer = [peer for peer, sockets in self.sockets.items() if sockets][
            number % sum(bool(sockets) for sockets in self.sockets.values())
        ]
        connection = self.sockets[peer].pop(-1 if newest else 0)
        member = rooms.member_of(self.room, peer)
        current = member is not None and member.connection == connection
        (room, effects), _ = self.change(rooms.disconnect, "r", peer, connection, self.now)
        if not current:
            assert room is self.room and effects == []
        self.room = room

    @precondition(lambda self: self.tokens)
    @rule(number=PEERS)
    def leave(self, number: int) -> None:
        peer = self.known(number)
        (self.room, _), _ = self.change(rooms.leave, "r", peer, self.now)
        assert peer not in self.seats()
        assert rooms.leave(self.room, "r", peer, self.now) == (self.room, [])

    @precondition(lambda self: self.tokens)
    @rule(number=PEERS)
    def kick(self, number: int) -> None:
        peer = self.known(number)
        kicked, refused = self.change(rooms.kick, "r", peer, self.now)
        if refused:
            assert refused in {"room_not_found", "peer_not_found"} and peer not in self.seats()
            return
        self.room = kicked[0]
        self.kicked.add(peer)
        assert peer not in self.seats()

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        room, refused = self.change(rooms.lock, locked, self.now)
        self.room = self.room if refused else room

    @precondition(lambda self: self.tokens)
    @rule(number=PEERS)
    def park(self, number: int) -> None:
        peer = self.known(number)
        self.seq += 1
        offer = ParkedOffer(self.seq, Raw(b'{"pc":"p","sdp":"v=0"}'))
        room, refused = self.change(rooms.park, peer, offer, self.now)
        assert refused == ("" if peer in self.seats() else "not_member")
        if not refused:
            self.room, self.parked[peer] = room, self.seq

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 59, 60, 61, 1800, 3599, 3600, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule()
    def sweep(self) -> None:
        if self.room is not None and self.room.expires_at <= self.now:
            self.room = None

    # --- promises -----------------------------------------------------------------------------

    @invariant()
    def nobody_is_over_capacity_or_there_twice(self) -> None:
        if self.room is not None:
            peers = [member.peer for member in self.room.members]
            assert len(peers) <= self.room.capacity and len(set(peers)) == len(peers)

    @invariant()
    def a_kicked_identity_never_has_a_seat(self) -> None:
        assert not self.kicked & set(self.seats())

    @invariant()
    def the_store_gives_back_what_it_got(self) -> None:
        if self.room is not None:
            assert rooms.load(rooms.dump(self.room)) == self.room


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=60, stateful_step_count=40)
