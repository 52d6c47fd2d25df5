from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw, structs

from signaling import room as rooms
from signaling.effects import AddToGroup, CloseConnection, ClosePeer, SendToPeer, SendToRoom
from signaling.errors import HeliographError
from signaling.messages import Disconnected, Joined, Left
from signaling.room import (
    MAX_KICKED,
    SEAT_MS,
    STALE_MS,
    Admission,
    Admitted,
    ParkedOffer,
    PresenceNeeded,
    Room,
    RoomOptions,
)
from signaling.tokens import PEER_TTL_SECONDS, InviteToken

NOW = 1_800_000_000_000
DAY = 86_400_000
ANN, BOB, CYD = "A" * 16, "B" * 16, "C" * 16
OFFER = ParkedOffer(5, Raw(b'{"pc":"p","sdp":"v=0"}'))


def made(now: int = NOW, **options: Any) -> Room:
    return rooms.create(None, RoomOptions(**options), now)


def enter(room: Room | None, peer: str, now: int = NOW, **ask: Any) -> tuple[Room, Admitted]:
    asked = {"name": peer[0], "role": "guest", **ask}
    return rooms.admit(room, "r", Admission(peer, **{"present": {}, **asked}), now)


def seated(*peers: str, now: int = NOW, room: Room | None = None) -> Room:
    """A room with these peers in it, each with the socket `c-…`."""
    for peer in peers:
        room, _ = enter(room, peer, now)
        room, _ = rooms.connect(room, "r", peer, f"c-{peer}", now)
    assert room is not None
    return room


def peers(room: Room | None) -> list[str]:
    return [] if room is None else [member.peer for member in room.members]


def code(call: Callable[..., object], *arguments: Any, **named: Any) -> str:
    with pytest.raises(HeliographError) as refusal:
        call(*arguments, **named)
    return refusal.value.code


# --- creation ---------------------------------------------------------------------------------


def test_a_room_is_created_with_its_options() -> None:
    room = made(capacity=3, invite_only=True, ttl=60)
    assert (room.capacity, room.invite_only, room.created) == (3, True, True)
    assert (room.born, room.expires_at) == (NOW, NOW + 60_000)


def test_a_room_is_not_created_twice_until_it_has_expired() -> None:
    room = made(ttl=60)
    assert code(rooms.create, room, RoomOptions(), NOW + 59_999) == "room_exists"
    assert rooms.create(room, RoomOptions(), NOW + 60_000).born == NOW + 60_000


def test_a_room_where_people_are_is_not_created_over_their_heads() -> None:
    assert code(rooms.create, seated(ANN), RoomOptions(), NOW) == "room_exists"


def test_the_first_to_negotiate_opens_a_room_for_everyone() -> None:
    room, admitted = enter(None, ANN)
    assert (room.created, room.capacity, room.invite_only, room.locked) == (False, 8, False, False)
    assert (admitted.others, admitted.effects) == ((), ())


def test_an_expired_room_is_no_room() -> None:
    old = structs.replace(seated(ANN, room=made(ttl=60)), locked=True)
    room, admitted = enter(old, BOB, NOW + 60_000)
    assert peers(room) == [BOB] and admitted.others == () and not room.locked


# --- admission --------------------------------------------------------------------------------


def test_a_newcomer_sees_the_others_oldest_first() -> None:
    room = seated(ANN, BOB)
    room, admitted = enter(room, CYD, NOW + 5)
    assert [(o.peer, o.name, o.role, o.joined_at) for o in admitted.others] == [
        (ANN, "A", "guest", NOW),
        (BOB, "B", "guest", NOW),
    ]
    assert admitted.member.joined_at == NOW + 5


def test_who_resumes_keeps_seat_role_and_name_and_may_change_the_name() -> None:
    room = seated(ANN, BOB)
    room, admitted = enter(room, ANN, NOW + 9, name=None)
    assert (admitted.member.name, admitted.member.joined_at) == ("A", NOW)
    room, admitted = enter(room, ANN, NOW + 9, name="Anna", role="host")
    assert (admitted.member.name, admitted.member.role) == ("Anna", "guest")
    assert peers(room) == [ANN, BOB]


REFUSALS: list[tuple[str, Callable[[], Room], dict[str, Any], str | None]] = [
    ("a locked room", lambda: rooms.lock(seated(ANN, room=made()), True, NOW), {}, "room_locked"),
    (
        "the host of a locked room",
        lambda: rooms.lock(seated(ANN, room=made()), True, NOW),
        {"role": "host"},
        None,
    ),
    ("a full room", lambda: seated(ANN, BOB, room=made(capacity=2)), {}, "room_full"),
    (
        "the host of a full room",
        lambda: seated(ANN, BOB, room=made(capacity=2)),
        {"role": "host"},
        "room_full",
    ),
    ("no invite", lambda: made(invite_only=True), {}, "invite_required"),
    ("the host without an invite", lambda: made(invite_only=True), {"role": "host"}, None),
    (
        "an invite",
        lambda: made(invite_only=True),
        {"invite": InviteToken("r", "i", 1)},
        None,
    ),
    (
        "an invite used up",
        lambda: structs.replace(made(invite_only=True), invites={"i": 1}),
        {"invite": InviteToken("r", "i", 1)},
        "invite_used",
    ),
    (
        "a token as old as the room",
        lambda: made(invite_only=True),
        {"issued_at": NOW},
        None,
    ),
    (
        "a token older than the room",
        lambda: made(invite_only=True),
        {"issued_at": NOW - 1},
        "invite_required",
    ),
    (
        "a kicked peer",
        lambda: structs.replace(made(), kicked={CYD: NOW + 1}),
        {},
        "kicked",
    ),
    (
        "a kicked peer with a host's token",
        lambda: structs.replace(made(), kicked={CYD: NOW + 1}),
        {"role": "host", "issued_at": NOW},
        "kicked",
    ),
    (
        "a kick that nobody can remember by a token",
        lambda: structs.replace(made(), kicked={CYD: NOW}),
        {},
        None,
    ),
]


@pytest.mark.parametrize(("_", "before", "ask", "said"), REFUSALS, ids=[r[0] for r in REFUSALS])
def test_who_is_let_in(
    _: str, before: Callable[[], Room], ask: dict[str, Any], said: str | None
) -> None:
    room = before()
    stored = rooms.dump(room)
    if said is None:
        after, _admitted = enter(room, CYD, **ask)
        assert CYD in peers(after)
    else:
        assert code(enter, room, CYD, **ask) == said
    assert rooms.dump(room) == stored


def test_a_last_word_that_comes_after_a_reload_takes_no_seat() -> None:
    room, _ = enter(seated(ANN), ANN, NOW + 5, issued_at=NOW)  # the reloaded page
    assert rooms.leave(room, "r", ANN, NOW + 6, issued_at=NOW) == (room, [])
    gone, effects = rooms.leave(room, "r", ANN, NOW + 7, issued_at=NOW + 5)
    assert peers(gone) == [] and effects != []


def test_who_left_a_locked_room_may_come_back_but_nobody_with_a_token_of_an_older_room() -> None:
    room = rooms.lock(seated(ANN, BOB, room=made()), True, NOW)
    left, _ = rooms.leave(room, "r", BOB, NOW)
    back, _ = enter(left, BOB, issued_at=NOW)
    assert peers(back) == [ANN, BOB]
    assert code(enter, left, BOB, issued_at=NOW - 1) == "room_locked"


def test_members_who_resume_pass_lock_and_capacity_and_need_no_invite() -> None:
    room = seated(ANN, BOB, room=made(capacity=2))
    room = structs.replace(rooms.lock(room, True, NOW), invite_only=True)
    assert peers(enter(room, ANN, issued_at=NOW)[0]) == [ANN, BOB]


def test_an_invite_counts_admissions_not_resumptions() -> None:
    invite = InviteToken("r", "i", 2)
    room, _ = enter(made(invite_only=True), ANN, invite=invite)
    room, _ = enter(room, ANN, invite=invite)
    room, _ = enter(room, BOB, invite=invite)
    assert code(enter, room, CYD, invite=invite) == "invite_used"


# --- presence ---------------------------------------------------------------------------------


def test_a_seat_without_a_socket_is_kept_for_thirty_seconds() -> None:
    room = seated(ANN, BOB)
    room, _ = rooms.disconnect(room, "r", ANN, f"c-{ANN}", NOW)  # type: ignore[assignment]
    kept, _ = enter(room, CYD, NOW + SEAT_MS - 1)
    assert peers(kept) == [ANN, BOB, CYD]
    swept, admitted = enter(room, CYD, NOW + SEAT_MS)
    assert peers(swept) == [BOB, CYD]
    assert admitted.effects == (SendToRoom("r", "left", Left(ANN, "expired")),)


def looked_up(room: Room, asking: str, now: int) -> tuple[str, ...]:
    """Whom the service has to be asked about before `asking` is admitted."""
    try:
        rooms.admit(room, "r", Admission(asking, "n", "guest"), now)
    except PresenceNeeded as needed:
        return needed.peers
    return ()


def test_silent_members_are_looked_up_after_a_minute_and_the_asker_never() -> None:
    room = seated(ANN, BOB)
    assert looked_up(room, CYD, NOW + STALE_MS - 1) == ()
    assert looked_up(room, CYD, NOW + STALE_MS) == (ANN, BOB)
    assert looked_up(room, ANN, NOW + STALE_MS) == (BOB,)


def test_who_was_refused_for_a_look_up_is_admitted_once_the_service_has_been_asked() -> None:
    room = seated(ANN, BOB)
    assert looked_up(room, CYD, NOW + STALE_MS) != ()
    entered, _ = enter(room, CYD, NOW + STALE_MS, present={})
    assert peers(entered) == [ANN, BOB, CYD]


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
    room, _ = rooms.connect(seated(ANN), "r", ANN, "c2", NOW + STALE_MS)
    assert room is not None
    assert peers(enter(room, CYD, NOW + STALE_MS, present={ANN: False})[0]) == [ANN, CYD]


def joined(to: str, who: str, at: int = NOW) -> SendToPeer:
    return SendToPeer("r", to, "joined", Joined(who, who[0], "guest", at))


def test_a_socket_is_announced_to_each_member_and_hears_the_room() -> None:
    room, _ = enter(seated(ANN, BOB), CYD, NOW + 5)
    after, effects = rooms.connect(room, "r", CYD, "c1", NOW + 9)
    assert effects == [
        AddToGroup("r", "c1"),
        joined(ANN, CYD, NOW + 5),
        joined(BOB, CYD, NOW + 5),
    ]
    assert after is not None and after.members[2].connection == "c1"


@pytest.mark.parametrize("first", [ANN, BOB])
def test_two_whose_sockets_open_in_any_order_hear_of_each_other(first: str) -> None:
    """Ann was let in before Bob, so only Bob found the other in the list."""
    room: Room | None = enter(enter(None, ANN)[0], BOB)[0]
    told: list[object] = []
    for peer in (first, BOB if first == ANN else ANN):
        room, effects = rooms.connect(room, "r", peer, f"c-{peer}", NOW + 1)
        sockets = [m.peer for m in room.members if m.connection] if room else []
        told += [e for e in effects if isinstance(e, SendToPeer) and e.peer in sockets]
    assert joined(ANN, BOB) in told


def test_who_comes_back_is_told_nothing_that_its_list_has_said() -> None:
    room, _ = rooms.disconnect(seated(ANN, BOB), "r", ANN, f"c-{ANN}", NOW + 1)
    room, _ = enter(room, ANN, NOW + 2)
    _, effects = rooms.connect(room, "r", ANN, "c2", NOW + 3)
    assert effects == [AddToGroup("r", "c2"), joined(BOB, ANN)]


def test_a_second_socket_ends_the_first() -> None:
    room, effects = rooms.connect(seated(ANN), "r", ANN, "c2", NOW)
    assert isinstance(effects[0], CloseConnection)
    assert (effects[0].connection, effects[0].code) == (f"c-{ANN}", "replaced")


def test_an_event_that_comes_twice_ends_nothing() -> None:
    _, effects = rooms.connect(seated(ANN), "r", ANN, f"c-{ANN}", NOW)
    assert not any(isinstance(effect, CloseConnection) for effect in effects)


@pytest.mark.parametrize(
    "room", [None, seated(ANN), made(ttl=60, now=NOW - DAY)], ids=["none", "others", "expired"]
)
def test_a_socket_of_nobody_is_closed(room: Room | None) -> None:
    after, effects = rooms.connect(room, "r", BOB, "c1", NOW)
    assert after == room
    assert [type(effect) for effect in effects] == [CloseConnection]
    assert isinstance(effects[0], CloseConnection) and effects[0].code == "not_member"


def test_a_socket_that_closed_is_announced_and_the_seat_is_kept() -> None:
    room, effects = rooms.disconnect(seated(ANN), "r", ANN, f"c-{ANN}", NOW + 1)
    assert effects == [SendToRoom("r", "disconnected", Disconnected(ANN))]
    assert room is not None and room.members[0].connection == ""


@pytest.mark.parametrize("connection", ["older", "", f"c-{BOB}"])
def test_the_end_of_another_socket_changes_nothing(connection: str) -> None:
    room = seated(ANN)
    assert rooms.disconnect(room, "r", ANN, connection, NOW) == (room, [])
    assert rooms.disconnect(room, "r", BOB, connection, NOW) == (room, [])
    assert rooms.disconnect(None, "r", ANN, connection, NOW) == (None, [])


# --- the end ----------------------------------------------------------------------------------


def test_who_leaves_is_announced_and_hears_and_says_no_more() -> None:
    room, effects = rooms.leave(seated(ANN, BOB), "r", ANN, NOW)
    assert peers(room) == [BOB]
    left, closed = effects
    assert left == SendToRoom("r", "left", Left(ANN, "left"))
    assert isinstance(closed, ClosePeer)
    assert (closed.room, closed.peer, closed.code) == ("r", ANN, "not_member")


def test_who_leaves_without_a_socket_has_none_to_close() -> None:
    room, _ = enter(None, ANN)
    assert rooms.leave(room, "r", ANN, NOW)[1] == [SendToRoom("r", "left", Left(ANN, "left"))]


def test_leaving_twice_is_no_error() -> None:
    room = seated(BOB)
    assert rooms.leave(room, "r", ANN, NOW) == (room, [])
    assert rooms.leave(None, "r", ANN, NOW) == (None, [])


def test_an_open_room_goes_with_its_last_member_and_a_created_one_stays() -> None:
    assert rooms.leave(seated(ANN), "r", ANN, NOW)[0] is None
    stays, _ = rooms.leave(seated(ANN, room=made()), "r", ANN, NOW)
    assert stays is not None and stays.expires_at == NOW + DAY


def test_an_open_room_lives_a_day_after_its_last_change_or_a_moment_when_nobody_is_connected() -> (
    None
):
    room, _ = enter(None, ANN)
    assert room.expires_at == NOW + SEAT_MS
    assert seated(ANN).expires_at == NOW + DAY
    lost, _ = rooms.disconnect(seated(ANN), "r", ANN, f"c-{ANN}", NOW + 7)
    assert lost is not None and lost.expires_at == NOW + 7 + SEAT_MS


def test_a_kick_announces_and_closes_and_keeps_the_identity_out() -> None:
    room, effects = rooms.kick(seated(ANN, BOB, room=made()), "r", ANN, NOW)
    assert peers(room) == [BOB]
    left, closed = effects
    assert left == SendToRoom("r", "left", Left(ANN, "kicked"))
    assert isinstance(closed, ClosePeer) and (closed.peer, closed.code) == (ANN, "kicked")
    end = NOW + PEER_TTL_SECONDS * 1000
    assert code(enter, room, ANN, end - 1, issued_at=NOW) == "kicked"
    assert code(rooms.check_member, room, ANN, NOW) == "kicked"


def test_a_kick_can_be_repeated_because_the_first_may_have_failed_half_way() -> None:
    room, first = rooms.kick(seated(ANN, room=made()), "r", ANN, NOW)
    assert rooms.kick(room, "r", ANN, NOW)[1] == first


def test_a_kick_outlives_an_open_room_that_is_empty() -> None:
    room, _ = rooms.kick(seated(ANN), "r", ANN, NOW)
    assert room is not None and room.expires_at >= NOW + PEER_TTL_SECONDS * 1000


def test_kicks_are_remembered_in_a_bounded_number_the_latest() -> None:
    room: Room | None = made()
    for number in range(MAX_KICKED + 10):
        room, _ = rooms.kick(seated(f"{number:016}", room=room), "r", f"{number:016}", NOW + number)
    assert room is not None and len(room.kicked) == MAX_KICKED
    assert code(enter, room, f"{MAX_KICKED + 9:016}", NOW + 300) == "kicked"


@pytest.mark.parametrize("call", [rooms.lock, rooms.expiry], ids=["lock", "invite"])
@pytest.mark.parametrize("room", [None, made(ttl=60, now=NOW - DAY)], ids=["none", "expired"])
def test_host_calls_need_a_room(call: Any, room: Room | None) -> None:
    arguments = (room, True, NOW) if call is rooms.lock else (room, NOW)
    assert code(call, *arguments) == "room_not_found"
    assert code(rooms.kick, room, "r", ANN, NOW) == "room_not_found"


def test_nobody_kicks_a_stranger() -> None:
    assert code(rooms.kick, seated(BOB), "r", ANN, NOW) == "peer_not_found"


def test_a_lock_can_be_undone() -> None:
    locked = rooms.lock(made(), True, NOW)
    assert locked.locked and not rooms.lock(locked, False, NOW).locked


# --- parked offers ----------------------------------------------------------------------------


def test_a_parked_offer_goes_to_the_next_newcomer_only() -> None:
    room = rooms.park(seated(ANN), ANN, OFFER, NOW)
    room, first = enter(room, BOB)
    assert first.others[0].offer == OFFER
    room, second = enter(room, CYD)
    assert [other.offer for other in second.others] == [None, None]


def test_the_newest_offer_of_a_member_counts() -> None:
    newer = ParkedOffer(6, Raw(b'{"pc":"q","sdp":"v=0"}'))
    room = rooms.park(rooms.park(seated(ANN), ANN, OFFER, NOW), ANN, newer, NOW)
    assert enter(room, BOB)[1].others[0].offer == newer


def test_who_resumes_takes_no_offer_from_the_next_newcomer() -> None:
    room = rooms.park(seated(ANN, BOB), ANN, OFFER, NOW)
    room, resumed = enter(room, BOB)
    assert resumed.others[0].offer is None
    assert enter(room, CYD)[1].others[0].offer == OFFER


def test_the_offer_of_a_lost_member_waits_until_it_is_back() -> None:
    room = rooms.park(seated(ANN, BOB), ANN, OFFER, NOW)
    lost, _ = rooms.disconnect(room, "r", ANN, f"c-{ANN}", NOW)
    room, admitted = enter(lost, CYD)
    assert all(other.offer is None for other in admitted.others)
    back, _ = rooms.connect(room, "r", ANN, "c2", NOW)
    assert enter(back, "D" * 16)[1].others[0].offer == OFFER


@pytest.mark.parametrize("room", [None, seated(BOB)], ids=["no room", "others"])
def test_only_members_park(room: Room | None) -> None:
    assert code(rooms.park, room, ANN, OFFER, NOW) == "not_member"
    assert code(rooms.check_member, room, ANN, NOW) == "not_member"


def test_a_room_survives_its_store() -> None:
    room = rooms.park(seated(ANN, BOB, room=made(capacity=9, invite_only=False)), ANN, OFFER, NOW)
    room, _ = rooms.kick(rooms.lock(room, True, NOW), "r", BOB, NOW)  # type: ignore[assignment]
    room = structs.replace(room, invites={"i": 2})
    assert rooms.load(rooms.dump(room)) == room
