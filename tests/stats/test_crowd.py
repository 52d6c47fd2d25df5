"""Small groups are not shown, and cannot be computed from what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from stats.crowd import OTHER, merge, rounded, share, withheld

K = 10
counts = st.one_of(st.integers(0, 12), st.integers(0, 1_000))
groups = st.dictionaries(st.sampled_from(["a", "b", "c", "d", OTHER]), counts)


@given(groups)
def test_what_is_told_of_groups_is_at_least_k_each_and_nobody_is_lost(said: dict[str, int]) -> None:
    merged = merge(said, OTHER, K)
    assert all(n >= K for n in merged.values())
    total = sum(said.values())
    # All or nothing: so no difference to the total is a small group.
    assert sum(merged.values()) == total or (merged == {} and 0 < total < K)
    assert all(merged[name] == said[name] for name in merged if name != OTHER)


@given(groups)
def test_the_rest_never_is_one_small_group_alone(said: dict[str, int]) -> None:
    small = [name for name, n in said.items() if 0 < n < K]
    if merged := merge(said, OTHER, K):
        assert not small or merged[OTHER] >= K


def test_a_small_group_takes_the_smallest_large_one_along() -> None:
    assert merge({"a": 100, "b": 30, "c": 3}, OTHER, K) == {"a": 100, OTHER: 33}
    assert merge({"a": 100, "b": 30, "c": 10}, OTHER, K) == {"a": 100, "b": 30, "c": 10}
    assert merge({"a": 6, "b": 6}, OTHER, K) == {OTHER: 12}
    assert merge({"a": 6}, OTHER, K) == merge({}, OTHER, K) == {}


days = st.dictionaries(st.integers(0, 20), st.tuples(counts, counts))


@given(days)
def test_days_that_are_hidden_are_enough_together(said: dict[int, tuple[int, int]]) -> None:
    hidden = withheld(said, K, 20)
    for day, pair in said.items():
        assert day in hidden or all(n == 0 or n >= K for n in pair)
    for column in (0, 1):
        total = sum(pair[column] for pair in said.values())
        difference = total - sum(p[column] for day, p in said.items() if day not in hidden)
        assert (
            difference == 0
            or difference >= K
            or total < K
            or not (said.keys() - hidden - nobody(said))
        )
    if len(hidden) == 1:
        assert all(not any(pair) for day, pair in said.items() if day not in hidden)


def nobody(said: dict[int, tuple[int, int]]) -> set[int]:
    return {day for day, pair in said.items() if not any(pair)}


def test_today_is_the_last_to_be_hidden_for_the_sake_of_others() -> None:
    said = {1: (3, 6), 2: (40, 80), 3: (30, 60)}
    assert withheld(said, K, 3) == {1, 2}
    assert withheld({1: (3, 6), 3: (30, 60)}, K, 3) == {1, 3}
    assert withheld({1: (20, 40), 3: (30, 60)}, K, 3) == set()


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_does_not_tell_the_few(part: int, others: int) -> None:
    whole = part + others
    said = share(part, whole, K)
    if said is None:
        assert whole < K
    elif min(part, others) < K:
        # Everybody who would round to the same whole tens is as likely.
        few = min(part, others)
        alike = {n for n in range(K) if (n + K // 2) // K == (few + K // 2) // K}
        assert len(alike) == K // 2
        assert all(
            share(n if part <= others else whole - n, whole, K) == said
            for n in alike
            # Exactly half is counted from the lower end.
            if n < whole - n or part <= others and n == whole - n
        )
    else:
        assert abs(said - part / whole) < 1e-4


@given(st.integers(0, 500), st.integers(0, 500))
def test_rounded_shares_are_near(part: int, others: int) -> None:
    whole = part + others
    said = rounded(part, whole, K)
    assert (said is None) == (whole < K)
    if said is not None:
        assert 0 <= said <= 1 and abs(said - part / whole) <= K / 2 / whole + 1e-4
