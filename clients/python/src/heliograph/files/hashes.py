"""The hashes of a file: SHA-256 of each block, and over these the root (docs/protocol.md §8)."""

import base64
import hashlib
from collections.abc import Iterable

from heliograph.files.messages import BLOCK_BYTES


def hash_of(data: bytes | bytearray) -> str:
    """In base64url without padding."""
    digest = hashlib.sha256(data).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Hashes:
    """Of the blocks of one file, in order."""

    def __init__(self, hashes: Iterable[str] = ()) -> None:
        self._hashes = list(hashes)

    def set(self, at: int, hash: str) -> None:
        """Of the block at this byte; those after it are forgotten if it is another."""
        index = at // BLOCK_BYTES
        if index < len(self._hashes) and self._hashes[index] == hash:
            return
        del self._hashes[index:]
        self._hashes.append(hash)

    def root(self, at: int) -> str | None:
        """Over the blocks before this byte; None if we do not have all of them."""
        count = -(-at // BLOCK_BYTES)
        if count > len(self._hashes):
            return None
        return hash_of(b"".join(map(_bytes, self._hashes[:count])))


def _bytes(hash: str) -> bytes:
    return base64.urlsafe_b64decode(hash + "=")
