"""What may be reported, and what is refused and how."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from backend.http import read_body
from signaling.errors import BadRequest
from stats.report import BadReport, Report, check_time
from tests.stats.reports import DAY, NOW, report, some_reports


def read(body: dict[str, Any]) -> Report:
    return read_body(msgspec.json.encode(body), Report)


@given(some_reports(["A" * 22, "-_" * 11]))
def test_whatever_the_protocol_allows_is_read(body: dict[str, Any]) -> None:
    made = read(body)
    check_time(made, NOW)
    assert msgspec.json.decode(msgspec.json.encode(made)) | body == msgspec.json.decode(
        msgspec.json.encode(made)
    )


def test_members_that_the_protocol_does_not_name_are_ignored() -> None:
    assert read(report(id="A" * 22, later=1)) == read(report(id="A" * 22))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", "A" * 21),
        ("id", "A" * 21 + "\n"),
        ("id", "Ä" * 22),
        ("id", 7),
        ("outcome", "Connected"),
        ("outcome", None),
        ("side", "third"),
        ("endedAt", "yesterday"),
        ("endedAt", -1),
        ("endedAt", 1e300),
        ("endedAt", True),
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


@pytest.mark.parametrize("member", ["id", "outcome", "side", "endedAt", "phases", "browser"])
def test_what_is_missing_is_refused(member: str) -> None:
    body = report()
    del body[member]
    with pytest.raises(BadRequest):
        read(body)


@pytest.mark.parametrize("off", [300_001, DAY, -7 * DAY - 1])
def test_calls_of_the_future_and_of_long_ago_are_refused(off: int) -> None:
    with pytest.raises(BadReport, match="endedAt"):
        check_time(read(report(NOW + off)), NOW)


@pytest.mark.parametrize("off", [300_000, 0, -7 * DAY])
def test_clocks_may_differ_by_minutes_and_reports_may_be_a_week_late(off: int) -> None:
    check_time(read(report(NOW + off)), NOW)
