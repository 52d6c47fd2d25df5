"""A token bucket per connection, in this process. docs/protocol.md §1.

Each instance of the app counts for itself, and calls of one connection may spread over several:
the bound holds per instance. It stops runaway clients; it is no accounting.
"""

from collections import OrderedDict
from enum import Enum

from msgspec import Struct

BURST = 60
PER_SECOND = 20
PATIENCE = 200  # refusals, less one for each admission, before the connection is closed
MAX_BUCKETS = 20_000


class Verdict(Enum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    ABUSE = "abuse"


class Rate(Struct, frozen=True):
    burst: int
    per_second: float


CONNECTION = Rate(BURST, PER_SECOND)


class Bucket(Struct, frozen=True):
    tokens: float = BURST
    at: int = 0  # epoch ms of the last call
    refused: int = 0  # each admission takes one back: twice the rate is borne, more is not

    def tokens_at(self, now: int, rate: Rate) -> float:
        """What is in it at `now`; a clock that steps back refills nothing."""
        return min(rate.burst, self.tokens + max(0, now - self.at) * rate.per_second / 1000)


def take(bucket: Bucket, now: int, rate: Rate = CONNECTION) -> tuple[Bucket, Verdict]:
    """Ask for one message at `now` (epoch ms)."""
    tokens = bucket.tokens_at(now, rate)
    at = max(now, bucket.at)
    if tokens >= 1:
        return Bucket(tokens - 1, at, max(0, bucket.refused - 1)), Verdict.ALLOWED
    refused = bucket.refused + 1
    verdict = Verdict.ABUSE if refused >= PATIENCE else Verdict.REFUSED
    return Bucket(tokens, at, refused), verdict


class Buckets:
    """The buckets of the connections heard last; the longest silent are forgotten first."""

    def __init__(self, rate: Rate = CONNECTION) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, connection: str, now: int) -> Verdict:
        new = Bucket(tokens=self._rate.burst, at=now)
        bucket, verdict = take(self._buckets.get(connection) or new, now, self._rate)
        self._buckets[connection] = bucket
        self._buckets.move_to_end(connection)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return verdict

    def forget(self, connection: str) -> None:
        self._buckets.pop(connection, None)
