"""Who is refused a relay while others hold them and do not use them. The simulation's clock is
our own: hours take seconds.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.theft_idle import (
    AT_CLOUDFLARE,
    AT_METERED,
    ATTACKS,
    IDLE_NETWORKS,
    IN_BLOCKED_OFFICE,
    IN_OFFICE,
    NOBODY,
    ONE_NETWORK,
    OWN_ROOMS,
    WITH_MORE,
    Attack,
    deny,
)

GOAL = 0.01  # of honest people may be refused a relay


@pytest.mark.parametrize("attack", [NOBODY, ONE_NETWORK, OWN_ROOMS], ids=lambda one: one.name)
def test_one_network_that_holds_relays_keeps_nobody_else_from_one(attack: Attack) -> None:
    denial = deny(AT_CLOUDFLARE, attack, 4)
    assert denial.asked > 80
    assert denial.refused < GOAL and denial.cut == 0
    assert denial.held <= 9 * attack.networks, "a third of 24 and its first"


@pytest.mark.long
def test_a_hundred_networks_keep_others_from_relays_for_a_quarter_of_an_hour() -> None:
    """Each of them has its first relay once, for two minutes. Nobody can tell an honest one."""
    denial = deny(AT_CLOUDFLARE, IDLE_NETWORKS, 8)  # of 100 asked, one would be 1 %
    # Later it is 0 to 2 %, by the seed: above the goal, but for some. docs/turn.md says so.
    assert denial.refused_later < 0.03 and denial.cut < GOAL
    assert denial.refused_first_hour < 0.4


def test_who_holds_relays_pays_out_of_a_share_of_its_own() -> None:
    one, own = (deny(AT_CLOUDFLARE, attack, 2) for attack in (ONE_NETWORK, OWN_ROOMS))
    assert 0.02 < one.charged <= AT_CLOUDFLARE.ceilings.network / 1e6
    assert one.charged == pytest.approx(own.charged, rel=0.3), "rooms of its own change nothing"


def test_one_network_alone_cannot_fill_the_few_relays_of_a_dear_vendor() -> None:
    alone, beside = (deny(AT_METERED, attack, 6) for attack in (NOBODY, ONE_NETWORK))
    assert beside.held <= 3
    assert beside.refused <= alone.refused + 0.05


def test_an_office_of_two_hundred_people_gets_every_relay_that_it_needs() -> None:
    """3.3 relays at a time on average, all in one network: it may hold 12 of 24."""
    denial = deny(IN_OFFICE, NOBODY, 8)
    assert denial.asked > 130
    assert denial.refused < GOAL and denial.cut == 0


def test_an_office_in_which_every_call_needs_a_relay_can_be_given_enough() -> None:
    """17 at a time: more than the default ceilings hold, with or without shares."""
    tight, enough = (deny(scene, NOBODY, 8) for scene in (IN_BLOCKED_OFFICE, WITH_MORE))
    assert tight.refused > 0.3
    assert enough.refused < GOAL and enough.cut < GOAL


@pytest.mark.long
def test_the_command_prints_every_attack_at_every_vendor() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.theft_idle", "--hours", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.count("refused:") == 2 * len(ATTACKS) + 3
    assert [attack.name in done.stdout for attack in ATTACKS] == [True] * len(ATTACKS)
