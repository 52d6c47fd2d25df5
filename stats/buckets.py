"""Times as buckets: buckets of times, the time of a bucket, percentiles of buckets. Pure.

Bucket 0 holds times below 1 ms. From there each doubling of the time has BUCKETS_PER_DOUBLING
buckets, so a bucket is 19 % wider than the one before it.
"""

from bisect import bisect_right
from collections.abc import Mapping

BUCKETS_PER_DOUBLING = 4
MAX_BUCKET = 128

# Where the buckets 1 to MAX_BUCKET begin.
STARTS_MS = tuple(2 ** (n / BUCKETS_PER_DOUBLING) for n in range(MAX_BUCKET))


def buckets_of(times: Mapping[str, float]) -> dict[str, int]:
    """The bucket that each of some times (ms, by name) lies in."""
    return {name: bisect_right(STARTS_MS, ms) for name, ms in times.items()}


def millis_of(bucket: float) -> float:
    """Where a bucket begins, in ms. With a fraction: that far into the bucket."""
    return bucket if bucket < 1 else float(2 ** ((bucket - 1) / BUCKETS_PER_DOUBLING))


def percentile(counts: Mapping[str, int], part: float, least: int) -> int | None:
    """The time in ms below which `part` (0-1) of the counted times lie.

    `counts`: how many times lie in each bucket. Within a bucket they count as spread evenly.
    None if there are fewer than `least`.
    """
    total = sum(counts.values())
    if total < least:
        return None
    rank, below = part * total, 0
    for bucket, n in sorted((int(bucket), n) for bucket, n in counts.items()):
        below += n
        if below >= rank:
            return round(millis_of(bucket + 1 - (below - rank) / n))
    raise AssertionError("unreachable")
