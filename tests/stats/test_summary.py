"""What is shown: docs/protocol.md, `GET /api/stats`."""

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from stats.digest import MEASURES, Digest, Question
from stats.row import Row
from stats.summarize import summarize
from stats.summary import Cost, Usage
from stats.sums import Sum, tally
from tests.stats.reports import DAY, NOW, row, rows, some_rows


def summary(given: Iterable[Row], **question: Any) -> dict[str, Any]:
    """As it is on the wire, but for the order of the members."""
    sums = [Sum(*key, n) for key, n in tally(given).items()]
    totals = [one for one in sums if one.measure in ("calls", "peers")]
    shown = [one for one in sums if one.measure in MEASURES]
    asked = Question(NOW, **{"days": 3, **question})
    wire: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(summarize(Digest(totals, shown, asked), asked))
    )
    return wire


NOTHING = {"calls": None, "peers": None}


def test_nothing_has_happened_yet() -> None:
    said = summary([])
    assert said["latest"] == {"day": "2026-05-28", **NOTHING} and said["total"] == NOTHING
    assert said["success"] is None and said["cost"] is None and said["bytes"] is None
    assert said["candidateTypes"] == said["browsers"] == said["failures"] == []
    assert said["phases"]["total"] == {"p50": None, "p95": None}
    assert [day["day"] for day in said["daily"]] == ["2026-05-26", "2026-05-27", "2026-05-28"]
    assert not said["demo"]


def test_calls_of_today() -> None:
    calls = [*rows(90), *rows(10, outcome="failed-ice"), *rows(80, side="second")]
    said = summary(calls)
    assert said["total"] == {"calls": 100, "peers": 180}
    assert said["latest"] == {"day": "2026-05-28", **said["total"]}
    assert said["success"] == 0.9
    assert said["failures"] == [{"outcome": "failed-ice", "count": 10}]
    assert said["candidateTypes"] == [{"candidateType": "host", "transport": "udp", "share": 1.0}]
    assert said["browsers"] == [{"browser": "firefox", "share": 1.0}]
    assert said["bytes"] == 90 * (2**20 + 2**16) and said["relayBytes"] == 0
    today = said["daily"][-1]
    assert (today["calls"], today["peers"], today["success"]) == (100, 180, 0.9)
    assert today["candidateTypes"] == {"host": 1.0, "srflx": 0.0, "prflx": 0.0, "relay": 0.0}


def test_percentiles_are_within_a_bucket() -> None:
    spread = [row(phases={"ice": ms}) for ms in range(100, 1_100, 10)]
    said = summary(spread)["phases"]
    assert abs(said["ice"]["p50"] - 600) < 60 and abs(said["ice"]["p95"] - 1_050) < 100
    assert said["total"] == said["ice"] and said["dtls"]["p50"] is None


def test_few_are_not_shown_and_not_to_be_computed() -> None:
    said = summary([*rows(9), *rows(30, age=DAY), *rows(50, age=2 * DAY)])
    shown = [day["calls"] for day in said["daily"]]
    # The total is known, so that one day alone would be the rest.
    assert said["total"] == {"calls": 89, "peers": 89} and shown == [50, None, None]
    assert said["latest"] == {"day": "2026-05-28", **NOTHING}
    assert said["daily"][1]["p50"] is None and said["daily"][1]["relayBytes"] is None


def test_relayed_calls_that_are_few_hide_what_they_moved() -> None:
    said = summary([*rows(50), *rows(9, candidateType="relay")])
    assert said["relayBytes"] is None and said["bytes"] is not None
    assert said["candidateTypes"] == [{"candidateType": "other", "transport": None, "share": 1.0}]
    assert said["daily"][-1]["candidateTypes"] == {
        "host": None,
        "srflx": 0,
        "prflx": 0,
        "relay": None,
    }
    said = summary([*rows(9), *rows(50, candidateType="relay")])
    assert said["relayBytes"] is None  # else the others would be the rest


def test_a_few_failures_are_in_no_figure() -> None:
    for failed in range(5):
        said = summary([*rows(100 - failed), *rows(failed, outcome="failed-ice")])
        assert (said["success"], said["failures"]) == (1.0, [])


def test_cost_is_reckoned_from_what_is_shown() -> None:
    def price(usage: Usage) -> Cost:
        return Cost(usage.calls + usage.relay_bytes / 2**20, "USD", "2026-01-01")

    calls = rows(20, candidateType="relay", turn="used", bytesUp=0, bytesDown=2**20)
    said = summary(calls, price=price)
    assert said["cost"] == {"per1000": 40, "currency": "USD", "asOf": "2026-01-01"}
    assert said["daily"][-1]["cost"] == 0.8 and said["daily"][0]["cost"] is None
    assert summary(rows(9), price=price)["cost"] is None


def test_demonstration_data_says_so() -> None:
    shown = [structs.replace(one, demo=True) for one in rows(12)]
    assert summary(shown)["demo"] and summary(shown)["latest"]["calls"] == 12


@given(st.lists(some_rows([letter * 22 for letter in "ABC"]), max_size=40), st.integers(1, 9))
def test_no_count_below_k_is_ever_said(made: list[Row], days: int) -> None:
    said = summary(made, days=days)
    told = [said["latest"], said["total"], *said["daily"]]
    assert all(d[n] is None or d[n] == 0 or d[n] >= 10 for d in told for n in ("calls", "peers"))
    assert all(one["count"] >= 10 for one in said["failures"])
    if len(made) < 10:
        assert said["success"] is None and said["bytes"] is None and not said["browsers"]
