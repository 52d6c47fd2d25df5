"""Days that are over are released once, with noise; what is shown is made of them alone."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import msgspec
import pytest

from stats.dates import HOUR_MS, iso_day
from stats.digest import MEASURES
from stats.drivers import Driver
from stats.noise import CELLS, Noise
from stats.published import Published
from stats.released import GRACE_MS, Released
from stats.store import Store
from stats.sums import Sum
from tests.stats.reports import DAY, NOW, TODAY, rows

CELL_COUNT = sum(map(len, CELLS.values()))
MIDNIGHT = TODAY * DAY
TOMORROW = MIDNIGHT + DAY + GRACE_MS  # when today is released


def released(store: Store, now: int, epsilon: float = 1) -> list[Sum]:
    found = Released(store, Noise(epsilon)).read(MEASURES, 0, now)
    return sorted(found.sums)


def n_of(sums: Iterable[Sum], measure: str, detail: str = "") -> list[int]:
    return [s.n for s in sums if (s.measure, s.detail) == (measure, detail)]


def said(store: Store, now: int, days: int = 7, **options: Any) -> dict[str, Any]:
    """With the same noise in every run."""
    chance = Random(1).random
    page = Published(store, 10, noise=Noise(1), chance=chance, **options).page(days, now)
    found: dict[str, Any] = msgspec.json.decode(page.body)
    return found


def test_nothing_is_released_before_the_day_is_over_and_six_hours_more(store: Store) -> None:
    store.write(rows(500))
    assert released(store, NOW) == [] == released(store, TOMORROW - 1)
    assert released(store, TOMORROW) != []


def test_asking_again_averages_nothing_away(store: Store, driver: Driver) -> None:
    store.write(rows(500))
    first = released(store, TOMORROW)
    assert n_of(first, "calls") != []
    for _ in range(5):
        assert released(store, TOMORROW + HOUR_MS) == first
    with Store(driver, pauses=(0.01, 0.1)) as other:  # another instance
        assert released(other, TOMORROW) == first


def test_instances_that_read_at_once_release_a_day_once(driver: Driver, store: Store) -> None:
    store.write(rows(300))

    def ask(_: int) -> list[Sum]:
        with Store(driver, pauses=(0.05,) * 20) as each:
            return released(each, TOMORROW)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(n_of(answers[0], "calls")) == 1


def test_a_report_that_comes_later_changes_nothing_that_was_shown(store: Store) -> None:
    store.write(rows(500))
    before = released(store, TOMORROW)
    store.write(rows(100))
    assert released(store, TOMORROW + DAY - GRACE_MS - 1) == before
    assert store.totals() != []


def test_a_day_without_reports_is_released_as_any_other(store: Store) -> None:
    store.write(rows(300, age=3 * DAY))
    found = released(store, TOMORROW)
    days = {s.day for s in found}
    assert days == set(range(TODAY - 3, TODAY + 1))
    count = {
        day: sum(s.measure not in ("ice", "total") for s in found if s.day == day) for day in days
    }
    assert len(set(count.values())) == 1, "the names of the sums tell nothing"


def test_months_before_the_noise_are_released_in_runs(store: Store) -> None:
    store.write(rows(5, age=7 * DAY))
    later = TOMORROW + 100 * DAY
    assert {s.day for s in released(store, later)} == set(range(TODAY - 7, TODAY + 101))


@pytest.mark.parametrize("epsilon", [0.1, 1, 10])
def test_noise_is_in_every_sum(store: Store, epsilon: float) -> None:
    store.write(rows(1_000))
    found = Released(store, Noise(epsilon))
    found.read(MEASURES, 0, TOMORROW)
    stored = store.read_released(MEASURES, 0)
    assert len(stored) == CELL_COUNT
    calls = n_of(stored, "calls")[0]
    assert abs(calls - 1_000) < 30 * Noise(epsilon).deviation("calls")
    noised = sum(n not in (0, 1_000) for s in stored for n in [s.n])
    assert noised > CELL_COUNT / 4


def test_figures_of_a_large_day_are_near_the_truth(store: Store) -> None:
    store.write([*rows(4_000), *rows(1_000, outcome="failed-ice"), *rows(4_000, side="second")])
    answer = said(store, TOMORROW)
    day = answer["daily"][-1]
    assert answer["latest"] == {name: day[name] for name in ("day", "calls", "peers")}
    assert day["day"] == iso_day(TODAY), "the day after it is not over"
    assert len(answer["daily"]) == 6
    assert abs(day["calls"] - 5_000) < 150 and abs(day["peers"] - 9_000) < 400
    assert abs(answer["success"] - 0.8) < 0.03
    assert answer["total"]["calls"] == day["calls"]
    assert 250 < answer["phases"]["total"]["p50"] < 520  # an octave around 291 ms


def test_a_range_of_which_no_day_is_over_has_no_days(store: Store) -> None:
    store.write(rows(500))
    answer = said(store, TOMORROW, days=1)
    assert answer["daily"] == [] and answer["success"] is None
    assert answer["latest"]["day"] == iso_day(TODAY) and answer["latest"]["calls"] is not None


def test_of_ten_calls_nothing_is_shown(store: Store) -> None:
    """Nine of them may be somebody's own."""
    store.write(rows(10, bytesUp=2**30, candidateType="relay", turn="used"))
    answer = said(store, TOMORROW)
    assert answer["success"] is None and answer["bytes"] is None and answer["relayBytes"] is None
    assert answer["cost"] is None and answer["browsers"] == [] == answer["candidateTypes"]
    assert {day["calls"] for day in answer["daily"]} <= {None, 0}
    assert answer["phases"]["total"] == {"p50": None, "p95": None}


def test_without_noise_today_is_shown_as_it_is(store: Store) -> None:
    store.write(rows(20))
    exact = msgspec.json.decode(Published(store, 10).page(7, NOW).body)
    assert exact["latest"] == {"day": iso_day(TODAY), "calls": 20, "peers": 20}
    assert store.read_released(MEASURES, 0) == []
