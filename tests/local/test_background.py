"""Queue and timer functions."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.local.stack import Stack


def eventually(stack: Stack, wanted: Callable[[list[Any]], bool]) -> list[Any]:
    """Everything the example app has seen, once `wanted` holds of it."""
    deadline = time.monotonic() + 5
    while not wanted(seen := httpx.get(f"{stack.http}/api/seen").json()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
    return list(seen)


def test_a_queued_message_reaches_its_function(stack: Stack) -> None:
    httpx.post(f"{stack.http}/api/enqueue", content='{"a": "ä"}')
    eventually(stack, lambda seen: ["job", '{"a": "ä"}', 1] in seen)


def test_a_json_list_is_several_messages(stack: Stack) -> None:
    httpx.post(f"{stack.http}/api/enqueue", content='["one", {"two": 2}]')
    wanted = [["job", "one", 1], ["job", '{"two": 2}', 1]]
    eventually(stack, lambda seen: all(entry in seen for entry in wanted))


def test_a_message_is_tried_five_times_then_poisoned(stack: Stack) -> None:
    httpx.post(f"{stack.http}/api/enqueue", content="bad")
    seen = eventually(stack, lambda seen: ["buried", "bad", 1] in seen)
    tries = [entry[2] for entry in seen if entry[:2] == ["job", "bad"]]
    assert tries == [1, 2, 3, 4, 5]


def test_a_message_too_long_for_storage_fails_the_function(stack: Stack) -> None:
    assert httpx.post(f"{stack.http}/api/enqueue", content="x" * 50_000).status_code == 500


def test_a_timer_runs_at_start_when_told_to(stack: Stack) -> None:
    seen = eventually(stack, lambda seen: any(entry[0] == "started" for entry in seen))
    starts = [entry for entry in seen if entry[0] == "started"]
    assert len(starts) == 1
    assert starts[0][1] is False
    assert starts[0][2].endswith("-01-01T00:00:00+00:00")


def test_a_timer_keeps_its_schedule(stack: Stack) -> None:
    seen = eventually(stack, lambda seen: sum(entry[0] == "tick" for entry in seen) >= 3)
    lasts = [entry[1] for entry in seen if entry[0] == "tick"]
    assert lasts[0].startswith("0001-01-01")
    assert lasts == sorted(lasts)
    assert len(set(lasts)) == len(lasts)
