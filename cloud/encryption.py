"""What is stored is encrypted: rooms hold names and parked offers, and offers hold addresses."""

import base64
import hashlib
from collections.abc import Callable, Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class DecryptionFailed(Exception):
    """The bytes were encrypted with a key that we do not have, or are damaged."""


class Cipher:
    """Encrypts and authenticates: https://github.com/fernet/spec. Threads share it.

    The first key encrypts, and every key decrypts. `keys` is called each time, so keys can be
    rotated without a restart.
    """

    def __init__(self, keys: Callable[[], Mapping[str, bytes]]) -> None:
        self._keys = keys
        self._made: tuple[Mapping[str, bytes], MultiFernet] | None = None

    def encrypt(self, plain: bytes) -> bytes:
        """May raise what `keys` raises."""
        return base64.urlsafe_b64decode(self._fernet().encrypt(plain))

    def decrypt(self, encrypted: bytes) -> bytes:
        """Raises DecryptionFailed, or what `keys` raises."""
        try:
            return self._fernet().decrypt(base64.urlsafe_b64encode(encrypted))
        except InvalidToken:
            raise DecryptionFailed from None

    def _fernet(self) -> MultiFernet:
        keys = self._keys()
        if self._made is None or self._made[0] is not keys:
            self._made = (keys, MultiFernet([Fernet(_derive(key)) for key in keys.values()]))
        return self._made[1]


def _derive(key: bytes) -> bytes:
    """A key for this purpose only, from a signing key."""
    digest = hashlib.blake2b(key, digest_size=32, person=b"heliograph:seal").digest()
    return base64.urlsafe_b64encode(digest)
