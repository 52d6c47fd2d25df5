"""Token buckets: how many messages a connection may send. docs/protocol.md §1.

Each instance of the app counts for itself, and the calls of one connection may spread over
several: the bound holds per instance. It stops clients that have lost control. It is no
accounting.
"""

from collections import OrderedDict
from enum import Enum
from threading import Lock

from msgspec import Struct

BURST = 60  # messages at once
PER_SECOND = 20
REFUSALS_TO_ABUSE = 200  # refusals, less one for each message taken, before the socket is closed
MAX_BUCKETS = 20_000


class Verdict(Enum):
    """What a bucket says to one message."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    ABUSE = "abuse"  # refused so often that the connection has to end


class Rate(Struct, frozen=True):
    """`burst` at once, and `per_second` in the long run."""

    burst: int
    per_second: float


CONNECTION = Rate(BURST, PER_SECOND)


class Bucket(Struct, frozen=True):
    """The tokens of one caller. Every message that is taken costs one."""

    tokens: float = BURST
    at: int = 0  # epoch ms of the last call
    refused: int = 0  # each message taken takes one back: twice the rate is borne, more is not

    def tokens_at(self, now: int, rate: Rate) -> float:
        """The tokens at `now` (epoch ms). A clock that steps back adds none."""
        return min(rate.burst, self.tokens + max(0, now - self.at) * rate.per_second / 1000)


def take(bucket: Bucket, now: int, rate: Rate = CONNECTION) -> tuple[Bucket, Verdict]:
    """Ask for one message at `now` (epoch ms): the bucket afterwards, and the verdict."""
    tokens = bucket.tokens_at(now, rate)
    at = max(now, bucket.at)
    if tokens >= 1:
        return Bucket(tokens - 1, at, max(0, bucket.refused - 1)), Verdict.ALLOWED
    refused = bucket.refused + 1
    verdict = Verdict.ABUSE if refused >= REFUSALS_TO_ABUSE else Verdict.REFUSED
    return Bucket(tokens, at, refused), verdict


class Buckets:
    """The buckets of the callers heard last; the longest silent is forgotten first.

    The event loop and threads share it: without the lock two of them take the same token.
    """

    def __init__(self, rate: Rate = CONNECTION) -> None:
        self._rate = rate
        self._lock = Lock()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, caller: str, now: int) -> Verdict:
        """Ask for one message of `caller` at `now` (epoch ms)."""
        with self._lock:
            old = self._buckets.get(caller) or Bucket(tokens=self._rate.burst, at=now)
            bucket, verdict = take(old, now, self._rate)
            self._buckets[caller] = bucket
            self._buckets.move_to_end(caller)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
            return verdict

    def forget(self, caller: str) -> None:
        """Its connection has ended."""
        with self._lock:
            self._buckets.pop(caller, None)
