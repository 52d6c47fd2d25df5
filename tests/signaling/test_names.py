import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling.errors import BadRequest, HeliographError
from signaling.names import read_peer_name, read_room_name


def refused(call: object, text: str | None) -> HeliographError:
    with pytest.raises(HeliographError) as refusal:
        call(text)  # type: ignore[operator]
    return refusal.value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", ""),
        ("  Ann \u00a0", "Ann"),
        ("Zoe\u0308", "Zoë"),  # NFC
        ("Ann\u200d👩‍🚀", "Ann\u200d👩‍🚀"),
        ("مرحبا", "مرحبا"),
        ("x" * 64, "x" * 64),
        ("e\u0301" * 64, "é" * 64),
        (" " * 100 + "Ann", "Ann"),
        ("<script>", "<script>"),
    ],
)
def test_names_that_a_page_can_show(text: str, name: str) -> None:
    assert read_peer_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *"\x00\x07\t\n\r\x1b\x7f\x85\x9f",
        *"\u2028\u2029",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        "\ud800",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("place", ["{}Ann", "An{}n", "Ann{}"])
def test_names_that_would_break_a_page(text: str, place: str) -> None:
    assert refused(read_peer_name, place.format(text)).code == "invalid_name"


@pytest.mark.parametrize("text", ["x" * 65, "x" * 100_000, " " * 300 + "x", "é" * 65])
def test_names_that_are_too_long(text: str) -> None:
    assert refused(read_peer_name, text).code == "invalid_name"


@given(st.text(st.characters(codec=None), max_size=80))
@example("\u0958" * 64)
def test_a_name_is_short_trimmed_and_clean_or_refused(text: str) -> None:
    try:
        name = read_peer_name(text)
    except BadRequest as refusal:
        assert refusal.code == "invalid_name"
        return
    assert len(name) <= 64 and name == name.strip() == unicodedata.normalize("NFC", name)
    assert read_peer_name(name) == name
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in name)


@pytest.mark.parametrize("room", ["a", "A-z_09", "x" * 64])
def test_names_of_rooms(room: str) -> None:
    assert read_room_name(room) == room


@pytest.mark.parametrize("room", [None, "", "x" * 65, "a b", "a.b", "a/b", "é", "a\n", "٣", "a%"])
def test_what_names_no_room(room: str | None) -> None:
    assert refused(read_room_name, room).code == "invalid_room"
