import json
import logging
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from backend import http
from signaling.errors import (
    Abuse,
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


# --- tokens -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("header", "body", "token"),
    [
        (None, b"", None),
        (None, b"{}", None),
        (None, b'{"token": null, "x": [1]}', None),
        (None, b'{"x": {"token": "inner"}, "token": "abc"}', "abc"),
        ("Bearer abc", b'{"token": "of the body"}', "abc"),
        ("Bearer abc", b"no JSON, of which somebody else complains", "abc"),
    ],
)
def test_the_token_of_the_header_or_of_the_body(
    header: str | None, body: bytes, token: str | None
) -> None:
    assert http.read_token(header, body) == token


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b'{"token": 5}', "invalid_options"),
        (b'["token"]', "invalid_options"),
        (b" " * (http.MAX_BODY_BYTES + 1), "too_large"),
        (b"[" * (http.MAX_DEPTH + 1), "too_large"),
    ],
)
def test_bodies_in_which_no_token_can_be_looked_for(body: bytes, code: str) -> None:
    assert refused(http.read_token, None, body).code == code


def test_without_a_token_there_is_a_code_for_it() -> None:
    assert http.require_token("b") == "b"
    assert refused(http.require_token, None).code == "missing_token"


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
    "body",
    [
        b"{",
        b"x",
        b"\xff",
        b"{'a':1}",
        b'{"count":1}x',
        b"\x00",
        b"\xef\xbb\xbf{}",
        b'{"new":"\xff"}',
    ],
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
    assert http.answer(201, http.Ok()) == http.Answer(201, b'{"ok":true}')
    assert http.answer(204, None).body == b""


def test_a_refusal_says_its_code_its_words_and_when_to_come_back() -> None:
    refusal = http.refuse(Unavailable("busy", "Later.", 3))
    assert (refusal.status, dict(refusal.headers)) == (503, {"Retry-After": "3"})
    error = {"code": "busy", "message": "Later.", "retryAfter": 3}
    assert json.loads(refusal.body) == {"error": error}
    plain = http.refuse(Forbidden("kicked", "Out."))
    assert (plain.status, dict(plain.headers)) == (403, {})
    assert json.loads(plain.body) == {"error": {"code": "kicked", "message": "Out."}}


def test_a_hub_call_is_refused_in_the_same_words() -> None:
    refusal = http.refuse_hub_call(RateLimited("rate_limited", "Slow down.", 1))
    said = {"ok": False, "code": "rate_limited", "message": "Slow down.", "retryAfter": 1}
    assert msgspec.to_builtins(refusal) == said
    plain = http.refuse_hub_call(Forbidden("kicked", "Out."))
    assert msgspec.to_builtins(plain) == {"ok": False, "code": "kicked", "message": "Out."}


def test_abuse_looks_like_any_other_refusal_of_its_kind() -> None:
    said = [http.refuse(kind("rate_limited", "x", 1)) for kind in (Abuse, RateLimited)]
    assert said[0] == said[1] and said[0].status == 429


def test_an_unexpected_failure_is_logged_by_type_and_place_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    try:
        json.loads("s3cret")
    except ValueError as error:
        said = http.to_refusal(error, "negotiate")
    assert (said.status, said.code) == (500, "internal")
    assert "s3cret" not in said.message + caplog.text
    assert "negotiate failed: JSONDecodeError" in caplog.text and "decoder.py" in caplog.text


def test_refusals_are_the_callers_business_and_outages_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        http.to_refusal(Forbidden("kicked", "Out."), "negotiate")
        assert caplog.text == ""
        http.to_refusal(Unavailable("busy", "Later."), "negotiate")
        assert "negotiate refused: busy" in caplog.text
