"""k-anonymity: which counts may be shown. Nothing about a small group can be computed. Pure.

It is not enough to leave out a small group: total minus the others is its count. So the groups
that are left out have at least `k` members together, and are never a single group.
"""

from collections.abc import Hashable, Mapping

OTHER = "other"


def merge[T: Hashable](groups: Mapping[T, int], other: T, k: int) -> dict[T, int]:
    """Groups of at least `k`, the largest first. Smaller ones are added up in `other`.

    If `other` would have fewer than `k`, the smallest of the large groups joins it. The answer is
    {} if there are fewer than `k` in all.
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
    """The groups to hide. Each group has several counts, such as calls and peers.

    A group with a count of 1 to `k` - 1 is hidden. Other groups join, the smallest first and `keep`
    last, until two or more are hidden and each of their counts is at least `k` in sum. A group with
    only zeros need not be hidden.
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
    """`part` / `whole`, to four digits. None if `whole` is smaller than `k`.

    If `part` or the rest is smaller than `k`, it is rounded to a multiple of `k` first.
    """
    if whole < k:
        return None
    if min(part, whole - part) < k:
        return rounded(part, whole, k)
    return round(part / whole, 4)


def rounded(part: int, whole: int, k: int) -> float | None:
    """`part` / `whole`, where the smaller of `part` and the rest is rounded to a multiple of `k`.

    For days: their parts cannot be subtracted from the part of all days together. None if `whole`
    is smaller than `k`.
    """
    if whole < k:
        return None
    if part > whole - part:
        return round(1 - min(_nearest(whole - part, k), whole) / whole, 4)
    return round(min(_nearest(part, k), whole) / whole, 4)


def _nearest(n: int, k: int) -> int:
    return (n + k // 2) // k * k
