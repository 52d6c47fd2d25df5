import pytest

from tests.turn.grants import CEILINGS, LAG_MS, MIDNIGHT, NOON, TODAY, TTL_MS, grant, room_with
from turn import ledger, room_ledger
from turn.balances import DAY_MS, Grant, RoomLedger, State
from turn.ledger import MAX_PEER_GRANTS, Refused


@pytest.mark.parametrize(
    ("grants", "asked", "reason"),
    [
        ([grant("a", 95)], grant("b", 6), "peer"),
        ([grant("a", 95)], grant("b", 6, peer="q"), None),
        ([grant("a", 100), grant("b", 95, peer="q")], grant("c", 6, peer="s"), "room"),
        ([grant(f"g{n}", 1) for n in range(MAX_PEER_GRANTS - 1)], grant("b", 1), None),
        ([grant(f"g{n}", 1) for n in range(MAX_PEER_GRANTS)], grant("b", 1), "peer"),
        ([grant(f"g{n}", 0) for n in range(MAX_PEER_GRANTS)], grant("b", 0), "peer"),
        ([grant("a", 1)], grant("a", 1), "peer"),
    ],
)
def test_the_ceilings_of_a_peer_and_a_room(
    grants: list[Grant], asked: Grant, reason: str | None
) -> None:
    room = room_with(*grants)
    if reason is None:
        assert room_ledger.reserve(room, asked, CEILINGS, NOON).balance
        return
    with pytest.raises(Refused) as refused:
        room_ledger.reserve(room, asked, CEILINGS, NOON)
    assert refused.value.reason == reason


def test_a_hold_is_reserved_and_settled_by_what_was_used() -> None:
    room = room_with(grant(amount=70))
    assert (room.balance, room.peer_balance("p")) == (70, 70)
    with pytest.raises(Refused):
        room_ledger.reserve(room, grant("h", 31), CEILINGS, NOON)
    assert room_ledger.reserve(room, grant("h", 30), CEILINGS, NOON).balance == 100
    assert room_ledger.settle(room, "g", 5, NOON) == RoomLedger(TODAY, {"p": 5})


def test_settling_twice_is_settling_once() -> None:
    once = room_ledger.settle(room_with(grant(amount=70)), "g", 5, NOON)
    assert room_ledger.settle(once, "g", 50, NOON) == once


def test_what_is_settled_for_nothing_leaves_nothing() -> None:
    assert room_ledger.settle(room_with(grant()), "g", 0, NOON) == RoomLedger()


def test_a_hold_that_nobody_settled_is_spent_in_full() -> None:
    room, until = room_with(grant(amount=70)), NOON + TTL_MS + LAG_MS
    assert room_ledger.lapse(room, until - 1) == room
    lapsed = room_ledger.lapse(room, until)
    assert lapsed == RoomLedger(TODAY, {"p": 70})
    assert room_ledger.settle(lapsed, "g", 5, until) == lapsed, "it was counted"


def test_an_ended_hold_counts_once_and_a_lapsed_one_is_not_revived() -> None:
    after = ledger.ended(grant(amount=70, state=State.MINTED), 90, NOON + 1_000)
    room = room_ledger.end(room_with(grant(amount=70)), after)
    assert (room.balance, room.holds["g"].until) == (90, NOON + 1_000 + LAG_MS)
    lapsed = room_ledger.lapse(room, NOON + TTL_MS + LAG_MS)
    assert room_ledger.end(lapsed, after) == lapsed


def test_live_holds_cross_midnight_and_what_was_spent_does_not() -> None:
    late = MIDNIGHT + DAY_MS - 60_000
    room = RoomLedger(TODAY, {"p": 20})
    room = room_ledger.reserve(room, grant(amount=70, now=late), CEILINGS, late)
    next_day = room_ledger.lapse(room, late + 120_000)
    assert (next_day.day, next_day.balance, next_day.peers) == ("2027-01-17", 70, {})
    assert room_ledger.settle(next_day, "g", 5, late + 120_000) == RoomLedger(
        "2027-01-17", {"p": 5}
    )


def test_a_hold_that_lapsed_in_a_day_gone_by_is_not_spent_in_this_one() -> None:
    lapsed = room_ledger.lapse(room_with(grant(amount=70)), NOON + 2 * DAY_MS)
    assert lapsed == RoomLedger("2027-01-18")


def test_a_clock_that_is_behind_does_not_open_a_day_again() -> None:
    room = RoomLedger("2027-01-17", {"p": 20})
    assert room_ledger.lapse(room, MIDNIGHT + DAY_MS - 1) == room


@pytest.mark.parametrize(
    ("held", "asked", "second"),
    [
        (("p", "q"), ("q", "p"), True),
        (("p", "q"), ("p", "q"), False),
        (("p", "q"), ("q", "s"), False),
        (("p", "q"), ("s", "p"), False),
        (("p", "q"), ("s", "q"), False),
        # A peer that does not say for whom may mean anybody it fits.
        (("p", ""), ("q", "p"), True),
        (("p", ""), ("q", "s"), False),
        (("p", ""), ("q", ""), True),
        (("p", "q"), ("q", ""), True),
        (("p", "q"), ("s", ""), False),
        (("p", ""), ("p", "q"), False),
    ],
)
def test_who_is_second_of_a_pair(
    held: tuple[str, str], asked: tuple[str, str], second: bool
) -> None:
    room = room_with(grant("a", peer=held[0], other=held[1]))
    wish = grant("b", peer=asked[0], other=asked[1])
    assert room_ledger.is_second(room, wish, NOON) is second
    assert not room_ledger.is_second(room, wish, NOON + TTL_MS)


def test_a_renewal_keeps_the_side_and_its_failure_does_not_lose_it() -> None:
    mine, theirs = grant("a", other="q"), grant("z", peer="q", other="p")
    renewed_at = NOON + TTL_MS - 1
    renewal = grant("b", now=renewed_at, other="q")
    room = room_ledger.reserve(room_with(mine), renewal, CEILINGS, renewed_at)
    assert room_ledger.is_second(room, theirs, NOON + TTL_MS + 1), "the renewed relay lives"
    undone = room_ledger.settle(room, "b", 0, renewed_at)
    assert room_ledger.is_second(undone, theirs, renewed_at), "the old one still does"
    assert not room_ledger.is_second(room_ledger.end(undone, mine), theirs, renewed_at)


def test_a_room_forgets_peers_who_cost_nothing_and_those_of_yesterday() -> None:
    room = RoomLedger()
    for number in range(500):
        guest = grant(f"g{number}", peer=f"p{number}")
        room = room_ledger.reserve(room, guest, CEILINGS, NOON)
        room = room_ledger.settle(room, guest.id, 0, NOON)
    assert room == RoomLedger()
    room = room_ledger.settle(room_with(grant("a", peer="q"), grant("b", peer="s")), "a", 3, NOON)
    assert room.peers.keys() == {"q"} and room.holds.keys() == {"b"}
    tomorrow = NOON + DAY_MS
    room = room_ledger.reserve(room, grant("c", now=tomorrow), CEILINGS, tomorrow)
    assert room.peers == {} and room.holds.keys() == {"c"}


def test_a_room_undone_is_as_it_was() -> None:
    before = room_with(grant("a", other="q"))
    after = room_ledger.reserve(before, grant("b", peer="q", other="p"), CEILINGS, NOON)
    assert room_ledger.settle(after, "b", 0, NOON) == before
