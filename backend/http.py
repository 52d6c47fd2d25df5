"""The edge: bytes to typed requests, refusals to answers. Knows no Azure Functions.

Nothing a caller sent is ever logged: of an unforeseen failure only its type and place are.
"""

import hmac
import logging
import os
import re
import unicodedata
from collections.abc import Mapping
from traceback import extract_tb
from typing import Any

import msgspec
from msgspec import Struct

from signaling.errors import BadRequest, HeliographError, ProofRequired, Unauthorized
from signaling.messages import check_size

MAX_BODY = 65_536
MAX_DEPTH = 32
MAX_NAME = 64
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ROOM_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

log = logging.getLogger("heliograph")


class Answer(Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def read_body[T](body: bytes, form: type[T]) -> T:
    """A JSON body of the given form; an empty one counts as `{}`.

    Raises TooLarge or BadRequest (invalid_json, invalid_options).
    """
    check_size(body, MAX_BODY, MAX_DEPTH)
    try:
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


def read_room(text: str | None) -> str:
    """Raises BadRequest (invalid_room)."""
    if not text or len(text) > 64 or not ROOM_CHARACTERS.issuperset(text):
        raise BadRequest("invalid_room", "A room is 1 to 64 letters, digits, - or _.")
    return text


def read_name(text: str) -> str:
    """A name that a page can show: NFC, trimmed. Raises BadRequest (invalid_name)."""
    if any(_unprintable(character) for character in text[: 4 * MAX_NAME]):
        raise BadRequest("invalid_name", "A name takes no control characters.")
    name = unicodedata.normalize("NFC", text[: 4 * MAX_NAME].strip())
    if len(text) > 4 * MAX_NAME or len(name) > MAX_NAME:
        raise BadRequest("invalid_name", f"A name has at most {MAX_NAME} characters.")
    return name


def day_of(now: int) -> str:
    """The UTC day of epoch milliseconds, counted from 1970."""
    return str(now // 86_400_000)


def read_network(forwarded: str | None, key: bytes, day: str) -> str:
    """Who asks, as a hash that names nobody and is another one tomorrow.

    From `X-Forwarded-For`, whose last entry is the one that Azure's front end wrote; what stands
    before it is the caller's own word. One IPv4 address, or one /64 of IPv6, is one network.
    """
    from ipaddress import ip_address, ip_network  # 4 ms to import, and the relay never needs it

    last = (forwarded or "").rpartition(",")[2].strip()
    host = re.sub(r"^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$", r"\1\2", last)
    try:
        address = ip_address(host)
        mapped = getattr(address, "ipv4_mapped", None) or address
        bits = 32 if mapped.version == 4 else 64
        network = str(ip_network((mapped, bits), strict=False))
    except ValueError:
        network = "unknown"
    return hmac.digest(key, f"{day} {network}".encode(), "sha256")[:12].hex()


def _unprintable(character: str) -> bool:
    unfit = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    return unfit or character in BIDI_OVERRIDES


def answer(status: int, body: Any) -> Answer:
    return Answer(status, b"" if body is None else msgspec.json.encode(body))


def refuse(error: HeliographError) -> Answer:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Answer(error.status, msgspec.json.encode({"error": describe(error)}), headers)


def describe(error: HeliographError) -> dict[str, Any]:
    """`{code, message, retryAfter?, challenge?}`."""
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.retry_after is not None:
        said["retryAfter"] = error.retry_after
    if isinstance(error, ProofRequired):
        said["challenge"] = error.challenge
    return said


def foreseen(error: Exception, call: str) -> HeliographError:
    """A refusal as it is; anything else as `internal`, logged by type and place only."""
    if isinstance(error, HeliographError):
        if error.status >= 500:
            log.warning("%s refused: %s", call, error.code)
        return error
    places = [f"{os.path.basename(f.filename)}:{f.lineno}" for f in extract_tb(error.__traceback__)]
    log.error("%s failed: %s at %s", call, type(error).__name__, " ".join(places[-4:]))
    return HeliographError("internal", "Something went wrong on our side.")
