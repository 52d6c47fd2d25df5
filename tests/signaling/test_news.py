"""Who is told by name and who by the group: each who has a socket once, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import news
from signaling.effects import Effect, SendToPeer, SendToRoom
from signaling.messages import Disconnected
from signaling.news import BY_NAME, BY_NAME_MS
from signaling.room_document import Room, member_of
from tests.signaling.seating import ANN, BOB, CYD, DAN, LIFE, NOW, disconnected, seated, settled

SAID = Disconnected(DAN)


def told(room: Room, now: int = NOW, but: str | None = None) -> list[Effect]:
    return news.tell(room, "disconnected", SAID, now, but=but)


def by_name(*peers: str) -> list[Effect]:
    return [SendToPeer(LIFE, peer, "disconnected", SAID) for peer in peers]


def by_group(*without: str) -> SendToRoom:
    return SendToRoom(LIFE, "disconnected", SAID, tuple(f"c-{peer}" for peer in without))


def test_the_first_who_have_a_socket_are_told_by_name_until_the_group_has_them() -> None:
    room = seated(ANN, BOB)
    assert told(room) == by_name(ANN, BOB)
    assert told(room, but=ANN) == by_name(BOB)
    assert told(room, NOW + BY_NAME_MS - 1) == by_name(ANN, BOB)
    assert told(room, NOW + BY_NAME_MS) == [by_group()]
    assert told(room, NOW + BY_NAME_MS, but=ANN) == [by_group(ANN)]


def test_who_comes_later_is_told_by_the_group_which_tells_nobody_twice() -> None:
    room = seated(CYD, room=seated(ANN, BOB))
    assert not news.is_named(room, CYD, NOW)
    assert told(room) == [*by_name(ANN, BOB), by_group(ANN, BOB)]
    assert told(room, but=BOB) == [*by_name(ANN), by_group(ANN, BOB)]
    assert told(room, but=CYD) == by_name(ANN, BOB)


def test_who_opens_a_socket_when_others_have_gone_is_one_of_the_first_again() -> None:
    room = disconnected(disconnected(settled(seated(ANN, BOB, CYD)), ANN), BOB)
    room = seated(DAN, room=room, now=NOW + 1)
    assert news.is_named(room, DAN, NOW + 1)
    assert told(room, NOW + 1) == [*by_name(DAN), by_group(DAN)]


def test_where_nobody_else_has_a_socket_nobody_is_told() -> None:
    assert told(seated(ANN), but=ANN) == []
    assert told(disconnected(seated(ANN), ANN)) == []


@pytest.mark.parametrize("now", [NOW, NOW + 10 * BY_NAME_MS])
def test_a_seat_that_nobody_has_is_no_name(now: int) -> None:
    assert not news.is_named(seated(ANN), BOB, now)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.integers(0, 20_000))))
def test_each_who_has_a_socket_hears_it_once_and_few_by_name(
    steps: list[tuple[str, bool, int]],
) -> None:
    room, now = seated("z"), NOW
    for peer, opens, later in steps:
        now += later
        if opens:
            room = seated(peer, room=room, now=now)
        elif member_of(room, peer):
            room = disconnected(room, peer, now)
        effects = told(room, now)
        named = [effect.peer for effect in effects if isinstance(effect, SendToPeer)]
        groups = [effect for effect in effects if isinstance(effect, SendToRoom)]
        hear = {m.connection: m.peer for m in room.members if m.connection}
        grouped = [who for c, who in hear.items() for one in groups if c not in one.excluding]
        assert sorted([*named, *grouped]) == sorted(hear.values())
        assert len(groups) == bool(grouped) and len(named) <= BY_NAME
