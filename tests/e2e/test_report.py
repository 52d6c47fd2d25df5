"""What real pages report of a call, from the SDK to the row in the database."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lab.stack import Stack
from tests.e2e.browsers import IN_FIREFOX, KIND, not_in_firefox
from tests.e2e.room import expect_direct, expect_heard, peer, say

pytestmark = pytest.mark.browser
WORD_MS = 10_000  # a person of whom no word comes is there for 30 s more
WAIT_SECONDS = 15  # seconds for the queue to have brought a report


@pytest.fixture
def events(stack: Stack) -> Iterator[Callable[[int], list[dict[str, Any]]]]:
    """Waits until so many reports were written since the test began; those."""
    before = newest(stack.log)

    def wait_for(count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + WAIT_SECONDS
        while len(rows := written(stack.log, before)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return rows

    yield wait_for


def go_away(page: Page) -> None:
    """Closes the tab; in Firefox, which may end its process too soon, it goes to another page of
    this site: that keeps the process."""
    if IN_FIREFOX:
        page.goto(page.evaluate("() => `${location.origin}/stats/`"))
    else:
        page.close(run_before_unload=False)


@not_in_firefox("the process of a closed tab may end before the last words are sent")
def test_who_closes_the_tab_says_so(window: Callable[..., Page]) -> None:
    room = f"closed-{token_hex(6)}"
    ann, bob = (window(f"/?room={room}&name={name}") for name in ("Ann", "Bob"))
    expect_direct(ann, "Bob")
    bob.close(run_before_unload=False)
    expect(peer(ann, "Bob")).to_have_count(0, timeout=WORD_MS)


def test_who_leaves_and_who_goes_away_both_report_the_call(
    window: Callable[..., Page], events: Callable[[int], list[dict[str, Any]]]
) -> None:
    room = f"report-{token_hex(6)}"
    ann = window(f"/?room={room}&name=Ann")
    bob = window(f"/?room={room}&name=Bob")
    cleo = window(f"/?room={room}&name=Cleo")
    pages = {"Ann": ann, "Bob": bob, "Cleo": cleo}
    for name, page in pages.items():
        for other in pages.keys() - {name}:
            expect_direct(page, other)
    say(ann, "hello both")
    expect_heard(bob, "hello both")
    expect_heard(cleo, "hello both")
    seconds = ann.evaluate("""async () => {
        const start = performance.now();
        await heliograph.room.leave();
        return (performance.now() - start) / 1000;
    }""")
    assert seconds < 1.5  # no report is waited for
    assert len(events(4)) == 4  # Ann's two, and Bob's and Cleo's of Ann
    go_away(bob)
    rows = events(6)
    time.sleep(0.5)
    assert len(events(6)) == 6  # each connection once by each side
    assert sorted(row["side"] for row in rows) == ["first"] * 3 + ["second"] * 3
    for row in rows:
        assert (row["outcome"], row["browser"], row["turn"]) == ("connected", KIND, "none")
        assert row["candidate_type"] in ("host", "prflx") and row["transport"] == "udp"
        assert row["bytes_up"] > 0 and row["bytes_down"] > 0
        assert None not in (row["signal"], row["ice"], row["dtls"], row["open"], row["total"])
        assert row["media"] & 1
    assert sum(row["admit"] is not None for row in rows) == 3  # the newcomer's
    kept = repr(rows)
    assert room not in kept and "Ann" not in kept and "Mozilla" not in kept


def newest(log: Path) -> int:
    return max((row["rowid"] for row in written(log, 0)), default=0)


def written(log: Path, after: int) -> list[dict[str, Any]]:
    file = log.with_name("stats.sqlite")
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        try:
            ask = "SELECT rowid AS rowid, * FROM events WHERE rowid > ?"
            return [dict(row) for row in database.execute(ask, (after,))]
        except sqlite3.OperationalError:  # no table yet
            return []
