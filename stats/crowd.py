"""k-anonymity: what may be said of a group, and of the groups beside it. Pure.

Leaving a small group out is not enough: it can be computed from the total and the others. So what
is left out is at least `k` together, and never a single group.
"""

from collections.abc import Hashable, Mapping

OTHER = "other"


def merge[T: Hashable](groups: Mapping[T, int], other: T, k: int) -> dict[T, int]:
    """Groups of at least `k`, the largest first; smaller ones are together in `other`.

    If those are too few for a group, the smallest of the others joins them. {} below `k` in all.
    """
    counted = {name: n for name, n in groups.items() if n > 0 and name != other}
    rest = max(groups.get(other, 0), 0)
    for name, n in sorted(counted.items(), key=lambda group: group[1]):
        if n < k or 0 < rest < k:
            rest += n
            del counted[name]
    largest_first = dict(sorted(counted.items(), key=lambda group: -group[1]))
    if rest >= k:
        largest_first[other] = rest
    return largest_first if rest == 0 or rest >= k else {}


def withheld[T: Hashable](groups: Mapping[T, tuple[int, ...]], k: int, keep: T) -> set[T]:
    """Groups of several counts of which nothing may be said: those with a count of 1 to `k` - 1.

    Others join them, the smallest first and `keep` last, until there are two or more and the
    counts that are hidden are at least `k` each. Groups of nobody are no secret.
    """
    hidden = {name for name, counts in groups.items() if any(0 < n < k for n in counts)}
    others = [name for name, counts in groups.items() if name not in hidden and any(counts)]
    others.sort(key=lambda name: (name == keep, max(groups[name])))
    for name in others:
        sums = [sum(counts) for counts in zip(*(groups[h] for h in hidden), strict=True)]
        if len(hidden) != 1 and all(n == 0 or n >= k for n in sums):
            break
        hidden.add(name)
    return hidden


def share(part: int, whole: int, k: int) -> float | None:
    """`part` of `whole`; where it or what is missing of it is small, to the nearest whole `k`."""
    if whole < k:
        return None
    if min(part, whole - part) < k:
        return rounded(part, whole, k)
    return round(part / whole, 4)


def rounded(part: int, whole: int, k: int) -> float | None:
    """The same, always counted in whole `k`, from the nearer end.

    So what several days hide of their parts is not the difference to what they are together.
    """
    if whole < k:
        return None
    if part > whole - part:
        return round(1 - min(_nearest(whole - part, k), whole) / whole, 4)
    return round(min(_nearest(part, k), whole) / whole, 4)


def _nearest(n: int, k: int) -> int:
    return (n + k // 2) // k * k
