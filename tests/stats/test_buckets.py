"""Times as buckets, and percentiles of buckets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.buckets import MAX_BUCKET, buckets_of, millis_of, percentile
from stats.report import MAX_PHASE_MS, PHASES


def bucket_of(ms: float) -> int:
    (bucket,) = buckets_of({"ice": ms}).values()
    return bucket


@given(st.floats(0, 3_000_000))
def test_a_time_lies_in_its_bucket(ms: float) -> None:
    bucket = bucket_of(ms)
    assert 0 <= bucket <= MAX_BUCKET
    assert millis_of(bucket) <= ms * (1 + 1e-6) and ms < millis_of(bucket + 1)


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000))
def test_buckets_are_in_order(a: int, b: int) -> None:
    assert (a <= b) <= (bucket_of(a) <= bucket_of(b))


def test_the_longest_call_is_not_in_the_last_bucket() -> None:
    assert bucket_of(MAX_PHASE_MS * len(PHASES)) < MAX_BUCKET


@pytest.mark.parametrize("part", [0.5, 0.95])
@given(st.lists(st.floats(1, 600_000), min_size=10, max_size=200))
def test_a_percentile_is_wrong_by_one_bucket_at_most(part: float, times: list[float]) -> None:
    counts: dict[str, int] = {}
    for ms in times:
        counts[str(bucket_of(ms))] = counts.get(str(bucket_of(ms)), 0) + 1
    exact = sorted(times)[math.ceil(part * len(times)) - 1]
    found = percentile(counts, part, 10)
    assert found is not None
    assert millis_of(bucket_of(exact)) - 1 <= found <= millis_of(bucket_of(exact) + 1) + 1


def test_a_percentile_of_too_few_times_is_withheld() -> None:
    assert percentile({"20": 9}, 0.5, 10) is None
    assert percentile({"20": 10}, 0.5, 10) is not None
