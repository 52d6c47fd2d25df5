"""Peer and host tokens, orders and proofs of meeting, sealed by us; and SignalR Service's JWTs.

 ours      {kid}.{payload}.{seal}   the payload is MessagePack, an array that begins with its kind
                                    and the second in which it ends; the seal is half of an HMAC
                                    with SHA-256 (RFC 2104 §5), 128 bits; both are base64url
 theirs    HS256 (RFC 7519)

The first key of a KeyRing signs and all of them verify, so a key is rotated by putting a new one
in front and dropping the old one once its tokens have expired. Every stamp reads what another has
signed, and no two clocks are the same: a token counts for CLOCKS_SECONDS longer than it says.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from signaling import orders
from signaling.errors import Unauthorized
from signaling.names import Role
from signaling.orders import Orders
from signaling.seats import CLAIM, Seat, user_of

ALGORITHM = "HS256"
PEER_TTL_SECONDS = 3_600
CLOCKS_SECONDS = 300  # by which the clocks of stamps and of SignalR Service may differ
# To open a socket: five minutes, by any clock. The socket may stay for longer.
CONNECT_TTL_SECONDS = 300 + CLOCKS_SECONDS
MAX_TOKEN = 4_096  # characters; SignalR Service takes no longer ones either
MAX_ORDERS = 8_192  # characters
# What contracts/ says of a token. `_open` refuses what is longer, as it does all that is no token.
TokenText = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_TOKEN})]
OrdersText = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_ORDERS})]
SEAL_BYTES = 16
ROOM_BYTES = 8
KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
MIN_KEY_BYTES = 32  # (RFC 7518 §3.2: as long as the hash)


class KeyRing:
    """Named signing keys, newest first. Printing it shows the names only."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Raises ValueError without a key, or with one that is too short.

        Names are part of tokens, which are ASCII.
        """
        if not keys:
            raise ValueError("at least one signing key is needed")
        for number, (name, key) in enumerate(keys.items(), 1):
            if not KEY_NAME.fullmatch(name):
                raise ValueError(
                    f"the name of signing key {number} has other characters than"
                    " A-Z, a-z, 0-9, ., _ and -, or more than 64 of them"
                )
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
                keys[kid] = _decoded(encoded)
            except ValueError:  # binascii.Error is one
                raise ValueError(f"signing key {number} is not base64url") from None
        return cls(keys)


class PeerToken(Struct, frozen=True):
    """Says who its holder is in a room. `room`: its name."""

    room: str
    peer: str
    role: Role
    visit: int  # which of the page's loads this is: epoch ms by the client's clock
    life: str  # of an open room, at the stamp that signed; "" of a created one, whose name says it


class HostToken(Struct, frozen=True):
    """Makes its holder a host of the room."""

    room: str


class Met(Struct, frozen=True):
    """A seat as the others of its room are told of it: who shows this has met that peer there."""

    key: str  # of the room's document
    peer: str
    visit: int  # the page load that holds the seat


class _Peer(Struct, frozen=True, array_like=True, tag="p"):
    ends: int
    room: str
    peer: str
    is_host: bool
    visit: int
    life: str


class _Host(Struct, frozen=True, array_like=True, tag="h"):
    ends: int
    room: str


class _Orders(Struct, frozen=True, array_like=True, tag="o"):
    """As Orders, from `version` on."""

    ends: int
    room: str
    version: int
    locked: bool
    kicked: tuple[str, ...]
    revoked: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...] = ()
    full: bool = False


class _Met(Struct, frozen=True, array_like=True, tag="m"):
    ends: int
    room: bytes  # ROOM_BYTES of the document's key: a hash, so no name can be read from it
    peer: str
    visit: int


class _Granted(Struct, frozen=True, array_like=True, tag="g"):
    ends: int
    room: bytes  # as of _Met
    peer: str


_Said = _Peer | _Host | _Orders | _Met | _Granted
_SAID: msgspec.msgpack.Decoder[_Said] = msgspec.msgpack.Decoder(_Said)


def sign_peer(ring: KeyRing, token: PeerToken, expires_at: int) -> str:
    """A peer token. Times are epoch milliseconds here and in every function below."""
    who = (token.room, token.peer, token.role == "host", token.visit, token.life)
    return _seal(ring, _Peer(expires_at // 1000, *who))


def sign_host(ring: KeyRing, room: str, expires_at: int) -> str:
    """A host token of the room."""
    return _seal(ring, _Host(expires_at // 1000, room))


def sign_orders(ring: KeyRing, room: str, said: Orders, expires_at: int) -> str:
    """The orders of a room, for other stamps."""
    return _seal(ring, _Orders(expires_at // 1000, room, *structs.astuple(said)))


def sign_met(ring: KeyRing, met: Met, expires_at: int) -> str:
    """The proof of having met a peer, for the others of its room. About 90 characters."""
    return _seal(ring, _Met(expires_at // 1000, _room(met.key), met.peer, met.visit))


def read_met(ring: KeyRing, token: str, key: str, now: int) -> Met:
    """Whom the proof is of. `key`: of the document of the room it has to be of.

    Raises Unauthorized (bad_token, token_expired).
    """
    said = _open(ring, token, now)
    if not isinstance(said, _Met) or said.room != _room(key):
        raise _bad_token()
    return Met(key, said.peer, said.visit)


def sign_granted(ring: KeyRing, key: str, peer: str, expires_at: int) -> str:
    """The proof that a peer was given a relay in the room whose document has this key."""
    return _seal(ring, _Granted(expires_at // 1000, _room(key), peer))


def check_granted(ring: KeyRing, token: str, key: str, peer: str, now: int) -> None:
    """Raises Unauthorized (bad_token, token_expired) if it is not that proof."""
    said = _open(ring, token, now)
    if not isinstance(said, _Granted) or (said.room, said.peer) != (_room(key), peer):
        raise _bad_token()


def key_of(ring: KeyRing, token: str) -> bytes:
    """The key that sealed a token which was read before."""
    return ring.keys[token.rsplit(".", 2)[0]]


def read_bearer(ring: KeyRing, token: str, now: int) -> PeerToken | HostToken:
    """A peer or a host token. Raises Unauthorized (bad_token, token_expired)."""
    match _open(ring, token, now):
        case _Host(room=room):
            return HostToken(room)
        case _Peer() as said:
            role: Role = "host" if said.is_host else "guest"
            return PeerToken(said.room, said.peer, role, said.visit, said.life)
    raise _bad_token()


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
    said = _open(ring, token, now, MAX_ORDERS)
    if not isinstance(said, _Orders):
        raise _bad_token()
    found = Orders(*structs.astuple(said)[2:])
    return said.room, orders.merge(found, orders.NONE)


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
    return _encode(
        audience, now, key, {"asrs.s.uid": user_of(seat.life, seat.peer), CLAIM: seat.claim}
    )


def sign_rest(key: AccessKey, audience: str, now: int) -> str:
    """The token of one data-plane REST call. `audience` is the URL without its query."""
    return _encode(audience, now, key, {})


def _encode(audience: str, now: int, key: AccessKey, claims: dict[str, str]) -> str:
    """It counts from now on, by any clock: there is no `nbf`.

    By hand (RFC 7515 §7.1, compact): each push has a token of its own, and PyJWT takes ten times as
    long for it, and 50 ms to be imported.
    """
    header = {"alg": ALGORITHM, "typ": "JWT"} | ({} if key.kid is None else {"kid": key.kid})
    said = {"aud": audience, **claims, "exp": now // 1000 + CONNECT_TTL_SECONDS}
    parts = f"{_text(msgspec.json.encode(header))}.{_text(msgspec.json.encode(said))}"
    return f"{parts}.{_text(hmac.digest(key.text.encode(), parts.encode(), hashlib.sha256))}"


def _room(key: str) -> bytes:
    return bytes.fromhex(key)[:ROOM_BYTES]


def _seal(ring: KeyRing, said: _Said) -> str:
    kid = ring.names[0]
    payload = msgspec.msgpack.encode(said)
    return f"{kid}.{_text(payload)}.{_text(_seal_of(ring.keys[kid], kid, payload))}"


def _open(ring: KeyRing, token: str, now: int, most: int = MAX_TOKEN) -> _Said:
    """What a token says. Raises Unauthorized (bad_token, token_expired)."""
    if len(token) > most or not token.isascii():
        raise _bad_token()
    try:
        kid, text, seal = token.rsplit(".", 2)
        payload = _bytes(text)
        if not hmac.compare_digest(_seal_of(ring.keys[kid], kid, payload), _bytes(seal)):
            raise _bad_token()
        said = _SAID.decode(payload)
    except (KeyError, ValueError, RecursionError):  # binascii.Error and msgspec's are ValueErrors
        raise _bad_token() from None
    if (said.ends + CLOCKS_SECONDS) * 1000 <= now:
        raise Unauthorized("token_expired", "This token has expired.")
    return said


def _seal_of(key: bytes, kid: str, payload: bytes) -> bytes:
    """Begins with its purpose: the key makes codes and other hashes too."""
    said = b"token\n" + kid.encode() + b"\n" + payload
    return hmac.digest(key, said, hashlib.sha256)[:SEAL_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _bytes(text: str) -> bytes:
    """Raises ValueError, also for what `_text` writes otherwise: a token has one spelling."""
    data = _decoded(text)
    if _text(data) != text:
        raise ValueError("not as we write it")
    return data


def _bad_token() -> Unauthorized:
    return Unauthorized("bad_token", "This token is not valid.")
