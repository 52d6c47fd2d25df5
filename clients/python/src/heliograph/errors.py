"""The one error of this package, and the codes that it can have.

    HeliographError          `code` is stable, its text is for people
    └── ProofRequired        a refusal that a proof of work lifts; callers never see it

The codes of the backend are those of docs/protocol.md §6, and a newer backend may have more. This
package makes these itself:

    backend_away        no answer: no network, a timeout, or the error page of a gateway
    bad_answer          an answer of a form that this version does not know
    closed, left        the room is closed; we have left it
    peer_not_found      a message to somebody who is not in the room
    not_connected       there is no peer-to-peer connection to this peer
    replaced            the same identity has connected elsewhere
    ice_server_refused  by aiortc: the URL of a STUN or TURN server, which is left out
    connection_failed   the peer-to-peer connection could not be made
    negotiation_failed  a description was refused, and another try did not help
    undelivered         nobody has acknowledged a message for 60 s, or too many newer ones wait
    peer_gone           who was to get something has left the room
    unexpected          an error that this package did not foresee
    cancelled, declined, file_corrupt, file_unreadable, file_unwritable, invalid_file
                        why a file was not sent
"""

from collections.abc import Iterable
from typing import Any


class HeliographError(Exception):
    """Something was refused or has failed."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        peers: Iterable[str] = (),
    ) -> None:
        """`status`: of the HTTP answer that said so. `retry_after`: seconds.

        `peers`: who did not get a message.
        """
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.peers = tuple(peers)

    @property
    def message(self) -> str:
        """For people."""
        return str(self)

    def __repr__(self) -> str:
        return f"HeliographError({self.code!r}, {str(self)!r})"


class ProofRequired(HeliographError):
    """A refusal that a proof of work lifts."""

    def __init__(self, message: str, challenge: Any) -> None:
        """`challenge`: as the backend sent it, not parsed yet."""
        super().__init__("proof_required", message, status=401)
        self.challenge = challenge


_TRANSIENT = {
    *("day_full", "backend_away", "bad_answer", "busy", "internal", "rate_limited", "unavailable")
}


def is_transient(error: BaseException) -> bool:
    """Whether nothing was decided, so that the same call may succeed later."""
    return isinstance(error, HeliographError) and error.code in _TRANSIENT


def backend_away(message: str = "The backend cannot be reached.") -> HeliographError:
    """Nobody has answered."""
    return HeliographError("backend_away", message)


def closed() -> HeliographError:
    """The room is closed, or is being left."""
    return HeliographError("closed", "The room is closed.")
