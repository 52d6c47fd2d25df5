"""One created room at two stamps, whose clocks differ, with orders that come late, twice or never.

Each stamp has a document of its own. What passes between them is what clients bring: orders as they
were at some moment. An identity asks one stamp or both, in whatever order.
"""

from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signaling import hosts
from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import Invite, Terms
from signaling.errors import HeliographError
from signaling.orders import NONE, Orders
from signaling.room import Admission
from signaling.room_document import Room
from tests.signaling.seating import DAY, NOW, terms

LIFE = "L" * 16  # of a created room: the same at both
HOST = "H" * 16
END = NOW + 10 * DAY
INVITES = [Invite(uses, END, uses) for uses in (1, 2, 3)]
IDENTITIES = st.integers(0, 7)
STAMPS = st.integers(0, 1)
STRANGERS = ["S" * 16, "T" * 16]  # they never have an invite
FIVE_MINUTES = 300_000


class Told(NamedTuple):
    """Orders that somebody holds, and what had been decided where they were made."""

    orders: Orders
    kicked: frozenset[str]
    revoked: frozenset[str]


class TwoStamps(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.skew = (0, 0)
        self.terms: Terms = terms()
        self.rooms: list[Room | None] = [None, None]
        self.told = [Told(NONE, frozenset(), frozenset())]  # the oldest first
        # What each stamp has been told, by its own hosts or by orders.
        self.kicked: list[set[str]] = [set(), set()]
        self.revoked: list[set[str]] = [set(), set()]
        self.by_invite: list[dict[str, set[str]]] = [{}, {}]
        self.careful: dict[str, set[str]] = {}  # invite → who was let in and asked the home first
        self.careless = False  # whether anybody has asked only one stamp, or not the home first
        self.hosts = {HOST}
        self.words: list[list[bool]] = [[], []]  # on the lock, since both stamps knew the same
        self.agreed = False  # whether it was locked then
        # By stamp: who has left it, under which version of the lock, and when.
        self.left: list[dict[str, tuple[int, int]]] = [{}, {}]

    def clock(self, stamp: int) -> int:
        return self.now + self.skew[stamp]

    def room(self, stamp: int) -> Room:
        return document.found(self.rooms[stamp], self.terms, LIFE, self.clock(stamp))

    def seats(self, stamp: int) -> list[str]:
        room = self.rooms[stamp]
        return [] if room is None else [member.peer for member in room.members]

    def let_in(self, stamp: int) -> set[str]:
        """Who has ever come in there by an invite."""
        return {peer for peers in self.by_invite[stamp].values() for peer in peers}

    def admit(
        self, stamp: int, peer: str, role: str, invite: Invite | None, told: Told
    ) -> tuple[bool, str]:
        """(whether it came in by the invite, the code of its refusal)."""
        before = self.rooms[stamp]
        stored = None if before is None else document.dump(before)
        ask = Admission(peer, "n", role, 1, self.terms, LIFE, invite, told.orders, {})
        try:
            room, admitted = rooms.admit(before, ask, self.clock(stamp))
        except HeliographError as refusal:
            assert (None if before is None else document.dump(before)) == stored
            return False, refusal.code
        if before is None or document.member_of(before, peer) is None:
            self.came_in(stamp, peer, role, room)
        used_before = 0 if before is None or invite is None else before.invites.get(invite.id, 0)
        self.rooms[stamp] = room
        self.kicked[stamp] |= told.kicked
        self.revoked[stamp] |= told.revoked
        self.hosts |= {peer} if role == "host" else set()
        assert peer not in self.kicked[stamp]
        assert not set(admitted.obeyed.kicked) & set(self.seats(stamp))
        used = invite is not None and room.invites.get(invite.id, 0) > used_before
        if used and invite is not None:
            assert invite.id not in self.revoked[stamp]
            self.by_invite[stamp].setdefault(invite.id, set()).add(peer)
        return used, ""

    def came_in(self, stamp: int, peer: str, role: str, room: Room) -> None:
        """Past a lock nobody comes who has left since it fell, whoever says that it was inside."""
        version, at = self.left[stamp].pop(peer, (-1, 0))
        if room.orders.locked and version == room.orders.version and role != "host":
            assert at + document.LEFT_MS > self.clock(stamp) or peer in self.hosts

    def tell(self, stamp: int) -> None:
        """Somebody gets hold of this stamp's orders: an answer, or the push after a decision."""
        said = self.room(stamp).orders
        kicked, revoked = frozenset(self.kicked[stamp]), frozenset(self.revoked[stamp])
        self.told.append(Told(said, kicked, revoked))

    # --- rules --------------------------------------------------------------------------------

    @initialize(
        invite_only=st.booleans(),
        capacity=st.integers(3, 10),
        skews=st.tuples(*[st.integers(-FIVE_MINUTES // 2, FIVE_MINUTES // 2)] * 2),
    )
    def begin(self, invite_only: bool, capacity: int, skews: tuple[int, int]) -> None:
        self.terms = terms(invite_only=invite_only, capacity=capacity, ends_at=END)
        self.skew = skews
        for stamp in (0, 1):
            assert self.admit(stamp, HOST, "host", None, self.told[0]) == (False, "")
            self.rooms[stamp], _ = rooms.connect(self.rooms[stamp], LIFE, HOST, "c", self.now)

    @rule(
        identity=IDENTITIES,
        stamp=STAMPS,
        role=st.sampled_from(["guest", "guest", "guest", "host"]),
        invite=st.none() | st.sampled_from(INVITES),
        late=st.integers(0, 9),
    )
    def ask_one(
        self, identity: int, stamp: int, role: str, invite: Invite | None, late: int
    ) -> None:
        """The other stamp is away, or the client does not do as it should."""
        told = self.told[-1 - late % len(self.told)]
        self.careless = True
        self.admit(stamp, f"{identity:016}", role, invite, told)
        self.tell(stamp)

    @rule(
        identity=IDENTITIES,
        invite=st.none() | st.sampled_from(INVITES),
        late=st.integers(0, 9),
    )
    def ask_both(self, identity: int, invite: Invite | None, late: int) -> None:
        """The home stamp first; what it refuses is final."""
        told = self.told[-1 - late % len(self.told)]
        peer = f"{identity:016}"
        used, refused = self.admit(0, peer, "guest", invite, told)
        if refused:
            return
        if used and invite is not None:
            self.careful.setdefault(invite.id, set()).add(peer)
        self.tell(0)
        self.admit(1, peer, "guest", invite, told)
        self.tell(1)

    @rule(stranger=st.sampled_from(STRANGERS), stamp=STAMPS, late=st.integers(0, 9))
    def a_stranger_asks(self, stranger: str, stamp: int, late: int) -> None:
        """It knows the room's name, and has got hold of orders."""
        told = self.told[-1 - late % len(self.told)]
        _, refused = self.admit(stamp, stranger, "guest", None, told)
        if self.terms.invite_only:
            assert refused in {"invite_required", "room_locked", "room_full", "kicked"}

    @rule(identity=IDENTITIES, stamp=STAMPS)
    def leave(self, identity: int, stamp: int) -> None:
        peer, room = f"{identity:016}", self.rooms[stamp]
        if peer in self.seats(stamp) and room is not None and room.orders.locked:
            self.left[stamp][peer] = (room.orders.version, self.clock(stamp))
        self.rooms[stamp], _ = rooms.leave(room, peer, 1, self.clock(stamp))
        assert peer not in self.seats(stamp)

    @rule(identity=IDENTITIES, stamp=STAMPS)
    def kick(self, identity: int, stamp: int) -> None:
        peer = f"{identity:016}"
        room = self.room(stamp)
        seat = document.member_of(room, peer) or room.lost.get(peer)
        self.rooms[stamp], _ = hosts.kick(room, peer, self.clock(stamp))
        self.kicked[stamp].add(peer)
        if seat is not None and seat.invite:
            self.revoked[stamp].add(seat.invite)
        self.tell(stamp)

    @rule(invite=st.sampled_from(INVITES), stamp=STAMPS)
    def revoke(self, invite: Invite, stamp: int) -> None:
        self.rooms[stamp] = hosts.revoke(self.room(stamp), invite)
        self.revoked[stamp].add(invite.id)
        self.tell(stamp)

    @rule(locked=st.booleans(), stamp=STAMPS)
    def lock(self, locked: bool, stamp: int) -> None:
        self.rooms[stamp] = hosts.lock(self.room(stamp), locked)
        self.words[stamp].append(locked)
        self.tell(stamp)

    @rule(stamp=STAMPS, late=st.integers(0, 30))
    def the_host_carries(self, stamp: int, late: int) -> None:
        """It renews its seat, and brings what it holds: something old, or the newest."""
        told = self.told[-1 - late % len(self.told)]
        assert self.admit(stamp, HOST, "guest", None, told)[1] == ""
        assert self.admit(stamp, HOST, "guest", None, told)[1] == ""
        self.tell(stamp)

    @rule()
    def both_hear_all(self) -> None:
        """Each is brought the other's orders, and what one has concluded from them the other."""
        for stamp in (0, 1, 0):
            self.tell(1 - stamp)
            assert self.admit(stamp, HOST, "guest", None, self.told[-1])[1] == ""
        one, other = self.room(0).orders, self.room(1).orders
        assert (one.version, one.locked) == (other.version, other.locked)
        assert set(one.kicked) == set(other.kicked) == self.kicked[0] | self.kicked[1]
        assert set(one.revoked) == set(other.revoked) >= self.revoked[0] | self.revoked[1]
        spoken = [words for words in self.words if words]
        if len(spoken) < 2:  # where two hosts spoke at two stamps, the one who spoke more often
            assert one.locked is (spoken[0][-1] if spoken else self.agreed)
        self.agreed, self.words = one.locked, [[], []]
        self.kicked = [set(one.kicked), set(one.kicked)]
        self.revoked = [set(one.revoked), set(one.revoked)]

    @precondition(lambda self: self.clock(0) < END - DAY)
    @rule(seconds=st.sampled_from([0, 1, 29, 30, 60, 300, 600, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * 1000

    # --- promises -----------------------------------------------------------------------------

    @invariant()
    def whoever_a_stamp_knows_to_be_kicked_has_no_seat_there(self) -> None:
        for stamp in (0, 1):
            assert not self.kicked[stamp] & set(self.seats(stamp))

    @invariant()
    def an_invite_of_n_uses_lets_in_n_people_at_each_stamp(self) -> None:
        for invite in INVITES:
            here, there = (by.get(invite.id, set()) for by in self.by_invite)
            assert len(here) <= invite.uses and len(there) <= invite.uses
            assert len(here | there) <= 2 * invite.uses
            assert len(self.careful.get(invite.id, ())) <= invite.uses
        if self.terms.invite_only and not self.careless:
            # So n in all. By which invite is the home's word: who came there by one that the other
            # stamp has ended uses another one at the other stamp.
            assert self.let_in(1) <= self.let_in(0)

    @invariant()
    def nobody_without_an_invite_has_a_seat_in_an_invite_only_room(self) -> None:
        if self.terms.invite_only:
            for stamp in (0, 1):
                assert set(self.seats(stamp)) <= self.let_in(stamp) | self.hosts
                assert not set(self.seats(stamp)) & set(STRANGERS)

    @invariant()
    def nobody_is_there_twice_and_no_stamp_is_over_capacity(self) -> None:
        for stamp in (0, 1):
            seats = self.seats(stamp)
            assert len(set(seats)) == len(seats) <= self.terms.capacity

    @invariant()
    def what_a_stamp_has_been_told_it_tells(self) -> None:
        for stamp in (0, 1):
            said: Any = self.room(stamp).orders
            assert self.kicked[stamp] <= set(said.kicked)
            assert self.revoked[stamp] <= set(said.revoked)


TestTwoStamps = TwoStamps.TestCase
TestTwoStamps.settings = settings(max_examples=80, stateful_step_count=40)
