"""What an audit learnt: frozen, and without passwords. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from turn import stun
from turn.audit.peers import Peer
from turn.audit.probes import Group, Probe
from turn.stun import Attribute, Message

NO_ANSWER = 0  # as a code
TRY_ALTERNATE = 300  # RFC 8489 §10: the server sends its clients to another one
_ALTERNATE_SERVER = 0x8023  # RFC 8489 §14.15, in the form of MAPPED-ADDRESS
_ADDRESS_BYTES = {1: 4, 2: 16}  # by the family, §14.1


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
    alternate: str = ""  # where a redirect leads

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
    """Whether a credential may name this peer: the codes of both ways to ask.

    `matched`: asked on a relay of the peer's own address family. On another one a server says 443
    to every peer (RFC 8656 §9.2), which tells nothing of this one.
    """

    peer: Peer
    permission: int
    channel: int
    matched: bool = True

    @property
    def allowed(self) -> bool:
        """Whether the server agreed to either."""
        return 200 in (self.permission, self.channel)

    @property
    def unheard(self) -> bool:
        """Whether an answer is missing that could have allowed it."""
        return not self.allowed and NO_ANSWER in (self.permission, self.channel)


@dataclass(frozen=True)
class Access:
    """What one credential opens. The rest means something only if one of the first two is 200."""

    allocate: int  # code of the first Allocate, for an IPv4 relay
    allocate_ipv6: int = NO_ANSWER
    lifetime: int = 0  # seconds, granted
    reaches: tuple[Reach, ...] = ()
    allocations: int = 0  # held at once
    quota_code: int = 200  # of the last Allocate
    refresh_after_expiry: int | None = None  # None: not tried
    expired: bool = True  # by the server's clock too: that credential gets nothing new
    alternate: str = ""  # where a redirect leads


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
        alternate_of(answer),
    )


def alternate_of(answer: Message) -> str:
    """Where a 300 leads: `192.0.2.1 port 3478`; empty for another answer, or if it does not say."""
    if answer.code != TRY_ALTERNATE:
        return ""
    value = next((value for kind, value in answer.attributes if kind == _ALTERNATE_SERVER), b"")
    family, port, address = value[1:2], int.from_bytes(value[2:4]), value[4:]
    if len(address) != _ADDRESS_BYTES.get(int.from_bytes(family)):
        return ""
    return f"{ip_address(address)} port {port}"


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
