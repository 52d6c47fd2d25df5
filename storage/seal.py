"""What lies in a store is sealed: rooms hold names and parked offers, which hold addresses."""

import base64
import hashlib
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unsealable(Exception):
    """Sealed with no key that we hold, or damaged."""


class Seal:
    """Encrypts and authenticates (Fernet). The first key seals, every key opens."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(_derive(key)) for key in keys])

    def close(self, value: bytes) -> bytes:
        return base64.urlsafe_b64decode(self._fernet.encrypt(value))

    def open(self, sealed: bytes) -> bytes:
        """Raises Unsealable."""
        try:
            return self._fernet.decrypt(base64.urlsafe_b64encode(sealed))
        except InvalidToken:
            raise Unsealable from None


def _derive(key: bytes) -> bytes:
    """A key of its own for this purpose, from a signing key."""
    digest = hashlib.blake2b(key, digest_size=32, person=b"heliograph:seal").digest()
    return base64.urlsafe_b64encode(digest)
