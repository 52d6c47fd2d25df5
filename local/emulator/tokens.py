"""Access tokens: who may connect as a client, who may call the REST API.

HS256 JWTs signed with one of the access keys; the key is the UTF-8 text of the connection
string's `AccessKey`, not base64-decoded.

Sources: Azure/azure-signalr, `Constants.ClaimType` (names and prefixes of claims); "Troubleshooting
guide for Azure SignalR Service" (a token has at most 4 K). Pure. `jws.py` reads tokens,
`audience.py` says what one is good for, `entra.py` what opens the REST API instead of a key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from local.emulator.audience import Resource, covers
from local.emulator.jws import Malformed, SignedToken, parse

MAX_TOKEN_CHARACTERS = 4096  # the service's own limit
_USER_ID = ("asrs.s.uid", "nameid")  # the first one present wins
_RENAMED = "asrs.u."  # prefix of a custom claim whose name clashed with a system claim


class BadToken(ValueError):
    """Missing, malformed, not ours, expired, or meant for something else. It does not say which."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key to sign with; `id` goes into the token as `kid`, and is empty for access keys."""

    key: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a valid token says. Never logged."""

    user_id: str | None
    claims: tuple[tuple[str, str], ...]


def _no_other_key(id: str) -> str | None:
    return None


def verify(
    token: str,
    keys: Sequence[str],
    resource: Resource,
    now: float,
    find_key: Callable[[str], str | None] = _no_other_key,
) -> Caller:
    """The caller behind a token good for the resource at `now`, epoch seconds. Raises BadToken.

    `find_key` knows further keys by the id that a token names as `kid`.
    """
    if not token or len(token) > MAX_TOKEN_CHARACTERS:
        raise BadToken
    try:
        signed = parse(token)
    except Malformed as error:
        raise BadToken from error
    # Keys are rotated one at a time, so any of them may fit.
    if not any(signed.is_signed_with(key.encode()) for key in _candidates(signed, keys, find_key)):
        raise BadToken
    if not signed.is_in_force(now) or not covers(signed.claims, resource):
        raise BadToken
    return _caller(signed.claims)


def _candidates(
    token: SignedToken, keys: Sequence[str], find_key: Callable[[str], str | None]
) -> Iterator[str]:
    yield from keys
    if token.key_id is not None and (key := find_key(token.key_id)) is not None:
        yield key


def sign_client(key: SigningKey, audience: str, user: str | None, issued: int, expires: int) -> str:
    """A client's token; `issued` and `expires` are epoch seconds."""
    claims: dict[str, Any] = {"aud": audience, "iat": issued, "nbf": issued, "exp": expires}
    if user:
        claims[_USER_ID[0]] = user
    headers = {"kid": key.id} if key.id else None
    return jwt.encode(claims, key.key, "HS256", headers=headers)


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an `Authorization: Bearer` header; empty without one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _caller(claims: dict[str, Any]) -> Caller:
    user_id = next((str(claims[name]) for name in _USER_ID if claims.get(name)), None)
    return Caller(user_id, tuple(_flat(claims)))


def _flat(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """Claims as .NET sees them: a list is the same claim several times."""
    pairs = []
    for name, value in claims.items():
        name = name.removeprefix(_RENAMED)
        for one in value if isinstance(value, list) else [value]:
            pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return pairs
