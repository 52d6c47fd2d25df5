"""The transitions of a room: who is let in, whose socket counts, and how it ends."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw, structs

from signaling import hosts, offers
from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import CLOCKS_MS
from signaling.effects import (
    AddToGroup,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    SendToPeer,
    SendToRoom,
)
from signaling.errors import HeliographError
from signaling.messages import Disconnected, Joined, Left, SocketKnown
from signaling.room import STALE_MS, Admission, PresenceNeeded
from signaling.room_document import SEAT_MS, ParkedOffer, Room, Unclosed
from tests.signaling.seating import (
    ANN,
    BOB,
    CYD,
    DAN,
    DAY,
    END,
    LIFE,
    NOW,
    OLDER,
    ONE,
    VISIT,
    by_invite,
    code,
    connected,
    disconnected,
    enter,
    gone,
    made,
    peers,
    seated,
    settled,
    terms,
)

OFFER = ParkedOffer(5, Raw(b'{"pc":"p","sdp":"v=0"}'))
UNTIL = NOW + 3_600_000  # of whoever sleeps


# --- the table of seats -----------------------------------------------------------------------


def asleep(room: Room) -> Room:
    return rooms.sleep(room, CYD, VISIT, UNTIL, NOW)[0]


def with_ann(*others: str) -> Room:
    """Ann has been there for longer than anybody else."""
    return seated(*others, room=seated(ANN, room=made(), now=NOW - 1))


BEFORE: dict[str, Callable[[], Room]] = {
    "no seat": with_ann,
    "seat": lambda: enter(with_ann(), CYD)[0],
    "socket": lambda: with_ann(CYD),
    "asleep": lambda: asleep(disconnected(with_ann(CYD), CYD)),
    "asleep, socket": lambda: asleep(with_ann(CYD)),
    "kicked": lambda: hosts.kick(with_ann(CYD), CYD, NOW)[0],
}


def state(room: Room | None) -> str:
    """The row of the table that CYD is in."""
    member = document.member_of(room, CYD)
    if member is None:
        return "kicked" if room is not None and CYD in room.orders.kicked else "no seat"
    sleeps = member.asleep_until > NOW
    if member.connection:
        return "asleep, socket" if sleeps else "socket"
    return "asleep" if sleeps else "seat"


def after(room: Room, call: str) -> tuple[str, str]:
    """The row that the call leads to; and what it says: a refusal, or the targets it pushes."""
    calls: dict[str, Callable[[], tuple[Any, Any]]] = {
        "admit": lambda: enter(room, CYD),
        "connect": lambda: rooms.connect(room, LIFE, CYD, "c-new", NOW),
        "disconnect": lambda: rooms.disconnect(room, CYD, f"c-{CYD}", NOW),
        "disconnect another": lambda: rooms.disconnect(room, CYD, "c-other", NOW),
        "leave": lambda: rooms.leave(room, CYD, VISIT, NOW),
        "sleep": lambda: rooms.sleep(room, CYD, VISIT, UNTIL, NOW),
        "kick": lambda: hosts.kick(room, CYD, NOW),
    }
    try:
        changed, result = calls[call]()
    except HeliographError as refusal:
        return state(room), refusal.code
    said = [
        getattr(effect, "code", getattr(effect, "target", "group"))
        for effect in (result if isinstance(result, list) else result.effects)
    ]
    return state(changed), " ".join(said)


TABLE = [
    ("no seat", "admit", "seat", ""),
    ("no seat", "connect", "no seat", "not_member"),
    ("no seat", "disconnect", "no seat", ""),
    ("no seat", "disconnect another", "no seat", ""),
    ("no seat", "leave", "no seat", ""),
    ("no seat", "sleep", "no seat", "not_member"),
    ("no seat", "kick", "kicked", "left kicked"),
    ("seat", "admit", "seat", ""),
    ("seat", "connect", "socket", "group admitted joined"),
    ("seat", "disconnect", "seat", ""),
    ("seat", "disconnect another", "seat", ""),
    ("seat", "leave", "no seat", "left"),
    ("seat", "sleep", "asleep", "disconnected"),
    ("seat", "kick", "kicked", "left kicked"),
    ("socket", "admit", "socket", ""),
    ("socket", "connect", "socket", "replaced group admitted joined"),
    ("socket", "disconnect", "seat", "disconnected"),
    ("socket", "disconnect another", "socket", ""),
    ("socket", "leave", "no seat", "left not_member"),
    ("socket", "sleep", "asleep, socket", ""),
    ("socket", "kick", "kicked", "left kicked"),
    ("asleep", "admit", "seat", ""),
    ("asleep", "connect", "socket", "group admitted joined"),
    ("asleep", "disconnect", "asleep", ""),
    ("asleep", "disconnect another", "asleep", ""),
    ("asleep", "leave", "no seat", "left"),
    ("asleep", "sleep", "asleep", "disconnected"),
    ("asleep", "kick", "kicked", "left kicked"),
    ("asleep, socket", "admit", "socket", ""),
    ("asleep, socket", "connect", "socket", "replaced group admitted joined"),
    ("asleep, socket", "disconnect", "asleep", "disconnected"),
    ("asleep, socket", "disconnect another", "asleep, socket", ""),
    ("asleep, socket", "leave", "no seat", "left not_member"),
    ("asleep, socket", "sleep", "asleep, socket", ""),
    ("asleep, socket", "kick", "kicked", "left kicked"),
    ("kicked", "admit", "kicked", "kicked"),
    ("kicked", "connect", "kicked", "not_member"),
    ("kicked", "disconnect", "kicked", ""),
    ("kicked", "disconnect another", "kicked", ""),
    ("kicked", "leave", "kicked", ""),
    ("kicked", "sleep", "kicked", "not_member"),
    ("kicked", "kick", "kicked", "left kicked"),
]


@pytest.mark.parametrize(
    ("row", "call", "to", "said"), TABLE, ids=[f"{row[0]} {row[1]}" for row in TABLE]
)
def test_each_call_does_to_a_seat_what_the_table_says(
    row: str, call: str, to: str, said: str
) -> None:
    room = BEFORE[row]()
    assert state(room) == row
    assert after(room, call) == (to, said)
    assert state(room) == row and ANN in peers(room)


def test_the_table_is_complete() -> None:
    calls = dict.fromkeys(call for _, call, _, _ in TABLE)
    assert [row[:2] for row in TABLE] == [(row, call) for row in BEFORE for call in calls]


# --- the table of admissions ------------------------------------------------------------------


def of_kind(kind: str) -> Room:
    """Cyd has lost its seat in each of them. There is a member, and room for one, or for none."""
    room = made(capacity=2, invite_only=kind == "invite-only")
    room = seated(CYD, room=room, role="guest", invite=ONE)
    if kind == "locked":
        room = hosts.lock(room, True)
    room = gone(room, CYD)
    return seated(*([ANN, BOB] if kind == "full" else [ANN]), room=room, role="host")


NEWCOMERS: dict[str, dict[str, Any]] = {
    "newcomer": {"peer": DAN},
    "newcomer with an invite": {"peer": DAN, "invite": structs.replace(ONE, number=9)},
    "lost its seat in here": {"peer": CYD},
    "host": {"peer": DAN, "role": "host"},
}
WHO_GETS_A_SEAT = {
    "newcomer": {"locked": "room_locked", "full": "room_full", "invite-only": "invite_required"},
    "newcomer with an invite": {"locked": "room_locked", "full": "room_full"},
    "lost its seat in here": {"full": "room_full"},
    "host": {"full": "room_full"},
}


@pytest.mark.parametrize("kind", ["open", "locked", "full", "invite-only"])
@pytest.mark.parametrize("who", NEWCOMERS)
def test_who_gets_a_seat(who: str, kind: str) -> None:
    room = of_kind(kind)
    assert len(room.members) == (2 if kind == "full" else 1)
    refused = WHO_GETS_A_SEAT[who].get(kind)
    ask = dict(NEWCOMERS[who])
    peer = ask.pop("peer")
    if refused is None:
        assert peers(enter(room, peer, **ask)[0]) == [ANN, peer]
    else:
        assert code(enter, room, peer, **ask) == refused


@pytest.mark.parametrize("kind", ["locked", "full", "invite-only"])
def test_members_come_again_into_any_room_and_need_no_invite(kind: str) -> None:
    room = of_kind(kind)
    assert peers(enter(room, ANN, NOW + 5, role="guest")[0]) == peers(room)


def test_a_kicked_peer_is_kept_out_whatever_it_brings() -> None:
    room, _ = hosts.kick(made(), CYD, NOW)
    for ask in ({}, {"role": "host"}, {"invite": ONE}, {"visit": VISIT + 1}, {"name": None}):
        assert code(enter, room, CYD, **ask) == "kicked"
    assert code(rooms.check_member, room, CYD, NOW) == "kicked"
    assert code(document.check_not_kicked, room, CYD) == "kicked"


# --- birth and end ----------------------------------------------------------------------------


def test_a_created_room_has_the_terms_and_the_end_of_its_code() -> None:
    said = terms(capacity=3, invite_only=True, turn="off", turn_sides=1)
    room, admitted = enter(None, ANN, role="host", terms=said)
    assert (room.capacity, room.invite_only, room.turn, room.turn_sides) == (3, True, "off", 1)
    assert (room.expires_at, room.life, room.terms) == (END + CLOCKS_MS, LIFE, said)
    assert (admitted.others, admitted.effects) == ((), ())


def test_a_stamp_that_has_never_heard_of_an_invite_only_room_opens_it_to_nobody() -> None:
    assert code(enter, None, CYD, terms=terms(invite_only=True)) == "invite_required"


def test_the_first_to_negotiate_opens_a_room_for_everyone() -> None:
    room, admitted = enter(None, ANN)
    assert (room.terms, room.capacity, room.invite_only) == (None, 8, False)
    assert (room.turn, room.turn_sides, room.orders.locked) == ("late", 2, False)
    assert (admitted.others, admitted.effects) == ((), ())


def test_an_expired_room_is_no_room_and_another_life_begins() -> None:
    old = seated(ANN)
    room, admitted = enter(old, BOB, NOW + DAY, life=OLDER)
    assert peers(room) == [BOB] and admitted.others == () and room.life == OLDER
    assert code(rooms.check_member, old, ANN, NOW + DAY) == "not_member"
    assert code(rooms.sleep, old, ANN, VISIT, END, NOW + DAY) == "not_member"
    assert code(offers.park, old, ANN, OFFER, NOW + DAY) == "not_member"


def test_a_new_life_ends_the_sockets_that_have_outlived_the_old_one() -> None:
    """One that says nothing is noticed by nobody else."""
    _, admitted = enter(seated(ANN), BOB, NOW + DAY, life=OLDER)
    assert admitted.effects == (CloseGroup(LIFE, "room_not_found", "This room has ended."),)
    assert enter(seated(ANN), BOB, NOW + DAY - 1, life=OLDER)[1].effects == ()
    nobody = disconnected(seated(ANN), ANN)
    assert enter(nobody, BOB, NOW + DAY, life=OLDER)[1].effects == ()
    owed = structs.replace(nobody, unclosed=(Unclosed("kicked", "Out.", connection="c"),))
    assert enter(owed, BOB, NOW + DAY, life=OLDER)[1].effects != ()


def test_a_life_goes_on_for_as_long_as_the_room_does() -> None:
    assert enter(seated(ANN), BOB, NOW + DAY - 1, life=OLDER, present={})[0].life == LIFE


@pytest.mark.parametrize("room", [None, made(ends_at=NOW - CLOCKS_MS)], ids=["none", "expired"])
def test_what_a_host_decides_needs_no_room_here(room: Room | None) -> None:
    born = document.found(room, terms(), LIFE, NOW)
    assert (born.terms, born.life, peers(born)) == (terms(), LIFE, [])


def test_a_room_that_is_there_is_not_born_again() -> None:
    room = seated(ANN, room=made())
    assert document.found(room, terms(), LIFE, NOW) == room


def test_an_open_room_goes_with_its_last_member_and_a_created_one_stays() -> None:
    assert rooms.leave(seated(ANN), ANN, VISIT, NOW)[0] is None
    assert gone(seated(ANN, room=made()), ANN).expires_at == END + CLOCKS_MS


def test_an_open_room_lives_a_day_after_its_last_change_or_a_moment_when_nobody_is_connected() -> (
    None
):
    room, _ = enter(None, ANN)
    assert room.expires_at == NOW + SEAT_MS
    assert seated(ANN).expires_at == NOW + DAY
    assert disconnected(seated(ANN), ANN, NOW + 7).expires_at == NOW + 7 + SEAT_MS


def test_an_open_room_lives_for_as_long_as_somebody_sleeps_in_it() -> None:
    room, _ = rooms.sleep(seated(ANN), ANN, VISIT, UNTIL, NOW)
    assert disconnected(room, ANN).expires_at == UNTIL


# --- admission --------------------------------------------------------------------------------


def test_a_newcomer_sees_the_others_oldest_first() -> None:
    room = disconnected(rooms.sleep(seated(ANN, BOB, DAN), BOB, VISIT, UNTIL, NOW)[0], BOB)
    room, admitted = enter(disconnected(room, DAN), CYD, NOW + 5)
    seen = [(o.peer, o.name, o.role, o.joined_at, o.visit) for o in admitted.others]
    assert seen == [(peer, peer[0], "guest", NOW, VISIT) for peer in (ANN, BOB, DAN)]
    assert [o.connected for o in admitted.others] == [True, False, False]
    assert [o.asleep for o in admitted.others] == [False, True, False]
    _, second = enter(rooms.sleep(seated(ANN), ANN, VISIT, UNTIL, NOW)[0], CYD)
    assert [(o.connected, o.asleep) for o in second.others] == [(True, False)]
    assert (admitted.member.joined_at, admitted.member.visit) == (NOW + 5, VISIT)


def test_who_comes_again_keeps_seat_and_name_and_may_change_the_name() -> None:
    room = seated(ANN, BOB)
    room, admitted = enter(room, ANN, NOW + 9, name=None)
    assert (admitted.member.name, admitted.member.joined_at) == ("A", NOW)
    room, admitted = enter(room, ANN, NOW + 9, name="Anna")
    assert (admitted.member.name, admitted.member.connection) == ("Anna", f"c-{ANN}")
    assert peers(room) == [ANN, BOB]


def test_asked_twice_it_is_the_same_seat() -> None:
    once, first = enter(seated(BOB), ANN)
    twice, second = enter(once, ANN)
    assert twice == once and second.member == first.member and second.effects == ()


@pytest.mark.parametrize(("visits", "kept"), [((5, 7), 7), ((7, 5), 7), ((5, 5), 5)])
def test_the_newest_page_counts_in_whatever_order_they_ask(
    visits: tuple[int, int], kept: int
) -> None:
    room, _ = enter(None, ANN, visit=visits[0])
    _, admitted = enter(room, ANN, visit=visits[1])
    assert admitted.member.visit == kept


# --- presence ---------------------------------------------------------------------------------


def test_a_seat_without_a_socket_is_kept_for_thirty_seconds() -> None:
    room = disconnected(seated(ANN, BOB), ANN)
    kept, _ = enter(room, CYD, NOW + SEAT_MS - 1)
    assert peers(kept) == [ANN, BOB, CYD]
    swept, admitted = enter(room, CYD, NOW + SEAT_MS)
    assert peers(swept) == [BOB, CYD]
    assert admitted.effects == (SendToRoom(LIFE, "left", Left(ANN, "expired", VISIT)),)


def looked_up(room: Room, asking: str, now: int) -> tuple[str, ...]:
    """Whom the service has to be asked about before `asking` is admitted."""
    try:
        rooms.admit(room, Admission(asking, "n", "guest", VISIT), now)
    except PresenceNeeded as needed:
        assert needed.life == room.life
        return needed.peers
    return ()


def test_silent_members_are_looked_up_after_a_minute_and_the_asker_never() -> None:
    room = seated(ANN, BOB)
    assert looked_up(room, CYD, NOW + STALE_MS - 1) == ()
    assert looked_up(room, CYD, NOW + STALE_MS) == (ANN, BOB)
    assert looked_up(room, ANN, NOW + STALE_MS) == (BOB,)


@pytest.mark.parametrize("socket", [True, False])
def test_who_sleeps_is_not_looked_up_and_keeps_the_seat_until_it_said(socket: bool) -> None:
    room, _ = rooms.sleep(seated(ANN, BOB), ANN, VISIT, UNTIL, NOW)
    room = room if socket else disconnected(room, ANN)
    assert looked_up(room, CYD, UNTIL - 1) == (BOB,)
    kept, _ = enter(room, CYD, UNTIL - 1, present={BOB: False})
    assert peers(kept) == [ANN, CYD]
    assert looked_up(room, CYD, UNTIL) == (ANN, BOB)
    assert peers(enter(room, CYD, UNTIL, present={ANN: False, BOB: False})[0]) == [CYD]


def test_who_is_awake_again_is_looked_up_like_everybody() -> None:
    room, _ = rooms.sleep(seated(ANN), ANN, VISIT, UNTIL, NOW)
    assert looked_up(enter(room, ANN, NOW + 5)[0], CYD, NOW + 5 + STALE_MS) == (ANN,)
    assert looked_up(connected(room, ANN, NOW + 5), CYD, NOW + 5 + STALE_MS) == (ANN,)


def test_nobody_is_told_of_a_socket_that_ends_if_all_others_sleep() -> None:
    room, _ = rooms.sleep(seated(ANN, BOB), ANN, VISIT, UNTIL, NOW)
    assert rooms.disconnect(room, BOB, f"c-{BOB}", NOW)[1] == []
    room, _ = rooms.sleep(settled(seated(ANN, BOB, CYD)), ANN, VISIT, UNTIL, NOW)
    assert len(rooms.disconnect(room, BOB, f"c-{BOB}", NOW)[1]) == 1


def test_the_socket_of_a_sleeper_that_ends_is_told_as_sleep() -> None:
    said = Disconnected(ANN, asleep=True)
    to_bob = [SendToPeer(LIFE, BOB, "disconnected", said)]
    to_all = [SendToRoom(LIFE, "disconnected", said)]
    for there, told in ((seated(ANN, BOB), to_bob), (settled(seated(ANN, BOB)), to_all)):
        room, effects = rooms.sleep(there, ANN, VISIT, UNTIL, NOW)
        assert effects == []
        ends = [SendToRoom(LIFE, "disconnected", said, (f"c-{ANN}",))] if told == to_all else told
        assert rooms.disconnect(room, ANN, f"c-{ANN}", NOW + 5)[1] == ends
        assert rooms.sleep(disconnected(there, ANN), ANN, VISIT, UNTIL, NOW)[1] == told


def test_who_was_refused_for_a_look_up_is_admitted_once_the_service_has_been_asked() -> None:
    room = seated(ANN, BOB)
    assert looked_up(room, CYD, NOW + STALE_MS) != ()
    assert peers(enter(room, CYD, NOW + STALE_MS, present={})[0]) == [ANN, BOB, CYD]


@pytest.mark.parametrize(
    ("present", "left"),
    [({}, [ANN]), ({ANN: True}, [ANN]), ({ANN: False}, [])],
    ids=["unknown", "present", "absent"],
)
def test_only_who_is_known_to_be_gone_loses_the_seat(
    present: dict[str, bool], left: list[str]
) -> None:
    room, admitted = enter(seated(ANN), CYD, NOW + STALE_MS, present=present)
    assert peers(room) == [*left, CYD]
    assert [other.peer for other in admitted.others] == left


def test_who_was_found_present_is_not_looked_up_again_at_once() -> None:
    room, _ = enter(seated(ANN), CYD, NOW + STALE_MS, present={ANN: True})
    assert ANN not in looked_up(room, BOB, NOW + STALE_MS + 1)


def test_who_came_back_since_the_look_up_keeps_the_seat() -> None:
    room = connected(seated(ANN), ANN, NOW + STALE_MS, "c2")
    assert peers(enter(room, CYD, NOW + STALE_MS, present={ANN: False})[0]) == [ANN, CYD]


# --- sockets ----------------------------------------------------------------------------------


def joined(to: str, who: str, at: int = NOW, visit: int = VISIT) -> SendToPeer:
    return SendToPeer(LIFE, to, "joined", Joined(who, who[0], "guest", at, visit))


def known(peer: str, admitted: int) -> SendToPeer:
    """What tells a client that its socket is known."""
    return SendToPeer(LIFE, peer, "admitted", SocketKnown(admitted))


def announced(who: str, connection: str, at: int = NOW, visit: int = VISIT) -> SendToRoom:
    """To everybody in the group but the one that it is about."""
    return SendToRoom(LIFE, "joined", Joined(who, who[0], "guest", at, visit), (connection,))


def test_a_socket_is_announced_by_one_push_and_hears_the_room() -> None:
    room, _ = enter(settled(seated(ANN, BOB)), CYD, NOW + 5, visit=VISIT + 7)
    after, effects = rooms.connect(room, LIFE, CYD, "c1", NOW + 9, NOW + 5)
    assert effects == [
        AddToGroup(LIFE, "c1"),
        known(CYD, NOW + 5),
        announced(CYD, "c1", NOW + 5, VISIT + 7),
    ]
    assert after is not None and after.members[2].connection == "c1"


def test_where_nobody_has_a_socket_nobody_is_told() -> None:
    room = enter(enter(None, ANN)[0], BOB)[0]
    _, effects = rooms.connect(room, LIFE, ANN, "c1", NOW + 1)
    assert effects == [AddToGroup(LIFE, "c1"), known(ANN, 0)]


@pytest.mark.parametrize("first", [ANN, BOB])
def test_two_whose_sockets_open_in_any_order_hear_of_each_other(first: str) -> None:
    """Ann was let in before Bob, so only Bob found the other in the list."""
    room: Room | None = enter(enter(None, ANN)[0], BOB)[0]
    told: list[object] = []
    for peer in (first, BOB if first == ANN else ANN):
        room, effects = rooms.connect(room, LIFE, peer, f"c-{peer}", NOW + 1)
        told += effects
    assert joined(ANN, BOB) in told


def test_who_was_let_in_later_by_an_earlier_clock_is_told_of_too() -> None:
    """Bob's call began before Ann's, and waited longer for the document."""
    room: Room | None = enter(enter(None, ANN, NOW)[0], BOB, NOW - 4_000)[0]
    room, _ = rooms.connect(room, LIFE, BOB, "c-bob", NOW + 1)
    _, effects = rooms.connect(room, LIFE, ANN, "c-ann", NOW + 2)
    assert joined(ANN, BOB, NOW - 4_000) in effects


def test_who_was_let_in_earlier_is_in_the_list_and_not_told_of_again() -> None:
    room: Room | None = enter(enter(None, ANN, NOW)[0], BOB, NOW)[0]
    room, _ = rooms.connect(room, LIFE, ANN, "c-ann", NOW)
    _, effects = rooms.connect(room, LIFE, BOB, "c-bob", NOW)
    assert effects == [AddToGroup(LIFE, "c-bob"), known(BOB, 0), joined(ANN, BOB)]


def test_a_seat_says_which_answer_opened_its_socket() -> None:
    """SignalR Service tells of a socket once: its client is told that we have heard of it."""
    room, effects = rooms.connect(seated(ANN), LIFE, ANN, "c2", NOW, NOW - 7)
    assert room is not None and known(ANN, NOW - 7) in effects
    assert enter(room, ANN, NOW + 1)[1].member.admitted == NOW - 7
    room, _ = rooms.disconnect(room, ANN, "c2", NOW + 2)
    assert enter(room, ANN, NOW + 3)[1].member.admitted == 0


def test_who_comes_back_is_told_nothing_that_its_list_has_said() -> None:
    back = NOW + rooms.SAME_MOMENT_MS + 1
    room, _ = enter(disconnected(settled(seated(ANN, BOB)), ANN, NOW + 1), ANN, back)
    _, effects = rooms.connect(room, LIFE, ANN, "c2", back + 1)
    assert effects == [AddToGroup(LIFE, "c2"), known(ANN, 0), announced(ANN, "c2")]


def test_a_second_socket_ends_the_first() -> None:
    _, effects = rooms.connect(seated(ANN), LIFE, ANN, "c2", NOW)
    assert isinstance(effects[0], CloseConnection)
    assert (effects[0].connection, effects[0].code) == (f"c-{ANN}", "replaced")


def test_a_late_event_of_an_older_socket_ends_that_one_and_not_the_newer() -> None:
    """`replaced` would end the room for a client that has opened another socket since."""
    room, _ = rooms.connect(seated(ANN), LIFE, ANN, "c-new", NOW, NOW)
    after, effects = rooms.connect(room, LIFE, ANN, "c-late", NOW + 1, NOW - 1)
    assert after == room
    assert effects == [CloseConnection("c-late", "unavailable", "You have a newer socket.")]
    _, effects = rooms.connect(room, LIFE, ANN, "c-newest", NOW + 1, NOW + 1)
    assert isinstance(effects[0], CloseConnection) and effects[0].connection == "c-new"


def test_an_event_that_comes_twice_ends_nothing() -> None:
    room, effects = rooms.connect(seated(ANN), LIFE, ANN, f"c-{ANN}", NOW)
    assert room == seated(ANN)
    assert not any(isinstance(effect, CloseConnection) for effect in effects)


@pytest.mark.parametrize(
    ("room", "life"),
    [
        (None, LIFE),
        (seated(ANN), LIFE),
        (made(ends_at=NOW), LIFE),
        (seated(BOB, room=document.found(None, None, LIFE, NOW)), OLDER),
        (seated(BOB, room=made()), OLDER),
    ],
    ids=["no room", "others", "an expired room", "another life", "another life of a created one"],
)
def test_a_socket_without_a_seat_in_this_life_is_closed_and_told_nothing(
    room: Room | None, life: str
) -> None:
    after, effects = rooms.connect(room, life, BOB, "c1", NOW)
    assert after == room
    assert [type(effect) for effect in effects] == [CloseConnection]
    assert isinstance(effects[0], CloseConnection) and effects[0].code == "not_member"
    assert effects[0].connection == "c1"


@pytest.mark.parametrize("connection", ["older", "", f"c-{BOB}"])
def test_the_end_of_another_socket_changes_nothing(connection: str) -> None:
    room = seated(ANN)
    assert rooms.disconnect(room, ANN, connection, NOW) == (room, [])
    assert rooms.disconnect(room, BOB, connection, NOW) == (room, [])
    assert rooms.disconnect(None, ANN, connection, NOW) == (None, [])


# --- leaving ----------------------------------------------------------------------------------


def test_who_leaves_is_announced_and_hears_and_says_no_more() -> None:
    room, effects = rooms.leave(settled(seated(ANN, BOB)), ANN, VISIT, NOW)
    assert peers(room) == [BOB]
    left, closed = effects
    # Who leaves is not told so: that would be two messages more.
    assert left == SendToRoom(LIFE, "left", Left(ANN, "left", VISIT), (f"c-{ANN}",))
    assert isinstance(closed, ClosePeer) and closed.silent
    assert (closed.life, closed.peer, closed.code) == (LIFE, ANN, "not_member")


def test_who_has_said_so_itself_is_not_announced_if_all_have_heard_it() -> None:
    room = settled(seated(ANN, BOB, CYD))
    assert [type(e) for e in rooms.leave(room, ANN, VISIT, NOW, (BOB, CYD))[1]] == [ClosePeer]
    left, _ = rooms.leave(room, ANN, VISIT, NOW, (BOB, DAN))[1]
    assert isinstance(left, SendToRoom) and left.target == "left"


def test_nobody_is_told_of_the_last_who_leaves() -> None:
    [closed] = rooms.leave(seated(ANN), ANN, VISIT, NOW)[1]
    assert isinstance(closed, ClosePeer)
    assert rooms.leave(enter(None, ANN)[0], ANN, VISIT, NOW)[1] == []


def test_the_last_word_of_an_older_page_takes_no_seat() -> None:
    room, _ = enter(seated(ANN, BOB), ANN, NOW + 5, visit=VISIT + 1)  # the reloaded page
    assert rooms.leave(room, ANN, VISIT, NOW + 6) == (room, [])
    assert peers(rooms.leave(room, ANN, VISIT + 1, NOW + 7)[0]) == [BOB]
    assert peers(rooms.leave(room, ANN, VISIT + 2, NOW + 7)[0]) == [BOB]


def test_leaving_twice_is_no_error() -> None:
    room = seated(BOB)
    assert rooms.leave(room, ANN, VISIT, NOW) == (room, [])
    assert rooms.leave(None, ANN, VISIT, NOW) == (None, [])


@pytest.mark.parametrize("room", [None, seated(BOB)], ids=["no room", "others"])
def test_only_members_park_and_sleep(room: Room | None) -> None:
    assert code(offers.park, room, ANN, OFFER, NOW) == "not_member"
    assert code(rooms.sleep, room, ANN, VISIT, UNTIL, NOW) == "not_member"
    assert code(rooms.check_member, room, ANN, NOW) == "not_member"


def test_a_room_survives_its_store() -> None:
    room = offers.park(by_invite(), ANN, OFFER, NOW)
    room = gone(rooms.sleep(room, BOB, VISIT, UNTIL, NOW)[0], CYD)
    room, _ = hosts.kick(hosts.lock(room, True), DAN, NOW)
    room = gone(seated("H" * 16, room=room, role="host"), "H" * 16)
    assert document.load(document.dump(room)) == room
    assert document.load(document.dump(seated(ANN))) == seated(ANN)
