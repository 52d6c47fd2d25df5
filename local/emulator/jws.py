"""Signed tokens, read: JSON Web Tokens in the compact form, HS256 and nothing else. Pure.

PyJWT reads them too, and would be a quarter of what a REST call costs here: it looks at each
character by itself, and asks each time whether the key is a certificate. This reads less (RFC 7515
without `crit`, unencoded payloads and padding), and never takes a token that PyJWT refuses; a test
compares them.
"""

import base64
import binascii
import hmac
import json
import math
import re
from dataclasses import dataclass
from typing import Any, TypeGuard

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_MUST_BE_TEXT = ("sub", "jti")  # RFC 7519 §4.1


class Malformed(ValueError):
    """Not a token of this kind. The text says nothing of what it was."""


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token whose signature nobody has checked. `signed`: the bytes that the signature is of."""

    key_id: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_with(self, key: bytes) -> bool:
        """Whether HMAC-SHA256 with this key gives the signature."""
        return hmac.compare_digest(hmac.digest(key, self.signed, "sha256"), self.signature)

    def is_in_force(self, now: float) -> bool:
        """Whether `exp` is there and after `now`, and `nbf`, if it is there, is not (RFC 7519).

        `now` is in epoch seconds. Dates are numbers; anything else is never in force.
        """
        expires, begins = self.claims.get("exp"), self.claims.get("nbf", 0)
        if not _is_date(expires) or not _is_date(begins):
            return False
        return int(begins) <= now < int(expires)


def parse(token: str) -> SignedToken:
    """The parts of a token. Raises Malformed."""
    segments = _COMPACT.fullmatch(token)
    if segments is None:
        raise Malformed
    header, claims = _object(segments[1]), _object(segments[2])
    key_id = header.get("kid")
    if header.get("alg") != "HS256" or "crit" in header or header.get("b64", True) is not True:
        raise Malformed
    if not isinstance(key_id, str | None) or "kid" in header and key_id is None:
        raise Malformed
    if not all(isinstance(claims.get(name, ""), str) for name in _MUST_BE_TEXT):
        raise Malformed
    signed = token[: segments.end(2)].encode()
    return SignedToken(key_id, claims, signed, _bytes(segments[3]))


def _object(segment: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(segment))
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(value, dict):
        raise Malformed
    return value


def _bytes(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise Malformed from error


def _is_date(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)
