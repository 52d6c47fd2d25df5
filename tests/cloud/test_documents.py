"""What every store of documents promises: cloud/documents.py."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.documents import Busy, Change, Documents

LATER = 4_000_000_000_000


def put(documents: Documents, key: str, value: bytes | None, expires_at: int = LATER) -> None:
    documents.update(key, lambda _: Change(value, expires_at, None))


def test_what_is_put_is_read(documents: Documents) -> None:
    assert documents.read("a") is None
    put(documents, "a", b"1")
    put(documents, "b", b"2")
    assert (documents.read("a"), documents.read("b")) == (b"1", b"2")


def test_a_decision_sees_what_is_stored_and_says_what_the_caller_learns(
    documents: Documents,
) -> None:
    seen: list[bytes | None] = []

    def decide(value: bytes | None) -> Change[str]:
        seen.append(value)
        return Change(b"new", LATER, "learnt")

    assert documents.update("a", decide) == "learnt"
    assert documents.update("a", decide) == "learnt"
    assert seen[0] is None and seen[1:] and set(seen[1:]) == {b"new"}


def test_a_decision_that_raises_changes_nothing(documents: Documents) -> None:
    put(documents, "a", b"1")

    def refuse(value: bytes | None) -> Change[None]:
        raise LookupError("no")

    for key in ("a", "b"):
        with pytest.raises(LookupError):
            documents.update(key, refuse)
    assert (documents.read("a"), documents.read("b")) == (b"1", None)


def test_a_deleted_document_is_absent_and_can_be_made_again(documents: Documents) -> None:
    put(documents, "a", None)
    put(documents, "a", b"1")
    put(documents, "a", None)
    assert documents.read("a") is None
    put(documents, "a", None)
    put(documents, "a", b"2")
    assert documents.read("a") == b"2"


@pytest.mark.parametrize("size", [0, 1, 59_000, 60_000, 61_000, 700_000])
def test_values_of_every_size_come_back(documents: Documents, size: int) -> None:
    value = random.Random(size).randbytes(size)
    put(documents, "a", value)
    assert documents.read("a") == value
    put(documents, "a", value[: size // 3])
    assert documents.read("a") == value[: size // 3]


@given(st.binary(max_size=300), st.text("abcdef0123456789", min_size=1, max_size=64))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_come_back(documents: Documents, value: bytes, key: str) -> None:
    put(documents, key, value)
    assert documents.read(key) == value


def test_many_who_count_at_once_lose_nothing(documents: Documents) -> None:
    def count(value: bytes | None) -> Change[None]:
        return Change(str(int(value or b"0") + 1).encode(), LATER, None)

    def repeat(times: int) -> int:
        done = 0
        while done < times:
            try:
                documents.update("a", count)
                done += 1
            except Busy:
                continue  # nothing was changed: once more
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(repeat, [6] * 8)) == 48
    assert documents.read("a") == b"48"


def test_of_many_who_create_at_once_one_does(documents: Documents) -> None:
    def create(value: bytes | None) -> Change[bool]:
        return Change(value or b"made", LATER, value is None)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: documents.update("a", create), range(8)))
    assert made.count(True) == 1


def test_a_sweep_takes_what_has_expired_and_nothing_else(documents: Documents) -> None:
    now = 1_800_000_000_000
    for key, expires_at in {"old": 1, "just": now, "soon": now + 1, "far": LATER}.items():
        put(documents, key, key.encode(), expires_at)
    assert documents.sweep(now) == 2
    kept = [key for key in ("old", "just", "soon", "far") if documents.read(key) is not None]
    assert kept == ["soon", "far"]
    assert documents.sweep(now) == 0


def test_a_sweep_asks_for_each_key_and_leaves_what_may_not_go(documents: Documents) -> None:
    for key in ("a", "b", "c"):
        put(documents, key, key.encode(), expires_at=5)
    put(documents, "d", b"d", expires_at=LATER)
    asked: dict[str, bytes | None] = {}

    def may_go(key: str) -> bool:
        asked[key] = documents.read(key)
        return key != "b"

    assert documents.sweep(10, may_go) == 2
    assert asked == {"a": b"a", "b": b"b", "c": b"c"}
    assert [documents.read(key) for key in "abcd"] == [None, b"b", None, b"d"]


def test_what_lives_again_while_it_is_asked_for_stays(documents: Documents) -> None:
    put(documents, "a", b"a", expires_at=5)

    def may_go(key: str) -> bool:
        put(documents, key, b"again", expires_at=LATER)
        return True

    assert documents.sweep(10, may_go) == 0
    assert documents.read("a") == b"again"


def test_a_document_may_live_longer_without_another_value(documents: Documents) -> None:
    put(documents, "a", b"1", expires_at=10)
    put(documents, "a", b"1", expires_at=LATER)
    assert documents.sweep(20) == 0
    assert documents.read("a") == b"1"


def test_a_store_that_is_there_answers(documents: Documents) -> None:
    documents.ping()
    assert documents.read("ping") is None
