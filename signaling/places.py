"""Where a room is: what its name says to every stamp alike. Pure.

            open room                        created room
 name       1-64 letters, digits, - or _     its code (signaling/codes.py)
 identity   the name                         the terms in its code
 key        of its document: a hash of the identity
 life       of its document's birth          a hash of the identity

The life is what group and user ids are made of (signaling/seats.py). An open room whose document
has expired begins a new life, in which nobody hears who was in the old one.
"""

import base64
import hashlib
from typing import Annotated

from msgspec import Meta, Struct

from signaling import codes
from signaling.codes import CLOCKS_MS, Code, Invite, Terms
from signaling.errors import BadRequest, NotFound
from signaling.names import MAX_ROOM, ROOM, read_room_name
from signaling.tokens import CLOCKS_SECONDS, KeyRing

MAX_TTL_SECONDS = 86_400
# A room ends so late at most: its clock may have been ahead of ours, and it ends on a full minute.
MAX_AHEAD_MS = MAX_TTL_SECONDS * 1000 + 600_000
PEER_CHARACTERS = 16
MIN_SECRET, MAX_SECRET = 22, 64  # characters; 22 of base64url are 128 bits
# What contracts/ says of these texts; `read_place` and `read_secret` check them, by codes of their
# own (invalid_room, invalid_secret) and not by that of a body of another form.
ROOM_FORM = {"pattern": rf"\A(?:{ROOM}|{codes.CODE})\Z", "minLength": 1, "maxLength": MAX_ROOM}
SentRoom = Annotated[str, Meta(extra_json_schema=ROOM_FORM)]
SECRET = rf"[A-Za-z0-9_-]{{{MIN_SECRET},{MAX_SECRET}}}"
SentSecret = Annotated[str, Meta(extra_json_schema={"pattern": rf"\A{SECRET}\Z"})]


class Place(Struct, frozen=True):
    """A room that somebody has named. `key`: of its document; no name can be read from it."""

    name: str  # without the invite that it may have been named by
    identity: str
    key: str
    life: str | None = None  # of a created room; the document of an open room says it
    code: Code | None = None  # None: an open room

    @property
    def terms(self) -> Terms | None:
        """What the room was created with; None: nobody created it."""
        return None if self.code is None else self.code.terms

    @property
    def invite(self) -> Invite | None:
        """The invite that the code holds."""
        return None if self.code is None else self.code.invite

    @property
    def ends_at(self) -> int:
        """When the room ends, epoch ms; 0: when the last member has left."""
        return 0 if self.code is None else self.code.terms.ends_at

    @property
    def over_at(self) -> int:
        """When it has ended by any clock, epoch ms; 0: when the last member has left."""
        return 0 if self.code is None else self.code.terms.over_at

    def peer(self, secret: str) -> str:
        """The id of whoever holds `secret`: the same at every stamp, and nobody else's."""
        return _short(_hash("peer", f"{self.identity}\n{secret}"), PEER_CHARACTERS)


def read_place(ring: KeyRing, text: str | None, now: int) -> Place:
    """The room that `text` names. `now` is epoch ms.

    Raises BadRequest (invalid_room), or NotFound (room_not_found) for a code that no stamp made or
    whose room has ended.
    """
    return _read(ring, text, now - CLOCKS_MS, now)


def place_in_token(ring: KeyRing, text: str, now: int) -> Place:
    """The room that a token names: the token counts for a little longer than the room.

    Raises BadRequest (invalid_room), or NotFound (room_not_found) if the code's key is gone.
    """
    return _read(ring, text, now - CLOCKS_MS - CLOCKS_SECONDS * 1000, now)


def _read(ring: KeyRing, text: str | None, after: int, now: int) -> Place:
    """A created room ends later than `after`."""
    if text is None or not codes.is_code(text):
        name = read_room_name(text)
        return Place(name, f"open:{name}", _key(f"open:{name}"))
    for code in codes.read(ring, text):
        if after < code.terms.ends_at <= now + MAX_AHEAD_MS:
            return place_of(ring, code)
    raise NotFound("room_not_found", "There is no such room, or it has ended.")


def place_of(ring: KeyRing, code: Code) -> Place:
    """The created room of a code."""
    name = codes.write(ring, Code(code.terms, None, code.key_name))
    identity = f"created:{code.terms.identity}"
    return Place(name, identity, _key(identity), _short(_hash("life", identity), 16), code)


def read_secret(text: str) -> str:
    """What a client proves its identity with. Raises BadRequest (invalid_secret)."""
    fits = MIN_SECRET <= len(text) <= MAX_SECRET
    if not fits or not text.isascii() or not text.replace("-", "a").replace("_", "a").isalnum():
        raise BadRequest("invalid_secret", "A secret is 22 to 64 letters, digits, - or _.")
    return text


def _key(identity: str) -> str:
    return _hash("room", identity).hex()[:32]


def _hash(purpose: str, text: str) -> bytes:
    return hashlib.sha256(f"{purpose}\n{text}".encode()).digest()


def _short(digest: bytes, characters: int) -> str:
    return base64.urlsafe_b64encode(digest).decode()[:characters]
