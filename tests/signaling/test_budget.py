"""What messages cost, who pays, and that it lets people through."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from signaling.admission_rate import NETWORK, Network
from signaling.budget import (
    MAX_MEMBERS,
    PEER,
    PEER_SOCKETS,
    ROOM,
    ROOM_SOCKETS,
    UNITS_PER_ADMISSION,
    WIDEST,
    Budget,
    Payer,
    network_in_seat,
    payer_of,
    units_of,
)
from signaling.effects import (
    AddToGroup,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    SendToPeer,
    SendToRoom,
)
from signaling.messages import Delivery, Left
from signaling.rate import MAX_BUCKETS, Rate, Tokens
from signaling.seats import Seat, read_seat
from signaling.signalr import encode_message

T0 = 1_800_000_000_000
KEY, LIFE, ANN = "0" * 32, "L" * 16, "A" * 16
WHO = Payer(KEY, ANN, ("n4m3n4m3",))


def delivery(size: int) -> Delivery:
    return Delivery(1, ANN, 1, "data", Raw(msgspec.json.encode("x" * size)))


def test_a_message_costs_a_unit_for_each_two_kilobytes_and_each_receiver() -> None:
    for size in (0, 1_000, 1_990, 2_100, 30_000):
        argument = delivery(size)
        each = -(-len(encode_message("signal", argument)) // 2048)
        assert units_of(SendToPeer(LIFE, ANN, "signal", argument), 32) == each
        assert units_of(SendToRoom(LIFE, "message", argument), 32) == 32 * each
    assert units_of(SendToPeer(LIFE, ANN, "signal", delivery(30_000)), 1) == 15


def test_what_is_excluded_is_not_paid_for() -> None:
    left = Left(ANN, "left", 1)
    assert units_of(SendToRoom(LIFE, "left", left, excluding=("c",)), 5) == 4
    assert units_of(SendToRoom(LIFE, "left", left, excluding=("c",)), 0) == 0
    assert units_of(SendToRoom(LIFE, "left", left), 0) == 0


def test_ends_cost_a_word_to_each_who_is_told() -> None:
    assert units_of(AddToGroup(LIFE, "c"), 9) == 0
    assert units_of(ClosePeer(LIFE, ANN, "kicked", "…"), 9) == 1
    assert units_of(ClosePeer(LIFE, ANN, "not_member", "…", silent=True), 9) == 0
    assert units_of(CloseConnection("c", "replaced", "…"), 9) == 1
    assert units_of(CloseConnection("c", "unavailable", "…", silent=True), 9) == 0
    assert units_of(CloseGroup(LIFE, "room_not_found", "…"), 9) == 9


def spend(budget: Budget, who: Payer, units: int, now: int = T0) -> int:
    """How often a message of so many units is taken, at one moment."""
    for taken in range(100_000):
        if not budget.take(who, units, now):
            return taken
    raise AssertionError("nothing ends it")


def test_a_peer_has_its_burst_and_its_rate() -> None:
    budget = Budget()
    assert spend(budget, WHO, 1) == PEER.burst
    assert spend(budget, WHO, 1, T0 + 1000) == PEER.per_second
    assert spend(budget, Payer(KEY, "B" * 16), 1) == PEER.burst


def test_a_room_has_its_burst_whoever_uses_it() -> None:
    budget = Budget(Rate(10_000, 1.0))
    taken = sum(spend(budget, Payer(KEY, f"{n}"), 1) for n in range(32))
    assert taken == ROOM.burst
    assert spend(budget, Payer("1" * 32, "0"), 1) == PEER.burst


def test_a_network_has_its_burst_in_whatever_rooms() -> None:
    budget = Budget()
    taken = sum(spend(budget, Payer(f"{n}", ANN, WHO.networks), 1) for n in range(32))
    assert taken == NETWORK.burst * UNITS_PER_ADMISSION
    assert spend(budget, Payer("x", ANN, ("another1",)), 1) == PEER.burst
    assert spend(budget, Payer("y", ANN), 1) == PEER.burst  # nobody can tell its network


def test_networks_of_one_customer_share_a_bucket() -> None:
    budget, units = Budget(), 64
    taken = sum(
        spend(budget, Payer(f"{n}", ANN, (f"{n:08}", "widest00")), units) for n in range(1_000)
    )
    assert taken * units == NETWORK.burst * UNITS_PER_ADMISSION * WIDEST


def test_a_refusal_takes_nothing_from_anybody() -> None:
    budget = Budget()
    for _ in range(50):
        assert not budget.take(WHO, 400, T0) or budget.take(WHO, 200, T0)
    poor, rich = WHO, Payer(KEY, "B" * 16, WHO.networks)
    assert [budget.take(poor, 300, T0) for _ in range(20)] == [False] * 20
    assert spend(budget, rich, 1) == PEER.burst


def test_what_costs_more_than_a_bucket_holds_is_taken_when_it_is_full_and_paid_off() -> None:
    budget = Budget()
    dear = PEER.burst + 400
    assert budget.take(WHO, dear, T0)
    assert not budget.take(WHO, 1, T0 + 20_000)
    assert budget.take(WHO, 1, T0 + 20_050)
    assert not budget.take(WHO, dear, T0 + 30_000)


def test_notices_are_charged_and_the_next_message_waits() -> None:
    budget = Budget()
    budget.charge(WHO, PEER.burst, T0)
    assert budget.owes(WHO, T0) and not budget.take(WHO, 1, T0)
    for _ in range(1_000):
        budget.charge(WHO, 63, T0)
    back = T0 + (PEER.burst + 1) * 1000 // int(PEER.per_second)
    assert not budget.owes(WHO, back)  # nobody owes more than a burst
    assert not budget.owes(Payer(KEY, "host"), T0)  # a room that owes does not bind its host


def test_whoever_opens_sockets_without_an_end_gets_no_more() -> None:
    budget = Budget()
    opened = [budget.open_socket(WHO, T0 + n * 18) for n in range(560)]  # in 10 s
    assert sum(opened) == PEER_SOCKETS.burst + 2
    assert budget.open_socket(Payer(KEY, "B" * 16), T0 + 10_000)
    later = T0 + 10_000 + int(1000 / PEER_SOCKETS.per_second) + 100
    assert budget.open_socket(WHO, later)


def test_a_room_opens_sockets_for_everybody_a_few_times_and_not_more() -> None:
    budget = Budget()
    opened = sum(budget.open_socket(Payer(KEY, f"{n % 32}"), T0) for n in range(1_000))
    assert opened == ROOM_SOCKETS.burst == 4 * MAX_MEMBERS


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 700), st.integers(0, 3_000), st.booleans()),
        max_size=80,
    )
)
def test_no_bucket_ever_gives_more_than_its_burst_and_rate(
    messages: list[tuple[int, int, int, bool]],
) -> None:
    """Messages that are taken, on top of notices that are sent in any case."""
    budget, now, taken = Budget(), T0, dict.fromkeys("0123", 0)
    for who, units, pause, notice in messages:
        now += pause
        payer = Payer(KEY, str(who), ("n",))
        if notice:
            budget.charge(payer, units, now)
        elif budget.take(payer, units, now):
            taken[str(who)] += units
    seconds = (now - T0) / 1000
    longest = max((units for _, units, _, _ in messages), default=0)
    for spent in taken.values():
        assert spent <= PEER.burst + PEER.per_second * seconds + max(0, longest - PEER.burst) + 1e-6


def test_the_members_of_a_room_are_those_last_heard_of() -> None:
    budget = Budget()
    assert budget.members(KEY) == MAX_MEMBERS
    budget.learn(KEY, 3)
    assert budget.members(KEY) == 3
    for number in range(MAX_BUCKETS):
        budget.learn(f"{number}", 1)
    assert budget.members(KEY) == MAX_MEMBERS


def test_buckets_that_were_silent_longest_are_forgotten_first() -> None:
    tokens = Tokens(Rate(2, 0.001))
    tokens.take("a", T0)
    for number in range(MAX_BUCKETS):
        tokens.take(f"{number}", T0)
    assert len(tokens) == MAX_BUCKETS
    assert tokens.left("a", T0) == 2 and tokens.left("1", T0) == 1


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (Network(), 0),
        (Network("own"), 1),
        (Network("own", ("wider", "widest")), 2),
    ],
)
def test_a_seat_carries_the_narrowest_and_the_widest_network(network: Network, names: int) -> None:
    text = network_in_seat(network)
    seat = Seat(KEY, LIFE, ANN, network=text)
    assert read_seat(seat.claim) == seat
    paid = payer_of(seat)
    assert (paid.key, paid.peer, len(paid.networks)) == (KEY, ANN, names)
    assert "own" not in text and len(set(paid.networks)) == names


def test_networks_with_one_widest_differ_in_the_first_name_only() -> None:
    one = network_in_seat(Network("a", ("b", "c")))
    other = network_in_seat(Network("d", ("e", "c")))
    assert one[:8] != other[:8] and one[8:] == other[8:]


class Meeting:
    """People of one network in a room, by the figures of a real one."""

    DESCRIPTION = 4  # units: an offer or answer with media
    CANDIDATES = 1

    def __init__(self, people: int, rate: Rate = NETWORK) -> None:
        self.budget = Budget(rate)
        self.people = [Payer(KEY, f"{n}", ("office00",)) for n in range(people)]

    def join(self, now: int) -> list[bool]:
        """All in one second: sockets, notices, and a description and candidates in each pair."""
        said, others = [], len(self.people) - 1
        for who in self.people:
            said.append(self.budget.open_socket(who, now))
            self.budget.charge(who, 2 * others + 1, now)
        for who in self.people:
            for _ in range(others):
                costs = (self.DESCRIPTION, self.CANDIDATES, self.CANDIDATES)
                said += [self.budget.take(who, cost + 1, now) for cost in costs]
        return said

    def talk(self, now: int, texts: int, pause: int) -> list[bool]:
        """Everybody writes to everybody through the servers, each every `pause` ms."""
        said = []
        for number in range(texts):
            at = now + number * pause
            said += [self.budget.take(who, len(self.people) + 1, at) for who in self.people]
        return said


@pytest.mark.parametrize("people", [2, 4, 8, 32])
def test_people_come_in_all_at_once_and_come_again(people: int) -> None:
    """By a stamp; another one has its own instances. Again: all of them reload a minute later."""
    meeting = Meeting(people)
    assert all(meeting.join(T0))
    assert all(meeting.join(T0 + 60_000))


@pytest.mark.parametrize(("people", "pause"), [(2, 500), (4, 1_000), (8, 1_000), (32, 12_000)])
def test_people_write_for_an_hour_where_no_channel_works(people: int, pause: int) -> None:
    meeting = Meeting(people)
    assert all(meeting.join(T0))
    assert all(meeting.talk(T0 + 60_000, 3_600_000 // pause, pause))


def test_an_office_comes_in_at_once_and_meets_in_rooms_of_eight() -> None:
    budget = Budget()
    for room in range(7):
        meeting = Meeting(8)
        meeting.budget = budget
        meeting.people = [Payer(f"{room}", f"{n}", ("office00",)) for n in range(8)]
        assert all(meeting.join(T0))


def test_the_exact_attack_costs_a_hundredth() -> None:
    """One member of 32 broadcasts 32 KB at 20 a second for 10 s: 198 of them before."""
    budget, each = Budget(), 16 * 32
    taken = sum(budget.take(WHO, each + 1, T0 + n * 50) for n in range(200))
    assert 198 * each == 101_376
    assert taken * each <= 1_024
