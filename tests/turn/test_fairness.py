"""What one network or room may take of the relays, and what stays for others."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.turn.unreliable import UnreliableDocuments
from tests.turn.world import (
    EACH,
    KBPS,
    KEY,
    METERED,
    MINUTE_MS,
    MUTE,
    NOON,
    PLENTY,
    SILENT,
    World,
    username,
)
from turn.balances import Shard
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings, home_of
from turn.fairness import IDLE_MS, Claim, open_places, relays_at_once
from turn.ledger import USAGE_LAG_MS
from turn.minting import Answer, Ask, Minting
from turn.money import THEFT_KBPS, UNSEEN_MS, theft
from turn.store import LedgerStore

RISK = theft(THEFT_KBPS, 50_000)  # of a live credential at METERED's price
# The default: three relays in a shard, the last of which passes its part.
EXPOSURE = structs.replace(PLENTY, exposure=Ceilings().exposure)
PLACES = relays_at_once(EXPOSURE, RISK)
DEAR = structs.replace(METERED, price_per_gb=0.66, billed="both")  # one relay in a shard


def rush(world: World, asks: Iterable[Ask], now: int = NOON) -> list[Answer]:
    """What they are told, one after the other."""
    return [world.mint(ask, now) for ask in asks]


def granted(answers: Iterable[Answer]) -> int:
    return sum(bool(answer.servers) for answer in answers)


def rooms_of(network: str, count: int = 80, peers: int = 1) -> list[Ask]:
    """Rooms that a network made itself, with invites for itself."""
    return [
        Ask(f"{network}{n}", f"p{peer}", network, other="q", invited=True)
        for n in range(count)
        for peer in range(peers)
    ]


def strangers(count: int, first: int = 0) -> list[Ask]:
    """Each from a network and in a room of its own."""
    return [
        Ask(f"room{n}", "ann", f"net{n}", other="bob", invited=True)
        for n in range(first, first + count)
    ]


def use_all(world: World, now: int, answers: Iterable[Answer]) -> None:
    """They send something, and a poll tells everybody."""
    for answer in answers:
        if answer.servers:
            world.vendor.carry(username(answer), 100_000, now)
    world.poll(now + MINUTE_MS)


def after_use(network: str, ceilings: Ceilings = EXPOSURE, share: int = 50) -> World:
    """A world that knows that this network uses its relays. Its first one is over."""
    world = World(METERED, ceilings=ceilings, share=share)
    use_all(world, NOON - 20 * MINUTE_MS, [world.mint(Ask("a", "p", network), NOON - 1_200_000)])
    world.poll(NOON - 1)
    assert not world.grants
    return world


# One network.


def test_eighty_requests_from_one_address_leave_relays_for_everybody_else() -> None:
    """They held 23 of 24 relays, and everybody else was refused all day."""
    world = World(METERED, ceilings=EXPOSURE)
    assert PLACES == 24
    taken = granted(rush(world, rooms_of("attacker")))
    assert taken == PLACES // 3 + 1, "a third, and the one that each network has a day"
    assert granted(rush(world, strangers(12))) == 12


def test_rooms_of_ones_own_and_invites_for_oneself_give_nothing_more() -> None:
    one = granted(rush(World(METERED, ceilings=EXPOSURE), rooms_of("n", 4, peers=10)))
    many = granted(rush(World(METERED, ceilings=EXPOSURE), rooms_of("n", 80, peers=1)))
    assert one == many == 9


def test_a_network_that_uses_its_relays_gets_half_of_them_when_nobody_else_is_there() -> None:
    world = after_use("office")
    assert granted(rush(world, rooms_of("office"))) == PLACES // 2
    assert granted(rush(world, strangers(8))) == 8


def test_what_a_network_gets_shrinks_as_others_hold_more() -> None:
    got = []
    for others in (0, 8, 16):
        world = after_use("office")
        assert granted(rush(world, strangers(others))) == others
        got.append(granted(rush(world, rooms_of("office"))))
    assert got[0] == 12 and got == sorted(got, reverse=True) and got[2] < 4


def test_a_dear_relay_is_one_of_eight_and_a_network_gets_three() -> None:
    world = World(DEAR, ceilings=EXPOSURE)
    use_all(world, NOON - 20 * MINUTE_MS, [world.mint(Ask("a", "p", "office"), NOON - 1_200_000)])
    world.poll(NOON - 1)
    assert granted(rush(world, rooms_of("office"))) == 3
    assert granted(rush(world, strangers(20))) == 5


@pytest.mark.parametrize(("share", "relays"), [(25, 6), (50, 12), (75, 16), (100, 24)])
def test_the_share_can_be_set_and_all_of_it_can_be_one_networks(share: int, relays: int) -> None:
    world = after_use("office", share=share)
    assert granted(rush(world, rooms_of("office"))) == relays


def test_a_room_gets_half_of_the_relays_from_however_many_networks() -> None:
    world = World(METERED, ceilings=EXPOSURE)
    asks = [Ask("room", f"p{n}", f"net{n}", other="q", invited=True) for n in range(40)]
    answers = rush(world, asks)
    assert granted(answers) <= PLACES // 2
    assert {answer.refusal for answer in answers} == {None, "room"}
    assert world.mint(Ask("another", "p", "n", invited=True)).servers


def test_a_networks_share_of_the_days_money_shrinks_with_what_is_left() -> None:
    ceilings = structs.replace(PLENTY, day=SHARDS * 10 * EACH)
    alone = World(SILENT, ceilings=ceilings)
    first = granted(rush(alone, rooms_of("a")))
    assert first == pytest.approx(SHARDS * 5, abs=SHARDS), "no more than it leaves"
    second = granted(rush(alone, rooms_of("b")))
    third = granted(rush(alone, rooms_of("c")))
    assert first > second > third > 0
    assert granted(rush(alone, strangers(SHARDS))) == SHARDS, "the reserve is there for them"


# The reserve, and the first relay of a day.


def test_who_had_a_relay_today_does_not_get_the_last_quarter() -> None:
    world = World(METERED, ceilings=EXPOSURE)
    networks = [f"net{n}" for n in range(40)]
    firsts = rush(world, [Ask(n, "p", n, other="q", invited=True) for n in networks[:12]])
    use_all(world, NOON, firsts)
    again = rush(world, [Ask(f"b{n}", "p", n, other="q", invited=True) for n in networks[:12]])
    reserve = PLACES - granted(firsts) - granted(again)
    assert granted(firsts) == 12 and 4 <= reserve <= 6, "some took a place of the reserve before"
    assert {answer.refusal for answer in again} == {None, "network"}
    new = rush(world, [Ask(n, "p", n, other="q", invited=True) for n in networks[12:]])
    assert granted(new) == reserve and new[-1].refusal == "stun-only"


def crowded() -> World:
    """A third of the relays is held, so that only a first relay is left to who is not known."""
    world = World(METERED, ceilings=EXPOSURE)
    rush(world, rooms_of("crowd"))
    assert all(shard.exposure(NOON) >= RISK for shard in world.ledger.read_shards())
    return world


def test_a_network_gets_its_first_relay_once_a_day_until_figures_show_that_it_uses_it() -> None:
    world = crowded()
    first = world.mint(Ask("a", "ann", "n", other="q", invited=True))
    assert first.servers
    again = Ask("b", "bob", "n", other="q", invited=True)
    assert world.mint(again).refusal == "network"
    world.leave(NOON + 1)  # nobody of whom it knows
    world.minting.leave("a", "ann", NOON + 1)
    assert world.mint(again, NOON + 2).refusal == "network", "leaving does not bring it back"
    world.vendor.carry(username(first), 1_000, NOON)
    world.poll(NOON + MINUTE_MS)
    assert world.mint(again, NOON + MINUTE_MS).servers


@pytest.mark.parametrize("instances", [1, 2])
def test_of_many_at_once_one_takes_the_first_relay_of_a_network(instances: int) -> None:
    """Also where two instances of a stamp work on the same documents."""
    for number in range(8):
        world = crowded()
        desks = [
            Minting(world.ledger, Broker(world.vendors), KEY, EXPOSURE, KBPS)
            for _ in range(instances)
        ]
        network = f"racer{number}"
        jobs = [(desks[n % instances], ask, n) for n, ask in enumerate(rooms_of(network, 12))]
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda job: job[0].mint(job[1], f"{job[2]:04x}", NOON), jobs))
        assert granted(answers) == 1
        assert sum(grant.first for grant in world.grants if grant.network == network) == 1


def test_fifty_threads_of_one_network_pass_no_share() -> None:
    world = after_use("office")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(world.mint, rooms_of("office", 50)))
    assert granted(answers) == PLACES // 2


def test_a_first_relay_that_came_to_nothing_is_there_again() -> None:
    """Nothing is spent on a refusal: no vendor answers, or everything is taken."""
    ask = Ask("a", "ann", "n", other="q", invited=True)
    world, full = crowded(), crowded()
    before = world.store.documents
    world.vendor.fails = ("mint",)
    assert world.mint(ask).degraded and world.store.documents == before
    rush(full, strangers(40))
    before = full.store.documents
    assert full.mint(ask).refusal == "stun-only" and full.store.documents == before


class AwayOnceTaken(LedgerStore):
    """All shards but its home are away as soon as `n` has taken its first relay."""

    def __init__(self, documents: UnreliableDocuments) -> None:
        super().__init__(documents)
        self._unreliable = documents

    def change_shard(self, shard: int, now: int, transition: Callable[[Shard], Shard]) -> Shard:
        after = super().change_shard(shard, now, transition)
        if "n" in after.firsts:
            others = (n for n in range(SHARDS) if n != home_of("n"))
            self._unreliable.away = tuple(f"turn-ledger-shard-{n}" for n in others)
        return after


def test_a_first_relay_is_there_again_if_the_store_went_away_after_it_was_taken() -> None:
    ask, world = Ask("a", "ann", "n", other="q", invited=True), crowded()
    before = world.store.documents
    store = AwayOnceTaken(world.store)
    minting = Minting(store, Broker(world.vendors), KEY, EXPOSURE, KBPS)
    assert minting.mint(ask, "0000", NOON).refusal == "unavailable"
    world.store.away = ()
    assert world.store.documents == before


def test_with_two_vendors_the_first_relay_goes_to_the_one_that_works() -> None:
    world = World(METERED, METERED, ceilings=EXPOSURE)
    assert granted(rush(world, strangers(8, first=100))) == 8
    world.vendors[0].fails = ("mint",)
    for number in range(6):
        assert world.mint(Ask(f"a{number}", "p", f"n{number}", invited=True)).servers


def test_a_relay_in_use_is_renewed_whatever_its_network_holds() -> None:
    world = after_use("office")
    asks = rooms_of("office")
    held = [ask for ask, answer in zip(asks, rush(world, asks), strict=True) if answer.servers]
    later = NOON + 500_000
    assert granted(rush(world, asks[40:], later)) == 0, "it has its share"
    assert world.mint(held[0], NOON + 400_000).refusal == "network", "it is too early"
    assert granted(rush(world, held[:6], later)) == 6
    assert world.mint(held[0], later).refusal == "network", "once"


def test_midnight_brings_a_new_first_relay() -> None:
    world = crowded()
    assert world.mint(Ask("a", "p", "n", invited=True)).servers
    tomorrow = NOON + 24 * 60 * MINUTE_MS
    assert granted(rush(world, rooms_of("crowd"), tomorrow)) == PLACES // 3 + 1
    assert world.mint(Ask("b", "p", "n", invited=True), tomorrow).servers


def test_each_of_two_stamps_keeps_relays_for_others() -> None:
    stamps = [World(METERED, ceilings=EXPOSURE.of_stamp(2)) for _ in range(2)]
    each = relays_at_once(EXPOSURE.of_stamp(2), RISK)
    assert each == 16
    for stamp in stamps:
        assert granted(rush(stamp, rooms_of("attacker"))) == each // 3 + 1
        assert granted(rush(stamp, strangers(10))) == 10


# Callers of whom nobody knows the network.


def test_who_comes_from_an_unknown_network_counts_by_the_room() -> None:
    """All of them together were one network, with one ceiling."""
    world = World(METERED, ceilings=structs.replace(PLENTY, network=2 * EACH))
    asks = [Ask(f"room{n}", "p", "", other="q", invited=True) for n in range(12)]
    assert granted(rush(world, asks)) == 12
    same = [Ask("one room", f"p{n}", "", other="q", invited=True) for n in range(3)]
    assert [answer.refusal for answer in rush(world, same)] == [None, None, "network"]


# Idle relays.


def test_idle_relays_are_revoked_once_they_touch_the_reserve_and_no_others() -> None:
    world = World(METERED, ceilings=EXPOSURE)
    answers = rush(world, strangers(PLACES))
    assert granted(answers) == PLACES
    used = {username(answer) for answer in answers[:10]}
    for name in used:
        world.vendor.carry(name, 100, NOON)
    world.poll(NOON + IDLE_MS - 1)
    assert world.vendor.revocations == []
    world.poll(NOON + IDLE_MS)
    assert len(world.vendor.revocations) == PLACES - 10
    assert used.isdisjoint(world.vendor.revocations)
    later = NOON + IDLE_MS + UNSEEN_MS
    assert granted(rush(world, strangers(12, first=100), later)) == 12, "others get them"


def test_as_long_as_there_is_enough_for_all_idle_relays_stay() -> None:
    world = World(METERED, ceilings=EXPOSURE)
    rush(world, strangers(8))
    world.poll(NOON + IDLE_MS)
    assert world.vendor.revocations == []


def test_where_figures_may_be_late_an_idle_relay_has_longer() -> None:
    """Of eight places a relay takes one: that a dear relay passes its part is not a crowd."""
    cycle = structs.replace(DEAR, usage="cycle")
    few, many = World(cycle, ceilings=EXPOSURE), World(cycle, ceilings=EXPOSURE)
    rush(few, strangers(3))
    assert granted(rush(many, strangers(40))) == 8
    for world in (few, many):
        world.poll(NOON + USAGE_LAG_MS - 1)
        assert world.vendor.revocations == []
        world.poll(NOON + USAGE_LAG_MS)
    assert few.vendor.revocations == [] and len(many.vendor.revocations) == 8


@pytest.mark.parametrize("capabilities", [METERED, MUTE], ids=["silent today", "tells nothing"])
def test_without_figures_nobody_is_taken_for_idle(capabilities: object) -> None:
    world = World(capabilities, ceilings=EXPOSURE)  # type: ignore[arg-type]
    rush(world, strangers(PLACES))
    world.vendor.fails = ("usage",)
    world.poll(NOON + IDLE_MS)
    assert world.vendor.revocations == []


def test_what_was_revoked_for_lying_idle_is_at_risk_for_the_time_of_which_nothing_is_known() -> (
    None
):
    world = World(METERED, ceilings=EXPOSURE)
    rush(world, strangers(PLACES))
    world.poll(NOON + IDLE_MS)
    at_risk = sum(shard.exposure(NOON + IDLE_MS) for shard in world.ledger.read_shards())
    assert at_risk == PLACES * RISK // 3, "30 s of 90"
    world.poll(NOON + IDLE_MS + USAGE_LAG_MS)
    least = PLACES * -(-(EACH // 5) // 4)
    assert world.used == (least, least, least, 0, 0), "a quarter of the two minutes"


# Places.


@given(st.sampled_from(Claim), st.integers(1, 500))
def test_the_places_that_are_open_to_a_claim_are_its_part_of_all(claim: Claim, places: int) -> None:
    each = [open_places(claim, places, shard) for shard in range(SHARDS)]
    assert sum(each) == int(SHARDS * places * claim.value)
    assert all(0 <= one <= places for one in each) and max(each) - min(each) <= 1
    for start in range(SHARDS):
        half = sum(each[(start + step) % SHARDS] for step in range(SHARDS // 2))
        assert abs(half - sum(each) / 2) <= 1


def test_how_many_relays_a_budget_holds() -> None:
    assert relays_at_once(Ceilings(), RISK) == 24
    assert relays_at_once(Ceilings().of_stamp(2), RISK) == 16, "of each of two stamps"
    assert relays_at_once(Ceilings(), theft(2 * THEFT_KBPS, 660_000)) == 8
    assert relays_at_once(Ceilings(exposure=238_000_000), theft(2 * THEFT_KBPS, 660_000)) == 24
