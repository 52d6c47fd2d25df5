"""Orders of two stamps become the same at both, in whatever order and however often they come."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import orders
from signaling.orders import MAX_KICKED, MAX_REVOKED, NONE, Orders, kick, lock, merge, revoke

# So few different ones that three stamps together stay within the bounds.
PEERS = [f"{number:016}" for number in range(40)]
INVITES = [f"{number}.1.30000000" for number in range(21)]


def said_by_a_stamp(inside: tuple[str, ...], outside: tuple[str, ...], **said: Any) -> Orders:
    """An open room has nobody inside its lock, and who is kicked is not inside."""
    said["locked"] |= said["full"]
    if not said["locked"]:
        return Orders(**said)
    outside = tuple(dict.fromkeys((*outside, *(peer for peer in inside if peer in said["kicked"]))))
    return Orders(**said, inside=tuple(set(inside) - set(outside)), outside=outside)


SAID = st.builds(
    said_by_a_stamp,
    version=st.integers(0, 3),
    locked=st.booleans(),
    kicked=st.lists(st.sampled_from(PEERS), unique=True, max_size=40).map(tuple),
    revoked=st.lists(st.sampled_from(INVITES), unique=True, max_size=21).map(tuple),
    inside=st.lists(st.sampled_from(PEERS), unique=True, max_size=8).map(tuple),
    outside=st.lists(st.sampled_from(PEERS), unique=True, max_size=8).map(tuple),
    full=st.sampled_from([False, False, False, True]),
)
# Where nobody has spoken of the lock it is open.
ORDERS = SAID.filter(lambda said: said.version > 0 or not said.locked)


def meaning(said: Orders) -> tuple[object, ...]:
    """What orders say; in which order they came to know it says nothing."""
    assert len(set(said.kicked)) == len(said.kicked)
    assert len(set(said.revoked)) == len(said.revoked)
    assert not set(said.inside) & {*said.outside, *said.kicked}
    assert said.locked or not said.full
    lock = said.version, said.locked, set(said.inside), set(said.outside), said.full
    return (*lock, set(said.kicked), set(said.revoked))


@given(ORDERS, ORDERS)
def test_merging_is_commutative(one: Orders, other: Orders) -> None:
    assert meaning(merge(one, other)) == meaning(merge(other, one))


@given(ORDERS, ORDERS, ORDERS)
def test_merging_is_associative(one: Orders, other: Orders, third: Orders) -> None:
    left, right = merge(merge(one, other), third), merge(one, merge(other, third))
    assert meaning(left) == meaning(right)
    assert (left.kicked, left.revoked) == (right.kicked, right.revoked)


@given(ORDERS, ORDERS)
def test_merging_is_idempotent(one: Orders, other: Orders) -> None:
    assert merge(one, one) == one == merge(one, NONE)
    both = merge(one, other)
    assert merge(both, other) == both == merge(both, one)


@given(ORDERS, ORDERS)
def test_nothing_is_taken_back_but_a_lock(one: Orders, other: Orders) -> None:
    both = merge(one, other)
    assert set(both.kicked) == {*one.kicked, *other.kicked}
    assert set(both.revoked) == {*one.revoked, *other.revoked}
    assert both.version == max(one.version, other.version)
    assert both.full is (one.full or other.full)


@given(ORDERS, st.sampled_from(PEERS))
def test_who_has_lost_its_seat_is_not_inside_whatever_is_said_of_the_same_lock(
    said: Orders, peer: str
) -> None:
    after = orders.lose(said, peer)
    assert (peer in after.outside) is (peer in {*said.inside, *said.outside})
    for both in (merge(after, said), merge(said, after)):
        assert peer not in both.inside
    assert (after.kicked, after.revoked, after.locked) == (said.kicked, said.revoked, said.locked)
    assert peer in lock(after, True, [peer]).inside, "a new lock"


@pytest.mark.parametrize(
    ("one", "other", "locked"),
    [
        ((0, False), (0, False), False),
        ((1, True), (0, False), True),
        ((1, True), (2, False), False),
        ((2, True), (1, False), True),
        ((1, True), (1, False), True),
        ((1, False), (1, False), False),
        ((10, False), (9, True), False),
    ],
)
def test_the_newer_word_on_the_lock_counts_and_of_two_as_new_the_lock(
    one: tuple[int, bool], other: tuple[int, bool], locked: bool
) -> None:
    for first, second in ((one, other), (other, one)):
        assert merge(Orders(*first), Orders(*second)).locked is locked


@given(ORDERS, st.booleans())
def test_a_hosts_word_on_the_lock_counts_over_every_older_one(said: Orders, locked: bool) -> None:
    after = lock(said, locked, ["A" * 16])
    assert after.locked is (locked or said.full) and after.full is said.full
    assert merge(after, said) == after == merge(after, NONE)
    assert after.inside == (("A" * 16,) if locked else ()) and after.outside == ()
    assert (after.kicked, after.revoked) == (said.kicked, said.revoked)


@given(ORDERS, st.sampled_from(PEERS), st.sampled_from([*INVITES, ""]))
def test_a_kick_ends_the_invite_too(said: Orders, peer: str, invite: str) -> None:
    after = kick(said, peer, invite)
    assert set(after.kicked) == {*said.kicked, peer}
    assert set(after.revoked) == {*said.revoked, *([invite] if invite else [])}
    assert kick(after, peer, invite) == after
    assert (after.version, after.locked) == (said.version, said.locked)
    assert peer not in after.inside


@given(ORDERS, st.sampled_from(INVITES))
def test_a_revoked_invite_kicks_nobody(said: Orders, invite: str) -> None:
    after = revoke(said, invite)
    assert set(after.revoked) == {*said.revoked, invite} and after.kicked == said.kicked
    assert revoke(after, invite) == after


# --- beyond the bounds ------------------------------------------------------------------------


def kicked(numbers: range) -> Orders:
    return reduce(lambda said, number: kick(said, str(number), f"i{number}"), numbers, NONE)


def test_beyond_the_bounds_the_newest_that_this_stamp_decided_count() -> None:
    said = kicked(range(MAX_KICKED + 5))
    assert said.kicked == tuple(str(number) for number in range(5, MAX_KICKED + 5))
    last = MAX_KICKED + 5
    assert said.revoked == tuple(f"i{number}" for number in range(last - MAX_REVOKED, last))


def test_beyond_the_bounds_the_room_is_locked_for_good() -> None:
    """Else who was kicked first would come in again, and nobody would know why."""
    full = kicked(range(MAX_REVOKED))
    assert not full.full and not full.locked
    for after in (revoke(full, "one more"), kicked(range(MAX_REVOKED + 1))):
        assert after.full and after.locked
        assert lock(after, False, []).locked and merge(after, lock(NONE, False, [])).locked
        assert merge(lock(lock(NONE, True, []), False, []), after).locked
    peers = reduce(lambda said, number: kick(said, str(number), ""), range(MAX_KICKED + 1), NONE)
    assert peers.full and "0" not in peers.kicked


def test_who_was_kicked_and_is_forgotten_is_not_inside_by_an_old_word() -> None:
    before = lock(NONE, True, ["A", "B"])
    said = kick(before, "A", "")
    for number in range(MAX_KICKED):
        said = kick(said, str(number), "")
    assert "A" not in said.kicked
    assert merge(said, before).inside == merge(before, said).inside == ("B",)


def test_beyond_the_bounds_what_another_stamp_says_is_the_newest() -> None:
    """So two full stamps do not agree: each knows all that it was told last."""
    here, there = kicked(range(MAX_KICKED)), kicked(range(1000, 1000 + MAX_KICKED))
    assert merge(here, there).kicked == there.kicked and merge(there, here).kicked == here.kicked
    assert merge(here, there).full
    half = kicked(range(1000, 1000 + MAX_KICKED // 2))
    assert merge(here, half).kicked == here.kicked[MAX_KICKED // 2 :] + half.kicked


@given(st.lists(st.integers(0, 400), max_size=400), st.lists(st.integers(0, 400), max_size=400))
def test_no_merge_exceeds_the_bounds_or_makes_anything_up(one: list[int], other: list[int]) -> None:
    here, there = (
        Orders(1, True, tuple(map(str, numbers)), tuple(map(str, numbers)))
        for numbers in (one, other)
    )
    both = merge(here, there)
    assert len(both.kicked) <= MAX_KICKED and len(both.revoked) <= MAX_REVOKED
    assert {*both.kicked, *both.revoked} <= {*here.kicked, *there.kicked}
    assert merge(both, NONE) == both == merge(both, both)


def test_nobody_has_decided_anything_yet() -> None:
    assert NONE == Orders() == orders.merge(NONE, NONE)
    assert meaning(NONE) == (0, False, set(), set(), False, set(), set())
