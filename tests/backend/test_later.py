"""What failed is tried again in the background: bounded in time and in number."""

import threading
import time
from collections.abc import Callable

import pytest

from backend.later import MOST_WAITING, PAUSES_SECONDS, Later


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_it_is_tried_until_it_is_done(failures: int) -> None:
    tries: list[int] = []

    def attempt() -> bool:
        tries.append(1)
        return len(tries) > failures

    Later((0.01,) * 3).do(attempt)
    until(lambda: len(tries) == failures + 1)
    time.sleep(0.05)
    assert len(tries) == failures + 1


def test_it_is_not_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []
    Later((0.01, 0.01)).do(lambda: bool(tries.append(1)))
    until(lambda: "what failed is not made good" in caplog.text)
    assert len(tries) == 2
    assert sum(PAUSES_SECONDS) * 1.5 < 90


def test_an_outage_does_not_fill_the_process_with_threads(caplog: pytest.LogCaptureFixture) -> None:
    later, tries, before = Later((0.3,), most=5), list[int](), threading.active_count()

    def attempt() -> bool:
        tries.append(1)
        return True

    for _ in range(50):
        later.do(attempt)
    assert threading.active_count() <= before + 5
    assert caplog.text.count("not made good") == 45
    until(lambda: len(tries) == 5)
    until(lambda: threading.active_count() <= before)
    later.do(attempt)  # there is room again
    until(lambda: len(tries) == 6)
    assert MOST_WAITING <= 200


def test_what_raises_is_given_up_and_its_text_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    def attempt() -> bool:
        raise ValueError("hush")

    later = Later((0.01, 0.01), most=1)
    later.do(attempt)
    until(lambda: "ValueError" in caplog.text)
    assert "hush" not in caplog.text
    done = threading.Event()
    until(lambda: (later.do(lambda: bool(done.set() or True)), done.is_set())[1])
