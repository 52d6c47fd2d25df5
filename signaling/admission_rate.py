"""How many people may come in: token buckets per network, and a proof of work.

Who may come in, and at what price:

  network's buckets   app's bucket    brings an invite or token    anyone else
  half full or more   has a token     free                         free
  half full or more   empty           free                         a proof of work
  less than half      any             a proof of work              a proof of work
  empty               any             refused                      refused
  none: nobody can    has a token     free                         free
  tell the network    empty           free                         a proof of work

A network has a bucket of its own, and of IPv6 shares those of the wider networks that it lies in:
whoever is given one of these has all the networks in it. The scarcest one counts.

The app's bucket holds the guests without an invite of all networks together. An invite or token
counts as one for as many as the bucket of its room holds: anybody can create a room, and invite
itself. Beyond that its bearer is anyone else.

Like signaling/rate.py this counts per instance of the app: it makes an attack more expensive, and
does not stop it.
"""

from enum import Enum
from threading import Lock

from msgspec import Struct

from signaling.rate import Bucket, Rate, Tokens, take

NETWORK = Rate(burst=60, per_second=1)  # an office behind one address can come in at once
WIDER = (4, 16)  # buckets of a network: the buckets of the wider ones
ROOM = Rate(burst=64, per_second=1)  # a full room can come again at once, and once more
LOW = 0.5  # the part of a bucket below which a proof of work is asked for
APP_BURST, APP_PER_SECOND = 5, 30  # the app's bucket, in buckets of a network


class Network(Struct, frozen=True):
    """Where a call comes from, as opaque names: keyed hashes. `own` "": nobody can tell.

    `wider`: the networks that it lies in, the narrowest first; two at most.
    """

    own: str = ""
    wider: tuple[str, ...] = ()

    @property
    def customer(self) -> str:
        """All that one customer is given: the /56 of an IPv6 address, an IPv4 address itself."""
        return self.wider[0] if self.wider else self.own


class Price(Enum):
    """What one admission costs."""

    FREE = "free"
    PROOF = "proof"  # a proof of work first
    REFUSED = "refused"


class AdmissionRate:
    """The buckets of networks, rooms and the app. Threads share it."""

    def __init__(self, network: Rate = NETWORK) -> None:
        burst, per_second = network.burst, network.per_second
        rates = [Rate(burst * times, per_second * times) for times in (1, *WIDER)]
        self._networks = tuple(Tokens(rate) for rate in rates)  # by width
        self._rooms = Tokens(ROOM)
        self._app_rate = Rate(burst * APP_BURST, per_second * APP_PER_SECOND)
        self._app = Bucket(tokens=self._app_rate.burst)
        self._lock = Lock()  # two threads must not take one token twice

    def price(self, network: Network, *, proven: bool, now: int, room: str = "") -> Price:
        """What this admission costs at `now` (epoch ms). Only one that is free takes a token.

        `room`: the key of the one whose invite or token it holds. `proven`: brought a proof that
        was checked.
        """
        with self._lock:
            known = bool(room) and self._rooms.left(room, now) >= 1
            names = (network.own, *network.wider) if network.own else ()
            price = self._price(names, known=known, proven=proven, now=now)
            if price is Price.FREE:
                self._charge(names, room if known else "", proven=proven, now=now)
            return price

    def _price(self, names: tuple[str, ...], *, known: bool, proven: bool, now: int) -> Price:
        attacked = not known and self._app.tokens_at(now, self._app_rate) < 1
        buckets = list(zip(self._networks, names, strict=False))
        left = [(each.left(name, now), each.rate.burst) for each, name in buckets]
        if any(tokens < 1 for tokens, _ in left):
            return Price.REFUSED
        low = any(tokens < burst * LOW for tokens, burst in left)
        return Price.PROOF if (low or attacked) and not proven else Price.FREE

    def _charge(self, names: tuple[str, ...], room: str, *, proven: bool, now: int) -> None:
        for buckets, name in zip(self._networks, names, strict=False):
            buckets.take(name, now)
        if room:
            self._rooms.take(room, now)
        elif names or not proven:
            self._app, _ = take(self._app, now, self._app_rate)
