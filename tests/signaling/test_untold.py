"""What members were not told they are told later, as things stand then."""

from hypothesis import given
from hypothesis import strategies as st

from signaling import untold
from signaling.effects import SendToRoom
from signaling.messages import Disconnected, Joined, Left
from signaling.room import Admission, admit, connect, disconnect, leave, sleep
from signaling.room_document import Room
from signaling.untold import MAX_UNTOLD, ANY_VISIT

NOW, VISIT = 1_800_000_000_000, 5


def room_of(*peers: str) -> Room | None:
    room: Room | None = None
    for peer in peers:
        room = admit(room, Admission(peer, peer.title(), "guest", VISIT, life="tea"), NOW)[0]
    return room


def told(room: Room | None) -> list[object]:
    _, effects = untold.tell(room)
    assert all(isinstance(one, SendToRoom) and one.life == "tea" for one in effects)
    return [one.argument for one in effects if isinstance(one, SendToRoom)]


def test_nobody_is_told_of_anything_twice() -> None:
    room = untold.keep(room_of("ann"), ["bob"])
    room, effects = untold.tell(room)
    assert len(effects) == 1
    assert untold.tell(room) == (room, [])


def test_who_has_no_seat_has_left() -> None:
    assert told(untold.keep(room_of("ann"), ["bob"])) == [Left("bob", "expired", ANY_VISIT)]


def test_who_has_a_seat_without_a_socket_is_disconnected() -> None:
    assert told(untold.keep(room_of("ann", "bob"), ["bob"])) == [Disconnected("bob")]


def test_who_has_come_back_meanwhile_has_joined() -> None:
    room = untold.keep(room_of("ann", "bob"), ["bob"])
    room = connect(room, "tea", "bob", "c-1", NOW)[0]
    assert told(room) == [Joined("bob", "Bob", "guest", NOW, VISIT)]
    room = disconnect(room, "bob", "c-1", NOW)[0]
    assert told(room) == [Disconnected("bob")]
    assert told(leave(room, "bob", VISIT, NOW)[0]) == [Left("bob", "expired", ANY_VISIT)]


def test_who_sleeps_is_not_told_as_lost() -> None:
    room = connect(room_of("ann", "bob"), "tea", "bob", "c-1", NOW)[0]
    room = sleep(room, "bob", NOW + 3_600_000, NOW + 1)[0]
    room = untold.keep(disconnect(room, "bob", "c-1", NOW + 2)[0], ["bob"])
    assert told(room) == [Disconnected("bob", asleep=True)]


def test_a_room_that_is_gone_has_nobody_to_tell() -> None:
    assert untold.keep(None, ["bob"]) is None
    assert untold.tell(None) == (None, [])


@given(st.lists(st.lists(st.text(max_size=3), max_size=40), max_size=6))
def test_each_peer_is_kept_once_and_the_newest_when_there_are_too_many(
    groups: list[list[str]],
) -> None:
    room = room_of("ann")
    for group in groups:
        room = untold.keep(room, group)
    assert room is not None
    assert len(room.untold) == len(set(room.untold)) <= MAX_UNTOLD
    everybody = [peer for group in groups for peer in group]
    assert set(room.untold) <= set(everybody)
    if len(set(everybody)) <= MAX_UNTOLD:
        assert set(room.untold) == set(everybody)


def test_who_is_untold_again_counts_as_new() -> None:
    room = untold.keep(room_of("ann"), [str(number) for number in range(MAX_UNTOLD)])
    room = untold.keep(untold.keep(room, ["0"]), ["more"])
    assert room is not None and room.untold[-2:] == ("0", "more") and "1" not in room.untold
