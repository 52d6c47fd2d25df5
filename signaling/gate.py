"""The gate before rooms and negotiate: a token bucket per network, and a proof of work.

Coming in is free while a network is calm. A network whose bucket runs low, and guests without an
invite while the whole app is under attack, pay with a proof of work; an empty bucket refuses.
Like signaling/rate.py it counts per instance of the app: it makes attacks dear, and is no wall.
"""

from collections import OrderedDict
from enum import Enum
from threading import Lock

from signaling.rate import Bucket, Rate, Verdict, take

NETWORK = Rate(burst=60, per_second=1)  # an office behind one address can come in at once
LOW = 0.5  # the part of the bucket below which a network has to prove that it works
APP_BURST, APP_PER_SECOND = 5, 30  # networks' worth of guests without an invite
MAX_NETWORKS = 20_000


class Toll(Enum):
    FREE = "free"
    PROOF = "proof"
    REFUSED = "refused"


class Gate:
    """Decides what one admission costs. Networks are opaque strings: keyed hashes."""

    def __init__(self, network: Rate = NETWORK) -> None:
        self._rate = network
        self._networks: OrderedDict[str, Bucket] = OrderedDict()
        self._app_rate = Rate(network.burst * APP_BURST, network.per_second * APP_PER_SECOND)
        self._lock = Lock()  # threads share the gate, and must not take one token twice
        self._app = Bucket(tokens=self._app_rate.burst)

    def toll(self, network: str, *, known: bool, proven: bool, now: int) -> Toll:
        """What this admission costs. Only an admission that is let through takes a token.

        `known`: holds an invite or a peer token. `proven`: brought a proof that was checked.
        """
        with self._lock:
            bucket = self._networks.get(network) or Bucket(tokens=self._rate.burst, at=now)
            left = bucket.tokens_at(now, self._rate)
            low = left < self._rate.burst * LOW
            attacked = not known and self._app.tokens_at(now, self._app_rate) < 1
            if (low or attacked) and not proven:
                return Toll.REFUSED if left < 1 else Toll.PROOF
            bucket, verdict = take(bucket, now, self._rate)
            self._keep(network, bucket)
            if verdict is not Verdict.ALLOWED:
                return Toll.REFUSED
            if not known:
                self._app, _ = take(self._app, now, self._app_rate)
            return Toll.FREE

    def _keep(self, network: str, bucket: Bucket) -> None:
        self._networks[network] = bucket
        self._networks.move_to_end(network)
        if len(self._networks) > MAX_NETWORKS:
            self._networks.popitem(last=False)
