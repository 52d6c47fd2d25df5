"""Peer, host and invite tokens, and the client token of SignalR Service: signed JWTs.

HS256 with a `kid`. The first key of a KeyRing signs and all of them verify, so a key is
rotated by putting a new one in front and dropping the old one once its tokens have expired.
"""

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from signaling.errors import Forbidden, HeliographError, Unauthorized

ALGORITHM = "HS256"
PEER_TTL_SECONDS = 3_600
CONNECT_TTL_SECONDS = 300  # to open a socket; the socket may stay for longer
SKEW_SECONDS = 60  # clocks of stamps and of SignalR Service may differ by this much
MAX_TOKEN = 4_096  # characters; SignalR Service takes no longer ones either
MIN_KEY_BYTES = 32  # (RFC 7518 §3.2: as long as the hash)


class KeyRing:
    """Named signing keys, newest first. Printing it shows the names only."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Raises ValueError without a key, or with one that is too short."""
        if not keys:
            raise ValueError("at least one signing key is needed")
        for number, key in enumerate(keys.values(), 1):
            if len(key) < MIN_KEY_BYTES:
                # Not its name: of a pair put the wrong way round that would be the key.
                raise ValueError(f"signing key {number} is shorter than {MIN_KEY_BYTES} bytes")
        self.keys = MappingProxyType(dict(keys))
        self.names = tuple(keys)

    def __repr__(self) -> str:
        return f"KeyRing{self.names!r}"

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """From `kid:base64url[,kid:base64url…]`. Raises ValueError that names no key."""
        keys: dict[str, bytes] = {}
        for number, part in enumerate(text.split(","), 1):
            kid, colon, encoded = part.strip().partition(":")
            if not (kid and colon and encoded) or kid in keys:
                raise ValueError(f"signing key {number} is not of the form kid:base64url")
            try:
                padded = encoded + "=" * (-len(encoded) % 4)
                keys[kid] = base64.b64decode(padded, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                raise ValueError(f"signing key {number} is not base64url") from None
        return cls(keys)


class PeerToken(Struct, frozen=True):
    """Says who its holder is in a room."""

    room: str
    peer: str
    role: str  # guest | host
    name: str
    issued_at: int = 0  # set when read; epoch ms


class HostToken(Struct, frozen=True):
    """Makes its holder a host of the room."""

    room: str


class InviteToken(Struct, frozen=True):
    """Lets `uses` people into an invite-only room."""

    room: str
    id: str
    uses: int


def sign_peer(ring: KeyRing, token: PeerToken, now: int, expires_at: int) -> str:
    """A peer token. Times are epoch milliseconds here and in every function below."""
    claims = {"room": token.room, "sub": token.peer, "role": token.role, "name": token.name}
    return _sign(ring, "peer", claims, now, expires_at)


def sign_host(ring: KeyRing, room: str, now: int, expires_at: int) -> str:
    """A host token of the room."""
    return _sign(ring, "host", {"room": room}, now, expires_at)


def sign_invite(ring: KeyRing, token: InviteToken, now: int, expires_at: int) -> str:
    """An invite into the room."""
    claims = {"room": token.room, "jti": token.id, "uses": token.uses}
    return _sign(ring, "invite", claims, now, expires_at)


def read_bearer(ring: KeyRing, token: str, now: int) -> PeerToken | HostToken:
    """A peer or a host token. Raises Unauthorized (bad_token, token_expired)."""
    claims = _verify(ring, token, ("peer", "host"), now)
    try:
        if claims["aud"] == "heliograph:host":
            return HostToken(claims["room"])
        return PeerToken(
            claims["room"],
            claims["sub"],
            claims["role"],
            claims["name"],
            round(claims["iat"] * 1000),
        )
    except KeyError:
        raise _bad_token() from None


def read_peer(ring: KeyRing, token: str, now: int) -> PeerToken:
    """A peer token, and no other. Raises Unauthorized (bad_token, token_expired)."""
    found = read_bearer(ring, token, now)
    if not isinstance(found, PeerToken):
        raise _bad_token()
    return found


def read_invite(ring: KeyRing, token: str, now: int) -> InviteToken:
    """An invite. Raises Forbidden (bad_invite, invite_expired)."""
    try:
        claims = _verify(ring, token, ("invite",), now)
        return InviteToken(claims["room"], claims["jti"], claims["uses"])
    except KeyError:
        raise Forbidden("bad_invite", "This invite is not valid.") from None
    except HeliographError as error:
        if error.code == "token_expired":
            raise Forbidden("invite_expired", "This invite has expired.") from None
        raise Forbidden("bad_invite", "This invite is not valid.") from None


class AccessKey(Struct, frozen=True):
    """A key of SignalR Service. It is the UTF-8 text of the AccessKey, not what that decodes to.

    `kid`: its name, where the service knows several.
    """

    text: str
    kid: str | None = None

    def __repr__(self) -> str:
        return f"AccessKey(kid={self.kid!r})"


def sign_connect(key: AccessKey, audience: str, user_id: str, now: int) -> str:
    """The token with which a client opens its socket at SignalR Service.

    `asrs.s.uid` is the user id.
    """
    seconds = now // 1000
    claims = {
        "aud": audience,
        "asrs.s.uid": user_id,
        "nbf": seconds - SKEW_SECONDS,
        "iat": seconds,
        "exp": seconds + CONNECT_TTL_SECONDS,
    }
    return _encode(claims, key)


def sign_rest(key: AccessKey, audience: str, now: int) -> str:
    """The token of one data-plane REST call. `audience` is the URL without its query."""

    seconds = now // 1000
    claims = {"aud": audience, "iat": seconds, "exp": seconds + CONNECT_TTL_SECONDS}
    return _encode(claims, key)


def _encode(claims: dict[str, Any], key: AccessKey) -> str:
    import jwt  # 50 ms to import, and reading an envelope never needs it

    headers = None if key.kid is None else {"kid": key.kid}
    return jwt.encode(claims, key.text, ALGORITHM, headers=headers)


def _sign(ring: KeyRing, kind: str, claims: dict[str, Any], now: int, expires_at: int) -> str:
    import jwt

    kid = ring.names[0]
    # NumericDate takes fractions (RFC 7519 §2): `iat` is compared with the birth of a room.
    times = {"iat": now / 1000, "exp": expires_at // 1000}
    payload = {"aud": f"heliograph:{kind}", **claims, **times}
    return jwt.encode(payload, ring.keys[kid], ALGORITHM, headers={"kid": kid})


def _verify(ring: KeyRing, token: str, kinds: tuple[str, ...], now: int) -> dict[str, Any]:
    import jwt

    if len(token) > MAX_TOKEN or not token.isascii():
        raise _bad_token()
    try:
        key = ring.keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise _bad_token()
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            [ALGORITHM],
            audience=[f"heliograph:{kind}" for kind in kinds],
            # The time is an argument: PyJWT would look at the clock.
            options={"require": ["exp", "iat", "aud"], "verify_exp": False, "verify_iat": False},
        )
        expired = int(claims["exp"]) * 1000 <= now
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _bad_token() from None
    if expired:
        raise Unauthorized("token_expired", "This token has expired.")
    return claims


def _bad_token() -> Unauthorized:
    return Unauthorized("bad_token", "This token is not valid.")
