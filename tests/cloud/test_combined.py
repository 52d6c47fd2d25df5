"""Changes of one document that come together: none is lost, none is made twice."""

import contextlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.combined import CombinedDocuments
from cloud.documents import Away, Busy, Change, Documents, Refused
from cloud.memory import MemoryDocuments

LATER = 4_000_000_000_000
SOON_SECONDS = 5.0  # reached only by a failing test


class Full(Exception):
    pass


def seat(name: int, seats: int) -> Callable[[bytes | None], Change[int]]:
    """Takes the next seat, unless all are taken; whoever has one keeps it."""

    def decide(value: bytes | None) -> Change[int]:
        taken = list(value or b"")
        if name not in taken and len(taken) == seats:
            raise Full(name)
        taken = taken if name in taken else [*taken, name]
        return Change(bytes(taken), LATER, taken.index(name))

    return decide


class Held(MemoryDocuments):
    """A store whose changes wait until they are let go, and then may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.begun = threading.Event(), threading.Semaphore(0)
        self.writes = 0
        self.failures: list[Exception] = []  # of the next writes
        self.slow_keys: set[str] = {"a"}

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        self.begun.release()
        if key in self.slow_keys:
            assert self.go.wait(SOON_SECONDS)
        self.writes += 1
        if self.failures:
            raise self.failures.pop(0)
        return super().update(key, decide)


def until_waiting(documents: CombinedDocuments, count: int) -> None:
    until = time.monotonic() + SOON_SECONDS
    while len(documents._waiting.get("a", ())) < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def outcome(future: "Future[Any]") -> Any:
    error = future.exception(SOON_SECONDS)
    return future.result() if error is None else type(error)


def behind_a_leader(
    store: Held, asks: list[Callable[[CombinedDocuments], Any]], most: int = 64
) -> list[Any]:
    """What becomes of callers who come in this order while another is at work."""
    documents = CombinedDocuments(store, most)
    with ThreadPoolExecutor(40) as pool:
        leader = pool.submit(documents.update, "a", seat(0, 100))
        assert store.begun.acquire(timeout=SOON_SECONDS)
        futures = []
        for number, ask in enumerate(asks):
            futures.append(pool.submit(ask, documents))
            until_waiting(documents, min(number + 1, most))
        store.go.set()
        outcome(leader)
        return [outcome(future) for future in futures]


def entering(*names: int, seats: int) -> list[Callable[[CombinedDocuments], Any]]:
    return [
        lambda documents, name=name: documents.update("a", seat(name, seats))  # type: ignore[misc]
        for name in names
    ]


def test_those_who_come_while_one_is_at_work_are_written_at_once() -> None:
    store = Held()
    assert behind_a_leader(store, entering(*range(1, 32), seats=32)) == list(range(1, 32))
    assert store.writes == 2
    assert store.read("a") == bytes(range(32))


def test_each_is_refused_by_itself_and_leaves_no_trace() -> None:
    store = Held()
    assert behind_a_leader(store, entering(1, 2, 3, 1, seats=3)) == [1, 2, Full, 1]
    assert store.read("a") == bytes([0, 1, 2])


def test_who_reads_sees_what_was_written_before_it_asked() -> None:
    store = Held()
    read: Callable[[CombinedDocuments], Any] = lambda documents: documents.read("a")  # noqa: E731
    seen = behind_a_leader(store, [read, *entering(1, seats=9), read])
    assert seen == [b"\0", 1, b"\0\1"] and store.writes == 2


@pytest.mark.parametrize(("error", "told"), [(Away(), Away), (Busy(), Busy)])
def test_if_the_write_fails_each_is_told_and_the_next_go_on(error: Exception, told: type) -> None:
    store = Held()
    store.failures = [error]
    documents = CombinedDocuments(store)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(documents.update, "a", seat(1, 9))
        assert store.begun.acquire(timeout=SOON_SECONDS)
        second = pool.submit(documents.update, "a", seat(2, 9))
        until_waiting(documents, 1)
        store.go.set()
        assert outcome(first) is told and outcome(second) == 0
    assert documents._waiting == {}


@pytest.mark.parametrize("error", [Away(), Busy()])
def test_who_reads_does_not_fail_with_a_write_of_others(error: Exception) -> None:
    class FailsSecond(Held):
        def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
            self.failures = [error] if self.writes else []
            return super().update(key, decide)

    read: Callable[[CombinedDocuments], Any] = lambda documents: documents.read("a")  # noqa: E731
    seen = behind_a_leader(FailsSecond(), [read, *entering(1, seats=9), read])
    assert seen == [b"\0", type(error), b"\0"]


def test_one_who_is_too_large_does_not_take_the_others_along() -> None:
    class Small(Held):
        def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
            def checked(value: bytes | None) -> Change[T]:
                change = decide(value)
                if len(change.value or b"") > 9:
                    raise Refused
                return change

            return super().update(key, checked)

    store = Small()
    large: Callable[[CombinedDocuments], Any] = lambda documents: documents.update(  # noqa: E731
        "a", lambda _: Change(bytes(10), LATER, None)
    )
    assert behind_a_leader(store, [*entering(1, seats=9), large]) == [1, Refused]
    assert store.read("a") == b"\0\1"


def test_a_document_that_is_slow_holds_up_no_other() -> None:
    store = Held()
    documents = CombinedDocuments(store)
    with ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(documents.update, "a", seat(name, 9)) for name in range(4)]
        assert documents.update("b", seat(7, 9)) == 0
        store.go.set()
        assert sorted(outcome(one) for one in slow) == [0, 1, 2, 3]


def test_more_than_may_wait_go_by_themselves() -> None:
    store = Held()
    assert behind_a_leader(store, entering(1, 2, seats=9), most=2) == [1, 2]
    documents = CombinedDocuments(store, 0)
    assert documents.update("a", seat(5, 9)) == 3


def test_nobody_waits_for_ever() -> None:
    store = Held()
    documents = CombinedDocuments(store, wait_seconds=0.01)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(documents.update, "a", seat(1, 9))
        assert store.begun.acquire(timeout=SOON_SECONDS)
        with pytest.raises(Busy):
            documents.update("a", seat(2, 9))
        store.go.set()
        assert outcome(leader) == 0
    assert store.read("a") == b"\1"


class Unreliable(MemoryDocuments):
    """Conflicts, fails before and after it has written, and takes its time."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        time.sleep(self.chance.random() * 0.002)
        what = self.chance.random()
        if what < 0.1:
            raise Busy
        if what < 0.2:
            raise Away
        if what < 0.4:  # as a guess that was wrong: what comes of it does not count
            with contextlib.suppress(Exception):
                decide(bytes([99]))
        done = super().update(key, decide)
        if what > 0.9:
            raise Away  # it has been done, and nobody knows
        return done


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), seats=st.integers(1, 12), instances=st.integers(1, 3))
def test_of_many_who_come_at_once_to_several_instances_none_is_lost_and_none_is_there_twice(
    seed: int, seats: int, instances: int
) -> None:
    chance = random.Random(seed)
    store = Unreliable(chance)
    doors: list[Documents] = [CombinedDocuments(store) for _ in range(instances)]

    def come(name: int) -> Any:
        time.sleep(chance.random() * 0.003)
        for _ in range(100):
            try:
                return doors[name % instances].update("a", seat(name, seats))
            except (Busy, Away):
                continue
            except Full:
                return Full
        raise AssertionError

    names = list(range(1, 17))
    with ThreadPoolExecutor(16) as pool:
        got = dict(zip(names, pool.map(come, names), strict=True))
    taken = list(store.read("a") or b"")
    assert len(taken) == seats and len(set(taken)) == seats
    assert {name: place for name, place in got.items() if place is not Full} == {
        name: place for place, name in enumerate(taken)
    }
    assert all(door._waiting == {} for door in doors)  # type: ignore[attr-defined]
