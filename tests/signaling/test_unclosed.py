"""Connections that could not be ended are ended later, when no seat needs them."""

from msgspec import structs

from signaling import unclosed
from signaling.effects import CloseConnection, ClosePeer, Effect
from signaling.orders import Orders
from signaling.room import Admission, admit, connect, leave
from signaling.room_document import Room

NOW, VISIT = 1_800_000_000_000, 5
LEFT = ClosePeer("tea", "ann", "not_member", "You are not in this room.")
KICKED = ClosePeer("tea", "ann", "kicked", "The host has removed you from this room.")


def entered(room: Room | None, peer: str) -> Room:
    return admit(room, Admission(peer, peer.title(), "guest", VISIT, life="tea"), NOW)[0]


def closed(room: Room | None) -> tuple[Room | None, list[Effect]]:
    return unclosed.close(room)


def test_who_has_left_is_ended_once() -> None:
    room = unclosed.keep(entered(None, "bob"), [LEFT])
    room, ends = closed(room)
    assert ends == [LEFT]
    assert closed(room) == (room, [])


def test_one_connection_is_ended_whoever_has_a_seat() -> None:
    one = CloseConnection("c-1", "replaced", "You have joined from another window.")
    room = unclosed.keep(connect(entered(None, "ann"), "tea", "ann", "c-2", NOW)[0], [one])
    assert closed(room)[1] == [one]


def test_who_came_back_without_a_socket_and_left_again_is_ended() -> None:
    """Leaving ends nothing then: the seat knows no socket, and the old one is still open."""
    room = unclosed.keep(entered(None, "bob"), [LEFT])
    room, ends = closed(entered(room, "ann"))
    assert ends == [], "its new socket would end with the old one"
    room, effects = leave(room, "ann", VISIT, NOW)
    assert not any(isinstance(each, ClosePeer) for each in effects)
    room, ends = closed(room)
    assert ends == [LEFT]
    assert closed(room) == (room, [])


def test_who_was_kicked_is_ended_in_any_case() -> None:
    room = unclosed.keep(entered(None, "ann"), [KICKED])
    assert room is not None
    room = structs.replace(room, orders=Orders(1, False, ("ann",)))
    assert closed(room)[1] == [KICKED]


def test_what_waits_for_a_seat_to_end_is_not_listed_twice() -> None:
    room: Room | None = entered(None, "ann")
    for _ in range(3):
        room, _ = closed(unclosed.keep(room, [LEFT]))
    assert room is not None and len(room.unclosed) == 1
