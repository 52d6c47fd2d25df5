"""TURN credentials that anyone with the shared secret can make and check. Pure.

The scheme is "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00 §2.2),
as coturn (`use-auth-secret`), eturnal and pion have it.
"""

import base64
import hashlib
import hmac

from msgspec import Struct

PART_BYTES = 12  # of a hash in a label: 16 characters, and 2^48 sessions until two are alike


class Credential(Struct, frozen=True):
    """Printing it does not show the password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credential({self.username!r})"


def sign(secret: str, label: str, expires_at: int) -> Credential:
    """`<expiry>:<label>` and base64(HMAC-SHA1(secret, username)). `expires_at` is epoch ms.

    coturn counts its `user-quota` by what follows the colon, so a session keeps one quota
    however often it asks.
    """
    username = f"{expires_at // 1000}:{label}"
    return Credential(username, password(secret, username))


def password(secret: str, username: str) -> str:
    """base64(HMAC-SHA1(secret, username)), as the TURN REST draft has it."""
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def label(key: bytes, room: str, peer: str) -> str:
    """`<room part>-<peer part>`: 33 characters of base64url that name nobody.

    Who holds the key finds room and peer again by hashing those it knows; to a vendor, and in
    its bill, a label is noise. The peer part depends on the room too: it does not show that one
    peer was in two rooms.
    """
    return f"{_part(key, 'room', room)}-{_part(key, 'peer', room, peer)}"


def session_of(label: str) -> str:
    """A label without the mark that tells its mints apart: `<room part>-<peer part>.<mark>`."""
    return label.partition(".")[0]


def halves_of(session: str) -> tuple[str, str]:
    """The room's and the peer's part of a label without a mark; hyphens occur in either."""
    half = len(session) // 2
    return session[:half], session[half + 1 :]


def _part(key: bytes, *texts: str) -> str:
    # Lengths in front: no two lists of texts become the same bytes.
    message = b"".join(b"%d:%b" % (len(text.encode()), text.encode()) for text in texts)
    digest = hmac.digest(key, message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:PART_BYTES]).decode()
