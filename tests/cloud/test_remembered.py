from hypothesis import given
from hypothesis import strategies as st

from cloud.remembered import CONTESTED_SECONDS, REMEMBERED_SECONDS, Remembered


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_written_is_remembered_for_a_while() -> None:
    clock = Clock()
    kept: Remembered[str] = Remembered(clock)
    assert kept.get("a") is None
    kept.put("a", "1")
    kept.put("a", "2")
    assert kept.get("a") == "2" and kept.get("b") is None
    clock.now += REMEMBERED_SECONDS
    assert kept.get("a") is None


def test_of_what_others_write_too_nothing_is_remembered_for_a_while() -> None:
    clock = Clock()
    kept: Remembered[str] = Remembered(clock)
    kept.put("a", "1")
    kept.contest("a")
    kept.put("a", "2")
    kept.forget("a")
    kept.put("a", "3")
    assert kept.get("a") is None
    clock.now += CONTESTED_SECONDS
    kept.put("a", "4")
    assert kept.get("a") == "4"


def test_what_is_forgotten_can_be_remembered_again_at_once() -> None:
    kept: Remembered[str] = Remembered(Clock())
    kept.put("a", "1")
    kept.forget("a")
    assert kept.get("a") is None
    kept.put("a", "2")
    assert kept.get("a") == "2"


@given(st.lists(st.tuples(st.sampled_from(["put", "contest", "forget"]), st.integers(0, 9))))
def test_no_more_is_kept_than_may_be(steps: list[tuple[str, int]]) -> None:
    kept: Remembered[int] = Remembered(Clock(), most=3)
    for call, key in steps:
        getattr(kept, call)(str(key), *([key] if call == "put" else []))
        assert kept.get(str(key)) == (key if call == "put" else None) or call == "put"
        assert len(kept._kept) <= 3
