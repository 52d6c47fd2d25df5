"""What is stored is encrypted, and keys are rotated without a restart."""

import base64

import pytest
from cryptography.fernet import Fernet, InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from cloud.encryption import Cipher, DecryptionFailed

OLD, NEW = b"o" * 32, b"n" * 32


def with_keys(*keys: bytes) -> Cipher:
    held = {str(number): key for number, key in enumerate(keys)}
    return Cipher(lambda: held)


@given(st.binary(max_size=300))
def test_any_bytes_come_back_and_are_not_readable_in_between(plain: bytes) -> None:
    cipher = with_keys(OLD)
    encrypted = cipher.encrypt(plain)
    assert cipher.decrypt(encrypted) == plain
    assert len(plain) < 4 or plain not in encrypted


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    old, both = with_keys(OLD), with_keys(NEW, OLD)
    assert both.decrypt(old.encrypt(b"room")) == b"room"
    assert with_keys(NEW).decrypt(both.encrypt(b"room")) == b"room"
    with pytest.raises(DecryptionFailed):
        old.decrypt(both.encrypt(b"room"))


def test_keys_are_rotated_without_a_restart() -> None:
    held = {"old": OLD}
    cipher = Cipher(lambda: held)
    before = cipher.encrypt(b"room")
    held = {"new": NEW, "old": OLD}
    assert with_keys(NEW).decrypt(cipher.encrypt(b"room")) == b"room"
    assert cipher.decrypt(before) == b"room"
    held = {"new": NEW}
    with pytest.raises(DecryptionFailed):
        cipher.decrypt(before)


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    cipher = with_keys(OLD)
    damaged = bytearray(cipher.encrypt(b"room"))
    damaged[place] ^= 1
    with pytest.raises(DecryptionFailed):
        cipher.decrypt(bytes(damaged))


@pytest.mark.parametrize("junk", [b"", b"x", bytes(100)])
def test_what_was_never_encrypted_is_refused(junk: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        with_keys(OLD).decrypt(junk)


def test_the_signing_key_itself_does_not_decrypt() -> None:
    """The key is derived, so that one purpose of a signing key tells nothing to another."""
    encrypted = with_keys(OLD).encrypt(b"room")
    with pytest.raises(InvalidToken):
        Fernet(base64.urlsafe_b64encode(OLD)).decrypt(base64.urlsafe_b64encode(encrypted))
