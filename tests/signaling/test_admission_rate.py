import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.admission_rate import (
    APP_BURST,
    APP_PER_SECOND,
    LOW,
    NETWORK,
    ROOM,
    WIDER,
    AdmissionRate,
    Network,
    Price,
)
from signaling.rate import MAX_BUCKETS, Rate

NOW = 1_800_000_000_000
BEFORE_LOW = int(NETWORK.burst * (1 - LOW)) + 1  # admissions that are free
FREE, PROOF, REFUSED = Price.FREE, Price.PROOF, Price.REFUSED


def prices(
    admissions: AdmissionRate,
    times: int,
    network: str = "n",
    known: bool = True,
    proven: bool = False,
) -> list[Price]:
    return [price(admissions, network, known=known, proven=proven, now=NOW) for _ in range(times)]


def price(admissions: AdmissionRate, network: str, *, known: bool, proven: bool, now: int) -> Price:
    """Of one admission; each invite is to another room."""
    room = f"room{next(ROOMS)}" if known else ""
    return admissions.price(Network(network), room=room, proven=proven, now=now)


ROOMS = itertools.count()


def attacked() -> AdmissionRate:
    """The app's bucket is empty: guests came from many networks, few from each."""
    admissions = AdmissionRate()
    for number in range(NETWORK.burst * APP_BURST):
        assert prices(admissions, 1, f"guest{number}", known=False) == [FREE]
    return admissions


def test_a_calm_network_comes_in_free() -> None:
    assert set(prices(AdmissionRate(), BEFORE_LOW)) == {FREE}


def test_when_the_bucket_runs_low_a_proof_is_asked_for_even_with_an_invite() -> None:
    for known in (True, False):
        admissions = AdmissionRate()
        prices(admissions, BEFORE_LOW, known=known)
        assert prices(admissions, 3, known=known) == [PROOF] * 3
        assert prices(admissions, 1, known=known, proven=True) == [FREE]


def test_asking_costs_nothing_and_coming_in_costs_a_token() -> None:
    admissions = AdmissionRate()
    prices(admissions, BEFORE_LOW + 500)
    left = NETWORK.burst - BEFORE_LOW
    assert prices(admissions, left + 2, proven=True) == [FREE] * left + [REFUSED] * 2


def test_an_empty_bucket_refuses_and_no_proof_helps() -> None:
    admissions = AdmissionRate()
    prices(admissions, NETWORK.burst, proven=True)
    assert prices(admissions, 1) + prices(admissions, 1, proven=True) == [REFUSED, REFUSED]


def test_who_comes_from_nowhere_is_never_refused_but_may_have_to_prove_work() -> None:
    """Nobody can tell the network: a bucket for all of them would lock everybody out."""
    admissions = AdmissionRate()
    asked = prices(admissions, NETWORK.burst * APP_BURST + 5, "", known=False)
    assert set(asked[: NETWORK.burst * APP_BURST]) == {FREE} and asked[-5:] == [PROOF] * 5
    assert prices(admissions, 500, "", known=False, proven=True) == [FREE] * 500
    assert prices(admissions, 500, "", known=True) == [FREE] * 500


def test_who_waits_is_calm_again() -> None:
    admissions = AdmissionRate()
    prices(admissions, NETWORK.burst, proven=True)
    later = NOW + int(1000 * NETWORK.burst * LOW / NETWORK.per_second)
    assert price(admissions, "n", known=True, proven=False, now=later - 1000) is PROOF
    assert price(admissions, "n", known=True, proven=False, now=later) is FREE


def test_networks_do_not_share_a_bucket() -> None:
    admissions = AdmissionRate()
    prices(admissions, NETWORK.burst, "noisy", proven=True)
    assert prices(admissions, 1, "calm") == [FREE]


def test_under_attack_guests_work_and_the_invited_walk_in() -> None:
    admissions = attacked()
    assert prices(admissions, 2, "new", known=False) == [PROOF, PROOF]
    assert prices(admissions, 1, "new", known=False, proven=True) == [FREE]
    assert prices(admissions, 3, "new", known=True) == [FREE] * 3


def test_the_invited_do_not_make_an_attack() -> None:
    admissions = AdmissionRate()
    for number in range(2 * NETWORK.burst * APP_BURST):
        assert prices(admissions, 1, f"n{number}", known=True) == [FREE]
    assert prices(admissions, 1, "guest", known=False) == [FREE]


def test_an_attack_is_over_when_guests_come_slowly_again() -> None:
    admissions = attacked()
    pause = -(-1000 // int(NETWORK.per_second * APP_PER_SECOND))
    assert price(admissions, "new", known=False, proven=False, now=NOW + pause - 1) is PROOF
    assert price(admissions, "new", known=False, proven=False, now=NOW + pause) is FREE


def test_the_rate_can_be_another() -> None:
    admissions = AdmissionRate(Rate(4, 0.5))
    assert prices(admissions, 4) == [FREE, FREE, FREE, PROOF]
    assert prices(admissions, 2, proven=True) == [FREE, REFUSED]
    assert price(admissions, "n", known=True, proven=False, now=NOW + 4_000) is FREE


@given(
    st.lists(
        st.tuples(st.integers(0, 3_000), st.booleans(), st.booleans()), min_size=1, max_size=300
    )
)
def test_no_network_comes_in_more_often_than_its_bucket_allows(
    asked: list[tuple[int, bool, bool]],
) -> None:
    admissions, now, admitted, unproven = AdmissionRate(), NOW, 0, 0
    for passed, known, proven in asked:
        now += passed
        said = price(admissions, "n", known=known, proven=proven, now=now)
        admitted += said is FREE
        unproven += said is FREE and not proven
        assert not (proven and said is PROOF)
    filled = (now - NOW) * NETWORK.per_second / 1000
    assert admitted <= NETWORK.burst + filled
    assert unproven <= NETWORK.burst * (1 - LOW) + 1 + filled


def test_what_is_remembered_is_bounded_and_the_longest_silent_go_first() -> None:
    admissions = AdmissionRate()
    prices(admissions, BEFORE_LOW, "noisy")
    for number in range(MAX_BUCKETS - 1):
        prices(admissions, 1, f"n{number}")
    assert prices(admissions, 1, "noisy") == [PROOF], "still known"
    prices(admissions, 1, "noisy", proven=True)
    for number in range(MAX_BUCKETS):
        prices(admissions, 1, f"m{number}")
    assert [len(each) for each in admissions._networks] == [MAX_BUCKETS, 0, 0]
    assert prices(admissions, 1, "noisy") == [FREE]


# --- wider networks of IPv6 ---------------------------------------------------------------------


def of_64(number: int, wide: str = "48") -> Network:
    """A /64 in a /48, which has 256 times 256 of them."""
    return Network(f"{wide}-64-{number}", (f"{wide}-56-{number // 256}", wide))


def admitted(admissions: AdmissionRate, networks: Iterable[Network], now: int = NOW) -> int:
    """How many come in that prove their work."""
    said = [admissions.price(each, proven=True, now=now, room="") for each in networks]
    return said.count(FREE)


def test_who_has_many_networks_has_the_bucket_of_the_wide_one_that_they_lie_in() -> None:
    """A /56 is what a home is given, a /48 what anybody gets who asks for it."""
    home, site = (NETWORK.burst * times for times in WIDER)
    assert admitted(AdmissionRate(), [of_64(number % 256) for number in range(2_000)]) == home
    assert admitted(AdmissionRate(), map(of_64, range(65_536))) == site


def test_a_wide_network_that_runs_low_proves_its_work() -> None:
    admissions = AdmissionRate()
    said = [admissions.price(of_64(number % 256), proven=False, now=NOW) for number in range(200)]
    free = int(NETWORK.burst * WIDER[0] * (1 - LOW)) + 1
    assert said == [FREE] * free + [PROOF] * (200 - free)
    assert admissions.price(of_64(65_535), proven=False, now=NOW) is FREE, "another /56"


def test_who_is_refused_for_the_wide_network_takes_nothing_from_its_own() -> None:
    admissions = AdmissionRate(Rate(4, 1))
    wide = admitted(admissions, [of_64(0)] * 4 + [of_64(number) for number in range(1, 64)])
    assert wide == 4 * WIDER[0]
    later = NOW + 1_000  # four tokens of a /56, and of the others in it none was taken
    assert admitted(admissions, [of_64(200)] * 5, later) == 4


def test_one_wide_network_pushes_nobody_out_of_memory() -> None:
    """Its 65,536 networks would take the place of all that are remembered."""
    admissions = AdmissionRate()
    prices(admissions, NETWORK.burst, "noisy", proven=True)
    now = NOW
    for number in range(65_536):
        now = NOW + number * 59_000 // 65_536  # before the noisy one's bucket is full again
        admissions.price(of_64(number), proven=True, now=now)
    assert price(admissions, "noisy", known=True, proven=False, now=NOW) is REFUSED


# --- rooms of one's own -------------------------------------------------------------------------


def test_an_invite_to_a_room_of_ones_own_is_no_way_round_the_work() -> None:
    """Whoever creates one room can invite itself from everywhere."""
    admissions = attacked()
    mine = [
        admissions.price(Network(f"n{number}"), proven=False, now=NOW, room="mine")
        for number in range(ROOM.burst + 50)
    ]
    assert mine == [FREE] * ROOM.burst + [PROOF] * 50
    assert admissions.price(Network("other"), proven=False, now=NOW, room="theirs") is FREE
    assert admissions.price(Network(), proven=False, now=NOW, room="mine") is PROOF


def test_beyond_the_rooms_bucket_an_invited_one_counts_as_a_guest() -> None:
    admissions = AdmissionRate()
    for number in range(ROOM.burst + NETWORK.burst * APP_BURST):
        assert admissions.price(Network(f"n{number}"), proven=False, now=NOW, room="mine") is FREE
    assert prices(admissions, 1, "guest", known=False) == [PROOF]


def test_what_is_refused_takes_nothing_from_the_room() -> None:
    admissions = AdmissionRate()
    prices(admissions, NETWORK.burst, proven=True)
    for _ in range(2 * ROOM.burst):
        assert admissions.price(Network("n"), proven=True, now=NOW, room="mine") is REFUSED
    admissions.price(Network("calm"), proven=False, now=NOW, room="mine")
    assert len(admissions._rooms) > 0 and admissions._rooms.left("mine", NOW) == ROOM.burst - 1


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_do_not_take_one_token_twice(hasty_threads: None) -> None:
    admissions = AdmissionRate(Rate(200, 1e-9))
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: prices(admissions, 50, proven=True), range(8)))
    assert Counter(price for some in said for price in some) == {FREE: 200, REFUSED: 200}
