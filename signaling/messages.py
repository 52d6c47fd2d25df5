"""What travels on the hub: envelopes in, pushes out. docs/protocol.md §4.

An envelope is parsed once into frozen types that hold every limit; afterwards `body` is
passed on as the bytes the sender wrote, so the relay neither re-encodes nor widens it.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from signaling.errors import BadRequest, TooLarge
from signaling.names import Name, Role
from signaling.tokens import OrdersText, TokenText

MAX_ENVELOPE_BYTES = 32_768  # of UTF-8 JSON
MAX_DEPTH = 16
MAX_TEXT = 4_096  # characters

PeerId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{16}\Z")]
PcId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,16}\Z")]
Sdp = Annotated[str, Meta(min_length=1, max_length=30_000)]
Version = Annotated[int, Meta(ge=1, le=1)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Moment = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # epoch ms
Seconds = Annotated[int, Meta(ge=0)]
# What is pushed: docs/protocol.md §4 says the argument of each.
type Target = Literal[
    "signal", "message", "admitted", "joined", "disconnected", "left", "orders", "closed"
]
type LeftReason = Literal["left", "kicked", "expired"]


class Candidate(Struct, frozen=True):
    """RTCIceCandidateInit (W3C WebRTC §4.8.1.2)."""

    candidate: Annotated[str, Meta(max_length=512)]
    sdpMid: Annotated[str, Meta(max_length=64)] | None = None
    sdpMLineIndex: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    usernameFragment: Annotated[str, Meta(max_length=256)] | None = None


# What the sender knows of its network, if that may call for a relay: `udp-blocked`, `symmetric`.
Network = Annotated[str, Meta(max_length=32)]
Candidates = Annotated[tuple[Candidate, ...], Meta(max_length=64)]
Mid = Annotated[str, Meta(min_length=1, max_length=64)]
Slots = Annotated[tuple[Mid, ...], Meta(min_length=4, max_length=4)]


class Description(Struct, frozen=True):
    """Body of `offer` and `answer`."""

    pc: PcId
    sdp: Sdp
    candidates: Candidates = ()
    restart: bool = False
    relay: bool = False  # bring a relay too before you answer
    network: Network = ""
    answered: Seq | None = None  # it was an offer, and makes a pair with one of the receiver
    slots: Slots = ()  # of an offer: the mids of the sections for media (docs/protocol.md §5)


class CandidateBatch(Struct, frozen=True):
    """Body of `candidates` (RFC 8838)."""

    pc: PcId
    candidates: Candidates


class Restart(Struct, frozen=True):
    """Body of `restart`: please restart ICE (RFC 8445 §2.4), or offer again.

    `refused`: the seq of a description that the sender's browser refused.
    """

    pc: PcId
    refused: Seq | None = None
    network: Network = ""


class Bye(Struct, frozen=True):
    """Body of `bye`: the sender ends the connection."""

    reason: Annotated[str, Meta(max_length=64)] = ""


class Text(Struct, frozen=True):
    """Body of `text`."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    id: Annotated[str, Meta(max_length=64)] = ""


class Ack(Struct, frozen=True):
    """Body of `ack`: which texts and data of the receiver have arrived."""

    seqs: Annotated[tuple[Seq, ...], Meta(min_length=1, max_length=64)]


BODIES: dict[str, msgspec.json.Decoder[Any]] = {
    "offer": msgspec.json.Decoder(Description),
    "answer": msgspec.json.Decoder(Description),
    "candidates": msgspec.json.Decoder(CandidateBatch),
    "restart": msgspec.json.Decoder(Restart),
    "bye": msgspec.json.Decoder(Bye),
    "text": msgspec.json.Decoder(Text),
    "data": msgspec.json.Decoder(),
    "ack": msgspec.json.Decoder(Ack),
}
TO_EVERYONE = frozenset({"bye", "text", "data"})


class Envelope(Struct, frozen=True):
    """One message of a peer. `body` is valid for `kind` and still in its sender's bytes."""

    v: Version
    seq: Seq
    kind: Annotated[str, Meta(max_length=32)]
    body: Raw
    to: PeerId | None = None


class Delivery(Struct, frozen=True, rename={"sender": "from"}):
    """The argument of the pushes `signal` and `message`."""

    v: Version
    sender: PeerId
    seq: Seq
    kind: str
    body: Raw


class Joined(Struct, frozen=True, rename="camel"):
    """The argument of the push `joined`: connected, or connected again."""

    peer: PeerId
    name: Name
    role: Role
    joined_at: Moment
    visit: Moment
    met: TokenText | UnsetType = UNSET  # the proof of having met it (signaling/meeting.py)


class SocketKnown(Struct, frozen=True, rename="camel"):
    """The argument of the push `admitted`: the stamp has heard of your socket.

    `admitted_at`: of the answer of negotiate with which it was opened.
    """

    admitted_at: Moment


class Disconnected(Struct, frozen=True, omit_defaults=True):
    """The argument of the push `disconnected`: the socket went, the seat is kept for a while.

    `asleep`: for as long as its token lives.
    """

    peer: PeerId
    asleep: bool = False


class Left(Struct, frozen=True):
    """The argument of the push `left`: the seat is gone."""

    peer: PeerId
    reason: LeftReason
    visit: Moment


class Ordered(Struct, frozen=True):
    """The argument of the push `orders`: what a host has decided, for other stamps."""

    orders: OrdersText
    locked: bool


class Closed(Struct, frozen=True):
    """The argument of the push `closed`: your place is gone.

    After `unavailable` come back; after `kicked`, `replaced`, `rate_limited`, `not_member` or
    `room_not_found` do not by yourself.
    """

    code: str
    message: str


_ENVELOPE = msgspec.json.Decoder(Envelope)
# A typed decoder skips members it does not know without a look at their UTF-8; they travel too.
_ANY = msgspec.json.Decoder()
# A string need not end: were the closing quote required, text of bare quotes would cost O(n²).
_NOT_A_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[^"\[\]{}]++', re.DOTALL)


def parse_envelope(data: bytes, beside: int = 0) -> Envelope:
    """One envelope from UTF-8 JSON. `beside`: so many bytes more may come with it in `data`.

    Raises BadRequest (invalid_json, invalid_message, unknown_kind) or TooLarge.
    """
    check_size(data, MAX_ENVELOPE_BYTES + beside, MAX_DEPTH)
    try:
        envelope = _ENVELOPE.decode(data)
    except msgspec.ValidationError as error:
        raise BadRequest("invalid_message", "The message does not have the right form.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("invalid_json", "The message is not valid JSON.") from error
    check_body(envelope.kind, envelope.body)
    return envelope


def check_body(kind: str, body: Raw) -> None:
    """Raises BadRequest (invalid_json, invalid_message, unknown_kind)."""
    decoder = BODIES.get(kind)
    if decoder is None:
        raise BadRequest("unknown_kind", "This kind of message is not known.")
    try:
        decoder.decode(body)
        _ANY.decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest("invalid_message", "The message does not have the right form.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("invalid_json", "The message is not valid JSON.") from error


def check_size(data: bytes, limit: int, depth: int) -> None:
    """Refuse what is too long or too deep before anything parses it."""
    if len(data) > limit:
        raise TooLarge("too_large", f"At most {limit} bytes are taken.")
    # Counting brackets overestimates the depth, so only what could be too deep is walked.
    if data.count(b"[") + data.count(b"{") > depth and _depth(data) > depth:
        raise TooLarge("too_large", f"At most {depth} levels of JSON are taken.")


def _depth(data: bytes) -> int:
    """Deepest nesting of brackets outside strings (RFC 8259 §2, §7), in linear time."""
    level = deepest = 0
    for byte in _NOT_A_BRACKET.sub(b"", data):
        level += 1 if byte in b"[{" else -1
        deepest = max(deepest, level)
    return deepest
