"""Any sequence of calls and events, with time passing, against a model that knows the promises."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import Raw

from signaling import hosts, offers
from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import Invite, Terms
from signaling.effects import AddToGroup, CloseConnection, Effect, SendToPeer, SendToRoom
from signaling.errors import HeliographError
from signaling.messages import Left
from signaling.news import BY_NAME
from signaling.room import Admission
from signaling.room_document import LEFT_MS, ParkedOffer, Room
from tests.signaling.seating import DAY, NOW, terms

INVITES = [Invite(uses, NOW + DAY // uses, uses) for uses in (1, 2, 3)]
IDENTITIES = st.integers(0, 7)  # whoever holds a secret may ask at any time
REFUSALS = {
    *("room_locked", "room_full", "invite_required", "invite_used", "invite_expired"),
    *("invite_revoked", "kicked"),
}


def peer_of(identity: int) -> str:
    return f"{identity:016}"


CHANNEL = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\na=mid:0\\r\\na=setup:actpass\\r\\n"
OFFER = Raw(f'{{"pc":"p","sdp":"v=0\\r\\na=ice-lite\\r\\n{CHANNEL}"}}'.encode())


class RoomMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.terms: Terms | None = None
        self.room: Room | None = None
        self.lives = 0
        self.kicked: set[str] = set()  # for ever
        self.hosts: set[str] = set()  # who has ever brought the host's token
        self.acting: set[str] = set()  # whose last seat was that of a host
        self.came_by: dict[str, str] = {}  # peer → the invite that it came by
        self.by_invite: dict[str, set[str]] = {}  # invite → who was let in by it
        self.revoked: set[str] = set()
        self.may_return: dict[str, int] = {}  # peer → until when
        self.visits: dict[str, int] = {}  # of each seat, the newest
        self.sockets: dict[str, list[str]] = {}  # peer → connections, the newest last
        self.parked: dict[str, set[int]] = {}  # peer → seqs of the offers that may wait
        self.handed: set[tuple[str, int]] = set()
        self.seq = 0

    def change(self, transition: Any, *arguments: Any) -> tuple[Any, str]:
        """(what it returned, the code of its refusal). Whatever happens, the old room stands."""
        before = self.room
        stored = None if before is None else document.dump(before)
        try:
            return transition(before, *arguments), ""
        except HeliographError as refusal:
            return None, refusal.code
        finally:
            assert (None if before is None else document.dump(before)) == stored

    @property
    def over(self) -> bool:
        """Whether the code of the room opens nothing any more."""
        return self.terms is not None and self.terms.ends_at <= self.now

    def life(self) -> str:
        return f"{self.lives:016}" if self.terms is None else "L" * 16

    def seats(self) -> list[str]:
        alive = self.room is not None and self.room.expires_at > self.now
        return [m.peer for m in self.room.members] if self.room is not None and alive else []

    def seat_end(self, peer: str) -> int:
        """When a seat without a socket ends; of one with a socket: now."""
        (m,) = [m for m in self.room.members if m.peer == peer]  # type: ignore[union-attr]
        return self.now if m.connection else max(m.seen + 30_000, m.asleep_until)

    def has_seat(self, peer: str) -> bool:
        """One that ended ten minutes ago is none, if nobody has noticed either."""
        return peer in self.seats() and self.seat_end(peer) + LEFT_MS > self.now

    def create_if_need_be(self) -> Room:
        """What a host's call does first."""
        return document.found(self.room, self.terms, self.life(), self.now)

    def forget(self, peers: set[str]) -> None:
        for peer in peers:
            self.may_return.pop(peer, None)

    # --- rules --------------------------------------------------------------------------------

    @initialize(
        created=st.booleans(),
        capacity=st.integers(2, 4),
        invite_only=st.booleans(),
        ttl=st.sampled_from([600_000, DAY]),
    )
    def begin(self, created: bool, capacity: int, invite_only: bool, ttl: int) -> None:
        if created:
            self.terms = terms(capacity=capacity, invite_only=invite_only, ends_at=NOW + ttl)

    @precondition(lambda self: not self.over)
    @rule(
        identity=IDENTITIES,
        role=st.sampled_from(["guest", "guest", "guest", "host"]),
        invite=st.none() | st.sampled_from(INVITES),
        page=st.integers(0, 3),
        gone=st.booleans(),
        brings=st.sampled_from(["", "1", "12"]),
    )
    def ask(
        self,
        identity: int,
        role: str,
        invite: Invite | None,
        page: int,
        gone: bool,
        brings: str,
    ) -> None:
        peer = peer_of(identity)
        if self.terms is None:
            role, invite = "guest", None  # nobody can make either of an open room
        had_seat, before = self.has_seat(peer), set(self.seats())
        ends = {one: self.seat_end(one) for one in before}
        if not self.seats():
            self.lives += 1
        silent = [p for p in before if not self.sockets.get(p)] if gone else []
        ask = Admission(peer, "n", role, page, self.terms, self.life(), invite)
        self.seq += 1
        self.seq += 1
        seqs = (self.seq - 1, self.seq)[: len(brings)]
        brought = tuple(ParkedOffer(seq, OFFER) for seq in seqs)
        ask = rooms.structs.replace(ask, present=dict.fromkeys(silent, False), offers=brought)
        admitted, refused = self.change(rooms.admit, ask, self.now)
        if refused:
            self.refused(peer, role, invite, had_seat, refused)
            return
        self.room = admitted[0]
        lost = before - set(self.seats())
        self.may_return |= {one: ends[one] + LEFT_MS for one in lost}
        said = [e.argument for e in admitted[1].effects if isinstance(e, SendToPeer | SendToRoom)]
        left = [(one.peer, one.reason) for one in said if isinstance(one, Left)]
        hear = any(member.connection for member in self.room.members)
        assert set(left) == ({(one, "expired") for one in lost} if hear else set())
        self.entered(peer, role, invite, had_seat, page, admitted[1])
        self.brought(peer, brought, admitted[1])

    def refused(
        self, peer: str, role: str, invite: Invite | None, had_seat: bool, code: str
    ) -> None:
        assert code in REFUSALS and not had_seat
        assert (code == "kicked") == (peer in self.kicked)
        if self.may_return.get(peer, 0) > self.now or role == "host":
            assert code in {"kicked", "room_full"}
        if code == "room_full":
            assert self.room is not None and len(self.seats()) >= self.room.capacity
        if code.startswith("invite_"):
            assert self.terms is not None and self.terms.invite_only
            if invite is not None:
                used = len(self.by_invite.get(invite.id, ()))
                assert used or code != "invite_used"
                assert (code == "invite_revoked") <= (invite.id in self.revoked)

    def entered(
        self,
        peer: str,
        role: str,
        invite: Invite | None,
        had_seat: bool,
        page: int,
        admitted: Any,
    ) -> None:
        assert self.room is not None and peer not in self.kicked
        comes_back = self.may_return.get(peer, 0) > self.now
        was_host = peer in self.acting and (had_seat or comes_back)
        self.hosts |= {peer} if role == "host" else set()
        assert (admitted.member.role == "host") == (role == "host" or was_host)
        self.acting.discard(peer)
        self.acting |= {peer} if role == "host" or was_host else set()
        if not had_seat and admitted.member.role != "host":
            assert not self.room.orders.locked or comes_back
            if self.room.invite_only and not comes_back:
                assert invite is not None and invite.id not in self.revoked
                assert invite.ends_at > self.now
        if not had_seat and not comes_back:
            self.came_by[peer] = admitted.member.invite
            if admitted.member.invite:
                self.by_invite.setdefault(admitted.member.invite, set()).add(peer)
        self.forget({peer})
        newest = max(page, self.visits.get(peer, 0)) if had_seat else page
        self.visits[peer] = newest
        assert admitted.member.visit == newest
        self.handed_over(peer, had_seat, admitted)

    def handed_over(self, peer: str, had_seat: bool, admitted: Any) -> None:
        assert peer not in [other.peer for other in admitted.others]
        for other in admitted.others:
            if other.offer is None:
                continue
            is_new = self.now - other.joined_at < offers.COMING_MS and not other.asleep
            assert not had_seat and (other.connected or is_new)
            assert other.offer.seq in self.parked[other.peer]
            assert (other.peer, other.offer.seq) not in self.handed
            self.handed.add((other.peer, other.offer.seq))

    def brought(self, peer: str, brought: tuple[ParkedOffer, ...], admitted: Any) -> None:
        """An offer that comes with an admission waits, or goes to one member, or neither."""
        answers = [each for each in admitted.effects if isinstance(each, SendToPeer)]
        answered = {
            other.peer: other.offer.answered
            for other in admitted.others
            if other.offer and other.offer.answered
        }
        assert {each.peer: each.argument.seq for each in answers} == answered  # type: ignore[attr-defined]
        gone = set(answered.values())
        assert len(gone) == len(answers) and gone <= {offer.seq for offer in brought}
        assert not gone & set(admitted.parked)
        for offer in brought:
            if offer.seq in admitted.parked:
                self.parked.setdefault(peer, set()).add(offer.seq)
            else:
                self.handed.add((peer, offer.seq))  # it may never be given away after this

    @rule(identity=IDENTITIES, older=st.booleans())
    def connect(self, identity: int, older: bool) -> None:
        peer = peer_of(identity)
        self.seq += 1
        here = self.life() if self.room is None else self.room.life
        life = "older" + "x" * 11 if older else here
        member = self.has_seat(peer) and not older
        arguments = (life, peer, f"c{self.seq}", self.now)
        (room, effects), _ = self.change(rooms.connect, *arguments)
        if not member:
            assert room is self.room and [effect.code for effect in effects] == ["not_member"]
            return
        ended = [effect for effect in effects if isinstance(effect, CloseConnection)]
        assert [effect.connection for effect in ended] == [
            m.connection
            for m in self.room.members
            if m.peer == peer and m.connection  # type: ignore[union-attr]
        ]
        self.announced(peer, effects)
        assert AddToGroup(life, f"c{self.seq}") in effects
        self.sockets.setdefault(peer, []).append(f"c{self.seq}")
        self.room = room

    def announced(self, peer: str, effects: list[Effect]) -> None:
        """Everybody else who has a socket hears of a new one once, and the peer itself does not."""
        others = {m.connection: m.peer for m in self.room.members if m.connection}  # type: ignore[union-attr]
        others = {socket: each for socket, each in others.items() if each != peer}
        said = [e for e in effects if isinstance(e, SendToPeer) and e.target == "joined"]
        named = [e.peer for e in said if e.argument.peer == peer]  # type: ignore[attr-defined]
        groups = [e for e in effects if isinstance(e, SendToRoom)]
        by_group = [each for s, each in others.items() for e in groups if s not in e.excluding]
        assert sorted([*named, *by_group]) == sorted(others.values())
        assert len(named) <= BY_NAME and len(groups) == bool(by_group)
        assert all(f"c{self.seq}" in effect.excluding for effect in groups)

    @precondition(lambda self: any(self.sockets.values()))
    @rule(number=st.integers(0, 30), newest=st.booleans())
    def disconnect(self, number: int, newest: bool) -> None:
        open_ones = [peer for peer, sockets in self.sockets.items() if sockets]
        peer = open_ones[number % len(open_ones)]
        connection = self.sockets[peer].pop(-1 if newest else 0)
        member = document.member_of(self.room, peer)
        current = member is not None and member.connection == connection
        (room, effects), _ = self.change(rooms.disconnect, peer, connection, self.now)
        if not current:
            assert room is self.room and effects == []
        self.room = room

    @rule(identity=IDENTITIES, page=st.integers(0, 3))
    def leave(self, identity: int, page: int) -> None:
        peer = peer_of(identity)
        seated = document.member_of(self.room, peer) is not None
        end = min(self.now, self.seat_end(peer)) if seated else 0
        (room, effects), _ = self.change(rooms.leave, peer, page, self.now)
        if not seated or page < self.visits[peer]:
            assert room is self.room and effects == []
            return
        self.room = room
        if self.terms is not None:
            self.may_return[peer] = end + LEFT_MS
        assert peer not in self.seats()
        assert rooms.leave(self.room, peer, page, self.now) == (self.room, [])

    @rule(identity=IDENTITIES, seconds=st.sampled_from([60, 3600]))
    def sleep(self, identity: int, seconds: int) -> None:
        peer, until = peer_of(identity), self.now + seconds * 1000
        visit = self.visits.get(peer, 0)
        seated = self.has_seat(peer)
        slept, refused = self.change(rooms.sleep, peer, visit, until, self.now)
        assert refused == ("" if seated else "not_member")
        if not refused:
            self.room = slept[0]

    @precondition(lambda self: self.terms is not None and not self.over)
    @rule(identity=IDENTITIES)
    def kick(self, identity: int) -> None:
        peer = peer_of(identity)
        self.room = self.create_if_need_be()
        sits = peer in self.seats() or peer in self.room.lost
        self.room, _ = hosts.kick(self.room, peer, self.now)
        self.kicked.add(peer)
        if sits and self.came_by.get(peer):
            self.end_invite(self.came_by[peer])
        assert peer not in self.seats()

    @precondition(lambda self: self.terms is not None and not self.over)
    @rule(invite=st.sampled_from(INVITES))
    def revoke(self, invite: Invite) -> None:
        before = self.seats()
        self.room = hosts.revoke(self.create_if_need_be(), invite)
        self.end_invite(invite.id)
        assert self.seats() == before

    def end_invite(self, invite: str) -> None:
        if invite not in self.revoked:
            self.forget({peer for peer, came_by in self.came_by.items() if came_by == invite})
        self.revoked.add(invite)

    @precondition(lambda self: self.terms is not None and not self.over)
    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        self.room = hosts.lock(self.create_if_need_be(), locked)
        assert self.room.orders.locked is locked
        if locked:
            self.may_return = {}

    @rule(identity=IDENTITIES)
    def park(self, identity: int) -> None:
        peer = peer_of(identity)
        self.seq += 1
        offer = ParkedOffer(self.seq, OFFER)
        seated = self.has_seat(peer)
        room, refused = self.change(offers.park, peer, offer, self.now)
        assert refused == ("" if seated else "not_member")
        if not refused:
            self.room, self.parked[peer] = room, {self.seq}

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 59, 60, 61, 599, 600, 3600]))
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
            assert not set(peers) & self.room.lost.keys()

    @invariant()
    def a_kicked_identity_never_has_a_seat_or_a_way_back(self) -> None:
        assert not self.kicked & set(self.seats())
        assert self.room is None or not self.kicked & self.room.lost.keys()

    @invariant()
    def in_an_invite_only_room_everybody_came_by_an_invite_or_is_host(self) -> None:
        if self.terms is not None and self.terms.invite_only:
            invited = {peer for peers in self.by_invite.values() for peer in peers}
            assert set(self.seats()) <= invited | self.hosts

    @invariant()
    def an_invite_has_let_in_no_more_people_than_it_may(self) -> None:
        for invite in INVITES:
            assert len(self.by_invite.get(invite.id, ())) <= invite.uses

    @invariant()
    def only_a_hosts_token_makes_a_host(self) -> None:
        if self.room is not None:
            assert {m.peer for m in self.room.members if m.role == "host"} <= self.hosts

    @invariant()
    def the_store_gives_back_what_it_got(self) -> None:
        if self.room is not None:
            assert document.load(document.dump(self.room)) == self.room


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=80, stateful_step_count=40)
