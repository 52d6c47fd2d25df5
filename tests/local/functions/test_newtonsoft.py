"""Dates in JSON text, as Newtonsoft.Json rewrites them."""

import pytest

from local.functions.newtonsoft import TooDeep, check_depth, rewrite_date, rewrite_dates


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        ("2026-01-02T03:04:05.120Z", "2026-01-02T03:04:05.12Z"),
        ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1234567Z"),
        ("2026-01-02T03:04:05z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05"),
        ("2026-01-02T03:04:05.10", "2026-01-02T03:04:05.1"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-02T23:30:00-0130", "2026-01-03T01:00:00+00:00"),
        ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T24:00:00Z", "2026-01-03T00:00:00Z"),
        ("/Date(1767323045120)/", "2026-01-02T03:04:05.12Z"),
        ("/Date(-1000+0200)/", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_a_date_is_written_in_another_form(written: str, rewritten: str) -> None:
    assert rewrite_date(written) == rewritten


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02",
        "2026-01-02T03:04",
        "2026-01-02 03:04:05Z",
        "2026-13-02T03:04:05Z",
        "2026-02-30T03:04:05Z",
        "2026-01-02T24:00:01Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.12345678Z",
        "2026-01-02T03:04:05Z ",
        "0000-01-02T03:04:05Z",
        "at 2026-01-02T03:04:05Z",
        "٢026-01-02T03:04:05Z",
        "/Date(x)/",
        "/Date(99999999999999999999)/",
        "",
    ],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert rewrite_date(text) is None


def test_dates_are_found_at_any_depth_and_the_rest_stays_byte_for_byte() -> None:
    text = (
        b'{ "2026-01-02T03:04:05.120Z" : [1.50, "a \\" 2026-01-02T03:04:05.120Z", '
        b'{"at":"2026-01-02T03:04:05.120Z"}], "old":"\\/Date(0)\\/"}'
    )
    assert rewrite_dates(text) == (
        b'{ "2026-01-02T03:04:05.120Z" : [1.50, "a \\" 2026-01-02T03:04:05.120Z", '
        b'{"at":"2026-01-02T03:04:05.12Z"}], "old":"1970-01-01T00:00:00Z"}'
    )


def test_a_string_inside_a_json_string_keeps_its_dates() -> None:
    text = b'["{\\"at\\":\\"2026-01-02T03:04:05.120Z\\"}"]'
    assert rewrite_dates(text) == text


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 64 + b"]" * 64,
        b'{"a":' * 64 + b"1" + b"}" * 64,
        b"[" + b"[]," * 100 + b"1]",
        b'["' + b"[" * 100 + b'"]',
        b'["\\"' + b"{" * 100 + b'"]',
    ],
    ids=["lists", "objects", "side by side", "in a string", "after an escaped quote"],
)
def test_text_of_64_levels_is_read(text: bytes) -> None:
    check_depth(text)


@pytest.mark.parametrize("text", [b"[" * 65, b'[{"a":' * 33], ids=["lists", "mixed"])
def test_text_of_more_levels_is_not(text: bytes) -> None:
    with pytest.raises(TooDeep):
        check_depth(text)
