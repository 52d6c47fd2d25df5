"""What a client may report of a connection: docs/protocol.md, `POST /api/report`. Pure.

A report has no free text: it has numbers within limits and words of closed vocabularies. Only
`met` is opaque: it proves that the two sides have met (signaling/meeting.py), and is not kept.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

MAX_AGE_MS = 7 * 86_400_000
MAX_PHASE_MS = 600_000
MAX_BYTES = 10**13
MAX_DURATION_SECONDS = 604_800
MAX_RETRIES = 1_000

type Outcome = Literal["connected", "failed-ice", "failed-dtls", "failed-signaling", "left-early"]
type Side = Literal["first", "second"]
# RTCIceCandidateType: https://www.w3.org/TR/webrtc-stats/#dom-rtcicecandidatestats-candidatetype
type CandidateType = Literal["host", "srflx", "prflx", "relay"]
type Transport = Literal["udp", "tcp", "tls"]
type Medium = Literal["data", "audio", "video"]
type Turn = Literal["none", "refused", "granted", "used"]
type Browser = Literal["chromium", "firefox", "safari", "other"]
type PhaseMs = Annotated[float, Meta(ge=0, le=MAX_PHASE_MS)]
type Bytes = Annotated[int, Meta(ge=0, le=MAX_BYTES)]

PHASES = ("admit", "signal", "ice", "dtls", "open")


class Phases(Struct, frozen=True):
    """How long each phase took, in ms. None: not measured."""

    admit: PhaseMs | None = None
    signal: PhaseMs | None = None
    ice: PhaseMs | None = None
    dtls: PhaseMs | None = None
    open: PhaseMs | None = None


class Report(Struct, frozen=True, rename="camel"):
    """One side's report of one peer connection."""

    met: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,512}\Z")]
    outcome: Outcome
    side: Side
    phases: Phases
    bytes_up: Bytes
    bytes_down: Bytes
    duration: Annotated[float, Meta(ge=0, le=MAX_DURATION_SECONDS)]  # seconds
    media: Annotated[tuple[Medium, ...], Meta(max_length=3)]
    retries: Annotated[int, Meta(ge=0, le=MAX_RETRIES)]
    turn: Turn
    browser: Browser
    # With `used`: the proof that a stamp has granted the credential. It is not kept.
    granted: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,512}\Z")] | None = None
    candidate_type: CandidateType | None = None  # the worse of the pair's two candidates
    transport: Transport | None = None
    # ms from the end to the sending, as the client measured it: its clock may be wrong by hours.
    age: Annotated[int, Meta(ge=0, le=MAX_AGE_MS)] = 0
