"""How many people may come in: a token bucket per network, and a proof of work.

Who may come in, and at what price:

  network's bucket    app's bucket    brings an invite or token    anyone else
  half full or more   has a token     free                         free
  half full or more   empty           free                         a proof of work
  less than half      any             a proof of work              a proof of work
  empty               any             refused                      refused
  none: nobody can    has a token     free                         free
  tell the network    empty           free                         a proof of work

The app's bucket holds the guests without an invite of all networks together. Like
signaling/rate.py this counts per instance of the app: it makes an attack more expensive, and
does not stop it.
"""

from collections import OrderedDict
from enum import Enum
from threading import Lock

from signaling.rate import Bucket, Rate, Verdict, take

NETWORK = Rate(burst=60, per_second=1)  # an office behind one address can come in at once
LOW = 0.5  # the part of a bucket below which a proof of work is asked for
APP_BURST, APP_PER_SECOND = 5, 30  # the app's bucket, in buckets of a network
MAX_NETWORKS = 20_000


class Price(Enum):
    """What one admission costs."""

    FREE = "free"
    PROOF = "proof"  # a proof of work first
    REFUSED = "refused"


class AdmissionRate:
    """The buckets of networks and of the app. Networks are opaque strings: keyed hashes, or "".

    Threads share it.
    """

    def __init__(self, network: Rate = NETWORK) -> None:
        self._rate = network
        self._networks: OrderedDict[str, Bucket] = OrderedDict()
        self._app_rate = Rate(network.burst * APP_BURST, network.per_second * APP_PER_SECOND)
        self._lock = Lock()  # two threads must not take one token twice
        self._app = Bucket(tokens=self._app_rate.burst)

    def price(self, network: str, *, known: bool, proven: bool, now: int) -> Price:
        """What this admission costs at `now` (epoch ms). Only one that is free takes a token.

        `known`: holds an invite or a peer token. `proven`: brought a proof that was checked.
        """
        with self._lock:
            if not network:
                return self._price_of_unknown(known=known, proven=proven, now=now)
            bucket = self._networks.get(network) or Bucket(tokens=self._rate.burst, at=now)
            left = bucket.tokens_at(now, self._rate)
            low = left < self._rate.burst * LOW
            attacked = not known and self._app.tokens_at(now, self._app_rate) < 1
            if (low or attacked) and not proven:
                return Price.REFUSED if left < 1 else Price.PROOF
            bucket, verdict = take(bucket, now, self._rate)
            self._keep(network, bucket)
            if verdict is not Verdict.ALLOWED:
                return Price.REFUSED
            if not known:
                self._app, _ = take(self._app, now, self._app_rate)
            return Price.FREE

    def _price_of_unknown(self, *, known: bool, proven: bool, now: int) -> Price:
        """Of a caller whose network nobody can tell: one bucket for all would lock all out."""
        if known or proven:
            return Price.FREE
        self._app, verdict = take(self._app, now, self._app_rate)
        return Price.FREE if verdict is Verdict.ALLOWED else Price.PROOF

    def _keep(self, network: str, bucket: Bucket) -> None:
        self._networks[network] = bucket
        self._networks.move_to_end(network)
        if len(self._networks) > MAX_NETWORKS:
            self._networks.popitem(last=False)
