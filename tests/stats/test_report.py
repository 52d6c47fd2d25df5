"""What may be reported, and what is refused and how."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from backend.http import read_body
from signaling.errors import BadRequest
from stats.report import Report
from tests.stats.reports import DAY, report, some_reports


def read(body: dict[str, Any]) -> Report:
    return read_body(msgspec.json.encode(body), Report)


@given(some_reports(["A" * 22, "-_" * 11]))
def test_whatever_the_protocol_allows_is_read(body: dict[str, Any]) -> None:
    made = read(body)
    assert msgspec.json.decode(msgspec.json.encode(made)) | body == msgspec.json.decode(
        msgspec.json.encode(made)
    )


def test_members_that_the_protocol_does_not_name_are_ignored() -> None:
    assert read(report(met="A" * 22, later=1)) == read(report(met="A" * 22))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("met", ""),
        ("met", "A" * 21 + "\n"),
        ("met", "A" * 513),
        ("met", "Ä" * 22),
        ("met", 7),
        ("outcome", "Connected"),
        ("outcome", None),
        ("side", "third"),
        ("age", "a day"),
        ("age", -1),
        ("age", 0.5),
        ("age", 1e300),
        ("age", 7 * DAY + 1),
        ("age", None),
        ("age", True),
        ("phases", None),
        ("phases", {"ice": -1}),
        ("phases", {"ice": 600_001}),
        ("phases", {"ice": "120"}),
        ("candidateType", "192.0.2.7"),
        ("transport", "sctp"),
        ("bytesUp", -1),
        ("bytesUp", 10**13 + 1),
        ("bytesDown", 1.5),
        ("duration", 604_801),
        ("media", ["screen"]),
        ("media", ["data"] * 4),
        ("media", "data"),
        ("retries", 1_001),
        ("turn", True),
        ("browser", "Mozilla/5.0"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_member(member: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(report(**{member: value}))
    assert refusal.value.code == "invalid_options"
    assert member in refusal.value.message
    assert "192" not in refusal.value.message and "Mozilla" not in refusal.value.message


@pytest.mark.parametrize("member", ["met", "outcome", "side", "phases", "browser"])
def test_what_is_missing_is_refused(member: str) -> None:
    body = report()
    del body[member]
    with pytest.raises(BadRequest):
        read(body)


def test_a_client_that_tells_no_age_has_just_sent_it() -> None:
    body = report()
    del body["age"]
    assert read(body).age == 0


def test_what_the_clock_of_a_client_says_is_not_looked_at() -> None:
    for wrong in (0, 2**53, -1, "tomorrow"):
        assert read(report(met="A" * 22, endedAt=wrong)) == read(report(met="A" * 22))
