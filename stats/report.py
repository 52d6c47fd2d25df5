"""What a client may report of a connection: docs/protocol.md, `POST /api/report`. Pure.

Nothing here is free text: numbers within limits and words of closed vocabularies. The one thing
that a client chooses freely, `id`, is only ever kept as a hash (anonymize.py).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

SKEW = 60_000  # ms that a client's clock may be ahead of ours
MAX_AGE = 7 * 86_400_000  # ms
MAX_PHASE = 600_000  # ms
MAX_BYTES = 10**13
MAX_DURATION = 604_800  # s
MAX_RETRIES = 1_000

type Outcome = Literal["connected", "failed-ice", "failed-dtls", "failed-signaling", "left-early"]
type Side = Literal["first", "second"]
type Path = Literal["host", "srflx", "prflx", "relay"]
type Transport = Literal["udp", "tcp", "tls"]
type Medium = Literal["data", "audio", "video"]
type Turn = Literal["none", "refused", "granted", "used"]
type Browser = Literal["chromium", "firefox", "safari", "other"]
type Millis = Annotated[float, Meta(ge=0, le=MAX_PHASE)]
type Bytes = Annotated[int, Meta(ge=0, le=MAX_BYTES)]

PHASES = ("admit", "signal", "ice", "dtls", "open")


class BadReport(ValueError):
    """A report that its form allows and sense does not; the text is the member's name."""


class Phases(Struct, frozen=True):
    """Milliseconds that each took; None: not measured."""

    admit: Millis | None = None
    signal: Millis | None = None
    ice: Millis | None = None
    dtls: Millis | None = None
    open: Millis | None = None


class Report(Struct, frozen=True, rename="camel"):
    id: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{22}\Z")]
    outcome: Outcome
    side: Side
    ended_at: Annotated[int, Meta(ge=0, le=2**53)]
    phases: Phases
    bytes_up: Bytes
    bytes_down: Bytes
    duration: Annotated[float, Meta(ge=0, le=MAX_DURATION)]
    media: Annotated[tuple[Medium, ...], Meta(max_length=3)]
    retries: Annotated[int, Meta(ge=0, le=MAX_RETRIES)]
    turn: Turn
    browser: Browser
    path: Path | None = None
    transport: Transport | None = None
    token: str | None = None


def check_time(report: Report, now: int) -> None:
    """Raises BadReport for a call that ended in the future, or too long ago."""
    if not now - MAX_AGE <= report.ended_at <= now + SKEW:
        raise BadReport("endedAt")
