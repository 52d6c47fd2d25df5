"""The HTTP edge: bytes to typed requests, refusals to answers. Knows no Azure Functions.

Nothing a caller sent is ever logged: of an unexpected failure only its type and place are.
"""

import logging
import os
from collections.abc import Mapping
from traceback import extract_tb
from typing import Any

import msgspec
from msgspec import Struct

from signaling.errors import (
    BadRequest,
    HeliographError,
    LengthRequired,
    ProofRequired,
    Unauthorized,
)
from signaling.messages import check_size

MAX_BODY_BYTES = 65_536
MAX_DEPTH = 32

log = logging.getLogger("heliograph")


class Answer(Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Ok(Struct, frozen=True):
    """Done, and there is nothing more to say."""

    ok: bool = True


class Refusal(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Why not: a stable code and a message for people. `retry_after` is in seconds."""

    code: str
    message: str
    retry_after: int | None = None
    challenge: dict[str, Any] | None = None  # of a proof of work


class HubAnswer(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What a hub method answers: `ok`, or a refusal."""

    ok: bool
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None


def read_sent(body: bytes, transfer_encoding: str | None) -> bytes:
    """The body. Raises LengthRequired if there was one that we did not get.

    The Functions host hands a Python function no body without a Content-Length (RpcHttp of
    Azure/azure-functions-host); one that came in chunks would count as an empty one.
    """
    if transfer_encoding and not body:
        raise LengthRequired("length_required", "Send the body with a Content-Length.")
    return body


def read_body[T](body: bytes, form: type[T]) -> T:
    """A JSON body of the given form; an empty one counts as `{}`.

    Raises TooLarge or BadRequest (invalid_json, invalid_options).
    """
    check_size(body, MAX_BODY_BYTES, MAX_DEPTH)
    try:
        body.decode()  # a member that the form does not name is skipped without a look at its text
        return msgspec.json.decode(body.strip() or b"{}", type=form)
    except msgspec.ValidationError as error:
        raise BadRequest("invalid_options", f"The body does not fit: {_field(error)}.") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadRequest("invalid_json", "The body is not valid JSON.") from None


def _field(error: msgspec.ValidationError) -> str:
    """The path of the wrong member, without what was sent there."""
    _, found, path = str(error).rpartition(" - at ")
    if found:
        return path.strip("`").removeprefix("$.")
    return "a member is missing or it is not an object"


def read_bearer(header: str | None) -> str | None:
    """The token of an Authorization header, None without one. Raises Unauthorized (bad_token)."""
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("bad_token", "This token is not valid.")
    return token.strip()


class WithToken(Struct, frozen=True):
    """What every body may hold."""

    token: str | None = None


def read_token(header: str | None, body: bytes) -> str | None:
    """The token of the Authorization header, or the member `token` of the body.

    For a call with that header to another origin a browser asks first (Fetch §4.9, CORS preflight),
    which takes a round trip; and `sendBeacon` sets no headers.
    Raises Unauthorized (bad_token), and what `read_body` raises.
    """
    token = read_bearer(header)
    return read_body(body, WithToken).token if token is None else token


def token_bytes(body: bytes) -> int:
    """What the member `token` takes of a body as browsers write it. Raises as `read_body`."""
    token = read_body(body, WithToken).token
    return 0 if token is None else len(f'"token":"{token}",'.encode())


def require_token(token: str | None) -> str:
    """The token. Raises Unauthorized (missing_token)."""
    if token is None:
        raise Unauthorized("missing_token", "This call needs a token.")
    return token


def answer(status: int, body: Struct | None) -> Answer:
    """`body` as JSON; None: nothing."""
    return Answer(status, b"" if body is None else msgspec.json.encode(body))


def refuse(error: HeliographError) -> Answer:
    """`{"error": {code, message, retryAfter?, challenge?}}`."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Answer(error.status, msgspec.json.encode({"error": _refusal(error)}), headers)


def refuse_hub_call(error: HeliographError) -> HubAnswer:
    """`{ok: false, code, message, retryAfter?}`."""
    return HubAnswer(False, error.code, error.message, error.retry_after)


def _refusal(error: HeliographError) -> Refusal:
    challenge = error.challenge if isinstance(error, ProofRequired) else None
    return Refusal(error.code, error.message, error.retry_after, challenge)


def to_refusal(error: Exception, call: str) -> HeliographError:
    """A refusal as it is; anything else as `internal`, logged by type and place only."""
    if isinstance(error, HeliographError):
        if error.status >= 500:
            log.warning("%s refused: %s", call, error.code)
        return error
    places = [f"{os.path.basename(f.filename)}:{f.lineno}" for f in extract_tb(error.__traceback__)]
    log.error("%s failed: %s at %s", call, type(error).__name__, " ".join(places[-4:]))
    return HeliographError("internal", "Something went wrong on our side.")
