"""The wire, version 1: its limits and types (docs/protocol.md §1, §3, §4).

Times of the wire are ms since 1970, a `ttl` is seconds. All types are frozen, are parsed once
(parse.py, answers.py), and `wire()` makes the JSON of what goes out.
"""

from dataclasses import dataclass
from typing import Any, Literal

from heliograph.wire.shape import byte_count, to_json

MAX_ENVELOPE_BYTES = 32_768
MAX_DEPTH = 16  # levels of lists and objects
MAX_TEXT = 4_096  # characters
MAX_CANDIDATES = 64  # of one batch
MAX_ACKS = 64  # of one envelope
MAX_SDP = 30_000  # characters
SLOTS = 4  # for media
FOLLOW_SECONDS = 2.0  # in which whoever is left alone by a `bye` may leave too (§7, Sleep)

Role = Literal["guest", "host"]
LeftReason = Literal["left", "kicked", "expired"]
TurnPolicy = Literal["late", "eager", "off"]
Network = Literal["udp-blocked", "symmetric"]
Kind = Literal[
    "offer",
    "answer",
    "candidates",
    "restart",
    "floor",
    "text",
    "data",
    "bye",
    "media",
    "ack",
    "safety",
]
NEGOTIATION = ("offer", "answer", "candidates", "restart", "floor")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate (RTCIceCandidateInit, W3C WebRTC §4.8.1)."""

    candidate: str
    mid: str | None = None
    index: int | None = None
    fragment: str | None = None

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        names = {"sdpMid": self.mid, "sdpMLineIndex": self.index, "usernameFragment": self.fragment}
        return {"candidate": self.candidate, **names}


@dataclass(frozen=True, slots=True)
class Description:
    """The body of an offer or an answer (RFC 8829)."""

    pc: str  # names the pair of connections: one RTCPeerConnection on each side
    sdp: str
    candidates: tuple[Candidate, ...] | None = None  # the others come in batches (RFC 8838)
    restart: bool | None = None  # the offer restarts ICE
    relay: bool | None = None  # please get a TURN relay too before you answer
    network: Network | None = None
    answered: int | None = None  # two offers are a pair: the receiver's has this seq
    slots: tuple[str, ...] | None = None  # of an offer: the mids of the sections for media

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        candidates = None if self.candidates is None else [each.wire() for each in self.candidates]
        return _without_none(
            pc=self.pc,
            sdp=self.sdp,
            candidates=candidates,
            restart=self.restart,
            relay=self.relay,
            network=self.network,
            answered=self.answered,
            slots=None if self.slots is None else list(self.slots),
        )


@dataclass(frozen=True, slots=True)
class CandidateBatch:
    """Candidates that gathered after the description (RFC 8838 §9)."""

    pc: str
    candidates: tuple[Candidate, ...]

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return {"pc": self.pc, "candidates": [each.wire() for each in self.candidates]}


@dataclass(frozen=True, slots=True)
class Restart:
    """Please restart ICE, or offer again: `refused` is the seq of what was refused."""

    pc: str
    refused: int | None = None
    network: Network | None = None

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return _without_none(pc=self.pc, refused=self.refused, network=self.network)


@dataclass(frozen=True, slots=True)
class Floor:
    """Who may offer (docs/protocol.md §5); in the data channel only."""

    pc: str
    granted: bool  # the impolite side lets the other one offer; else the polite side asks

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return {"pc": self.pc, "granted": self.granted}


@dataclass(frozen=True, slots=True)
class Text:
    """1 to 4,096 characters."""

    text: str
    id: str | None = None

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return _without_none(text=self.text, id=self.id)


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender ends the connection; `left`: it has left the room."""

    reason: str | None = None

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return _without_none(reason=self.reason)


@dataclass(frozen=True, slots=True)
class Ack:
    """These texts and data of the receiver have arrived."""

    seqs: tuple[int, ...]

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        return {"seqs": list(self.seqs)}


@dataclass(frozen=True, slots=True)
class Free:
    """The body of `data`, `media` or `safety`: any JSON."""

    value: Any

    def wire(self) -> Any:
        """Its JSON."""
        return self.value


Body = Description | CandidateBatch | Restart | Floor | Text | Bye | Ack | Free


@dataclass(frozen=True, slots=True)
class Message:
    """What one peer sends to another."""

    kind: Kind
    body: Body


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a client sends. Without `to` it goes to everyone; an offer without `to` is parked."""

    seq: int
    message: Message
    to: str | None = None

    def wire(self) -> dict[str, Any]:
        """Its JSON."""
        message = {"kind": self.message.kind, "body": self.message.body.wire()}
        return _without_none(v=1, to=self.to, seq=self.seq) | message

    def text(self) -> str:
        """Its JSON as text."""
        return to_json(self.wire())


def fits_servers(envelope: Envelope) -> bool:
    """Whether the servers take the envelope (docs/protocol.md §1)."""
    return byte_count(envelope.text()) <= MAX_ENVELOPE_BYTES


# --- what a client receives -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of another member. `broadcast`: it was for everyone."""

    sender: str
    seq: int
    message: Message
    broadcast: bool


@dataclass(frozen=True, slots=True)
class SocketKnown:
    """The stamp has heard of the socket that was opened with this answer (`admitted`)."""

    admitted_at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A member is connected, or connected again. `met`: the proof that we have met it."""

    peer: str
    name: str
    role: Role
    visit: int
    met: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A seat is gone."""

    peer: str
    reason: LeftReason
    visit: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A socket has closed; the seat is kept."""

    peer: str
    asleep: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """A host has decided something."""

    orders: str
    locked: bool


@dataclass(frozen=True, slots=True)
class SeatClosed:
    """Our place is gone."""

    code: str
    message: str


Push = Delivery | SocketKnown | Joined | Left | Disconnected | Ordered | SeatClosed


@dataclass(frozen=True, slots=True)
class IceServer:
    """As RTCIceServer (W3C WebRTC §4.2.4). The credential is never shown."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None

    def __repr__(self) -> str:
        return f"IceServer({len(self.urls)} urls)"


@dataclass(frozen=True, slots=True)
class GivenOffer:
    """An offer of a member, given to us alone."""

    seq: int
    body: Description
    answered: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Another member, as negotiate lists it. `visit`: when its page began, by its own clock."""

    peer: str
    name: str
    role: Role
    visit: int
    connected: bool
    asleep: bool = False
    offer: GivenOffer | None = None
    met: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """What negotiate answers (docs/protocol.md §3)."""

    url: str
    access_token: str
    room: str
    peer: str
    role: Role
    name: str
    token: str
    ttl: int
    visit: int
    admitted_at: int
    capacity: int
    locked: bool
    ice_servers: tuple[IceServer, ...]
    peers: tuple[Listed, ...]
    turn: TurnPolicy = "off"
    turn_ttl: int | None = None
    parked: tuple[int, ...] = ()
    socket_admitted_at: int | None = None
    orders: str | None = None
    took: float = 0.0  # seconds that the call took; not on the wire

    def __repr__(self) -> str:
        return f"Admission({len(self.peers)} peers)"


@dataclass(frozen=True, slots=True)
class TurnAnswer:
    """What `POST /api/turn` answers: a credential, or a refusal, which is no error."""

    granted: bool
    ice_servers: tuple[IceServer, ...] = ()
    ttl: int = 0
    reason: str = ""  # of a refusal
    degraded: bool = False  # no TURN provider answers


@dataclass(frozen=True, slots=True)
class Reply:
    """What the hub methods and `POST /api/signal` answer."""

    ok: bool
    code: str = ""
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class CreatedRoom:
    """What `POST /api/rooms` answers. Whoever holds `host_token` is host of the room."""

    room: str
    host_token: str
    invite: str
    expires_at: int  # ms since 1970
    capacity: int
    invite_only: bool

    def __repr__(self) -> str:
        return f"CreatedRoom({self.room!r})"


@dataclass(frozen=True, slots=True)
class Invite:
    """What `POST /api/rooms/invite` answers: a code that admits `uses` people until then (ms)."""

    invite: str
    expires_at: int
    uses: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a stamp answers to a host's decision. `orders`: for the other stamps."""

    orders: str | None = None
    locked: bool | None = None


def _without_none(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
