"""Everything that can be refused, as one tree. Codes and statuses: docs/protocol.md §6.

HeliographError
├── BadRequest      400  invalid_json invalid_room invalid_name invalid_message
│                        unknown_kind missing_to invalid_options
├── Unauthorized    401  missing_token bad_token token_expired bad_proof
│   └── ProofRequired    proof_required, with a challenge to solve
├── Forbidden       403  wrong_room not_host not_member kicked room_locked
│                        invite_required bad_invite invite_expired invite_used
├── NotFound        404  room_not_found peer_not_found
├── Conflict        409  room_full room_exists
├── TooLarge        413  too_large
├── RateLimited     429  rate_limited
│   └── Abuse            the same, for so long that the connection is closed
└── Unavailable     503  busy unavailable

Raised in the domain, translated once at the edge. Messages never repeat what the caller sent.
"""

from typing import Any, ClassVar


class HeliographError(Exception):
    """A refusal with a stable `code`, an HTTP `status` and words for a person."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after  # seconds


class BadRequest(HeliographError):
    status = 400


class Unauthorized(HeliographError):
    status = 401


class ProofRequired(Unauthorized):
    def __init__(self, challenge: dict[str, Any]) -> None:
        super().__init__("proof_required", "Please prove that this is no attack.")
        self.challenge = challenge


class Forbidden(HeliographError):
    status = 403


class NotFound(HeliographError):
    status = 404


class Conflict(HeliographError):
    status = 409


class TooLarge(HeliographError):
    status = 413


class RateLimited(HeliographError):
    status = 429


class Abuse(RateLimited):
    pass


class Unavailable(HeliographError):
    status = 503
