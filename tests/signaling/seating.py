"""Rooms for the tests of its transitions: peers who enter, sit and are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import Invite, Terms
from signaling.errors import HeliographError
from signaling.room import Admission, Admitted
from signaling.room_document import Room

NOW = 1_800_000_000_000
MINUTE, DAY = 60_000, 86_400_000
END = NOW + DAY
VISIT = 1_000  # by the clock of a page, which is nobody else's
ANN, BOB, CYD, DAN = "A" * 16, "B" * 16, "C" * 16, "D" * 16
LIFE, OLDER = "L" * 16, "O" * 16
ONE, TWICE, NINE = Invite(1, END, 1), Invite(2, END, 2), Invite(9, END, 2)


def terms(**said: Any) -> Terms:
    usual = {"capacity": 8, "invite_only": False, "turn": "late", "turn_sides": 2}
    return Terms(**{**usual, "ends_at": END, "nonce": 1, **said})


def made(now: int = NOW, **said: Any) -> Room:
    """A created room in which nobody is."""
    return document.found(None, terms(**said), LIFE, now)


def enter(room: Room | None, peer: str, now: int = NOW, **said: Any) -> tuple[Room, Admitted]:
    usual = {"name": peer[0], "role": "guest", "visit": VISIT, "life": LIFE, "present": {}}
    of = None if room is None else room.terms
    return rooms.admit(room, Admission(peer, **{**usual, "terms": of, **said}), now)


def connected(room: Room | None, peer: str, now: int = NOW, connection: str = "") -> Room:
    room, _ = rooms.connect(room, LIFE, peer, connection or f"c-{peer}", now)
    assert room is not None
    return room


def seated(*peers: str, room: Room | None = None, now: int = NOW, **said: Any) -> Room:
    """A room with these peers in it, each with the socket `c-…`."""
    for peer in peers:
        room, _ = enter(room, peer, now, **said)
        room = connected(room, peer, now)
    assert room is not None
    return room


def settled(room: Room) -> Room:
    """The same room, when those in it are told by the group alone (signaling/news.py)."""
    members = (structs.replace(member, by_name_until=0) for member in room.members)
    return structs.replace(room, members=tuple(members))


def disconnected(room: Room, peer: str, now: int = NOW) -> Room:
    after, _ = rooms.disconnect(room, peer, f"c-{peer}", now)
    assert after is not None
    return after


def gone(room: Room, peer: str, now: int = NOW) -> Room:
    """The room after a peer has left."""
    left, _ = rooms.leave(room, peer, VISIT, now)
    assert left is not None
    return left


def by_invite() -> Room:
    """Ann, Bob and Cyd came by the same invite, Dan by another."""
    room = made(invite_only=True)
    room = seated(ANN, BOB, CYD, room=room, invite=NINE)
    return seated(DAN, room=room, invite=ONE)


def peers(room: Room | None) -> list[str]:
    return [] if room is None else [member.peer for member in room.members]


def code(call: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """The code of a refusal; it has changed nothing."""
    stored = [document.dump(one) for one in arguments if isinstance(one, Room)]
    with pytest.raises(HeliographError) as refusal:
        call(*arguments, **named)
    assert [document.dump(one) for one in arguments if isinstance(one, Room)] == stored
    return refusal.value.code
