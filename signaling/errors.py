"""Every refusal, as one tree. Codes and statuses: docs/protocol.md §6.

HeliographError
├── BadRequest      400  invalid_json invalid_room invalid_name invalid_message
│                        invalid_secret unknown_kind missing_to invalid_options
├── Unauthorized    401  missing_token bad_token token_expired bad_proof
│   └── ProofRequired    proof_required, with a challenge to solve
├── Forbidden       403  wrong_room not_host not_member kicked room_locked
│   │                    invite_required invite_expired invite_used invite_revoked not_met
│   │                    not_granted
│   └── Unseated         not_member kicked, to a connection that has no seat any more
├── NotFound        404  room_not_found
│   └── RoomEnded        the same, to a connection that has outlived its room
├── Conflict        409  room_full
├── LengthRequired  411  length_required
├── TooLarge        413  too_large
├── DayFull         429  day_full
├── RateLimited     429  rate_limited
│   └── Abuse            the same, for so long that the connection is closed
└── Unavailable     503  busy unavailable

Raised in the domain, translated once at the edge. Messages never repeat what the caller sent.
"""

from typing import Any, ClassVar


class HeliographError(Exception):
    """A refusal with a stable `code`, an HTTP `status` and a message for people."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after  # seconds


class BadRequest(HeliographError):
    """What was sent has not the right form."""

    status = 400


class Unauthorized(HeliographError):
    """Who asks has not shown who it is."""

    status = 401


class ProofRequired(Unauthorized):
    """Solve `challenge` first: a proof of work (docs/protocol.md §3)."""

    def __init__(self, challenge: dict[str, Any]) -> None:
        super().__init__("proof_required", "A proof of work is needed.")
        self.challenge = challenge


class Forbidden(HeliographError):
    """Who asks may not do this."""

    status = 403


class Unseated(Forbidden):
    """The connection has no seat any more, and is closed."""


class NotFound(HeliographError):
    """There is no such room or peer."""

    status = 404


class RoomEnded(NotFound):
    """The connection has outlived its room."""

    def __init__(self) -> None:
        super().__init__("room_not_found", "This room has ended.")


class Conflict(HeliographError):
    """It cannot be done as things stand."""

    status = 409


class LengthRequired(HeliographError):
    """The body came without its length, and did not arrive."""

    status = 411


class TooLarge(HeliographError):
    """What was sent is too long or too deep."""

    status = 413


class RateLimited(HeliographError):
    """Too much at once."""

    status = 429


class DayFull(HeliographError):
    """The stamp, or what the caller may use of it, has sent what it may send on a day."""

    status = 429

    def __init__(self, retry_after: int | None = None) -> None:
        """`retry_after`: seconds, where it helps to ask again then."""
        words = "Today's messages are used up. There are new ones after midnight (UTC)."
        super().__init__("day_full", words, retry_after)


class Abuse(RateLimited):
    """Too much, for so long that the connection is closed."""


class Unavailable(HeliographError):
    """A service that we need is away, or too many are at it."""

    status = 503
