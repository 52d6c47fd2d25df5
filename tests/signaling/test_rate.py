import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import rate
from signaling.rate import (
    BLAME,
    BURST,
    MAX_BUCKETS,
    PER_SECOND,
    REFUSALS_TO_ABUSE,
    Bucket,
    Buckets,
    Rate,
    Verdict,
    take,
)

T0 = 1_800_000_000_000


def verdicts(times: list[int]) -> list[Verdict]:
    bucket, said = Bucket(at=times[0]), []
    for now in times:
        bucket, verdict = take(bucket, now)
        said.append(verdict)
    return said


def test_a_burst_is_allowed_and_the_next_message_is_not() -> None:
    said = verdicts([T0] * (BURST + 1))
    assert said == [Verdict.ALLOWED] * BURST + [Verdict.REFUSED]


def test_after_the_burst_one_message_every_fiftieth_of_a_second_passes() -> None:
    pause = 1000 // PER_SECOND
    said = verdicts([T0] * BURST + [T0 + pause * n for n in range(1, 41)])
    assert set(said) == {Verdict.ALLOWED}


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=300))
def test_no_more_than_the_burst_and_the_rate_pass(gaps: list[int]) -> None:
    times = [T0 + sum(gaps[: n + 1]) for n in range(len(gaps))]
    allowed = verdicts(times).count(Verdict.ALLOWED)
    assert allowed <= BURST + (times[-1] - times[0]) * PER_SECOND / 1000 + 1e-6


@given(st.lists(st.integers(T0 - 10_000, T0 + 10_000), min_size=1, max_size=300))
def test_a_clock_that_steps_back_gives_nothing_away(times: list[int]) -> None:
    allowed = verdicts(times).count(Verdict.ALLOWED)
    assert allowed <= BURST + (max(times) - times[0]) * PER_SECOND / 1000 + 1e-6


def test_refusals_without_an_end_are_abuse() -> None:
    said = verdicts([T0] * (BURST + REFUSALS_TO_ABUSE))
    assert said[-2:] == [Verdict.REFUSED, Verdict.ABUSE]
    assert said.count(Verdict.ABUSE) == 1


def test_who_waits_is_forgiven() -> None:
    bucket = Bucket(at=T0)
    for _ in range(BURST + REFUSALS_TO_ABUSE - 1):
        bucket, _ = take(bucket, T0)
    bucket, verdict = take(bucket, T0 + 10_000)
    assert verdict is Verdict.ALLOWED
    for _ in range(BURST + 10):
        bucket, verdict = take(bucket, T0 + 10_000)
    assert verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("per_second", "closed"), [(30, False), (40, False), (100, True), (1000, True)]
)
def test_a_runaway_is_closed_and_who_is_a_little_too_fast_is_not(
    per_second: int, closed: bool
) -> None:
    # Admissions fall between the refusals, so no 200 of these come in a row.
    said = verdicts([T0 + n * 1000 // per_second for n in range(10 * per_second)])
    assert (Verdict.ABUSE in said) is closed


def test_peers_do_not_share_a_bucket() -> None:
    buckets = Buckets()
    for _ in range(BURST + 1):
        said = buckets.take("a", T0)
    assert said is Verdict.REFUSED
    assert buckets.take("b", T0) is Verdict.ALLOWED


def test_what_another_limit_refuses_is_abuse_too_although_it_counts_as_taken() -> None:
    buckets, said = Buckets(), []
    for number in range(REFUSALS_TO_ABUSE):
        now = T0 + number * 1000
        assert buckets.take("a", now) is Verdict.ALLOWED
        said.append(buckets.blame("a", now))
    assert said.index(Verdict.ABUSE) == REFUSALS_TO_ABUSE - BLAME
    assert buckets.blame("b", T0) is Verdict.REFUSED


def test_however_long_somebody_was_refused_one_message_that_is_taken_forgives_one() -> None:
    bucket = Bucket(at=T0)
    for _ in range(BURST + 10 * REFUSALS_TO_ABUSE):
        bucket, verdict = take(bucket, T0)
    assert verdict is Verdict.ABUSE
    bucket, verdict = take(bucket, T0 + 1000 // PER_SECOND)
    assert verdict is Verdict.ALLOWED
    assert take(bucket, T0 + 1000 // PER_SECOND)[1] is Verdict.ABUSE
    bucket, _ = take(bucket, T0 + 2000 // PER_SECOND)
    bucket, verdict = take(bucket, T0 + 2000 // PER_SECOND)
    assert verdict is Verdict.REFUSED


def test_the_longest_silent_are_forgotten_first() -> None:
    buckets = Buckets()
    for _ in range(BURST + 1):
        buckets.take("busy", T0)
        buckets.take("silent", T0)
    for number in range(MAX_BUCKETS):
        buckets.take(f"c{number}", T0)
        if number % 1000 == 0:
            assert buckets.take("busy", T0) is Verdict.REFUSED
    assert buckets.take("silent", T0) is Verdict.ALLOWED


@pytest.fixture
def hasty_threads() -> object:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_may_take_and_blame_at_once(hasty_threads: object) -> None:
    buckets = Buckets()

    def repeat(call: Callable[[], object]) -> None:
        for _ in range(20_000):
            call()

    with ThreadPoolExecutor(4) as pool:
        calls = [lambda: buckets.take("a", T0), lambda: buckets.blame("a", T0)] * 2
        for done in [pool.submit(repeat, call) for call in calls]:
            done.result()


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_get_no_token_too_many(hasty_threads: object, threads: int) -> None:
    """At one moment, from one bucket: as many as it holds, whoever asks."""
    burst, asks = 20_000, 40_000
    buckets = Buckets(Rate(burst, 1.0))

    def ask(_: int) -> int:
        verdicts = (buckets.take("a", T0) for _ in range(asks // threads))
        return sum(verdict is Verdict.ALLOWED for verdict in verdicts)

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(ask, range(threads))) == burst


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (rate.BURST, rate.PER_SECOND, rate.REFUSALS_TO_ABUSE) == (60, 20, 200)
