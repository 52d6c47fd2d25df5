"""Peer and host tokens, orders, and the client token of SignalR Service: signed JWTs.

HS256 with a `kid`. The first key of a KeyRing signs and all of them verify, so a key is
rotated by putting a new one in front and dropping the old one once its tokens have expired.
Every stamp reads what another has signed, and no two clocks are the same: a token counts for
CLOCKS_SECONDS longer than it says.
"""

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from signaling import orders
from signaling.errors import Unauthorized
from signaling.orders import Orders
from signaling.seats import CLAIM, Seat, user_of

ALGORITHM = "HS256"
PEER_TTL_SECONDS = 3_600
CLOCKS_SECONDS = 300  # by which the clocks of stamps and of SignalR Service may differ
# To open a socket: five minutes, by any clock. The socket may stay for longer.
CONNECT_TTL_SECONDS = 300 + CLOCKS_SECONDS
MAX_TOKEN = 4_096  # characters; SignalR Service takes no longer ones either
MAX_ORDERS = 8_192  # characters
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
    """Says who its holder is in a room. `room`: its name."""

    room: str
    peer: str
    role: str  # guest | host
    name: str
    visit: int  # which of the page's loads this is: epoch ms by the client's clock
    life: str  # of the room, at the stamp that signed


class HostToken(Struct, frozen=True):
    """Makes its holder a host of the room."""

    room: str


def sign_peer(ring: KeyRing, token: PeerToken, now: int, expires_at: int) -> str:
    """A peer token. Times are epoch milliseconds here and in every function below."""
    who = {"room": token.room, "sub": token.peer, "role": token.role, "name": token.name}
    claims = {**who, "visit": token.visit, "life": token.life}
    return _sign(ring, "peer", claims, now, expires_at)


def sign_host(ring: KeyRing, room: str, now: int, expires_at: int) -> str:
    """A host token of the room."""
    return _sign(ring, "host", {"room": room}, now, expires_at)


def sign_orders(ring: KeyRing, room: str, said: Orders, now: int, expires_at: int) -> str:
    """The orders of a room, for other stamps."""
    lock = [said.version, int(said.locked)]
    lists = {"kicked": said.kicked, "revoked": said.revoked, "inside": said.inside}
    claims = {"room": room, "lock": lock, **lists}
    return _sign(ring, "orders", claims, now, expires_at)


def read_bearer(ring: KeyRing, token: str, now: int) -> PeerToken | HostToken:
    """A peer or a host token. Raises Unauthorized (bad_token, token_expired)."""
    claims = _verify(ring, token, ("peer", "host"), now)
    try:
        if claims["aud"] == "heliograph:host":
            return HostToken(claims["room"])
        who = (claims["room"], claims["sub"], claims["role"], claims["name"])
        return PeerToken(*who, claims["visit"], claims["life"])
    except KeyError:
        raise _bad_token() from None


def read_peer(ring: KeyRing, token: str, now: int) -> PeerToken:
    """A peer token, and no other. Raises Unauthorized (bad_token, token_expired)."""
    found = read_bearer(ring, token, now)
    if not isinstance(found, PeerToken):
        raise _bad_token()
    return found


def read_host(ring: KeyRing, token: str, now: int) -> HostToken:
    """A host token, and no other. Raises Unauthorized (bad_token, token_expired)."""
    found = read_bearer(ring, token, now)
    if not isinstance(found, HostToken):
        raise _bad_token()
    return found


def read_orders(ring: KeyRing, token: str, now: int) -> tuple[str, Orders]:
    """The room, and its orders. Raises Unauthorized (bad_token, token_expired)."""
    claims = _verify(ring, token, ("orders",), now, MAX_ORDERS)
    try:
        version, locked = claims["lock"]
        lists = (tuple(claims[name]) for name in ("kicked", "revoked", "inside"))
        said = Orders(int(version), bool(locked), *lists)
        return str(claims["room"]), orders.merge(said, orders.NONE)
    except (KeyError, TypeError, ValueError):
        raise _bad_token() from None


class AccessKey(Struct, frozen=True):
    """A key of SignalR Service. It is the UTF-8 text of the AccessKey, not what that decodes to.

    `kid`: its name, where the service knows several.
    """

    text: str
    kid: str | None = None

    def __repr__(self) -> str:
        return f"AccessKey(kid={self.kid!r})"


def sign_connect(key: AccessKey, audience: str, seat: Seat, now: int) -> str:
    """The token with which a client opens its socket at SignalR Service.

    `asrs.s.uid` is the user id. Other claims come back to us with every event of the connection.
    """
    seconds = now // 1000
    claims = {
        "aud": audience,
        "asrs.s.uid": user_of(seat.life, seat.peer),
        CLAIM: seat.claim,
        "nbf": seconds - CLOCKS_SECONDS,
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
    times = {"iat": now // 1000, "exp": expires_at // 1000}
    payload = {"aud": f"heliograph:{kind}", **claims, **times}
    return jwt.encode(payload, ring.keys[kid], ALGORITHM, headers={"kid": kid})


def _verify(
    ring: KeyRing, token: str, kinds: tuple[str, ...], now: int, most: int = MAX_TOKEN
) -> dict[str, Any]:
    import jwt

    if len(token) > most or not token.isascii():
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
        expired = (int(claims["exp"]) + CLOCKS_SECONDS) * 1000 <= now
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _bad_token() from None
    if expired:
        raise Unauthorized("token_expired", "This token has expired.")
    return claims


def _bad_token() -> Unauthorized:
    return Unauthorized("bad_token", "This token is not valid.")
