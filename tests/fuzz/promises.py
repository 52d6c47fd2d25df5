"""What may never be, whoever does what: watched at each write of a document and each push.

A write is the one moment in which something is decided. So what a room promises is checked there,
with what was asked by the call that writes, and not by what calls answer: two of them can be at
work at the same time.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import msgspec

from cloud.rooms import PREFIX
from signaling import room_document as document
from signaling.codes import Invite
from signaling.room_document import Room, alive, member_of
from signaling.seats import group_of
from tests.fuzz.service import Connection
from tests.fuzz.stamp import CEILINGS, Stamp
from turn import ledger, room_ledger
from turn.balances import RoomLedger, Shard

SHARD, LEDGER = "turn-ledger-shard-", "turn-ledger-room-"
ONLY_FOR_MEMBERS = ("message", "signal", "joined")


class Asking(NamedTuple):
    """Who asks to come in by the call that is at work, and on what ground."""

    peer: str
    role: str
    invite: Invite | None


class Life:
    """What one stamp has seen in one life of a room."""

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        self.ever: set[str] = set()  # who has had a seat
        self.since_lock: set[str] = set()  # who had a seat when it fell, or has had one since
        self.by_invite: dict[str, int] = defaultdict(int)


class Promises:
    """`wrong`: what was broken, in words. `asking`, `locking`: of the call that is at work."""

    def __init__(self, stamps: list[Stamp]) -> None:
        self.stamps = stamps
        self.wrong: list[str] = []
        self.asking: list[Asking | None] = []
        self.lives: dict[tuple[str, str], Life] = defaultdict(Life)
        self.insides: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.rightful: set[tuple[str, str]] = set()
        self.troubled_ever = False
        for stamp in stamps:
            self._watch(stamp)

    def _watch(self, stamp: Stamp) -> None:
        def changed(key: str, old: bytes | None, new: bytes | None) -> None:
            self.changed(stamp, key, old, new)

        def heard(connection: Connection, target: str, argument: Any) -> None:
            self.heard(stamp, connection, target, argument)

        stamp.documents.on_change, stamp.service.on_hear = changed, heard

    def expect(self, holds: object, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def changed(self, stamp: Stamp, key: str, old: bytes | None, new: bytes | None) -> None:
        """A document was written."""
        if key.startswith(PREFIX):
            was, room = (None if data is None else document.load(data) for data in (old, new))
            if was is not None and room is not None and was.life != room.life:
                self.expect(alive(was, stamp.now()) is None, "a room changes its life")
                was = None
            self._room(stamp, key.removeprefix(PREFIX), was, room)
        elif key.startswith(SHARD):
            self._shard(*(_read(data, Shard) for data in (old, new)))
        elif key.startswith(LEDGER):
            self._ledger(*(_read(data, RoomLedger) for data in (old, new)))

    # --- rooms --------------------------------------------------------------------------------

    def _room(self, stamp: Stamp, key: str, old: Room | None, room: Room | None) -> None:
        if room is None:
            self.expect(old is None or old.terms is None, "what was decided in a room is forgotten")
            return
        peers = [member.peer for member in room.members]
        sockets = [member.connection for member in room.members if member.connection]
        self.expect(len(set(peers)) == len(peers), "a seat is there twice")
        self.expect(len(set(sockets)) == len(sockets), "two seats have one socket")
        self.expect(len(peers) <= room.capacity, "a room is over its capacity")
        self.expect(not set(room.orders.kicked) & {*peers, *room.lost}, "a kicked peer has a seat")
        life = self.lives[stamp.name, room.life]
        self._orders(key, life, old, room)
        before = set() if old is None else {member.peer for member in old.members}
        for peer in peers:
            if peer not in before:
                inside = life.since_lock | self.insides[key, room.orders.version]
                self._came_in(stamp, life, old, room, peer, inside)
        life.since_lock |= set(peers)
        life.ever |= set(peers)
        acting = {member.peer for member in room.members if member.role == "host"}
        asked = {ask.peer for ask in self.asking if ask is not None and ask.role == "host"}
        self.expect(acting <= life.hosts | asked, "a guest has become a host")
        life.hosts |= acting

    def _orders(self, key: str, life: Life, old: Room | None, room: Room) -> None:
        said, was = room.orders, (room.orders if old is None else old.orders)
        self.expect(set(was.kicked) <= set(said.kicked), "a kick is forgotten")
        self.expect(set(was.revoked) <= set(said.revoked), "a revoked invite is forgotten")
        self.expect(was.version <= said.version, "a lock is older than before")
        for peer in set(said.kicked) - set(was.kicked):
            seat = None if old is None else member_of(old, peer) or old.lost.get(peer)
            ended = seat is None or not seat.invite or seat.invite in said.revoked
            self.expect(ended, "the invite of a kicked peer is still good")
        by_host = not self.asking or self.asking[-1] is None
        if old is None or (was.version, was.locked) != (said.version, said.locked):
            life.since_lock = set() if old is None else {m.peer for m in old.members}
            if by_host and set(said.inside) <= life.since_lock:
                self.insides[key, said.version] |= set(said.inside)
        known = self.insides[key, said.version]
        self.expect(set(said.inside) <= known, "somebody is inside a lock who was not there")

    def _came_in(
        self,
        stamp: Stamp,
        life: Life,
        old: Room | None,
        room: Room,
        peer: str,
        inside: set[str],
    ) -> None:
        """Somebody has a seat who had none."""
        ask = self.asking[-1] if self.asking else None
        if ask is None or ask.peer != peer:
            self.wrong.append("somebody has a seat who did not ask")
            return
        host = ask.role == "host" or peer in life.hosts
        if room.orders.locked and not host:
            self.expect(peer in inside, "a locked room takes somebody new")
        lost = None if old is None else old.lost.get(peer)
        returns = lost is not None and lost.until > stamp.now()
        if not room.invite_only or host or returns:
            return
        if ask.invite is None:
            self.wrong.append("somebody is in an invite-only room without an invite")
            return
        life.by_invite[ask.invite.id] += 1
        self.expect(ask.invite.id not in room.orders.revoked, "a revoked invite lets somebody in")
        self.expect(ask.invite.over_at > stamp.now(), "an old invite lets somebody in")
        self.expect(life.by_invite[ask.invite.id] <= ask.invite.uses, "an invite is used too often")

    # --- who hears ------------------------------------------------------------------------------

    def begin(self) -> None:
        """A step begins: who has a seat may hear until it ends, whatever becomes of the seat."""
        self.rightful = {seat for stamp in self.stamps for seat in self.seats(stamp)}

    def seats(self, stamp: Stamp) -> set[tuple[str, str]]:
        """(life, peer) of all members."""
        return {
            (room.life, member.peer)
            for room in rooms_of(stamp).values()
            if room.expires_at > stamp.now()
            for member in room.members
        }

    def heard(self, stamp: Stamp, connection: Connection, target: str, argument: Any) -> None:
        """A connection hears something."""
        if stamp.troubled or target not in ONLY_FOR_MEMBERS:
            return
        seat, may = connection.seat, self.rightful | self.seats(stamp)
        if connection.known or target == "message":
            self.expect((seat.life, seat.peer) in may, f"{target} for somebody without a seat")
        if target == "message":
            self.expect((seat.life, argument["from"]) in may, "a message by one without a seat")
        elif target == "signal":  # it may have waited for its receiver, and outlived the seat
            known = self.lives[stamp.name, seat.life].ever
            self.expect(argument["from"] in known, "a signal by one who never had a seat")

    def end(self) -> None:
        """A step has ended."""
        for stamp in self.stamps:
            rooms = rooms_of(stamp)
            for connection in stamp.service.open.values():
                self._in_its_group(stamp, rooms, connection)
            if not stamp.troubled:
                self._members_hear(stamp, rooms)
            self._money(stamp)

    def _in_its_group(self, stamp: Stamp, rooms: dict[str, Room], connection: Connection) -> None:
        if not connection.groups:
            return
        seat = connection.seat
        self.expect(connection.groups == {group_of(seat.life)}, "a socket is in a foreign group")
        room = rooms.get(seat.key)
        if stamp.troubled:
            return
        if room is None or room.life != seat.life:
            # Where the service refused for longer than it is tried again, one may stay open in a
            # group in which nobody is any more (docs/design.md, "When a push fails").
            self.expect(self.troubled_ever, "a socket hears a life that is over")
        elif room.expires_at > stamp.now():
            member = member_of(room, seat.peer)
            self.expect(member is not None, "a socket hears a room in which it has no seat")
            other = member is not None and member.connection != connection.id
            self.expect(not other or self.troubled_ever, "a socket that was replaced hears")

    def _members_hear(self, stamp: Stamp, rooms: dict[str, Room]) -> None:
        for room in rooms.values():
            for member in room.members:
                socket = stamp.service.open.get(member.connection)
                deaf = socket is not None and socket.known and not socket.groups
                self.expect(not deaf, "a member with a socket does not hear its room")

    # --- money ----------------------------------------------------------------------------------

    def _shard(self, old: Shard, new: Shard) -> None:
        """Within one day. What is spent was held before; only what is over is spent."""
        gone = [grant for id, grant in old.grants.items() if id not in new.grants]
        spent = new.month - old.month
        held = sum(max(grant.hold, grant.amount) for grant in gone)
        self.expect(0 <= spent <= held, "money from nowhere in a shard")
        charged = sum(new.networks.values())
        self.expect(new.month == charged - new.idle, "a day's money is not what was charged")
        self.expect(0 <= new.idle <= charged, "idle relays are charged more than all")
        parts = CEILINGS.in_shard(CEILINGS.network)
        grown = sum(max(0, grant.used - grant.amount) for grant in new.grants.values())
        self.expect(0 <= new.day_balance <= parts.day + grown + spent, "a day is over its ceiling")

    def _ledger(self, old: RoomLedger, new: RoomLedger) -> None:
        gone = old.holds.keys() - new.holds.keys()
        spent = sum(new.peers.values()) - sum(old.peers.values())
        self.expect(gone or spent == 0, "money from nowhere in a room")
        self.expect(all(charge >= 0 for charge in new.peers.values()), "a charge is negative")
        fresh = [id for id in new.holds if id not in old.holds]
        self.expect(not fresh or new.balance <= CEILINGS.room, "a room is over its ceiling")
        for hold in (new.holds[id] for id in fresh):
            self.expect(new.peer_balance(hold.peer) <= CEILINGS.peer, "a peer is over its ceiling")

    def _money(self, stamp: Stamp) -> None:
        """What is held for rooms is held by everybody's ledger, grant for grant."""
        if self.troubled_ever:
            return
        shards, rooms = ledgers_of(stamp)
        now = stamp.now()
        held = {id for shard in shards for id in ledger.lapse(shard, now).grants}
        known = {id for room in rooms for id in room_ledger.lapse(room, now).holds}
        self.expect(held == known, "a grant is in one ledger only")


def rooms_of(stamp: Stamp) -> dict[str, Room]:
    """All rooms as they lie there, by key."""
    return {
        key.removeprefix(PREFIX): document.load(data)
        for key, data in stamp.documents.documents.items()
        if key.startswith(PREFIX)
    }


def ledgers_of(stamp: Stamp) -> tuple[list[Shard], list[RoomLedger]]:
    """The shards, and the ledgers of rooms, as they lie there."""
    lying = stamp.documents.documents.items()
    shards = [_read(data, Shard) for key, data in lying if key.startswith(SHARD)]
    return shards, [_read(data, RoomLedger) for key, data in lying if key.startswith(LEDGER)]


def _read[D](data: bytes | None, kind: type[D]) -> D:
    return kind() if data is None else msgspec.json.decode(data, type=kind)
