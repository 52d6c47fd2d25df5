import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.admission_rate import (
    APP_BURST,
    APP_PER_SECOND,
    LOW,
    MAX_NETWORKS,
    NETWORK,
    AdmissionRate,
    Price,
)
from signaling.rate import Rate

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
    return [admissions.price(network, known=known, proven=proven, now=NOW) for _ in range(times)]


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
    assert admissions.price("n", known=True, proven=False, now=later - 1000) is PROOF
    assert admissions.price("n", known=True, proven=False, now=later) is FREE


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
    assert admissions.price("new", known=False, proven=False, now=NOW + pause - 1) is PROOF
    assert admissions.price("new", known=False, proven=False, now=NOW + pause) is FREE


def test_the_rate_can_be_another() -> None:
    admissions = AdmissionRate(Rate(4, 0.5))
    assert prices(admissions, 4) == [FREE, FREE, FREE, PROOF]
    assert prices(admissions, 2, proven=True) == [FREE, REFUSED]
    assert admissions.price("n", known=True, proven=False, now=NOW + 4_000) is FREE


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
        price = admissions.price("n", known=known, proven=proven, now=now)
        admitted += price is FREE
        unproven += price is FREE and not proven
        assert not (proven and price is PROOF)
    filled = (now - NOW) * NETWORK.per_second / 1000
    assert admitted <= NETWORK.burst + filled
    assert unproven <= NETWORK.burst * (1 - LOW) + 1 + filled


def test_what_is_remembered_is_bounded_and_the_longest_silent_go_first() -> None:
    admissions = AdmissionRate()
    prices(admissions, BEFORE_LOW, "noisy")
    for number in range(MAX_NETWORKS - 1):
        prices(admissions, 1, f"n{number}")
    assert prices(admissions, 1, "noisy") == [PROOF], "still known"
    prices(admissions, 1, "noisy", proven=True)
    for number in range(MAX_NETWORKS):
        prices(admissions, 1, f"m{number}")
    assert len(admissions._networks) == MAX_NETWORKS
    assert prices(admissions, 1, "noisy") == [FREE]


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
