"""The ceiling, in money, while thieves do their worst."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from lab.theft import (
    BOTNET,
    CASES,
    CLOUDFLARE,
    COTURN,
    HIT_AND_RUN,
    HOUR_SECONDS,
    LEAK,
    MIDNIGHT_MS,
    SILENT_VENDOR,
    TOKEN,
    Attack,
    Case,
    Theft,
    ceiling,
    with_ledger,
    without_ledger,
)
from turn.ceilings import SHARDS, Ceilings
from turn.ledger import MAX_PEER_GRANTS
from turn.money import THEFT_KBPS, UNSEEN_MS, reservation
from turn.plan import TTL_SECONDS
from turn.providers import Capabilities

POLL_AND_LAG_SECONDS = 90  # what a minute's poll and figures 30 s behind make together
DEFAULTS = Ceilings()
METERED = Case("Metered", Capabilities(True, "cycle", None, 60, 86_400, 0.66, "both"))
INVITED_BOTNET = Attack("1,000 networks with invites", 1_000, 1, True)


def day(case: Case, attack: Attack, ceilings: Ceilings = DEFAULTS, stamps: int = 1) -> Theft:
    """Two hours tell: after that, the thieves are refused until midnight."""
    return with_ledger(case, attack, 2, ceilings, stamps=stamps)


@pytest.mark.parametrize("stamps", [1, 2])
@pytest.mark.parametrize("attack", [TOKEN, HIT_AND_RUN, LEAK, BOTNET, INVITED_BOTNET])
@pytest.mark.parametrize("case", [CLOUDFLARE, METERED], ids=lambda case: case.name)
def test_with_figures_and_revocation_a_day_loses_no_more_than_the_ceiling(
    case: Case, attack: Attack, stamps: int
) -> None:
    theft = day(case, attack, stamps=stamps)
    most = ceiling(case, DEFAULTS, stamps)
    assert most is not None and 0 < theft.total <= most
    # Each shard may let in one more than its part allows, and not all of them at the same time.
    overshoot = max(theft.live, stamps * SHARDS) * case.loss(POLL_AND_LAG_SECONDS)
    assert theft.total <= DEFAULTS.day / 1e6 + overshoot
    assert theft.revoked_after is not None and theft.revoked_after <= POLL_AND_LAG_SECONDS


def test_the_ceiling_at_cloudflare_is_a_few_times_the_day_and_not_hundreds() -> None:
    """Counting reservations alone, 530 credentials could be live, and lose $300 in 90 s."""
    most = ceiling(CLOUDFLARE, DEFAULTS)
    reserved = reservation(TTL_SECONDS, 2_500, 50_000)
    naive = DEFAULTS.day // reserved * CLOUDFLARE.loss(POLL_AND_LAG_SECONDS)
    assert most is not None and most < 4 * DEFAULTS.day / 1e6 < naive / 10


@pytest.mark.parametrize(("month", "again"), [(DEFAULTS.month, True), (6_000_000, False)])
def test_the_next_day_may_lose_as_much_again_unless_the_month_is_spent(
    month: int, again: bool
) -> None:
    ceilings = structs.replace(DEFAULTS, month=month)
    evening = MIDNIGHT_MS + 23 * HOUR_SECONDS * 1000
    theft = with_ledger(CLOUDFLARE, BOTNET, 2, ceilings, start=evening)
    most = ceiling(CLOUDFLARE, ceilings)
    assert most is not None and theft.first_hour <= most
    assert (theft.total > theft.first_hour) is again
    assert theft.total <= 2 * most


def test_a_stolen_token_costs_its_few_live_credentials_and_then_nothing_that_day() -> None:
    theft = day(CLOUDFLARE, TOKEN)
    assert theft.minted == theft.live == MAX_PEER_GRANTS
    assert (
        theft.total
        == theft.first_hour
        <= MAX_PEER_GRANTS * CLOUDFLARE.loss(POLL_AND_LAG_SECONDS + 1)
    )


def test_leaving_before_the_figures_are_in_forgives_nothing() -> None:
    theft = day(CLOUDFLARE, HIT_AND_RUN)
    assert theft.total <= day(CLOUDFLARE, TOKEN).total
    assert theft.total == theft.first_hour, "what was drained counts against the peer"


def test_a_leaked_credential_is_revoked_within_a_poll_and_the_lag() -> None:
    theft = day(CLOUDFLARE, LEAK)
    assert theft.revoked_after == POLL_AND_LAG_SECONDS
    assert theft.total == pytest.approx(CLOUDFLARE.loss(POLL_AND_LAG_SECONDS))
    assert without_ledger(CLOUDFLARE, LEAK, 2).total == pytest.approx(CLOUDFLARE.loss(HOUR_SECONDS))


def test_guests_of_open_rooms_are_turned_away_before_those_with_an_invite() -> None:
    guests, invited = day(CLOUDFLARE, BOTNET), day(CLOUDFLARE, INVITED_BOTNET)
    assert guests.guests_out_after == 0 and guests.live < invited.live
    assert guests.closed_after is not None


def test_without_the_ledger_every_thief_takes_all_that_flows() -> None:
    theft = without_ledger(CLOUDFLARE, TOKEN, 1)
    assert theft.total == pytest.approx(theft.live * CLOUDFLARE.loss(HOUR_SECONDS), rel=0.01)
    assert theft.total > 50 * day(CLOUDFLARE, TOKEN).total


def test_without_figures_the_ceiling_bounds_what_is_reserved_and_no_more() -> None:
    """Not a ceiling in money: it bounds how many credentials there are, each lost in full."""
    theft = day(SILENT_VENDOR, BOTNET)
    each = reservation(TTL_SECONDS, 2 * 2_500, 400_000)
    assert theft.minted * each <= DEFAULTS.day
    assert theft.total == pytest.approx(theft.minted * SILENT_VENDOR.loss(TTL_SECONDS))
    assert theft.total > 100 * DEFAULTS.day / 1e6
    assert [ceiling(case, DEFAULTS) for case in (SILENT_VENDOR, COTURN)] == [None, None]


def test_a_second_stamp_lets_thieves_reserve_no_more_than_one_stamp_does() -> None:
    one, two = (day(SILENT_VENDOR, BOTNET, stamps=stamps) for stamps in (1, 2))
    each = reservation(TTL_SECONDS, 2 * 2_500, 400_000)
    assert 0 < two.minted <= one.minted <= DEFAULTS.day // each


def test_at_coturn_only_its_own_quota_bounds_what_outlives_its_credential() -> None:
    theft = day(COTURN, TOKEN)
    assert theft.total > theft.first_hour, "a relay in use goes on"
    assert COTURN.room is not None
    assert theft.total <= COTURN.room * COTURN.loss(2 * HOUR_SECONDS)


def test_the_assumptions_of_the_ledger_are_those_of_the_simulation() -> None:
    assert UNSEEN_MS == POLL_AND_LAG_SECONDS * 1000
    assert CLOUDFLARE.kbps == THEFT_KBPS == 20 * 50_000


def test_the_command_prints_every_attack_at_every_vendor() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.theft", "--hours", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.count("with     $") == 4 * len(CASES)
    assert done.stdout.count("without  $") == 3 * len(CASES)
    assert done.stdout.count("Bounded by figures") == 1
    assert done.stdout.count("Bounded by reservation only") == 2
