"""What goes through the channel for files (docs/protocol.md §8): texts of JSON, and bytes. Pure.

After a `block` its bytes follow in binary messages. The parser answers None on junk.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from heliograph.wire.shape import Json, is_count, is_text, matches, parse_json, record, to_json

BLOCK_BYTES = 1_048_576  # of all blocks but the last
WINDOW_BYTES = 16 * BLOCK_BYTES  # under way at most: not yet kept by the receiver
MAX_PATH = 4_096  # characters
MAX_TYPE = 255
MAX_CODE = 64
MAX_MESSAGE = 32_768
ID = re.compile(r"[A-Za-z0-9_-]{16}")
HASH = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url


@dataclass(frozen=True, slots=True)
class Offer:
    """There is a file. `path`: folders and name, joined by `/`. `size`: None if unknown."""

    t: ClassVar = "offer"
    id: str
    path: str
    size: int | None
    type: str


@dataclass(frozen=True, slots=True)
class Start:
    """The next block is the one at this byte."""

    t: ClassVar = "start"
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Block:
    """`size` bytes follow, with this hash."""

    t: ClassVar = "block"
    id: str
    at: int
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class End:
    """That was all; `root` is the hash over the hashes of all blocks."""

    t: ClassVar = "end"
    id: str
    at: int
    root: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Send from `at` on; `root` is over the blocks before it, which are here already."""

    t: ClassVar = "accept"
    id: str
    at: int
    root: str


@dataclass(frozen=True, slots=True)
class Have:
    """All before `at` is checked and kept."""

    t: ClassVar = "have"
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Again:
    """The block at `at` is not what its hash says."""

    t: ClassVar = "again"
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Decline:
    """Not wanted."""

    t: ClassVar = "decline"
    id: str


@dataclass(frozen=True, slots=True)
class Done:
    """All is here, and `root` is right."""

    t: ClassVar = "done"
    id: str


@dataclass(frozen=True, slots=True)
class Hold:
    """This side pauses."""

    t: ClassVar = "hold"
    id: str


@dataclass(frozen=True, slots=True)
class Go:
    """This side goes on."""

    t: ClassVar = "go"
    id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """This side ends it; with a code because it failed."""

    t: ClassVar = "cancel"
    id: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """So many bytes of files have come through this channel."""

    t: ClassVar = "seen"
    bytes: int


FileMessage = (
    Offer | Start | Block | End | Accept | Have | Again | Decline | Done | Hold | Go | Cancel | Seen
)
_PLAIN = {kind.t: kind for kind in (Decline, Done, Hold, Go)}
_AT = {kind.t: kind for kind in (Start, Have, Again)}
_ROOTED = {kind.t: kind for kind in (End, Accept)}


def encode(message: FileMessage) -> str:
    """As it goes over the wire."""
    members: dict[str, Any] = {name: getattr(message, name) for name in message.__slots__}
    if isinstance(message, Cancel) and message.code is None:
        del members["code"]
    return to_json({"t": message.t, **members})


def parse_file_message(text: str) -> FileMessage | None:
    """None on junk."""
    fields = record(parse_json(text)) if len(text) <= MAX_MESSAGE else None
    if fields is None:
        return None
    if fields.get("t") == "seen":
        return Seen(fields["bytes"]) if is_count(fields.get("bytes")) else None
    id, kind = fields.get("id"), fields.get("t")
    if not matches(id, ID) or not isinstance(kind, str):
        return None
    if kind == "offer":
        return _offer(id, fields)
    if kind == "block":
        return _block(id, fields)
    if kind == "cancel":
        code = fields.get("code")
        return Cancel(id, code if is_text(code, 1, MAX_CODE) else None)
    return _short(id, kind, fields)


def _short(id: str, kind: str, fields: Json) -> FileMessage | None:
    if kind in _PLAIN:
        return _PLAIN[kind](id)
    if not is_count(fields.get("at")):
        return None
    if kind in _AT:
        return _AT[kind](id, fields["at"])
    if kind in _ROOTED and matches(fields.get("root"), HASH):
        return _ROOTED[kind](id, fields["at"], fields["root"])
    return None


def _offer(id: str, fields: Json) -> Offer | None:
    path, size, type = fields.get("path"), fields.get("size", False), fields.get("type")
    if not is_text(path, 0, MAX_PATH) or not is_text(type, 0, MAX_TYPE):
        return None
    return Offer(id, path, size, type) if size is None or is_count(size) else None


def _block(id: str, fields: Json) -> Block | None:
    at, size, hash = fields.get("at"), fields.get("size"), fields.get("hash")
    if not is_count(at) or at % BLOCK_BYTES != 0 or not is_count(size):
        return None
    if not 1 <= size <= BLOCK_BYTES or not matches(hash, HASH):
        return None
    return Block(id, at, size, hash)
