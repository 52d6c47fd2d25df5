"""Seats as SignalR Service knows them: a claim for us, and names that say nothing in its logs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.seats import NAME_CHARACTERS, Seat, group_of, read_seat, user_of

KEY, LIFE, PEER = "0f" * 16, "L" * 14 + "-_", "P" * 16
NOW = 1_800_000_000_000
IDS = st.from_regex(r"\A[A-Za-z0-9_-]{16}\Z")
SEATS = st.builds(
    Seat,
    st.from_regex(r"\A[0-9a-f]{32}\Z"),
    *(IDS, IDS),
    until=st.integers(0, 10**12 - 1),
    admitted=st.integers(0, 10**16 - 1),
)


@given(SEATS)
def test_a_claim_comes_back(seat: Seat) -> None:
    assert read_seat(seat.claim) == seat


@given(SEATS)
def test_a_claim_survives_the_extension_which_cuts_at_commas(seat: Seat) -> None:
    assert "," not in seat.claim and seat.claim.isascii() and seat.claim.isprintable()


GOOD = f"{KEY}.{LIFE}.{PEER}.0.0"
BAD_CLAIMS = [
    *("", ".", "...", f"{KEY}.{LIFE}.{PEER}", f"{KEY}.{LIFE}.{PEER}.", f"{GOOD}.0", f"{GOOD}\n"),
    *(f" {GOOD}", f"{GOOD},0", f"{KEY}.{LIFE}.{PEER}.0", f"{KEY}.{LIFE}.{PEER}.0."),
    *(f"{KEY}.{LIFE}.{PEER}.{wrong}.0" for wrong in ("", "-1", "1e9", "٣", "9" * 13)),
    *(f"{KEY}.{LIFE}.{PEER}.0.{wrong}" for wrong in ("-1", "1e9", "٣", "9" * 17)),
    *(f"{key}.{LIFE}.{PEER}.0.0" for key in (KEY.upper(), KEY[1:], f"../{KEY[3:]}")),
    *(f"{KEY}.{LIFE[1:]}.{PEER}.0.0", f"{KEY}.{LIFE}.{PEER[1:]}.0.0"),
    *(f"{KEY}.{LIFE}.{'P' * 15}~.0.0", f"{LIFE}.{KEY}.{PEER}.0.0"),
]


@pytest.mark.parametrize("claim", BAD_CLAIMS)
def test_what_is_no_claim_is_no_seat(claim: str) -> None:
    assert read_seat(GOOD) is not None
    assert read_seat(claim) is None


@given(st.text(max_size=120))
def test_any_text_is_a_seat_or_none(text: str) -> None:
    seat = read_seat(text)
    assert seat is None or read_seat(seat.claim) == seat


@pytest.mark.parametrize(
    ("until", "over"),
    [(0, False), (NOW // 1000 + 1, False), (NOW // 1000, True), (NOW // 1000 - 1, True), (1, True)],
)
def test_a_seat_ends_with_its_room_and_in_an_open_room_never(until: int, over: bool) -> None:
    assert Seat(KEY, LIFE, PEER, until).is_over(NOW) is over


def test_names_are_the_same_in_every_version() -> None:
    """Stamps and instances run different versions while one is deployed."""
    assert (group_of(LIFE), user_of(LIFE, PEER)) == (
        "Drma0EJNwFK0WGukVEktRJ",
        "ZMjUTJlMTH12D1KbT7ZfTr",
    )


@given(IDS, IDS, IDS)
def test_names_are_opaque_and_differ_by_life_and_peer(life: str, other: str, peer: str) -> None:
    for name in (group_of(life), user_of(life, peer)):
        assert re.fullmatch(f"[A-Za-z0-9_-]{{{NAME_CHARACTERS}}}", name)
        assert life not in name and peer not in name
    assert group_of(life) != user_of(life, peer)
    assert (group_of(life) == group_of(other)) == (life == other)
    assert (user_of(life, peer) == user_of(other, peer)) == (life == other)
    assert (user_of(life, peer) == user_of(life, other)) == (peer == other)
