"""What members were not told they are told later, as things stand then."""

from hypothesis import given
from hypothesis import strategies as st

from signaling import news, untold
from signaling.effects import SendToPeer, SendToRoom
from signaling.messages import Disconnected, Joined, Left
from signaling.news import BY_NAME_MS
from signaling.room import Admission, admit, connect, disconnect, leave, sleep
from signaling.room_document import Room
from signaling.untold import ANY_VISIT, MAX_UNTOLD

NOW, VISIT = 1_800_000_000_000, 5


def room_of(*peers: str) -> Room | None:
    room: Room | None = None
    for peer in peers:
        room = admit(room, Admission(peer, peer.title(), "guest", VISIT, life="tea"), NOW)[0]
    return room


def heard(room: Room | None) -> Room:
    """The room with Zoe in it, who has had a socket for long."""
    room = admit(room, Admission("zoe", "Zoe", "guest", VISIT, life="tea"), NOW)[0]
    room = connect(room, "tea", "zoe", "c-zoe", NOW - BY_NAME_MS)[0]
    assert room is not None
    return room


def told(room: Room | None) -> list[object]:
    """What the group hears; one by its name hears the same."""
    _, effects = untold.tell(heard(room), NOW)
    by_group = [e.argument for e in effects if isinstance(e, SendToRoom) and e.life == "tea"]
    named = connect(heard(room), "tea", "zoe", "c-zoe", NOW)[0]
    _, effects = untold.tell(named, NOW)
    assert all(e.peer == "zoe" for e in effects if isinstance(e, SendToPeer))
    assert [e.argument for e in effects if isinstance(e, SendToPeer)] == by_group
    return list(by_group)


def test_nobody_is_told_of_anything_twice() -> None:
    room, effects = untold.tell(untold.keep(heard(None), ["bob"]), NOW)
    assert len(effects) == 1
    assert untold.tell(room, NOW) == (room, [])


def test_where_nobody_has_a_socket_nobody_is_told_and_nothing_is_kept() -> None:
    room, effects = untold.tell(untold.keep(room_of("ann"), ["bob"]), NOW)
    assert room is not None and (room.untold, effects) == ((), [])


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
    room = sleep(room, "bob", VISIT, NOW + 3_600_000, NOW + 1)[0]
    room = untold.keep(disconnect(room, "bob", "c-1", NOW + 2)[0], ["bob"])
    assert told(room) == [Disconnected("bob", asleep=True)]


def test_a_room_that_is_gone_has_nobody_to_tell() -> None:
    assert untold.keep(None, ["bob"]) is None
    assert untold.tell(None, NOW) == (None, [])


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


# --- not in the group yet -----------------------------------------------------------------------


def after_connecting(*others: str) -> Room:
    """Ann's connect has just been stored; the others have seats without sockets."""
    room = connect(room_of("ann", *others), "tea", "ann", "c-ann", NOW)[0]
    assert room is not None
    return room


def missed(before: Room, now: Room | None) -> list[object]:
    effects = untold.missed(before, now, "ann")
    assert all(isinstance(one, SendToPeer) and one.peer == "ann" for one in effects)
    return [one.argument for one in effects if isinstance(one, SendToPeer)]


def test_who_was_not_in_the_group_yet_hears_of_those_who_connected_meanwhile() -> None:
    before = after_connecting("bob", "cyd")
    room = connect(before, "tea", "bob", "c-bob", NOW)[0]
    assert missed(before, room) == [Joined("bob", "Bob", "guest", NOW, VISIT)]


def test_and_of_those_who_came_and_connected_and_of_those_who_went() -> None:
    before = connect(after_connecting("bob", "cyd"), "tea", "cyd", "c-cyd", NOW)[0]
    assert before is not None
    room = leave(before, "bob", VISIT, NOW)[0]
    room = disconnect(room, "cyd", "c-cyd", NOW)[0]
    room = admit(room, Admission("dan", "Dan", "guest", VISIT), NOW)[0]
    assert missed(before, connect(room, "tea", "dan", "c-dan", NOW)[0]) == [
        Left("bob", "expired", ANY_VISIT),
        Disconnected("cyd"),
        Joined("dan", "Dan", "guest", NOW, VISIT),
    ]


def test_and_of_nobody_who_will_be_announced_later() -> None:
    before = after_connecting("bob")
    room = admit(before, Admission("cyd", "Cyd", "guest", VISIT), NOW)[0]
    assert missed(before, before) == missed(before, room) == []


def test_a_socket_that_is_not_the_seats_any_more_is_told_nothing() -> None:
    before = after_connecting("bob")
    room = connect(before, "tea", "bob", "c-bob", NOW)[0]
    for now in (
        None,
        connect(room, "tea", "ann", "c-2", NOW)[0],
        leave(room, "ann", VISIT, NOW)[0],
    ):
        assert missed(before, now) == []


@given(st.data())
def test_of_many_who_connect_in_any_interleaving_each_hears_of_each(data: st.DataObject) -> None:
    """Each goes by the steps of backend/presence.py, and its pushes at any moment in between."""
    peers = data.draw(st.lists(st.sampled_from("abcdef"), min_size=2, unique=True))
    room: Room | None = None
    knows: dict[str, set[str]] = {}
    group: set[str] = set()
    stored: dict[str, Room] = {}
    steps = {peer: ["admit", "connect", "group", "push", "catch up"] for peer in peers}
    pushes: dict[str, list[object]] = {}

    def hear(effects: list[object]) -> None:
        for one in effects:
            if isinstance(one, SendToPeer) and isinstance(one.argument, Joined):
                knows[one.peer].add(one.argument.peer)
            if isinstance(one, SendToRoom) and isinstance(one.argument, Joined):
                for hears in (p for p in group if f"c-{p}" not in one.excluding):
                    knows[hears].add(one.argument.peer)

    while steps:
        peer = data.draw(st.sampled_from(sorted(steps)))
        step = steps[peer].pop(0)
        if step == "push":  # pushes go at the same time as the group, before or after it
            hear(pushes.pop(peer, []))
        if step == "admit":
            room, admitted = admit(room, Admission(peer, peer, "guest", VISIT, life="tea"), NOW)
            knows[peer] = {other.peer for other in admitted.others}
        elif step == "connect":
            room, effects = connect(room, "tea", peer, f"c-{peer}", NOW)
            assert room is not None
            stored[peer], pushes[peer] = room, list(effects)
            if data.draw(st.booleans()):
                hear(pushes.pop(peer))
        elif step == "group":
            group.add(peer)
        elif step == "catch up":
            if not news.is_named(stored[peer], peer, NOW):
                hear(list(untold.missed(stored[peer], room, peer)))
        if not steps[peer]:
            del steps[peer]
    assert knows == {peer: set(peers) - {peer} for peer in peers}
