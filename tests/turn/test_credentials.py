import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn.credentials import Credential, label, password, session_of, sign

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("secret", "username", "expected"),
    [
        # Printed in the tests of pion/turn, by which its server checks.
        ("foobar", "1599491771", "Tpz/nKkyvX/vMSLKvL4sbtBt8Vs="),
        # printf %s 1591290367:ninefingers | openssl dgst -sha1 -hmac north -binary | base64
        ("north", "1591290367:ninefingers", "uTkoOY/t8blDdIk/YM5OsETEz7U="),
    ],
)
def test_passwords_are_those_of_other_implementations(
    secret: str, username: str, expected: str
) -> None:
    assert password(secret, username) == expected


def test_a_credential_is_the_expiry_and_the_label_signed() -> None:
    made = sign("north", "ninefingers", 1_591_290_367_000)
    assert made == Credential("1591290367:ninefingers", "uTkoOY/t8blDdIk/YM5OsETEz7U=")


def test_the_username_says_when_it_expires_in_seconds() -> None:
    assert sign("s", "room-peer", 1_800_000_000_999).username == "1800000000:room-peer"


def test_printing_a_credential_hides_its_password() -> None:
    made = sign("s", "room-peer", 1_800_000_000_000)
    assert made.password not in f"{made} {made!r}"


@given(st.text(), st.text())
def test_a_label_is_short_and_safe_in_urls_and_usernames(room: str, peer: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}-[A-Za-z0-9_-]{16}", label(KEY, room, peer))


@given(st.text(), st.text(), st.text(), st.text())
def test_other_rooms_and_peers_have_other_labels(a: str, b: str, c: str, d: str) -> None:
    assert (label(KEY, a, b) == label(KEY, c, d)) == ((a, b) == (c, d))


def test_a_label_is_attributed_by_who_holds_the_key_only() -> None:
    assert label(KEY, "room", "peer") == label(KEY, "room", "peer")
    assert label(KEY, "room", "peer") != label(b"q" * 32, "room", "peer")


def test_the_labels_of_one_room_share_the_part_of_the_room() -> None:
    a, b = label(KEY, "room", "ann"), label(KEY, "room", "bob")
    assert a[:16] == b[:16]
    assert a[17:] != b[17:]


def test_a_peer_is_not_recognized_in_another_room() -> None:
    assert label(KEY, "one", "ann")[17:] != label(KEY, "two", "ann")[17:]


def test_every_mint_of_a_session_belongs_to_the_same_session() -> None:
    session = label(b"k" * 32, "room", "peer")
    assert session_of(f"{session}.aB-_") == session_of(session) == session
