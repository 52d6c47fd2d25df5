"""Where a room is: what every stamp with the same keys derives alike, and nobody else can."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from signaling import codes
from signaling.codes import CLOCKS_MS, Code, Invite, Terms
from signaling.errors import BadRequest, NotFound
from signaling.places import (
    MAX_AHEAD_MS,
    MAX_TTL_SECONDS,
    Place,
    place_in_token,
    read_place,
    read_secret,
)
from signaling.tokens import CLOCKS_SECONDS, KeyRing

NOW = 1_800_000_000_000
END = NOW + 3_600_000
TERMS = Terms(2, True, "eager", 1, END, 77)
INVITE = Invite(3, END, 9)
SECRET, OTHER = "s" * 22, "t" * 22


def ring() -> KeyRing:
    """As each stamp makes it for itself, from the same keys."""
    return KeyRing({"k1": b"k" * 32})


RING = ring()
NAME = codes.write(RING, Code(TERMS, None, "k1"))
INVITED = codes.write(RING, Code(TERMS, INVITE, "k1"))


def code_of(call: Callable[..., object], *arguments: Any) -> str:
    with pytest.raises((BadRequest, NotFound)) as refusal:
        call(*arguments)
    return refusal.value.code


def derived(place: Place) -> tuple[object, ...]:
    return (place.name, place.key, place.life, place.peer(SECRET), place.ends_at)


# --- the same at every stamp ------------------------------------------------------------------

SECRETS = st.text("abcXYZ019_-", min_size=22, max_size=64)
NAMES = st.text("abcXYZ019_-", min_size=1, max_size=64)


@given(st.sampled_from([NAME, INVITED]) | NAMES, SECRETS, st.integers(-300_000, 300_000))
def test_two_stamps_derive_the_same_by_clocks_that_differ(
    text: str, secret: str, skew_ms: int
) -> None:
    here, there = read_place(ring(), text, NOW), read_place(ring(), text, NOW + skew_ms)
    assert derived(here) == derived(there)
    assert here.peer(secret) == there.peer(secret)


def test_what_is_derived_is_the_same_in_every_version() -> None:
    """Two stamps may run different versions: what is pinned here cannot change."""
    tea, made = read_place(RING, "tea", NOW), read_place(RING, INVITED, NOW)
    assert derived(tea) == ("tea", "0ad571ee9bedf71dd590cfde10d9bdcc", None, "K7P8PquXqaMNIc2M", 0)
    assert derived(made) == (
        NAME,
        "9a9d153994486f04d98fbe3c6c16d293",
        "qevbACBxBmPQy23T",
        "zFijz_knk0zMv8RJ",
        END,
    )


def test_an_id_is_a_hash_of_room_and_secret() -> None:
    place = read_place(RING, "tea", NOW)
    assert place.key == hashlib.sha256(b"room\nopen:tea").hexdigest()[:32]
    digest = hashlib.sha256(f"peer\nopen:tea\n{SECRET}".encode()).digest()
    assert place.peer(SECRET) == base64.urlsafe_b64encode(digest).decode()[:16]


def test_an_invite_leads_into_the_room_of_its_name() -> None:
    room, invited = read_place(RING, NAME, NOW), read_place(RING, INVITED, NOW)
    assert derived(room) == derived(invited)
    assert (room.invite, invited.invite) == (None, INVITE)
    assert room.terms == invited.terms == TERMS


def test_an_open_room_has_no_terms_no_end_and_its_life_from_its_document() -> None:
    place = read_place(RING, "tea", NOW)
    assert (place.terms, place.invite, place.ends_at, place.life) == (None, None, 0, None)


# --- another room, another secret -------------------------------------------------------------


@given(NAMES, NAMES, SECRETS, SECRETS)
@example("a", "b", SECRET, SECRET)
@example("a", "a", SECRET, OTHER)
def test_another_room_or_another_secret_is_another_peer(
    room: str, other_room: str, secret: str, other_secret: str
) -> None:
    one = read_place(RING, room, NOW).peer(secret)
    other = read_place(RING, other_room, NOW).peer(other_secret)
    assert (one == other) == ((room, secret) == (other_room, other_secret))


@pytest.mark.parametrize("field", ["capacity", "invite_only", "turn", "turn_sides", "ends_at"])
def test_other_terms_are_another_room(field: str) -> None:
    changes: dict[str, Any] = {
        **{"capacity": 3, "invite_only": False, "turn": "off", "turn_sides": 2},
        "ends_at": END + 60_000,
    }
    terms = structs.replace(TERMS, **{field: changes[field]})
    other = read_place(RING, codes.write(RING, Code(terms, None, "k1")), NOW)
    place = read_place(RING, NAME, NOW)
    for one, another in zip(derived(place)[:4], derived(other)[:4], strict=True):
        assert one != another


def test_no_open_room_is_a_created_one() -> None:
    """An open room may be called as a created room's identity is, and is another."""
    identity = TERMS.identity
    created = read_place(RING, NAME, NOW)
    for name in (identity, f"created-{identity}", NAME[1:]):
        place = read_place(RING, name, NOW)
        assert place.code is None and place.key != created.key
        assert place.peer(SECRET) != created.peer(SECRET)


@given(NAMES)
def test_no_name_and_no_secret_can_be_read_from_what_is_derived(name: str) -> None:
    place = read_place(RING, name, NOW)
    assert re.fullmatch("[0-9a-f]{32}", place.key)
    assert re.fullmatch("[A-Za-z0-9_-]{16}", place.peer(SECRET))
    assert len(name) < 6 or name not in place.key + place.peer(name.ljust(22, "x"))


def test_the_life_of_a_created_room_fits_a_seat() -> None:
    life = read_place(RING, NAME, NOW).life
    assert life is not None and re.fullmatch("[A-Za-z0-9_-]{16}", life)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [NAME, INVITED])
def test_an_ended_room_is_not_found(text: str) -> None:
    over = END + CLOCKS_MS
    assert read_place(RING, text, over - 1).code is not None
    assert code_of(read_place, RING, text, over) == "room_not_found"
    # Its tokens count for a little longer.
    last = over + CLOCKS_SECONDS * 1000
    assert place_in_token(RING, text, last - 1).code is not None
    assert code_of(place_in_token, RING, text, last) == "room_not_found"


@pytest.mark.parametrize("text", [NAME, INVITED])
def test_a_room_that_nobody_can_have_made_yet_is_not_found(text: str) -> None:
    """Made by the clock of another stamp, for the longest time there is: minutes are allowed."""
    assert MAX_AHEAD_MS == MAX_TTL_SECONDS * 1000 + 600_000
    assert read_place(RING, text, END - MAX_AHEAD_MS).code is not None
    assert code_of(read_place, RING, text, END - MAX_AHEAD_MS - 1) == "room_not_found"


def test_a_room_of_the_longest_time_is_known_by_a_clock_that_is_nine_minutes_behind() -> None:
    ends_at = codes.round_up(NOW + 1, MAX_TTL_SECONDS)
    name = codes.write(RING, Code(structs.replace(TERMS, ends_at=ends_at), None, "k1"))
    assert read_place(RING, name, NOW - 9 * 60_000).code is not None


@pytest.mark.parametrize("text", ["~", "~tea", "~" + "A" * 22, NAME + "A", NAME[:-1]])
def test_a_code_that_no_stamp_made_is_not_found(text: str) -> None:
    assert code_of(read_place, RING, text, NOW) == "room_not_found"


@pytest.mark.parametrize("text", [None, "", "a b", "a~", "tea\n", "x" * 65, "é"])
def test_what_is_neither_name_nor_code_is_refused(text: str | None) -> None:
    assert code_of(read_place, RING, text, NOW) == "invalid_room"


# --- secrets ----------------------------------------------------------------------------------


@given(SECRETS)
def test_a_secret_is_taken_as_it_is(secret: str) -> None:
    assert read_secret(secret) == secret


@pytest.mark.parametrize(
    "text",
    [
        *("", "s" * 21, "s" * 65, "s" * 21 + "\n", "s" * 22 + "\n", "s" * 21 + " ", "s" * 21 + "."),
        *("s" * 21 + "é", "٣" * 22, "s" * 21 + "\ud800", "s" * 21 + "=", "s" * 21 + "\0"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_secret(text)
    assert refusal.value.code == "invalid_secret"
    assert "sss" not in refusal.value.message
