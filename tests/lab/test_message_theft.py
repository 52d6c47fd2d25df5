"""Thieves of messages: what they cost, and who is refused meanwhile. Short simulations."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.message_theft import (
    NOBODY,
    SEATS,
    SPEAKER,
    Attack,
    Theft,
    before,
    steal,
)
from signaling.day_budget import TRICKLE
from signaling.rate import REFUSALS_TO_ABUSE

ROOT = Path(__file__).parents[2]
HOURS, PER_DAY, NETWORKS = 0.5, 200_000, 12
CHORUS = Attack("chorus", NETWORKS, speaks=SEATS // 2)
RECONNECTS = Attack("reconnects", NETWORKS, reconnects=True)
NEWCOMERS = Attack("newcomers", NETWORKS, speaks=SEATS, changes=True)


def goal(theft: Theft) -> None:
    """Two thirds of the day and of each network its trickle and what closing its seats has cost."""
    trickle = TRICKLE.burst + TRICKLE.per_second * HOURS * 3_600
    last = SEATS * SEATS * 2  # a message or socket that was taken when little was left
    most = PER_DAY * 2 / 3 + NETWORKS * (trickle + SEATS * REFUSALS_TO_ABUSE + last)
    assert PER_DAY / 3 < theft.units <= most
    assert theft.asked > 30 and theft.refused <= theft.asked * 0.01


@pytest.mark.parametrize("attack", [CHORUS, RECONNECTS, NEWCOMERS], ids=lambda each: each.name)
def test_many_networks_together_leave_a_third_of_the_day_and_honest_people_alone(
    attack: Attack,
) -> None:
    goal(steal(attack, HOURS, PER_DAY))
    assert before(attack, HOURS) > 50 * PER_DAY


def test_without_a_limit_of_the_day_they_would_use_more() -> None:
    one = Attack("chorus", 2, speaks=SEATS)
    free = steal(one, HOURS, PER_DAY * 1_000)
    assert free.units > 2 * steal(one, HOURS, PER_DAY).units


def test_one_who_speaks_costs_a_hundredth_of_what_it_did() -> None:
    assert steal(SPEAKER, HOURS).units < before(SPEAKER, HOURS) / 100


def test_nobody_is_refused_when_nobody_attacks() -> None:
    theft = steal(NOBODY, 6)
    assert theft.units == 0 and theft.refused == 0 and theft.asked > 400
    assert 5 * theft.asked < theft.honest_units < 50 * theft.asked


def test_the_page_shows_what_the_command_prints() -> None:
    """Its first rows: a day of each of the others takes longer."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.theft", "--messages", "--attacks", "2"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 5
    assert done.stdout in (ROOT / "docs" / "cost.md").read_text()
