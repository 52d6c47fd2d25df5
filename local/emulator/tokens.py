"""Access tokens: who may connect as a client, who may call the REST API.

HS256 JWTs signed with one of the access keys; the key is the UTF-8 text of the connection
string's `AccessKey`, not base64-decoded.

Sources: Azure/azure-signalr, `Constants.ClaimType` (names and prefixes of claims); "Troubleshooting
guide for Azure SignalR Service" (a token has at most 4 K). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt

MAX_TOKEN_CHARACTERS = 4096  # the service's own limit
_USER_ID = ("asrs.s.uid", "nameid")  # the first one present wins
_RENAMED = "asrs.u."  # prefix of a custom claim whose name clashed with a system claim


class BadToken(ValueError):
    """Missing, malformed, not ours, expired, or meant for something else. It does not say which."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a valid token says. Never logged."""

    user_id: str | None
    claims: tuple[tuple[str, str], ...]


def verify(token: str, keys: Sequence[str], path: str, hub: str | None) -> Caller:
    """The caller behind a token good for `path` (percent-encoded) and `hub`; raises BadToken."""
    if not token or len(token) > MAX_TOKEN_CHARACTERS:
        raise BadToken
    for key in keys:
        try:
            claims = jwt.decode(
                token,
                key.encode(),
                algorithms=["HS256"],
                options={"require": ["exp"], "verify_aud": False, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            continue  # the other key may fit: keys are rotated one at a time
        except (jwt.InvalidTokenError, ValueError) as error:
            raise BadToken from error
        return _caller(claims, path, hub)
    raise BadToken


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an `Authorization: Bearer` header; empty without one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _caller(claims: dict[str, Any], path: str, hub: str | None) -> Caller:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(one, str) and _covers(one, path, hub) for one in audiences):
        raise BadToken
    user_id = next((str(claims[name]) for name in _USER_ID if claims.get(name)), None)
    return Caller(user_id, tuple(_flat(claims)))


def _covers(audience: str, path: str, hub: str | None) -> bool:
    """Whether a token for the URL `audience` opens `path`.

    Scheme, host and port do not count: SDKs leave the port out, and the emulator does not know
    under which name it is reached. The path must match up to where the audience's ends; of the
    query only a hub counts.
    """
    try:
        url = urlsplit(audience)
    except ValueError:
        return False
    wanted = [unquote(part) for part in url.path.split("/") if part]
    actual = [unquote(part) for part in path.split("/") if part]
    if [part.lower() for part in actual[: len(wanted)]] != [part.lower() for part in wanted]:
        return False
    hubs = parse_qs(url.query).get("hub")
    return hubs is None or hub is None or hubs[0].lower() == hub.lower()


def _flat(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """Claims as .NET sees them: a list is the same claim several times."""
    pairs = []
    for name, value in claims.items():
        name = name.removeprefix(_RENAMED)
        for one in value if isinstance(value, list) else [value]:
            pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return pairs
