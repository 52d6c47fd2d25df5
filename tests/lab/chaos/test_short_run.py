"""A minute of chaos: two stamps, real pages, faults and repairs from a fixed seed.

`python -m benchmarks.chaos` is the same at length, with figures.
"""

import time
from pathlib import Path

import pytest

from lab.chaos.account import signals, violations
from lab.chaos.run import Plan, run
from lab.chaos.schedule import Act, Scope, hastened, schedule
from lab.chaos.times import times
from lab.chaos.told import MAX_SIGNAL_MS, table, trace
from lab.chromium import chromium
from lab.stamps import running

pytestmark = pytest.mark.browser

# A seed whose phases are short, try all that people do, and once impair both stamps.
SEED, EVENTS, CALLS, HASTE = 38, 60, 3, 0.4
MOST_SECONDS = 30.0  # no phase begins later: on a slow machine there are fewer
REPORT_SECONDS = 10.0  # what lies in a queue then is not lost
PLAN = Plan(
    hastened(schedule(SEED, EVENTS, CALLS), HASTE),
    CALLS,
    MOST_SECONDS,
    REPORT_SECONDS,
    last_seconds=3,
    talk_ms=400,
    deaths=2,
)


def test_the_plan_tries_everything() -> None:
    assert {deed.act for phase in PLAN.phases for deed in phase.deeds} == set(Act)
    assert {phase.scope for phase in PLAN.phases} == set(Scope)


async def test_people_notice_nothing_while_stamps_die_and_come_back(tmp_path: Path) -> None:
    begin = time.monotonic()
    async with running(2, tmp_path) as lab, chromium() as browser:
        result = await run(lab, browser, PLAN, print)
    found = violations(result.account)
    print(f"seed {SEED}\n{table(result, found)}\n{time.monotonic() - begin:.0f} s in all")
    assert not found, "\n".join(trace(result, one) for one in found)
    took = times([one.ms for one in signals(result.account)])
    taken = sum(text.taken is not None for text in result.account.texts.values())
    # It is no good sign if nothing was tried.
    assert taken > 100 and len(result.account.reports) > 5 and took is not None
    # The 99th percentile is for a machine that does nothing else.
    assert took.p50 <= MAX_SIGNAL_MS
