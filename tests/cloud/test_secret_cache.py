"""The table of the cache of a secret, cell by cell, and what holds in every order of events."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from cloud.secret_cache import (
    ABANDONED_MS,
    LIFETIME_MS,
    MAX_PAUSE_MS,
    MISSING_MS,
    PAUSE_MS,
    STALE_MS,
    Action,
    Entry,
    Fetch,
    Known,
    answer,
    ask,
    failed,
    fetch,
    fetched,
    health,
    known,
)
from cloud.secrets import SecretMissing, VaultAway, VaultHealth

NOW = 1_800_000_000_000
NAME = "TURN_KEY"

KNOWN = {
    Known.NOTHING: Entry(),
    Known.FRESH: Entry("v1", known_at=NOW),
    Known.STALE: Entry("v1", known_at=NOW - LIFETIME_MS),
    Known.MISSING: Entry(missing=True, known_at=NOW),
    Known.OUTDATED: Entry(missing=True, known_at=NOW - MISSING_MS),
}
FETCH: dict[Fetch, dict[str, Any]] = {
    Fetch.IDLE: {},
    Fetch.RUNNING: {"fetch": 7, "running": True, "began_at": NOW},
    Fetch.BACKING_OFF: {"fetch": 7, "reason": "forbidden", "failures": 1, "retry_at": NOW + 1},
}
# The table at the head of secret_cache.py, as it is written there.
TABLE = """
nothing    fetch, then wait   wait           VaultAway
fresh      value              value          value
stale      value, and fetch   value          value
missing    SecretMissing      SecretMissing  SecretMissing
outdated   fetch, then wait   wait           SecretMissing
"""
CELLS = [
    (Known(row[:11].strip()), state, cell.strip())
    for row in TABLE.strip().splitlines()
    for state, cell in zip(Fetch, (row[11:30], row[30:45], row[45:]), strict=True)
]


def entry_in(what: Known, state: Fetch) -> Entry:
    return replace(KNOWN[what], **FETCH[state])


def test_there_is_a_cell_for_each_state() -> None:
    assert {(what, state) for what, state, _ in CELLS} == {(w, s) for w in Known for s in Fetch}


@pytest.mark.parametrize(("what", "state", "cell"), CELLS)
def test_a_caller_gets_what_the_table_says(what: Known, state: Fetch, cell: str) -> None:
    before = entry_in(what, state)
    assert (known(before, NOW), fetch(before, NOW)) == (what, state)
    after, action = ask(before, NOW)
    if "fetch" in cell:
        assert (after.fetch, fetch(after, NOW)) == (before.fetch + 1, Fetch.RUNNING)
        assert known(after, NOW) == what
        assert action in (Action.FETCH_AND_ANSWER, Action.FETCH_AND_WAIT)
    else:
        assert after == before
    if "wait" in cell:
        assert action in (Action.FETCH_AND_WAIT, Action.WAIT)
        return
    assert action in (Action.ANSWER, Action.FETCH_AND_ANSWER)
    if "value" in cell:
        assert answer(after, NAME, NOW) == "v1"
    else:
        error = {"VaultAway": VaultAway, "SecretMissing": SecretMissing}[cell]
        with pytest.raises(error, match="^forbidden$|no secret TURN_KEY"):
            answer(after, NAME, NOW)


@pytest.mark.parametrize("what", Known)
def test_a_fetched_value_is_fresh_and_ends_the_fetch(what: Known) -> None:
    after = fetched(entry_in(what, Fetch.RUNNING), 7, "v2", NOW)
    assert (known(after, NOW), fetch(after, NOW)) == (Known.FRESH, Fetch.IDLE)
    assert answer(after, NAME, NOW) == "v2"


@pytest.mark.parametrize("what", Known)
def test_a_secret_found_missing_is_missing_and_its_value_is_gone(what: Known) -> None:
    after = fetched(entry_in(what, Fetch.RUNNING), 7, None, NOW)
    assert (known(after, NOW), fetch(after, NOW)) == (Known.MISSING, Fetch.IDLE)
    assert after.value is None


@pytest.mark.parametrize("what", Known)
def test_a_failed_fetch_backs_off_and_what_is_known_stays(what: Known) -> None:
    before = entry_in(what, Fetch.RUNNING)
    after = failed(before, 7, VaultAway("server_error"), NOW, 0.5)
    assert (known(after, NOW), fetch(after, NOW)) == (what, Fetch.BACKING_OFF)
    assert after.reason == "server_error"


@pytest.mark.parametrize("state", [Fetch.IDLE, Fetch.BACKING_OFF])
def test_a_success_ends_the_count_of_failures(state: Fetch) -> None:
    running, _ = ask(entry_in(Known.STALE, state), NOW + 2)
    after = fetched(running, running.fetch, "v2", NOW + 2)
    assert (after.failures, after.reason) == (0, None)


@pytest.mark.parametrize("what", Known)
def test_the_result_of_an_abandoned_fetch_is_dropped_once_another_has_begun(what: Known) -> None:
    newer, action = ask(entry_in(what, Fetch.RUNNING), NOW + ABANDONED_MS)
    if action in (Action.FETCH_AND_ANSWER, Action.FETCH_AND_WAIT):
        assert newer.fetch == 8
        assert fetched(newer, 7, "late", NOW) == newer
        assert failed(newer, 7, VaultAway("timeout"), NOW, 0) == newer


def test_the_result_of_a_fetch_counts_once() -> None:
    once = fetched(entry_in(Known.NOTHING, Fetch.RUNNING), 7, "v1", NOW)
    assert fetched(once, 7, "v2", NOW) == failed(once, 7, VaultAway("timeout"), NOW, 0) == once


@pytest.mark.parametrize(
    ("before", "passed", "then"),
    [
        (KNOWN[Known.FRESH], LIFETIME_MS - 1, Known.FRESH),
        (KNOWN[Known.FRESH], LIFETIME_MS, Known.STALE),
        (KNOWN[Known.FRESH], STALE_MS - 1, Known.STALE),
        (KNOWN[Known.FRESH], STALE_MS, Known.NOTHING),
        (KNOWN[Known.FRESH], -1, Known.STALE),
        (KNOWN[Known.MISSING], MISSING_MS - 1, Known.MISSING),
        (KNOWN[Known.MISSING], MISSING_MS, Known.OUTDATED),
        (KNOWN[Known.MISSING], STALE_MS, Known.OUTDATED),
        (KNOWN[Known.MISSING], -1, Known.OUTDATED),
        (KNOWN[Known.NOTHING], STALE_MS, Known.NOTHING),
    ],
)
def test_what_is_known_changes_with_time(before: Entry, passed: int, then: Known) -> None:
    assert known(before, NOW + passed) == then


@pytest.mark.parametrize(
    ("state", "passed", "then"),
    [
        (Fetch.RUNNING, ABANDONED_MS - 1, Fetch.RUNNING),
        (Fetch.RUNNING, ABANDONED_MS, Fetch.IDLE),
        (Fetch.RUNNING, -ABANDONED_MS, Fetch.RUNNING),
        (Fetch.BACKING_OFF, 0, Fetch.BACKING_OFF),
        (Fetch.BACKING_OFF, 1, Fetch.IDLE),
        (Fetch.BACKING_OFF, -MAX_PAUSE_MS, Fetch.IDLE),  # the clock has stepped back
        (Fetch.IDLE, ABANDONED_MS, Fetch.IDLE),
    ],
)
def test_a_fetch_ends_with_time(state: Fetch, passed: int, then: Fetch) -> None:
    assert fetch(entry_in(Known.NOTHING, state), NOW + passed) == then


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_the_pauses_double_up_to_the_longest(chance: float) -> None:
    entry, pauses = Entry(), []
    for _ in range(8):
        entry, _ = ask(entry, NOW)
        entry = failed(entry, entry.fetch, VaultAway("timeout"), NOW, chance)
        pauses.append(entry.retry_at - NOW)
        entry = replace(entry, retry_at=NOW)
    longest = [min(MAX_PAUSE_MS, PAUSE_MS * 2**n) for n in range(8)]
    assert pauses == [int(pause * (1 + chance) / 2) for pause in longest]


@pytest.mark.parametrize(("wished", "pause"), [(0, 1_000), (30, 30_000), (3_600, MAX_PAUSE_MS)])
def test_the_vaults_own_wish_is_followed_within_bounds(wished: float, pause: int) -> None:
    entry, _ = ask(Entry(), NOW)
    after = failed(entry, entry.fetch, VaultAway("rate_limited", wished), NOW, 0)
    assert after.retry_at - NOW == pause


def test_health_is_that_of_the_worst_secret() -> None:
    fresh, stale = KNOWN[Known.FRESH], KNOWN[Known.STALE]
    failing = replace(stale, reason="timeout")
    down = replace(KNOWN[Known.NOTHING], reason="forbidden")
    assert health([], NOW) == VaultHealth("ok")
    assert health([fresh, stale], NOW) == VaultHealth("ok", LIFETIME_MS // 1000)
    assert health([fresh, failing], NOW) == VaultHealth("stale", LIFETIME_MS // 1000, "timeout")
    assert health([fresh, failing, down], NOW) == VaultHealth(
        "down", LIFETIME_MS // 1000, "forbidden"
    )


def test_a_repr_shows_no_value() -> None:
    assert "hush" not in repr(Entry("hush"))


class Vault(RuleBasedStateMachine):
    """One secret in a vault that changes, fails, hangs and recovers, and its cache."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.entry = NOW, Entry()
        self.version: str | None = "v0"
        # Of each value that the vault had: when it was last the current one.
        self.current_until: dict[str, int] = {}
        self.running: list[int] = []  # the numbers of fetches that have not come back
        self.changes = 0

    @rule(ms=st.sampled_from([1, 999, PAUSE_MS, MISSING_MS, ABANDONED_MS, LIFETIME_MS, STALE_MS]))
    def pass_time(self, ms: int) -> None:
        self.now += ms

    @rule(missing=st.booleans())
    def change(self, missing: bool) -> None:
        if self.version is not None:
            self.current_until[self.version] = self.now
        self.changes += 1
        self.version = None if missing else f"v{self.changes}"

    @rule()
    def ask(self) -> None:
        before = self.entry
        self.entry, action = ask(self.entry, self.now)
        if action in (Action.FETCH_AND_ANSWER, Action.FETCH_AND_WAIT):
            assert fetch(before, self.now) is Fetch.IDLE, "one fetch at a time"
            self.running.append(self.entry.fetch)
        if action in (Action.ANSWER, Action.FETCH_AND_ANSWER):
            self.check_answer()

    def check_answer(self) -> None:
        try:
            value = answer(self.entry, NAME, self.now)
        except (VaultAway, SecretMissing):
            return
        if value != self.version:
            assert self.now - self.current_until[value] < STALE_MS, "a day at most"

    @precondition(lambda self: self.running)
    @rule(data=st.data(), works=st.booleans())
    def end(self, data: st.DataObject, works: bool) -> None:
        number = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        if works:
            self.entry = fetched(self.entry, number, self.version, self.now)
        else:
            self.entry = failed(self.entry, number, VaultAway("timeout"), self.now, 0)

    @invariant()
    def asking_twice_fetches_once(self) -> None:
        after, _ = ask(self.entry, self.now)
        assert ask(after, self.now)[0] == after

    @invariant()
    def a_waiting_caller_waits_for_a_fetch(self) -> None:
        after, action = ask(self.entry, self.now)
        waits = action in (Action.WAIT, Action.FETCH_AND_WAIT)
        assert not waits or fetch(after, self.now) is Fetch.RUNNING

    @invariant()
    def failures_are_told_by_their_reason(self) -> None:
        assert (self.entry.failures > 0) == (self.entry.reason is not None)


TestVault = Vault.TestCase
