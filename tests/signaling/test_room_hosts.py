"""What hosts of a created room decide: kicks, locks, invites; and who may come back."""

import pytest
from msgspec import structs

from signaling import hosts
from signaling import room as rooms
from signaling.effects import ClosePeer, SendToRoom
from signaling.lost import MAX_LOST
from signaling.messages import Left
from signaling.orders import MAX_KICKED, MAX_REVOKED
from signaling.room_document import LEFT_MS, SEAT_MS, Room
from tests.signaling.seating import (
    ANN,
    BOB,
    CYD,
    DAN,
    DAY,
    END,
    LIFE,
    MINUTE,
    NINE,
    NOW,
    ONE,
    TWICE,
    VISIT,
    by_invite,
    code,
    disconnected,
    enter,
    gone,
    made,
    peers,
    seated,
    settled,
)

NEW = "N" * 16


# --- who lost its seat ------------------------------------------------------------------------


def test_a_host_comes_back_as_host_without_its_token() -> None:
    for room in (
        gone(seated(ANN, room=made(), role="host"), ANN),
        swept(disconnected(seated(ANN, room=made(), role="host"), ANN), CYD, NOW + SEAT_MS),
    ):
        assert ANN not in peers(room)
        _, admitted = enter(room, ANN, NOW + SEAT_MS)
        assert admitted.member.role == "host"


def test_a_guest_who_brings_the_hosts_token_becomes_host_and_stays_it() -> None:
    room, admitted = enter(seated(ANN, room=made()), ANN, role="host")
    assert admitted.member.role == "host"
    assert enter(room, ANN, role="guest")[1].member.role == "host"


def swept(room: Room, by: str, now: int) -> Room:
    """The room after a host has come in, and has left again, and the lost seats are gone."""
    entered, _ = enter(room, by, now, role="host")
    return gone(entered, by, now)


@pytest.mark.parametrize(
    ("how", "until"),
    [("left", NOW + LEFT_MS), ("expired", NOW + SEAT_MS + LEFT_MS)],
    ids=["left", "expired"],
)
def test_who_lost_its_seat_has_it_again_for_a_while(how: str, until: int) -> None:
    room = hosts.lock(seated(CYD, room=made(invite_only=True), invite=ONE), True)
    if how == "left":
        room = gone(room, CYD)
    else:
        room = swept(disconnected(room, CYD), ANN, NOW + SEAT_MS)
    assert CYD not in peers(room)
    back, admitted = enter(room, CYD, until - 1)
    assert CYD in peers(back) and admitted.member.role == "guest"
    assert back.invites == {ONE.id: 1} and CYD not in back.lost
    assert code(enter, room, CYD, until) == "room_locked"
    assert code(enter, hosts.lock(room, False), CYD, until) == "invite_required"


HOUR = 3_600_000


@pytest.mark.parametrize("noticed", [True, False])
def test_who_slept_longer_than_its_seat_was_kept_comes_back_for_ten_minutes(noticed: bool) -> None:
    """A laptop that was closed renews nothing; its invite was for one."""
    room = seated(ANN, room=made(invite_only=True), role="host")
    room = seated(CYD, room=room, invite=ONE)
    until = NOW + HOUR + 300_000
    room, _ = rooms.sleep(room, CYD, VISIT, until, NOW)
    room = disconnected(room, CYD, NOW)
    seventy = NOW + 70 * MINUTE
    if noticed:
        room, admitted = enter(room, BOB, seventy - 1, present={ANN: True}, role="host")
        assert CYD not in peers(room) and admitted.effects != ()
    back, _ = enter(room, CYD, seventy, invite=ONE)
    assert CYD in peers(back) and back.invites == {ONE.id: 1}
    assert code(enter, room, CYD, until + LEFT_MS, invite=ONE) == "invite_used"


@pytest.mark.parametrize("how", ["left", "expired", "unnoticed", "asked to sleep"])
def test_who_was_inside_and_has_been_away_for_hours_does_not_pass_the_lock(how: str) -> None:
    """The seat is a right, and no list of who was once in the room: Eve waits until it is quiet."""
    room = seated(ANN, room=made(), role="host")
    room = hosts.lock(seated(BOB, CYD, room=room), True)
    if how == "left":
        room = gone(room, BOB)
    elif how == "expired":
        room = swept(disconnected(room, BOB), DAN, NOW + SEAT_MS)
    else:
        room = disconnected(room, BOB)
    room, _ = hosts.kick(room, CYD, NOW)
    later = NOW + 5 * HOUR
    if how == "asked to sleep":
        assert code(rooms.sleep, room, BOB, VISIT, later + HOUR, later) == "not_member"
    assert code(enter, room, BOB, later) == "room_locked"
    assert code(enter, room, CYD, later) == "kicked"


def test_who_leaves_a_seat_that_is_over_has_no_new_right_to_come_back() -> None:
    room = hosts.lock(seated(BOB, room=made()), True)
    room = disconnected(room, BOB)
    later = NOW + SEAT_MS + LEFT_MS
    assert code(enter, gone(room, BOB, later), BOB, later + 1) == "room_locked"


def test_who_has_lost_a_seat_since_the_lock_is_not_inside_at_another_stamp_either() -> None:
    there = hosts.lock(seated(BOB, CYD, room=made()), True)
    before = there.orders
    there = gone(there, BOB)
    room, _ = enter(seated(ANN, room=made()), ANN, orders=there.orders)
    room, _ = enter(room, ANN, orders=before)  # somebody brings what was so before
    assert code(enter, room, BOB) == "room_locked"
    assert CYD in peers(enter(room, CYD)[0])


def test_who_sits_here_and_has_lost_its_seat_at_another_stamp_stays() -> None:
    here = hosts.lock(seated(ANN, BOB, room=made()), True)
    there, _ = enter(made(), CYD, orders=here.orders, role="host")
    there = gone(enter(there, BOB)[0], BOB)
    room, _ = enter(here, ANN, orders=there.orders)
    assert BOB in peers(room) and BOB in peers(enter(room, BOB)[0])
    back = gone(room, BOB)
    assert BOB in peers(enter(back, BOB, NOW + LEFT_MS - 1)[0])


# --- more sanctions than are remembered ---------------------------------------------------------


def kicked_often(room: Room, times: int) -> Room:
    for number in range(times):
        peer = f"{number:016}"
        room, _ = hosts.kick(seated(peer, room=room), peer, NOW)
    return room


def test_one_kick_more_than_can_be_remembered_locks_the_room_for_good() -> None:
    room = kicked_often(settled(seated(ANN, BOB, room=made())), MAX_KICKED)
    assert not room.orders.locked and code(enter, room, f"{0:016}") == "kicked"
    room = gone(seated(DAN, room=room), DAN)
    room, effects = hosts.kick(seated(CYD, room=room), CYD, NOW)
    assert peers(room) == [ANN, BOB] and isinstance(effects[1], ClosePeer)
    assert code(enter, room, CYD) == "kicked"
    for peer in (f"{0:016}", NEW, DAN):
        assert code(enter, room, peer) == "room_locked"
    assert code(hosts.lock, room, False) == "room_locked"
    assert BOB in peers(enter(gone(room, BOB), BOB)[0])
    assert hosts.lock(room, True).orders.locked


def test_one_revoked_invite_more_than_can_be_remembered_locks_the_room_for_good() -> None:
    room = seated(ANN, room=made(invite_only=True), role="host")
    for number in range(MAX_REVOKED + 1):
        assert not room.orders.locked
        room = hosts.revoke(room, structs.replace(ONE, number=number))
    assert code(enter, room, CYD, invite=structs.replace(ONE, number=0)) == "room_locked"
    assert ANN in peers(enter(room, ANN)[0])


def test_two_stamps_that_know_too_many_together_lock_the_room_and_who_is_in_stays() -> None:
    here = kicked_often(seated(ANN, room=made()), MAX_KICKED // 2 + 1)
    there = made()
    for number in range(1_000, 1_000 + MAX_KICKED // 2):
        there, _ = hosts.kick(there, f"{number:016}", NOW)
    room, admitted = enter(here, ANN, orders=there.orders)
    assert room.orders.full and room.orders.locked and room.orders.inside == (ANN,)
    assert peers(room) == [ANN] and admitted.obeyed.changed
    assert code(enter, room, f"{0:016}") == "room_locked"


def test_who_lost_its_seat_may_bring_a_used_up_or_another_invite_and_uses_none() -> None:
    room = gone(seated(CYD, room=made(invite_only=True), invite=ONE), CYD)
    for invite in (ONE, structs.replace(ONE, number=9), None):
        assert enter(room, CYD, invite=invite)[0].invites == {ONE.id: 1}


def test_who_comes_too_late_for_its_old_seat_and_gets_a_new_one_has_lost_none() -> None:
    room, _ = enter(gone(seated(CYD, room=made()), CYD), CYD, NOW + LEFT_MS)
    assert peers(room) == [CYD] and room.lost == {}


def test_nobody_else_has_it() -> None:
    room = gone(seated(CYD, room=made(invite_only=True), invite=ONE), CYD)
    assert code(enter, room, DAN) == "invite_required"
    assert code(enter, room, DAN, invite=ONE) == "invite_used"


def test_in_an_open_room_there_is_nothing_to_come_back_to() -> None:
    room = gone(seated(ANN, CYD), CYD)
    assert room.lost == {}


def test_a_lock_forgets_who_lost_the_seat_before_it_and_not_who_loses_it_after() -> None:
    room = hosts.lock(gone(seated(ANN, BOB, CYD, room=made()), CYD), True)
    assert code(enter, room, CYD) == "room_locked"
    assert BOB in peers(enter(gone(room, BOB), BOB)[0])
    assert hosts.lock(gone(room, BOB), False).lost.keys() == {BOB}


def test_lost_seats_are_remembered_in_a_bounded_number_and_hosts_before_guests() -> None:
    room = gone(seated(ANN, room=made(), role="host"), ANN)
    for number in range(MAX_LOST + 5):
        room = gone(seated(f"{number:016}", room=room), f"{number:016}")
    assert len(room.lost) == MAX_LOST
    assert f"{MAX_LOST + 4:016}" in room.lost and f"{0:016}" not in room.lost
    assert enter(room, ANN)[1].member.role == "host"


# --- invites ----------------------------------------------------------------------------------


def test_an_invite_counts_people_and_not_their_visits() -> None:
    room = made(invite_only=True)
    for peer in (ANN, ANN, BOB, ANN):
        room, _ = enter(room, peer, invite=TWICE)
    assert room.invites == {TWICE.id: 2}
    assert code(enter, room, CYD, invite=TWICE) == "invite_used"


@pytest.mark.parametrize(
    ("at", "said"), [(-1, None), (0, "invite_expired"), (DAY, "invite_expired")]
)
def test_an_invite_ends_when_it_says_by_any_clock(at: int, said: str | None) -> None:
    invite = structs.replace(ONE, ends_at=NOW + 60_000)
    room = made(invite_only=True, ends_at=END + DAY + DAY)
    if said is None:
        assert CYD in peers(enter(room, CYD, invite.over_at + at, invite=invite)[0])
    else:
        assert code(enter, room, CYD, invite.over_at + at, invite=invite) == said


def test_a_revoked_invite_admits_nobody_new_and_who_came_by_it_stays() -> None:
    room = hosts.revoke(seated(ANN, room=made(invite_only=True), invite=TWICE), TWICE)
    assert peers(room) == [ANN] and room.orders.revoked == (TWICE.id,)
    assert code(enter, room, CYD, invite=TWICE) == "invite_revoked"
    assert peers(enter(room, ANN, invite=TWICE)[0]) == [ANN]
    assert CYD in peers(enter(room, CYD, invite=ONE)[0])


def test_a_revoked_invite_lets_nobody_back_who_came_by_it() -> None:
    room = seated(ANN, room=made(invite_only=True), invite=TWICE)
    room = gone(gone(seated(BOB, room=room, invite=ONE), ANN), BOB)
    room = hosts.revoke(room, TWICE)
    assert code(enter, room, ANN) == "invite_required"
    assert code(enter, room, ANN, invite=TWICE) == "invite_revoked"
    assert BOB in peers(enter(room, BOB)[0])


def test_in_a_room_for_everyone_an_invite_that_is_not_good_any_more_keeps_nobody_out() -> None:
    room = hosts.revoke(made(), ONE)
    room, admitted = enter(room, CYD, invite=ONE)
    assert admitted.member.invite == "" and room.invites == {}


def test_a_host_uses_no_invite() -> None:
    room, admitted = enter(made(invite_only=True), ANN, role="host", invite=ONE)
    assert room.invites == {} and admitted.member.invite == ""


# --- what hosts decide ------------------------------------------------------------------------


def test_a_kick_announces_and_closes_and_keeps_the_identity_out() -> None:
    room, effects = hosts.kick(settled(seated(ANN, BOB, room=made())), ANN, NOW)
    assert peers(room) == [BOB]
    left, closed = effects
    assert left == SendToRoom(LIFE, "left", Left(ANN, "kicked", VISIT))
    assert isinstance(closed, ClosePeer) and (closed.peer, closed.code) == (ANN, "kicked")
    assert code(enter, room, ANN, END - 1, present={BOB: False}) == "kicked"


def test_who_sits_at_another_stamp_only_is_kicked_here_too() -> None:
    room, effects = hosts.kick(settled(seated(BOB, room=made())), ANN, NOW)
    assert effects[0] == SendToRoom(LIFE, "left", Left(ANN, "kicked", 0))
    assert code(enter, room, ANN) == "kicked"


def test_a_kick_can_be_repeated_because_the_first_may_have_failed_half_way() -> None:
    room, first = hosts.kick(seated(ANN, BOB, room=made()), ANN, NOW)
    again, second = hosts.kick(room, ANN, NOW)
    assert again == room and [type(e) for e in second] == [type(e) for e in first]
    assert second[1] == first[1]


@pytest.mark.parametrize("seat", ["seat", "lost", "back"])
def test_a_kick_ends_the_invite_and_who_is_in_by_it_stays(seat: str) -> None:
    """Also of one who has just given up the seat: under another identity it would be back."""
    room = by_invite() if seat == "seat" else gone(by_invite(), ANN)
    room = enter(room, ANN)[0] if seat == "back" else room
    room, _ = hosts.kick(room, ANN, NOW)
    assert peers(room) == [BOB, CYD, DAN]
    assert code(enter, room, NEW, invite=NINE) == "invite_revoked"
    assert peers(enter(room, BOB, invite=NINE)[0]) == [BOB, CYD, DAN]


def test_a_kick_ends_the_right_to_come_back_of_who_came_by_its_invite_and_of_nobody_else() -> None:
    room = gone(gone(by_invite(), BOB), DAN)
    room, _ = hosts.kick(room, ANN, NOW)
    assert code(enter, room, BOB) == "invite_required"
    assert DAN in peers(enter(room, DAN)[0])


def test_a_later_kick_takes_nothing_from_who_lost_its_seat_since() -> None:
    room = gone(hosts.kick(by_invite(), ANN, NOW)[0], BOB)
    room, _ = hosts.kick(room, DAN, NOW)
    assert BOB in peers(enter(room, BOB)[0])


def test_a_lock_can_be_undone_and_the_newest_word_counts() -> None:
    locked = hosts.lock(made(), True)
    assert locked.orders.locked and not hosts.lock(locked, False).orders.locked
    assert hosts.lock(locked, False).orders.version == 2


def test_who_was_inside_when_the_room_was_locked_comes_in_at_a_stamp_that_did_not_know_it() -> None:
    there = hosts.lock(seated(CYD, room=made()), True)
    room, _ = enter(seated(ANN, room=made()), ANN, orders=there.orders)
    assert code(enter, room, DAN) == "room_locked"
    assert CYD in peers(enter(room, CYD)[0])
    opened = hosts.lock(hosts.lock(room, False), True)
    assert code(enter, opened, CYD) == "room_locked"


def test_two_stamps_that_were_locked_alike_let_in_who_was_at_either() -> None:
    here, there = [hosts.lock(seated(peer, room=made()), True) for peer in (ANN, CYD)]
    room, _ = enter(here, ANN, orders=there.orders)
    assert CYD in peers(enter(room, CYD)[0]) and code(enter, room, DAN) == "room_locked"
    out, _ = hosts.kick(room, CYD, NOW)
    assert code(enter, out, CYD) == "kicked"


# --- orders of another stamp ------------------------------------------------------------------


def test_orders_that_a_client_brings_hold_from_then_on() -> None:
    there = hosts.revoke(hosts.lock(hosts.kick(made(), CYD, NOW)[0], True), ONE)
    room, admitted = enter(seated(ANN, room=made()), ANN, orders=there.orders)
    assert room.orders == there.orders and admitted.obeyed.kicked == ()
    assert code(enter, room, CYD) == "kicked"
    assert code(enter, room, DAN) == "room_locked"
    assert code(enter, hosts.lock(made(), True), DAN) == "room_locked"


def test_whom_orders_remove_loses_its_seat_here_is_told_and_closed() -> None:
    there, _ = hosts.kick(made(), CYD, NOW)
    room, admitted = enter(settled(seated(ANN, CYD, room=made())), BOB, orders=there.orders)
    assert peers(room) == [ANN, BOB] and admitted.obeyed.kicked == (CYD,)
    assert [other.peer for other in admitted.others] == [ANN]
    left, closed = admitted.effects
    assert left == SendToRoom(LIFE, "left", Left(CYD, "kicked", VISIT))
    assert isinstance(closed, ClosePeer) and (closed.peer, closed.code) == (CYD, "kicked")


def test_who_brings_the_orders_that_kick_it_is_refused_and_nothing_changes() -> None:
    there, _ = hosts.kick(made(), CYD, NOW)
    room = seated(ANN, CYD, room=made())
    assert code(enter, room, CYD, orders=there.orders) == "kicked"


def test_whom_orders_keep_out_makes_room_for_who_brings_them() -> None:
    there, _ = hosts.kick(made(capacity=2), CYD, NOW)
    room = seated(ANN, CYD, room=made(capacity=2))
    assert code(enter, room, BOB) == "room_full"
    assert peers(enter(room, BOB, orders=there.orders)[0]) == [ANN, BOB]


def test_orders_that_come_again_or_late_change_nothing() -> None:
    early = hosts.lock(made(), True)
    late = hosts.kick(hosts.lock(early, False), CYD, NOW)[0]
    room, _ = enter(seated(ANN, room=made()), ANN, orders=late.orders)
    for said in (early.orders, late.orders, rooms.orders.NONE):
        again, admitted = enter(room, ANN, orders=said)
        assert again == room and admitted.effects == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "remembered"),
    [
        ([], [True], False),
        ([False], [True], False),  # as new as our own, which had not locked
        ([True], [True], True),  # lost after our lock
        ([True], [], True),
        ([True, False], [True], True),  # older than our own
        ([], [False], True),
        ([], [True, False], True),
    ],
)
def test_a_lock_of_another_stamp_forgets_who_lost_the_seat_as_our_own_does(
    ours: list[bool], theirs: list[bool], remembered: bool
) -> None:
    here, (there, _) = seated(ANN, BOB, room=made()), hosts.kick(made(), DAN, NOW)
    for locked in ours:
        here = hosts.lock(here, locked)
    for locked in theirs:
        there = hosts.lock(there, locked)
    room, _ = enter(gone(here, BOB), ANN, orders=there.orders)
    assert (BOB in room.lost) is remembered


def test_a_kick_of_another_stamp_ends_the_invite_that_only_we_know() -> None:
    there, _ = hosts.kick(made(invite_only=True), ANN, NOW)  # a stamp where Ann never was
    assert there.orders.revoked == ()
    for here in (by_invite(), gone(by_invite(), ANN)):
        room, _ = enter(gone(here, BOB), DAN, orders=there.orders)
        assert room.orders.revoked == (NINE.id,)
        assert code(enter, room, NEW, invite=NINE) == "invite_revoked"
        assert code(enter, room, BOB) == "invite_required"


def test_a_revoked_invite_of_another_stamp_means_what_our_own_does() -> None:
    there = hosts.revoke(made(invite_only=True), NINE)
    room, admitted = enter(gone(by_invite(), BOB), DAN, orders=there.orders)
    assert peers(room) == [ANN, CYD, DAN] and admitted.effects == ()
    assert room == enter(hosts.revoke(gone(by_invite(), BOB), NINE), DAN)[0]
