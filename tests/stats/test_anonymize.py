"""What is left of a report, and what reports add up to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.anonymize import MAX_BUCKET, Key, Row, bucket_of, millis_of, tally
from tests.stats.reports import NOW, TODAY, report, row, rows, some_rows


def test_of_a_report_little_is_left() -> None:
    sent = report(NOW + 59_999)
    made = row(**sent | {"ended_at": sent.pop("endedAt")})
    left = msgspec.to_builtins(made)
    assert left.pop("id") != sent["id"]
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
        "path": "host",
        "transport": "udp",
        "admit": 20,
        "signal": 26,
        "ice": 28,
        "dtls": 22,
        "open": 18,
        "total": 33,
    }


def test_the_same_id_becomes_the_same_and_another_another() -> None:
    assert row(id="A" * 22).id == row(id="A" * 22, outcome="left-early").id
    assert row(id="A" * 22).id != row(id="A" * 21 + "B").id


@given(some_rows(["A" * 22]))
def test_every_row_passes_the_door_of_the_queue(made: Row) -> None:
    assert msgspec.json.decode(msgspec.json.encode(made), type=Row) == made
    numbers = [value for value in msgspec.to_builtins(made).values() if isinstance(value, int)]
    assert len(numbers) >= 6
    for amount in (made.bytes_up, made.bytes_down, made.duration):
        assert amount == 0 or amount.bit_count() == 1


@given(st.floats(0, 3_000_000))
def test_a_time_lies_in_its_bucket(ms: float) -> None:
    bucket = bucket_of(ms)
    assert 0 <= bucket <= MAX_BUCKET
    assert millis_of(bucket) <= ms * (1 + 1e-6) and ms < millis_of(bucket + 1)


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000))
def test_buckets_are_in_order(a: int, b: int) -> None:
    assert (a <= b) <= (bucket_of(a) <= bucket_of(b))


def test_a_call_is_counted_by_one_of_its_sides_and_its_times_by_both() -> None:
    sums = tally([row(side="first"), row(side="second", browser="safari")])
    assert sums[Key("calls", TODAY)] == 1
    assert sums[Key("peers", TODAY)] == 2
    assert sums[Key("path", TODAY, "host/udp")] == 1
    assert sums[Key("bytes", TODAY, "host")] == 2**20 + 2**16
    assert sums[Key("path-seconds", TODAY, "host")] == 64
    assert sums[Key("ice", TODAY, "28")] == 2
    assert sums[Key("browser", TODAY, "safari")] == sums[Key("browser", TODAY, "firefox")] == 1


@pytest.mark.parametrize("outcome", ["failed-ice", "left-early"])
def test_what_did_not_connect_has_an_outcome_and_no_times(outcome: str) -> None:
    sums = tally([row(outcome=outcome)])
    assert sums[Key("outcome", TODAY, outcome)] == 1
    assert {key.measure for key in sums} == {
        *("peers", "browser", "calls", "outcome", "turn", "seconds")
    }


@given(st.lists(some_rows([letter * 22 for letter in "ABCDEF"]), max_size=20), st.data())
def test_order_and_splitting_do_not_matter(made: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(made))
    cut = data.draw(st.integers(0, len(made)))
    assert tally(made) == tally(shuffled[:cut]) + tally(shuffled[cut:])


def test_demonstration_data_is_counted_apart() -> None:
    (made,) = rows(1)
    shown = msgspec.structs.replace(made, demo=True)
    assert tally([made, shown])[Key("calls", TODAY, "", True)] == 1
