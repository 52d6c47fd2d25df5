"""The accounting of the chaos benchmark: quiet about a good run, it notices each violation."""

from collections import Counter

import pytest

from lab.chaos.account import NEVER_MS, Account, Report, Span, Stay, Text, signals, violations

ANN, BOB = Stay(0, 0, 1), Stay(0, 1, 1)
BOB_AGAIN = Stay(0, 1, 2)
END = 200_000.0


@pytest.fixture
def account() -> Account:
    """Two pages that lived long, a text each way, and Bob's page that was closed at the end."""
    made = Account()
    made.begin(ANN, "ann", 0)
    made.begin(BOB, "bob", 10)
    for stay in (ANN, BOB):
        made.lives[stay].met = 1
        made.lives[stay].up = 100
    made.texts["t1"] = Text("t1", ANN, ("bob",), 1_000, 1_010)
    made.show(BOB, "t1", 1_020)
    made.texts["t2"] = Text("t2", BOB, ("ann",), 2_000, 2_005, dead=True)
    made.show(ANN, "t2", 2_400)
    made.end(BOB, 100_000, leaves=True)
    made.reports.append(Report("r1", BOB, 100_000, False))
    made.counted = Counter(r1=1)
    return made


def kinds(account: Account) -> list[str]:
    return [one.kind for one in violations(account)]


def test_a_good_run_has_no_violations(account: Account) -> None:
    assert kinds(account) == []
    assert [one.ms for one in signals(account)] == [400]


# --- texts --------------------------------------------------------------------------------------


def test_a_text_that_was_taken_and_never_shown_is_lost(account: Account) -> None:
    account.texts["t3"] = Text("t3", ANN, ("bob",), 3_000, 3_010)
    assert kinds(account) == ["text-lost"]
    assert "t3" in violations(account)[0].words


def test_it_is_not_lost_if_send_text_rejected(account: Account) -> None:
    account.texts["t3"] = Text("t3", ANN, ("bob",), 3_000, None)
    assert kinds(account) == []


@pytest.mark.parametrize("sender, to, at", [(ANN, "bob", 95_000), (BOB, "ann", 95_000)])
def test_it_is_not_lost_if_a_page_of_the_two_ended_soon_after(
    account: Account, sender: Stay, to: str, at: float
) -> None:
    account.texts["t3"] = Text("t3", sender, (to,), at, at + 10)
    assert kinds(account) == []


def test_it_is_lost_if_it_was_shown_by_another_page_only(account: Account) -> None:
    account.texts["t3"] = Text("t3", ANN, ("bob",), 3_000, 3_010)
    account.show(ANN, "t3", 3_020)
    assert kinds(account) == ["text-lost"]


def test_a_text_to_a_peer_of_a_page_before_its_reload_is_not_expected_of_the_page_after_it(
    account: Account,
) -> None:
    account.begin(BOB_AGAIN, "bob", 101_000)
    account.texts["t3"] = Text("t3", ANN, ("bob",), 100_500, 100_510)
    assert kinds(account) == []
    account.texts["t4"] = Text("t4", ANN, ("bob",), 101_500, 101_510)
    assert kinds(account) == ["text-lost"]


def test_a_text_that_was_shown_twice_by_one_page_is_a_violation(account: Account) -> None:
    account.show(BOB, "t1", 9_000)
    assert kinds(account) == ["text-twice"]


def test_a_text_that_two_pages_showed_once_each_is_none(account: Account) -> None:
    account.begin(BOB_AGAIN, "bob", 101_000)
    account.show(BOB_AGAIN, "t1", 101_000)
    assert kinds(account) == []


def test_the_first_signal_after_a_death_that_never_came_counts_as_a_minute(
    account: Account,
) -> None:
    account.texts["t3"] = Text("t3", ANN, ("bob",), 3_000, None, dead=True)
    assert [one.ms for one in signals(account)] == [400, NEVER_MS]


def test_a_signal_is_not_timed_while_the_machine_stood_still(account: Account) -> None:
    account.stalls.append((2_300, 2_600))
    assert signals(account) == []
    account.stalls[:] = [(1_000, 1_900), (3_600, 4_000)]
    assert [one.ms for one in signals(account)] == [400]


# --- reports ------------------------------------------------------------------------------------


def test_a_report_that_no_row_and_no_queue_has_is_lost(account: Account) -> None:
    account.counted.clear()
    assert kinds(account) == ["report-lost"]
    account.waiting.add("r1")
    assert kinds(account) == []


def test_while_both_stamps_were_away_only_an_acknowledged_report_can_be_lost(
    account: Account,
) -> None:
    account.counted.clear()
    account.spans.append(Span(3, 99_000, 105_000, one=False))
    assert kinds(account) == []
    account.reports.append(Report("r1", BOB, 101_000, True))
    assert kinds(account) == ["report-lost"]


def test_while_the_machine_stood_still_only_an_acknowledged_report_can_be_lost(
    account: Account,
) -> None:
    account.counted.clear()
    account.stalls.append((account.reports[0].at + 100, account.reports[0].at + 400))
    assert kinds(account) == []
    account.reports.append(Report("r1", BOB, 101_000, True))
    assert kinds(account) == ["report-lost"]


def test_a_report_that_was_sent_twice_and_counted_once_is_fine(account: Account) -> None:
    account.reports.append(Report("r1", BOB, 104_000, True))
    assert kinds(account) == []


def test_a_report_that_was_counted_twice_is_a_violation(account: Account) -> None:
    account.counted["r1"] = 2
    assert kinds(account) == ["report-twice"]


def test_sums_that_hold_more_reports_than_there_are_rows_are_a_violation(account: Account) -> None:
    account.summed = 1
    assert kinds(account) == []
    account.summed = 2
    assert kinds(account) == ["report-twice"]


def test_a_page_that_reports_more_calls_than_it_had_is_a_violation(account: Account) -> None:
    account.reports.append(Report("r2", BOB, 100_000, True))
    account.counted["r2"] = 1
    assert kinds(account) == ["report-twice"]


def test_a_call_that_ended_without_a_report_is_a_violation_unless_the_page_crashed(
    account: Account,
) -> None:
    account.end(ANN, 120_000, leaves=True)
    assert kinds(account) == ["report-lost"]
    account.lives[ANN].crashed = True
    assert kinds(account) == []


# --- members ------------------------------------------------------------------------------------


def test_somebody_who_left_may_be_listed_for_90_seconds_and_no_longer(account: Account) -> None:
    account.listing(ANN, ["bob"], 100_000 + 90_000)
    assert kinds(account) == []
    for later in (1, 5_000):
        account.listing(ANN, ["bob"], 100_000 + 90_000 + later)
    assert kinds(account) == ["listed-gone"]


def test_somebody_who_came_again_may_be_listed(account: Account) -> None:
    account.begin(BOB_AGAIN, "bob", 150_000)
    account.listing(ANN, ["bob"], END)
    assert kinds(account) == []


def test_somebody_whose_page_crashed_is_gone_too(account: Account) -> None:
    account.begin(BOB_AGAIN, "bob-2", 110_000)
    account.end(BOB_AGAIN, 111_000, leaves=True, crashed=True)
    account.listing(ANN, ["bob-2"], 202_000)
    assert kinds(account) == ["listed-gone"]


def test_only_the_first_end_of_a_page_counts(account: Account) -> None:
    account.end(BOB, 150_000, leaves=False, crashed=True)
    assert account.lives[BOB].ended == 100_000 and not account.lives[BOB].crashed


# --- connections and what pages say -------------------------------------------------------------


def test_another_connection_after_a_fault_is_a_violation(account: Account) -> None:
    account.held(ANN, 5_000, (1, "connected"), (1, "connected"))
    assert kinds(account) == []
    account.held(ANN, 5_000, (1, "connected"), (2, "connected"))
    account.held(BOB, 6_000, (1, "connected"), (1, "failed"))
    assert kinds(account) == ["channel-broken", "channel-broken"]


def test_an_alarm_counts_unless_both_stamps_were_away(account: Account) -> None:
    account.alarms[ANN, 5_000, "reconnecting"] = 5_700
    account.spans.append(Span(1, 4_000, 9_000, one=True))
    assert kinds(account) == ["alarm"]
    assert "700 ms" in violations(account)[0].words
    account.spans.append(Span(2, 4_000, 9_000, one=False))
    assert kinds(account) == []


def test_who_could_not_join_counts_unless_both_stamps_were_away(account: Account) -> None:
    account.refused.append((BOB_AGAIN, 130_000, "room_full"))
    assert kinds(account) == ["not-joined"]
    account.spans.append(Span(2, 129_000, 140_000, one=False))
    assert kinds(account) == []


def test_what_was_seen_when_it_happened_is_told_in_order(account: Account) -> None:
    account.note("not-connected", 2, 8_000, "call 2")
    account.note("not-joined", 1, 7_000, "call 1")
    assert kinds(account) == ["not-joined", "not-connected"]
