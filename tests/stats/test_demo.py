"""Demonstration data: plausible, marked as such, and the same each time."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from costs.commands import forecast
from costs.measured import MEASURES
from stats.buckets import millis_of
from stats.commands import demo as command
from stats.dates import DAY_MS, HOUR_MS
from stats.demo import rows
from stats.drivers import Sqlite
from stats.row import Row
from stats.store import Store
from stats.sums import Sum
from tests.stats.commands import answer

NOW = 1_795_003_600_000  # a Wednesday
SOME = list(rows(28, 100, 7, NOW))
FIRST = [row for row in SOME if row.side == "first"]
CONNECTED = [row for row in FIRST if row.outcome == "connected"]


def share(counted: Counter[str | None], name: str) -> float:
    return counted[name] / counted.total()


def test_every_row_is_marked() -> None:
    assert SOME and all(row.demo for row in SOME)


def test_the_same_seed_gives_the_same_calls() -> None:
    assert list(rows(28, 100, 7, NOW)) == SOME
    assert {row.id for row in rows(28, 100, 8, NOW)}.isdisjoint({row.id for row in SOME})


@pytest.mark.parametrize(("days", "calls", "later"), [(10, 100, 0), (28, 50, 0), (28, 100, 3)])
def test_another_run_changes_no_call(days: int, calls: float, later: int) -> None:
    known = {row.id: row for row in SOME}
    again = list(rows(days, calls, 7, NOW + later * DAY_MS))
    common = [row for row in again if row.id in known]
    assert len(common) > 0.5 * min(len(again), len(SOME))
    assert all(known[row.id] == row for row in common)


def test_no_call_is_of_the_future_or_before_the_days() -> None:
    assert max(row.hour for row in SOME) * HOUR_MS <= NOW
    assert min(row.hour for row in SOME) * HOUR_MS >= (NOW // DAY_MS - 27) * DAY_MS
    assert len({row.hour // 24 for row in SOME}) == 28


def test_calls_grow_and_rest_at_weekends() -> None:
    by_day = Counter(row.hour // 24 for row in FIRST)
    weekdays, weekends = [], []
    for day, calls in by_day.items():
        weekday = datetime.fromtimestamp(day * DAY_MS / 1000, UTC).weekday()
        (weekends if weekday >= 5 else weekdays).append(calls)
    assert sum(weekends) / len(weekends) < 0.7 * sum(weekdays) / len(weekdays)
    full = sorted(by_day)[:-1]  # today is not over
    assert sum(by_day[day] for day in full[:7]) < sum(by_day[day] for day in full[-7:])


def test_people_call_by_day() -> None:
    by_hour = Counter(row.hour % 24 for row in FIRST)
    assert by_hour[15] > 3 * by_hour[3]


def test_outcomes_candidate_types_and_browsers_are_mixed_as_seen_elsewhere() -> None:
    outcomes = Counter(row.outcome for row in FIRST)
    assert 0.90 < outcomes["connected"] / outcomes.total() < 0.97
    assert len(outcomes) >= 4
    types: Counter[str | None] = Counter(row.candidate_type for row in CONNECTED)
    assert 0.17 < share(types, "relay") < 0.23 and share(types, "srflx") > 0.45
    assert Counter(row.browser for row in SOME).most_common(1)[0][0] == "chromium"
    assert {row.transport for row in CONNECTED if row.candidate_type == "relay"} == {
        "udp",
        "tcp",
        "tls",
    }


def test_times_are_lognormal_and_relays_take_longer() -> None:
    def median(found: list[Row]) -> float:
        buckets = sorted(row.ice for row in found if row.ice is not None)
        return millis_of(buckets[len(buckets) // 2])

    relayed = [row for row in CONNECTED if row.candidate_type == "relay"]
    direct = [row for row in CONNECTED if row.candidate_type != "relay"]
    assert 40 < median(direct) < 110 < median(relayed)


def test_failed_calls_have_no_candidate_type_and_end_in_a_phase() -> None:
    failed = [row for row in FIRST if row.outcome == "failed-ice"]
    assert failed
    for row in failed:
        assert row.candidate_type is None and row.bytes_up == 0 and row.ice is None
        assert row.total is None and row.admit is not None and row.signal is not None


def test_both_sides_tell_of_the_same_call() -> None:
    sides = Counter(row.side for row in SOME)
    assert 0.9 < sides["first"] / sides["second"] < 1.1
    assert sides["first"] != sides["second"]  # some beacons are lost


def sums(driver: Sqlite) -> list[Sum]:
    store = Store(driver)
    try:
        return sorted(store.read(MEASURES, since=0))
    finally:
        store.close()


def test_writing_twice_writes_once(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "demo.sqlite"
    said = answer(command, "--days", "5", "--calls-per-day", "20", "--database", str(file))
    assert re.match(r"(\d+) reports, \1 of them new, marked as demonstration data: ", said)
    driver = Sqlite(str(file))
    assert command.fill(driver, SOME) == (len(SOME), len(SOME))
    before = sums(driver)
    assert command.fill(driver, SOME) == (0, len(SOME))
    assert sums(driver) == before and all(found.demo for found in before)
    assert "demonstration data: " in answer(forecast, "--database", str(file))


@pytest.mark.parametrize(
    "place",
    [
        "Server=tcp:x.database.windows.net;Database=stats",
        "Driver={ODBC Driver 18 for SQL Server};Server=x;Database=y",
    ],
)
def test_it_writes_into_nothing_but_sqlite(place: str) -> None:
    with pytest.raises(SystemExit, match="SQLite file and nothing else"):
        answer(command, "--database", place)


def test_the_settings_do_not_lead_it_to_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQL_CONNECTION", "Server=tcp:x.database.windows.net;Database=stats")
    with pytest.raises(SystemExit, match="SQLite file and nothing else"):
        answer(command)


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    for place in (file, tmp_path):
        with pytest.raises(SystemExit, match="SQLite file and nothing else"):
            answer(command, "--days", "2", "--database", str(place))
    assert file.read_text().startswith("Dear Sir")


@pytest.mark.parametrize(
    "words",
    [("--days", "0"), ("--days", "366"), ("--calls-per-day", "0"), ("--calls-per-day", "nan")],
)
def test_impossible_amounts_are_refused(words: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=words[0]):
        answer(command, *words, "--database", str(tmp_path / "x.sqlite"))
    assert not list(tmp_path.iterdir())
