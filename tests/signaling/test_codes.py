"""The codes of created rooms: what they hold, and that nobody else makes or changes one."""

import base64
import itertools
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from signaling import codes
from signaling.codes import (
    CLOCKS_MS,
    EPOCH_MINUTES,
    MAX_EARLY,
    MAX_USES,
    MINUTE_MS,
    Code,
    Invite,
    Terms,
)
from signaling.errors import BadRequest, NotFound
from signaling.places import MAX_AHEAD_MS, read_place
from signaling.tokens import KeyRing

OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"k1": OLD})
BOTH = KeyRing({"k2": NEW, "k1": OLD})
NOW = 1_800_000_000_000
END = NOW + 3_600_000
TERMS = Terms(8, False, "late", 2, END, 0x123456789A)
INVITE = Invite(1, END - 60_000, 5)
FIRST_END, LAST_END = (EPOCH_MINUTES * MINUTE_MS, (EPOCH_MINUTES + 2**25 - 1) * MINUTE_MS)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

TERMS_OF_ALL_KINDS = st.builds(
    Terms,
    capacity=st.integers(2, 32),
    invite_only=st.booleans(),
    turn=st.sampled_from(codes.TURN),
    turn_sides=st.sampled_from([1, 2]),
    ends_at=st.integers(EPOCH_MINUTES + MAX_EARLY, EPOCH_MINUTES + 2**25 - 1).map(
        lambda minutes: minutes * MINUTE_MS
    ),
    nonce=st.integers(0, 2**codes.NONCE_BITS - 1),
)


@st.composite
def codes_of_all_kinds(draw: st.DrawFn) -> Code:
    terms = draw(TERMS_OF_ALL_KINDS)
    invite = st.builds(
        Invite,
        uses=st.integers(1, MAX_USES),
        ends_at=st.integers(0, MAX_EARLY).map(lambda early: terms.ends_at - early * MINUTE_MS),
        number=st.integers(0, 2**codes.NUMBER_BITS - 1),
    )
    return Code(terms, draw(st.none() | invite), "k1")


def code(terms: Terms = TERMS, invite: Invite | None = None, key: str = "k1") -> Code:
    return Code(terms, invite, key)


def opens(ring: KeyRing, text: str, now: int = NOW) -> bool:
    """Whether a stamp with these keys knows a created room by this text."""
    try:
        return read_place(ring, text, now).code is not None
    except (NotFound, BadRequest):
        return False


# --- what a code holds ------------------------------------------------------------------------

VECTORS: list[tuple[str, Code, str]] = [
    ("a room", code(), "~6tabJKmftbgEwa_26RUc2Y"),
    ("its invite", code(invite=INVITE), "~b6gbHYR6HfaT2HN9jExziY"),
    (
        "the most of everything",
        code(
            Terms(32, True, "off", 2, LAST_END, 2**40 - 1),
            Invite(1000, LAST_END - MAX_EARLY * MINUTE_MS, 2**21 - 1),
        ),
        "~bnpEZb2AJkpbkFO0Jvs1nS",
    ),
    ("the least", code(Terms(2, False, "late", 1, FIRST_END, 0)), "~D574CXQJ2yUzoe9gk37kA2"),
    ("by another key", code(key="k2"), "~yS-RG4msTD7gT9kQ_p_OQY"),
]


@pytest.mark.parametrize(("_", "said", "text"), VECTORS, ids=[v[0] for v in VECTORS])
def test_a_code_is_the_same_in_every_version(_: str, said: Code, text: str) -> None:
    """Stamps run different versions while one is deployed: what is pinned here cannot change."""
    assert codes.write(BOTH, said) == text
    assert said in codes.read(BOTH, text)


@given(codes_of_all_kinds())
def test_what_is_written_is_read(said: Code) -> None:
    text = codes.write(RING, said)
    assert len(text) == codes.LENGTH and text[0] == "~" and set(text[1:]) <= set(ALPHABET)
    assert codes.read(RING, text) == (said,)


@given(TERMS_OF_ALL_KINDS, st.data())
def test_every_part_of_the_terms_makes_another_room(terms: Terms, data: st.DataObject) -> None:
    other = data.draw(TERMS_OF_ALL_KINDS)
    field = data.draw(st.sampled_from(terms.__struct_fields__))
    changed = structs.replace(terms, **{field: getattr(other, field)})
    assert (changed.identity == terms.identity) == (changed == terms)
    assert len(terms.identity) == 22


@given(codes_of_all_kinds())
def test_room_and_invites_have_one_home(said: Code) -> None:
    room = codes.write(RING, structs.replace(said, invite=None))
    assert 0 <= codes.home(said.terms) <= 13
    assert not {room[-1], codes.write(RING, said)[-1]} & set("-_")  # cut off links in a text
    homes = {ALPHABET.index(text[-1]) % 16 for text in (room, codes.write(RING, said))}
    assert homes == {codes.home(said.terms)}


def test_homes_are_spread() -> None:
    homes = [codes.home(structs.replace(TERMS, nonce=nonce)) for nonce in range(4000)]
    assert all(170 < homes.count(home) < 400 for home in range(14))


def test_two_invites_of_a_room_have_two_ids() -> None:
    others = [Invite(1, END - 60_000, 6), Invite(2, END - 60_000, 5), Invite(1, END, 5)]
    assert len({INVITE.id, *(other.id for other in others)}) == 4


UNFIT: list[tuple[str, Code]] = [
    ("nobody in it", code(structs.replace(TERMS, capacity=0))),
    ("33 members", code(structs.replace(TERMS, capacity=33))),
    ("three sides", code(structs.replace(TERMS, turn_sides=3))),
    ("an unknown policy", code(structs.replace(TERMS, turn="never"))),
    ("an end before 2020", code(structs.replace(TERMS, ends_at=FIRST_END - MINUTE_MS))),
    ("an end after the last", code(structs.replace(TERMS, ends_at=LAST_END + MINUTE_MS))),
    ("a nonce of 41 bits", code(structs.replace(TERMS, nonce=2**40))),
    ("1,024 uses", code(invite=Invite(1024, END, 5))),
    ("an invite that outlives its room", code(invite=Invite(1, END + MINUTE_MS, 5))),
    ("an invite too early", code(invite=Invite(1, END - (MAX_EARLY + 1) * MINUTE_MS, 5))),
    ("a number of 22 bits", code(invite=Invite(1, END, 2**21))),
]


@pytest.mark.parametrize("said", [u[1] for u in UNFIT], ids=[u[0] for u in UNFIT])
def test_what_does_not_fit_is_not_cut(said: Code) -> None:
    with pytest.raises(ValueError):
        codes.write(RING, said)


@given(st.integers(0, 4_000_000_000_000), st.integers(60, 604_800))
@example(NOW, 60)
@example(NOW + 1, 60)
def test_an_end_is_rounded_up_to_a_full_minute(now: int, seconds: int) -> None:
    end = codes.round_up(now, seconds)
    assert end % MINUTE_MS == 0 and now + seconds * 1000 <= end < now + seconds * 1000 + MINUTE_MS


# --- keys -------------------------------------------------------------------------------------


def test_a_code_of_an_old_key_is_read_while_the_key_is_in_the_ring() -> None:
    old, new = codes.write(RING, code()), codes.write(BOTH, code(key="k2"))
    assert old != new
    assert codes.read(BOTH, old) == (code(),)
    assert codes.read(BOTH, new) == (code(key="k2"),)
    assert not opens(KeyRing({"k2": NEW}), old)


def test_a_key_that_is_not_in_the_ring_writes_nothing() -> None:
    with pytest.raises(KeyError):
        codes.write(RING, code(key="k2"))


@given(codes_of_all_kinds())
def test_both_names_of_a_room_that_two_keys_wrote_are_one_room(said: Code) -> None:
    texts = [codes.write(BOTH, structs.replace(said, key_name=name)) for name in ("k1", "k2")]
    now = said.terms.ends_at - 60_000
    one, other = (read_place(BOTH, text, now) for text in texts)
    assert one.identity == other.identity and one.key == other.key and one.life == other.life


def test_a_key_that_makes_something_of_anothers_code_does_not_hide_the_room() -> None:
    """It happens to one code in 5,600."""
    for nonce in itertools.count():
        said = code(structs.replace(TERMS, nonce=nonce))
        text = codes.write(RING, said)
        if len(codes.read(BOTH, text)) == 2:
            break
    assert codes.read(BOTH, text)[0].key_name == "k2"
    assert read_place(BOTH, text, NOW).code == said


@given(codes_of_all_kinds(), st.binary(min_size=32, max_size=64).filter(lambda key: key != OLD))
def test_another_key_opens_nothing(said: Code, key: bytes) -> None:
    text = codes.write(RING, said)
    assert not opens(KeyRing({"k1": key}), text, said.terms.ends_at - 60_000)


# --- strangers --------------------------------------------------------------------------------


@given(codes_of_all_kinds(), st.integers(1, 21), st.sampled_from(ALPHABET))
def test_a_changed_character_is_no_code(said: Code, place: int, character: str) -> None:
    text = codes.write(RING, said)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        assert not opens(RING, changed, said.terms.ends_at - 60_000)


@given(codes_of_all_kinds())
def test_of_the_last_character_only_two_bits_are_the_rooms(said: Code) -> None:
    """The other four are the home: who changes them asks another stamp first, for the same room."""
    text = codes.write(RING, said)
    now = said.terms.ends_at - 60_000
    block = ALPHABET.index(text[-1]) // 16
    for number, character in enumerate(ALPHABET):
        changed = text[:-1] + character
        if number // 16 == block:
            assert read_place(RING, changed, now) == read_place(RING, text, now)
            assert read_place(RING, changed, now).name == codes.write(
                RING, structs.replace(said, invite=None)
            )
        else:
            assert not opens(RING, changed, now)


@given(codes_of_all_kinds())
def test_two_codes_cannot_be_put_together(said: Code) -> None:
    """One block of a cipher: half of an invite and half of a room are neither."""
    room = codes.write(RING, structs.replace(said, invite=None))
    invite = codes.write(RING, structs.replace(said, invite=Invite(1, said.terms.ends_at, 9)))
    for place in range(2, codes.LENGTH - 1):
        mixed = room[:place] + invite[place:]
        assert mixed in (room, invite) or not opens(RING, mixed, said.terms.ends_at - 60_000)


TEXT = codes.write(RING, code())


@pytest.mark.parametrize(
    "text",
    [
        *("", "~", TEXT[1:], TEXT[:-1], TEXT + "A", f" {TEXT}", f"{TEXT} ", TEXT + "\n"),
        *(TEXT[:-1] + "\n", TEXT[:-1] + "=", TEXT[:-2] + "==", "~" + "=" * 22, "~" + " " * 22),
        *("~" + "é" * 22, "~" + "\ud800" * 22, "~" + "\0" * 22, "~" + "." * 22, "~" + "٣" * 22),
        *("~~" + TEXT[2:], TEXT.replace("~", "\uff5e"), "#" + TEXT[1:], TEXT.swapcase()),
    ],
)
def test_junk_is_no_code(text: str) -> None:
    assert codes.read(RING, text) == () and not opens(RING, text)


@given(st.text(max_size=40) | st.text(ALPHABET + "+/=", min_size=22, max_size=22))
def test_any_text_is_no_code(text: str) -> None:
    assert not opens(RING, "~" + text)
    assert not opens(RING, text)


def test_a_code_has_one_spelling() -> None:
    """`+` and `/` are the same bits in the other base64 (RFC 4648 §4, §5)."""
    found = 0
    for nonce in range(60):
        text = codes.write(RING, code(structs.replace(TERMS, nonce=nonce)))
        other = text.replace("-", "+").replace("_", "/")
        found += other != text
        assert other == text or codes.read(RING, other) == ()
    assert found > 10


def test_of_a_million_blocks_that_were_made_up_no_room_can_be_made() -> None:
    """Of all blocks one in 130 million is a room that could be: nobody's, and with nobody in it."""
    made_up = random.Random(10).randbytes(codes.BLOCK * 2**20)
    clear = codes._decrypt(OLD, made_up)  # ECB: each block for itself
    seen = 0
    for place in range(0, len(clear), codes.BLOCK):
        looks_well = clear[place] == 0 and clear[place + 1] < 16  # a check of 12 zeros
        if looks_well or place < 1000 * codes.BLOCK:
            text = base64.urlsafe_b64encode(made_up[place : place + codes.BLOCK] + b"\0").decode()
            assert looks_well or codes.read(RING, "~" + text[:22]) == ()
            assert not opens(RING, "~" + text[:22])
            seen += looks_well
    assert 200 < seen < 320


def block(**fields: Any) -> int:
    """A block with these fields, whatever they are."""
    said = 0
    for name, bits in codes.FIELDS:
        said = said << bits | fields.get(name, 0)
    return said


MADE_WRONG = [{"check": 1}, {"turn": 3}, {"uses": 1001}, {"uses": 1023}, {"early": 1}]


@pytest.mark.parametrize("fields", [*MADE_WRONG, {"number": 1}, {"early": 5, "number": 5}], ids=str)
def test_a_block_that_write_never_makes_is_not_read(fields: dict[str, int]) -> None:
    fine = {"capacity": 7, "end": TERMS.ends_at // MINUTE_MS - EPOCH_MINUTES, "nonce": 9}
    assert codes._unpack(block(**fine), "k1") is not None
    assert codes._unpack(block(**fine | fields), "k1") is None


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (END + CLOCKS_MS - 1, True),
        (END + CLOCKS_MS, False),
        (END + 10**9, False),
        (END - MAX_AHEAD_MS, True),
        (END - MAX_AHEAD_MS - 1, False),
    ],
)
def test_a_room_is_there_until_it_ends_and_not_before_it_can_have_been_made(
    now: int, is_open: bool
) -> None:
    assert opens(RING, codes.write(RING, code(invite=INVITE)), now) is is_open
