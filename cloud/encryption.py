"""What lies in a store is sealed: rooms hold names and parked offers, which hold addresses."""

import base64
import hashlib
from collections.abc import Callable, Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unsealable(Exception):
    """Sealed with no key that we hold, or damaged."""


class Seal:
    """Encrypts and authenticates (Fernet). The first key seals, every key opens.

    `keys` is asked each time, so that keys rotate without a restart.
    """

    def __init__(self, keys: Callable[[], Mapping[str, bytes]]) -> None:
        self._keys = keys
        self._made: tuple[Mapping[str, bytes], MultiFernet] | None = None

    def close(self, value: bytes) -> bytes:
        return base64.urlsafe_b64decode(self._fernet().encrypt(value))

    def open(self, sealed: bytes) -> bytes:
        """Raises Unsealable."""
        try:
            return self._fernet().decrypt(base64.urlsafe_b64encode(sealed))
        except InvalidToken:
            raise Unsealable from None

    def _fernet(self) -> MultiFernet:
        keys = self._keys()
        if self._made is None or self._made[0] is not keys:
            self._made = (keys, MultiFernet([Fernet(_derive(key)) for key in keys.values()]))
        return self._made[1]


def _derive(key: bytes) -> bytes:
    """A key of its own for this purpose, from a signing key."""
    digest = hashlib.blake2b(key, digest_size=32, person=b"heliograph:seal").digest()
    return base64.urlsafe_b64encode(digest)
