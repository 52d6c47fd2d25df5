"""Token buckets: how many messages a peer may send. docs/protocol.md §1.

The bucket is the peer's and not its connection's: who connects again finds it as it was left.
Each instance of the app counts for itself, and the calls of one peer may spread over several: the
bound holds per instance. It stops clients that have lost control. What messages cost is counted in
signaling/budget.py.
"""

from collections import OrderedDict
from enum import Enum
from threading import Lock

from msgspec import Struct

BURST = 60  # messages at once
PER_SECOND = 20
REFUSALS_TO_ABUSE = 200  # refusals, less one for each message taken, before the socket is closed
BLAME = 2  # refusals that one by another limit counts as: the message has counted as taken before
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


PEER = Rate(BURST, PER_SECOND)


class Bucket(Struct, frozen=True):
    """The tokens of one caller. Every message that is taken costs one."""

    tokens: float = BURST
    at: int = 0  # epoch ms of the last call
    refused: int = 0  # each message taken takes one back: twice the rate is borne, more is not

    def tokens_at(self, now: int, rate: Rate) -> float:
        """The tokens at `now` (epoch ms). A clock that steps back adds none."""
        return min(rate.burst, self.tokens + max(0, now - self.at) * rate.per_second / 1000)


def take(bucket: Bucket, now: int, rate: Rate = PEER) -> tuple[Bucket, Verdict]:
    """Ask for one message at `now` (epoch ms): the bucket afterwards, and the verdict."""
    tokens = bucket.tokens_at(now, rate)
    at = max(now, bucket.at)
    if tokens >= 1:
        return Bucket(tokens - 1, at, max(0, bucket.refused - 1)), Verdict.ALLOWED
    return _refuse(Bucket(tokens, at, bucket.refused), 1)


def _refuse(bucket: Bucket, times: int) -> tuple[Bucket, Verdict]:
    refused = min(bucket.refused + times, REFUSALS_TO_ABUSE)
    verdict = Verdict.ABUSE if refused >= REFUSALS_TO_ABUSE else Verdict.REFUSED
    return Bucket(bucket.tokens, bucket.at, refused), verdict


class Newest[T]:
    """Of each of the MAX_BUCKETS names used last; the longest silent goes first. No lock."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, name: str) -> T | None:
        """None: nothing is known of it, or not any more."""
        return self._kept.get(name)

    def keep(self, name: str, value: T) -> None:
        """Of this name from now on."""
        self._kept[name] = value
        self._kept.move_to_end(name)
        if len(self._kept) > MAX_BUCKETS:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)


class Buckets:
    """The buckets of the callers heard last.

    The event loop and threads share it: without the lock two of them take the same token.
    """

    def __init__(self, rate: Rate = PEER) -> None:
        self._rate = rate
        self._lock = Lock()
        self._buckets = Newest[Bucket]()

    def take(self, caller: str, now: int) -> Verdict:
        """Ask for one message of `caller` at `now` (epoch ms)."""
        with self._lock:
            bucket, verdict = take(self._get(caller, now), now, self._rate)
            self._buckets.keep(caller, bucket)
            return verdict

    def blame(self, caller: str, now: int) -> Verdict:
        """A message that was allowed here is refused by another limit: that counts too."""
        with self._lock:
            bucket, verdict = _refuse(self._get(caller, now), BLAME)
            self._buckets.keep(caller, bucket)
            return verdict

    def _get(self, caller: str, now: int) -> Bucket:
        return self._buckets.get(caller) or Bucket(tokens=self._rate.burst, at=now)


class Tokens:
    """Buckets of one rate by name, for what costs more or less.

    No lock: whoever asks several of these at once has one for all.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets = Newest[Bucket]()

    def left(self, name: str, now: int) -> float:
        """The tokens in the bucket of this name; less than 0: it owes them."""
        return self._get(name, now).tokens_at(now, self.rate)

    def take(self, name: str, now: int, cost: int = 1) -> None:
        """Take so many, whether they are there or not; nobody owes more than a burst."""
        bucket = self._get(name, now)
        tokens = max(bucket.tokens_at(now, self.rate) - cost, -self.rate.burst)
        self._buckets.keep(name, Bucket(tokens, max(now, bucket.at)))

    def __len__(self) -> int:
        return len(self._buckets)

    def _get(self, name: str, now: int) -> Bucket:
        return self._buckets.get(name) or Bucket(tokens=self.rate.burst, at=now)
