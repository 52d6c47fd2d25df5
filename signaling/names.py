"""What a room and a person may be called. docs/protocol.md §1."""

import unicodedata
from typing import Annotated, Literal

from msgspec import Meta

from signaling.errors import BadRequest

MAX_NAME = 64  # characters (code points)
MAX_ROOM = 64
# A name made of combining characters becomes shorter when it is composed, by 4 at most.
MAX_RAW_NAME = 4 * MAX_NAME
ROOM_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
ROOM = rf"[A-Za-z0-9_-]{{1,{MAX_ROOM}}}"
# They would turn around the text that a page shows after the name (Unicode UAX #9 §2).
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What contracts/ says of a name that is sent: such a one is taken. `read_peer_name` takes a longer
# one too, if it is short enough once it is trimmed and composed.
PRINTABLE = "[^\\x00-\\x1f\\x7f-\\x9f\u2028-\u202e\u2066-\u2069]"
NAME_FORM = {"pattern": rf"\A{PRINTABLE}{{0,{MAX_NAME}}}\Z"}
SentName = Annotated[str, Meta(extra_json_schema=NAME_FORM)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]  # as `read_peer_name` gives it
type Role = Literal["guest", "host"]
# Control characters, lone surrogates, line and paragraph separators.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def read_room_name(text: str | None) -> str:
    """The name of a room as it was sent. Raises BadRequest (invalid_room)."""
    if not text or len(text) > MAX_ROOM or not ROOM_CHARACTERS.issuperset(text):
        raise BadRequest("invalid_room", "A room is 1 to 64 letters, digits, - or _.")
    return text


def read_peer_name(text: str) -> str:
    """A name that a page can show: NFC, trimmed. Raises BadRequest (invalid_name)."""
    if any(_is_unprintable(character) for character in text[:MAX_RAW_NAME]):
        raise BadRequest("invalid_name", "A name takes no control characters.")
    name = unicodedata.normalize("NFC", text[:MAX_RAW_NAME].strip())
    if len(text) > MAX_RAW_NAME or len(name) > MAX_NAME:
        raise BadRequest("invalid_name", f"A name has at most {MAX_NAME} characters.")
    return name


def _is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE or character in BIDI_OVERRIDES
