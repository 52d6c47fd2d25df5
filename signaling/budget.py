"""What messages cost, and how much of it a peer, a room and a network may use at once. Pure.

SignalR Service bills what it sends: each 2 KB of it, once for each receiver (docs/cost.md). So that
is what is counted here, in *units*. A message is taken if every bucket that pays for it has enough;
then all of them pay, and else none:

 bucket    of                                         units at once   a second
 peer      a room and a peer in it                    600             20
 room      a room                                     16,384          128
 network   one IPv4 address or /64 of IPv6            60 × 256        1 × 256
 wider     the widest network of IPv6 it lies in      16 times that of a network

What costs more than a bucket ever holds is taken from a full one, which then owes the rest. Notices
(`joined`, `left`, `orders`, …) are sent whatever the buckets hold, and charged: the next message
waits. A new socket makes up to 63 of them, so sockets have buckets of their own:

 bucket    of                                         sockets at once  a second
 peer      a room and a peer in it                    20               0.2
 room      a room                                     128              0.5

The names are of the room's document and the peer's secret, so neither a new connection nor a new
life of an open room fills a bucket. Each instance of the app counts for itself.

Why these figures. Peer: who comes into a room of 32 sends an offer or answer with media (4 units)
and two batches of candidates to each of 31 others: with the answers to its calls 279 units, twice
in a burst; 20 a second are as many messages to one as signaling/rate.py takes, or text to seven
others twice a second. Room: 32 who come in one second use 11,000; 128 a second are two texts a
second of each of eight people. Network: a class that comes into one room of 32 uses 11,000 too.
Sockets: a phone between two networks opens one every few seconds for a minute.
"""

import base64
import hashlib
from threading import Lock

from msgspec import Struct

from signaling.admission_rate import NETWORK, WIDER, Network
from signaling.effects import (
    AddToGroup,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    Effect,
    SendToRoom,
)
from signaling.rate import Newest, Rate, Tokens
from signaling.seats import Seat
from signaling.signalr import encode_message

UNIT_BYTES = 2_048
ANSWER_UNITS = 1  # of a hub call
MAX_MEMBERS = 32  # of a room: what is assumed where nobody knows
PEER = Rate(burst=600, per_second=20)
ROOM = Rate(burst=16_384, per_second=128)
UNITS_PER_ADMISSION = 256
WIDEST = WIDER[-1]  # buckets of a network
PEER_SOCKETS = Rate(burst=20, per_second=0.2)
ROOM_SOCKETS = Rate(burst=128, per_second=0.5)
HOST = "host"  # pays for host calls: shorter than any peer id
NAME_CHARACTERS = 8  # of base64url: 48 bits


class Payer(Struct, frozen=True):
    """Who pays for a message. `key`: of the room's document. `peer` "": nobody alone.

    `networks`: short names, the narrowest first; none if nobody can tell.
    """

    key: str
    peer: str = ""
    networks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of what belongs to this peer alone, in any life of the room."""
        return f"{self.key}.{self.peer}"


def payer_of(seat: Seat) -> Payer:
    """Who pays for what this seat sends."""
    return Payer(seat.key, seat.peer, _networks(seat.network))


def payer_from(key: str, network: Network, peer: str = "") -> Payer:
    """Who pays for what comes from this network by HTTP."""
    return Payer(key, peer, _networks(network_in_seat(network)))


def network_in_seat(network: Network) -> str:
    """The network as it travels in a seat: short names of the narrowest and the widest.

    The client can read them. They are hashes of keyed hashes that are others tomorrow, so they
    tell it that a peer is in its own network at most, and are not the names that are stored.
    """
    names = (network.own, *network.wider[-1:]) if network.own else ()
    return "".join(_short(name) for name in names)


def _networks(text: str) -> tuple[str, ...]:
    starts = range(0, len(text), NAME_CHARACTERS)
    return tuple(text[start : start + NAME_CHARACTERS] for start in starts)


def _short(name: str) -> str:
    digest = hashlib.sha256(f"messages\n{name}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:NAME_CHARACTERS]


def units_of(effect: Effect, members: int) -> int:
    """What sending this costs in a room with so many members."""
    if isinstance(effect, AddToGroup):
        return 0
    if isinstance(effect, ClosePeer | CloseConnection):
        return 0 if effect.silent else 1
    if isinstance(effect, CloseGroup):
        return members
    size = len(encode_message(effect.target, effect.argument))
    each = -(-size // UNIT_BYTES)
    if not isinstance(effect, SendToRoom):
        return each
    return each * max(0, members - len(effect.excluding))


class Budget:
    """The buckets of an instance, and how many members its rooms have. Threads share it."""

    def __init__(self, network: Rate = NETWORK) -> None:
        """`network`: the admissions of one network."""
        burst, per_second = network.burst, network.per_second
        rates = [
            Rate(burst * each, per_second * each)
            for each in (UNITS_PER_ADMISSION, UNITS_PER_ADMISSION * WIDEST)
        ]
        self._peers, self._rooms = Tokens(PEER), Tokens(ROOM)
        self._networks = tuple(Tokens(rate) for rate in rates)
        self._peer_sockets, self._room_sockets = Tokens(PEER_SOCKETS), Tokens(ROOM_SOCKETS)
        self._members = Newest[int]()
        self._lock = Lock()

    def learn(self, key: str, members: int) -> None:
        """So many are in the room now."""
        with self._lock:
            self._members.keep(key, members)

    def members(self, key: str) -> int:
        """How many are in the room, as far as this instance knows; as many as can be, if not."""
        known = self._members.get(key)
        return MAX_MEMBERS if known is None else known

    def take(self, payer: Payer, units: int, now: int) -> bool:
        """Pay for a message, if all buckets have enough. `now`: epoch ms."""
        with self._lock:
            return _take(self._buckets_of(payer), units, now)

    def charge(self, payer: Payer, units: int, now: int) -> None:
        """Pay for what is sent in any case."""
        with self._lock:
            for tokens, name in self._buckets_of(payer):
                tokens.take(name, now, units)

    def owes(self, payer: Payer, now: int) -> bool:
        """Whether the peer has nothing left, whatever room and network have."""
        with self._lock:
            return self._peers.left(payer.name, now) < 1

    def open_socket(self, payer: Payer, now: int) -> bool:
        """Pay for the notices of a new socket. False: too many came before."""
        with self._lock:
            buckets = [(self._peer_sockets, payer.name), (self._room_sockets, payer.key)]
            return _take(buckets, 1, now)

    def _buckets_of(self, payer: Payer) -> list[tuple[Tokens, str]]:
        buckets = [(self._rooms, payer.key), *zip(self._networks, payer.networks, strict=False)]
        return [(self._peers, payer.name), *buckets] if payer.peer else buckets


def _take(buckets: list[tuple[Tokens, str]], units: int, now: int) -> bool:
    for tokens, name in buckets:
        if tokens.left(name, now) < min(units, tokens.rate.burst):
            return False
    for tokens, name in buckets:
        tokens.take(name, now, units)
    return True
