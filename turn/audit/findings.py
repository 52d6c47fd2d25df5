"""What an audit learnt: frozen, and without passwords. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from turn import stun
from turn.audit.peers import Peer
from turn.audit.probes import Group, Probe
from turn.stun import Attribute, Message

NO_ANSWER = 0  # as a code


@dataclass(frozen=True)
class Target:
    """Where the audit goes. `address` and `port` are all it ever sends to."""

    host: str
    address: str
    port: int

    @property
    def version(self) -> int:
        """Of the Internet Protocol: 4 or 6."""
        return ip_address(self.address.partition("%")[0]).version

    @property
    def overhead(self) -> int:
        """Bytes of IP and UDP headers around each payload."""
        return 28 if self.version == 4 else 48


@dataclass(frozen=True)
class Heard:
    """What one request brought. Sizes are payload bytes; all datagrams count, also odd ones."""

    probe: str
    group: Group
    sent: int
    answers: tuple[int, ...] = ()
    code: int = NO_ANSWER  # 200, an error code, or NO_ANSWER
    software: str = ""
    realm: str = ""
    nonce: bytes = field(default=b"", repr=False)
    allocated: bool = False  # a relay, to a stranger

    @property
    def received(self) -> int:
        """Payload bytes of all answers."""
        return sum(self.answers)

    @property
    def ratio(self) -> float:
        """Amplification of the payload."""
        return self.received / self.sent

    def on_wire(self, overhead: int) -> float:
        """Amplification with the headers of each datagram."""
        return (self.received + overhead * len(self.answers)) / (self.sent + overhead)


@dataclass(frozen=True)
class Flood:
    """What many requests in a short time brought. Sizes are payload bytes."""

    requests: int
    sent: int  # payload bytes
    answers: int
    received: int
    seconds: float

    @property
    def ratio(self) -> float:
        """Amplification of the payload."""
        return self.received / self.sent


@dataclass(frozen=True)
class Reach:
    """Whether a credential may name this peer: the codes of both ways to ask."""

    peer: Peer
    permission: int
    channel: int

    @property
    def allowed(self) -> bool:
        """Whether the server agreed to either."""
        return 200 in (self.permission, self.channel)


@dataclass(frozen=True)
class Access:
    """What one credential opens."""

    allocate: int  # code of the first Allocate; the rest means something only after a 200
    allocate_ipv6: int = NO_ANSWER
    lifetime: int = 0  # seconds, granted
    reaches: tuple[Reach, ...] = ()
    allocations: int = 0  # held at once
    quota_code: int = 200  # of the last Allocate
    refresh_after_expiry: int | None = None  # None: not tried


@dataclass(frozen=True)
class Findings:
    """All that one audit learnt. None: not tried."""

    target: Target
    heard: tuple[Heard, ...]
    flood: Flood | None = None
    access: Access | None = None


def hear(probe: Probe, request: bytes, datagrams: Sequence[bytes]) -> Heard:
    """What `datagrams`, all that came to the socket of `request`, amount to."""
    sizes = tuple(len(datagram) for datagram in datagrams)
    answer = _answer(request, datagrams)
    if answer is None:
        return Heard(probe.name, probe.group, len(request), sizes)
    return Heard(
        probe.name,
        probe.group,
        len(request),
        sizes,
        answer.code,
        _text(answer.get(Attribute.SOFTWARE)),
        _text(answer.get(Attribute.REALM)),
        answer.get(Attribute.NONCE) or b"",
        answer.get(Attribute.XOR_RELAYED_ADDRESS) is not None,
    )


def _answer(request: bytes, datagrams: Sequence[bytes]) -> Message | None:
    for datagram in datagrams:
        # The same transaction; in RFC 3489 its id begins where the cookie is now.
        if datagram[4 : stun.HEADER_BYTES] == request[4 : stun.HEADER_BYTES]:
            try:
                return stun.decode(datagram)
            except stun.Malformed:
                continue
    return None


def _text(value: bytes | None) -> str:
    """What a stranger's server says, fit for a terminal."""
    text = (value or b"").decode("utf-8", "replace").rstrip("\0 ")
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
