"""What no type says of an HTTP call: by which codes it refuses, and whose token it takes.

The one table here that is written by hand. tests/contracts/ holds it: no call is missing or too
many, none refuses by another code than is written here, and what needs a token says so without one.
"""

from enum import Enum

from msgspec import Struct

from backend import health, turn
from backend.health import Health
from backend.http import Ok
from stats.report import Report
from stats.summary import Summary
from turn.broker import ProviderHealth

# health.py imports it for the type checker alone, so that an app without TURN starts faster.
vars(health)["ProviderHealth"] = ProviderHealth


class Token(Enum):
    """Whether a call takes a token."""

    NONE = "It takes no token."
    MAY = "A host token makes the peer a host; a peer token saves it a proof of work."
    PEER = "It takes a peer token."
    HOST = "It takes a host token, or a peer token whose role is `host`."


class Call(Struct, frozen=True):
    """One call. `refuses`: by these codes. `takes`, `answers`: where `function_app.post` does not
    say it. `envelope`: the body is an envelope.
    """

    token: Token
    refuses: tuple[str, ...]
    takes: type[Struct] | None = None
    answers: type[Struct] | None = None
    envelope: bool = False


BODY = ("invalid_json", "invalid_options", "length_required", "too_large")
TOKEN = (*BODY, "missing_token", "bad_token", "token_expired", "unavailable")
ADMISSION = (*BODY, "proof_required", "bad_proof", "rate_limited", "day_full", "unavailable")
MEMBER = (*TOKEN, "room_not_found", "not_member", "kicked")
HOST = (*TOKEN, "room_not_found", "not_host", "kicked", "rate_limited", "day_full")

# By route, as function_app.py names them.
CALLS: dict[str, Call] = {
    "rooms": Call(Token.NONE, ADMISSION),
    "negotiate": Call(
        Token.MAY,
        (
            *ADMISSION,
            *("invalid_room", "invalid_name", "invalid_secret", "invalid_message"),
            *("bad_token", "token_expired", "wrong_room", "kicked", "room_locked"),
            *("invite_required", "invite_expired", "invite_used", "invite_revoked"),
            *("room_not_found", "room_full", "busy"),
        ),
    ),
    "signal": Call(
        Token.PEER,
        (
            *MEMBER,
            *("invalid_message", "unknown_kind", "missing_to", "rate_limited", "day_full", "busy"),
        ),
        envelope=True,
    ),
    "poll": Call(Token.PEER, (*MEMBER, "rate_limited")),
    "turn": Call(Token.PEER, MEMBER),
    "sleep": Call(Token.PEER, (*MEMBER, "rate_limited", "busy")),
    "leave": Call(Token.PEER, (*TOKEN, "room_not_found", "busy")),
    "rooms/kick": Call(Token.HOST, (*HOST, "busy")),
    "rooms/lock": Call(Token.HOST, (*HOST, "wrong_room", "room_locked", "busy")),
    "rooms/invite": Call(Token.HOST, HOST),
    "rooms/revoke": Call(Token.HOST, (*HOST, "invalid_room", "busy")),
    "report": Call(
        Token.PEER,
        (*TOKEN, "room_not_found", "not_met", "not_granted", "rate_limited"),
        takes=Report,
        answers=Ok,
    ),
    "health": Call(Token.NONE, (), answers=Health),
    "ice": Call(Token.NONE, (), answers=turn.Stun),
    "stats": Call(Token.NONE, ("invalid_options", "unavailable"), answers=Summary),
}
# Of the calls that are not bound by `function_app.post`, the statuses of their answers.
STATUSES: dict[str, tuple[int, ...]] = {
    "report": (202,),
    "health": (200, 503),
    "ice": (200,),
    "stats": (200, 304),
}
