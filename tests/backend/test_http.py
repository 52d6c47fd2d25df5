import json
import logging
import unicodedata
from typing import Annotated

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from backend import http
from signaling.errors import (
    Abuse,
    BadRequest,
    Forbidden,
    HeliographError,
    RateLimited,
    TooLarge,
    Unauthorized,
    Unavailable,
)


class Form(Struct):
    count: Annotated[int, Meta(ge=0, le=9)] = 0
    inner: dict[str, list[int]] = {}


class Needy(Struct):
    needed: str


def refused(call: object, *arguments: object) -> HeliographError:
    with pytest.raises(HeliographError) as refusal:
        call(*arguments)  # type: ignore[operator]
    return refusal.value


# --- names ------------------------------------------------------------------------------------


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
    assert http.read_name(text) == name


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
    assert refused(http.read_name, place.format(text)).code == "invalid_name"


@pytest.mark.parametrize("text", ["x" * 65, "x" * 100_000, " " * 300 + "x", "é" * 65])
def test_names_that_are_too_long(text: str) -> None:
    assert refused(http.read_name, text).code == "invalid_name"


@given(st.text(st.characters(codec=None), max_size=80))
@example("\u0958" * 64)
def test_a_name_is_short_trimmed_and_clean_or_refused(text: str) -> None:
    try:
        name = http.read_name(text)
    except BadRequest as refusal:
        assert refusal.code == "invalid_name"
        return
    assert len(name) <= 64 and name == name.strip() == unicodedata.normalize("NFC", name)
    assert http.read_name(name) == name
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in name)


# --- rooms and bearers ------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["a", "A-z_09", "x" * 64])
def test_names_of_rooms(room: str) -> None:
    assert http.read_room(room) == room


@pytest.mark.parametrize("room", [None, "", "x" * 65, "a b", "a.b", "a/b", "é", "a\n", "٣", "a%"])
def test_what_names_no_room(room: str | None) -> None:
    assert refused(http.read_room, room).code == "invalid_room"


@pytest.mark.parametrize(
    ("header", "token"),
    [(None, None), ("", None), ("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("BEARER a", "a")],
)
def test_bearers(header: str | None, token: str | None) -> None:
    assert http.read_bearer(header) == token


@pytest.mark.parametrize("header", ["abc", "Bearer", "Bearer ", "Basic abc", "Bearer\tabc", " x"])
def test_what_is_no_bearer(header: str) -> None:
    refusal = refused(http.read_bearer, header)
    assert isinstance(refusal, Unauthorized) and refusal.code == "bad_token"


# --- bodies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b' {"count": 0}', b'{"new": [1]}'])
def test_bodies_with_nothing_in_them_or_something_new(body: bytes) -> None:
    assert http.read_body(body, Form) == Form()


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b'"x"', b'{"count": "1"}', b'{"count": 10}', b'{"count": 1.5}']
)
def test_bodies_of_another_form(body: bytes) -> None:
    assert refused(http.read_body, body, Form).code == "invalid_options"


@pytest.mark.parametrize(
    "body", [b"{", b"x", b"\xff", b"{'a':1}", b'{"count":1}x', b"\x00", b"\xef\xbb\xbf{}"]
)
def test_bodies_that_are_no_json(body: bytes) -> None:
    assert refused(http.read_body, body, Form).code == "invalid_json"


def test_bodies_end_at_64_kib_and_32_levels() -> None:
    fits = b'{"a":"%s"}' % (b"x" * (65_536 - 8))
    assert http.read_body(fits, Form) == Form()
    assert isinstance(refused(http.read_body, fits + b" ", Form), TooLarge)
    deep = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"
    assert http.read_body(deep, Form) == Form()
    assert isinstance(refused(http.read_body, b"[" + deep + b"]", Form), TooLarge)


@pytest.mark.parametrize(
    ("body", "field"),
    [(b'{"count": "s3cret"}', "count"), (b'{"inner": {"s3cret": "s3cret"}}', "inner")],
)
def test_a_refusal_names_the_field_and_not_what_was_sent(body: bytes, field: str) -> None:
    words = refused(http.read_body, body, Form).message
    assert field in words and "s3cret" not in words


def test_a_member_that_is_missing_is_said_to_be() -> None:
    assert "missing" in refused(http.read_body, b"{}", Needy).message


@given(st.binary(max_size=100))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        http.read_body(body, Form)
    except HeliographError as refusal:
        assert refusal.code in {"invalid_json", "invalid_options", "too_large"}


# --- answers ----------------------------------------------------------------------------------


def test_an_answer_is_json_or_nothing() -> None:
    assert http.answer(201, {"a": 1}) == http.Answer(201, b'{"a":1}')
    assert http.answer(204, None).body == b""


def test_a_refusal_says_its_code_its_words_and_when_to_come_back() -> None:
    refusal = http.refuse(Unavailable("busy", "Later.", 3))
    assert (refusal.status, dict(refusal.headers)) == (503, {"Retry-After": "3"})
    error = {"code": "busy", "message": "Later.", "retryAfter": 3}
    assert json.loads(refusal.body) == {"error": error}
    plain = http.refuse(Forbidden("kicked", "Out."))
    assert (plain.status, dict(plain.headers)) == (403, {})
    assert json.loads(plain.body) == {"error": {"code": "kicked", "message": "Out."}}


def test_abuse_looks_like_any_other_refusal_of_its_kind() -> None:
    said = [http.refuse(kind("rate_limited", "x", 1)) for kind in (Abuse, RateLimited)]
    assert said[0] == said[1] and said[0].status == 429


def test_what_nobody_foresaw_is_logged_by_type_and_place_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    try:
        json.loads("s3cret")
    except ValueError as error:
        said = http.foreseen(error, "negotiate")
    assert (said.status, said.code) == (500, "internal")
    assert "s3cret" not in said.message + caplog.text
    assert "negotiate failed: JSONDecodeError" in caplog.text and "decoder.py" in caplog.text


def test_refusals_are_the_callers_business_and_outages_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        http.foreseen(Forbidden("kicked", "Out."), "negotiate")
        assert caplog.text == ""
        http.foreseen(Unavailable("busy", "Later."), "negotiate")
        assert "negotiate refused: busy" in caplog.text
