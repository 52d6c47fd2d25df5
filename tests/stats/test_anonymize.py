"""What is kept of a report."""

import msgspec
import pytest
from hypothesis import given

from stats.dates import HOUR_MS
from stats.row import Row
from tests.stats.reports import DAY, NOW, report, row, some_rows


def test_of_a_report_little_is_left() -> None:
    sent = report()
    made = row(**sent)
    left = msgspec.to_builtins(made)
    assert left.pop("id") not in sent["met"]
    assert left == {
        "hour": NOW // 3_600_000,
        "outcome": "connected",
        "side": "first",
        "bytes_up": 2**20,
        "bytes_down": 2**16,
        "duration": 64,
        "media": 3,
        "retries": 0,
        "turn": "none",
        "browser": "firefox",
        "candidate_type": "host",
        "transport": "udp",
        "admit": 20,
        "signal": 26,
        "ice": 28,
        "dtls": 22,
        "open": 18,
        "total": 33,
    }


def test_no_report_moves_a_sum_by_more_than_is_stated() -> None:
    made = row(bytesUp=10**13, bytesDown=2 * 10**9, duration=604_800, retries=1_000)
    assert (made.bytes_up, made.bytes_down, made.duration) == (2**30, 2**30, 2**14)
    assert made.retries == 10


@pytest.mark.parametrize(
    ("age", "hours"), [(0, 0), (NOW % HOUR_MS, 0), (NOW % HOUR_MS + 1, 1), (7 * DAY, 7 * 24)]
)
def test_a_call_ended_so_long_before_its_report_came(age: int, hours: int) -> None:
    assert row(age=age).hour == NOW // HOUR_MS - hours


def test_the_same_id_becomes_the_same_and_another_another() -> None:
    assert row(met="A" * 22).id == row(met="A" * 22, outcome="left-early").id
    assert row(met="A" * 22).id != row(met="A" * 21 + "B").id


@given(some_rows(["A" * 22]))
def test_every_row_passes_the_door_of_the_queue(made: Row) -> None:
    assert msgspec.json.decode(msgspec.json.encode(made), type=Row) == made
    numbers = [value for value in msgspec.to_builtins(made).values() if isinstance(value, int)]
    assert len(numbers) >= 6
    for amount in (made.bytes_up, made.bytes_down, made.duration):
        assert amount == 0 or amount.bit_count() == 1
