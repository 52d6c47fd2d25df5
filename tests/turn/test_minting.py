"""Minting over a real ledger, a real broker and vendors that meter, report late and revoke."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import structs

from cloud.documents import Away, Busy
from lab.vendor import Vendor
from tests.turn.unreliable import UnreliableDocuments
from tests.turn.vendors import CONFIGS, provider
from tests.turn.world import (
    ASK,
    EACH,
    KBPS,
    KEY,
    METERED,
    MINUTE_MS,
    NOON,
    PLENTY,
    SILENT,
    World,
    username,
)
from turn import ledger
from turn.balances import DAY_MS, Shard, iso_day
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.credentials import label
from turn.ladder import Level
from turn.ledger import MAX_PEER_GRANTS
from turn.minting import Answer, Ask, Minting
from turn.store import LedgerStore

# A credential, paid for.


def test_a_credential_is_reserved_in_every_balance_and_can_be_found_again() -> None:
    world = World(METERED)
    answer = world.mint()
    assert (answer.refusal, answer.degraded, answer.level) == (None, False, Level.NORMAL)
    assert answer.expires_at == NOON + 600_000
    assert world.used == (EACH,) * 5
    (grant,) = world.grants
    assert (grant.provider, grant.handle, grant.price) == ("vendor0", username(answer), 50_000)
    assert world.vendor.credentials[username(answer)].label == grant.id


def test_every_credential_has_a_label_of_its_own_that_begins_with_the_peers() -> None:
    world = World(METERED)
    labels = {world.vendor.credentials[username(world.mint())].label for _ in range(4)}
    base = label(KEY, "room", "ann")
    assert len(labels) == 4 and all(one.startswith(base + ".") for one in labels)


DEAR = structs.replace(SILENT, price_per_gb=0.8, billed="both")


def test_what_is_held_is_at_the_price_of_the_provider_that_is_asked() -> None:
    world = World(METERED, DEAR)
    for number in range(20):
        world.mint(Ask(f"room{number}", "ann", f"n{number}"))
    amounts = Counter((grant.provider, grant.amount) for grant in world.grants)
    assert amounts.keys() == {("vendor0", EACH), ("vendor1", 32 * EACH)}
    assert world.used == (sum(grant.amount for grant in world.grants),) * 5


def test_the_next_provider_is_paid_at_its_own_price_and_under_the_same_ceilings() -> None:
    for ceiling, refusal in ((32 * EACH, None), (32 * EACH - 1, "peer")):
        free = structs.replace(METERED, price_per_gb=0.01)  # asked first, almost always
        world = World(free, DEAR, ceilings=structs.replace(PLENTY, peer=ceiling))
        world.vendor.fails = ("mint",)
        assert world.mint().refusal == refusal
        assert world.used == (0 if refusal else 32 * EACH,) * 5
        assert [grant.provider for grant in world.grants] == ["vendor1"][: not refusal]


def test_a_credential_that_a_provider_makes_too_late_is_not_taken_for_the_next_ones() -> None:
    world = World(METERED, METERED)
    for vendor in world.vendors:
        vendor.fails = ("mint",)
    asked: list[str] = []
    for vendor in world.vendors:
        vendor.on_mint = asked.append
    assert world.mint().degraded
    assert len(set(asked)) == 2 and asked[1] == f"{asked[0]}1"


def test_a_vendor_with_a_longest_and_a_shortest_life_is_taken_at_its_word() -> None:
    short, long = (structs.replace(METERED, max_ttl=120), structs.replace(METERED, min_ttl=900))
    for able, life, held in ((short, 120, EACH), (long, 900, EACH * 3 // 2)):
        world = World(able)
        assert world.mint().expires_at == NOON + life * 1000
        (grant,) = world.grants
        assert grant.expires_at == NOON + life * 1000
        assert grant.amount == world.used[3] == held


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("stamps", [1, 2])
def test_the_default_ceilings_let_every_vendor_mint_for_both_of_a_pair(
    kind: str, stamps: int
) -> None:
    """Also where one stamp of two has to do it alone, and both are in one network."""
    vendor, share = Vendor("vendor", provider(kind).capabilities), Ceilings().of_stamp(stamps)
    minting = Minting(LedgerStore(UnreliableDocuments()), Broker([vendor]), KEY, share, 2_500)
    assert minting.mint(ASK, "0000", NOON).servers
    assert minting.mint(Ask("room", "bob", ASK.network, other="ann"), "0001", NOON).servers


# Refusals.


@pytest.mark.parametrize(
    ("ceilings", "scope", "level"),
    [
        ({"peer": EACH - 1}, "peer", Level.NORMAL),
        ({"room": EACH - 1}, "room", Level.NORMAL),
        ({"network": EACH - 1}, "network", Level.NORMAL),
        ({"day": SHARDS * EACH - 1}, "day", Level.STUN_ONLY),
        ({"month": SHARDS * EACH - 1}, "month", Level.STUN_ONLY),
        ({"day": 0}, "stun-only", Level.STUN_ONLY),
        ({"month": 0}, "stun-only", Level.STUN_ONLY),
        ({"exposure": 0}, "stun-only", Level.STUN_ONLY),
    ],
)
def test_a_ceiling_refuses_by_its_name_and_leaves_nothing_behind(
    ceilings: dict[str, int], scope: str, level: Level
) -> None:
    world = World(METERED, ceilings=structs.replace(PLENTY, **ceilings))
    assert world.mint() == Answer(level=level, refusal=scope)
    assert world.store.documents == {} and world.vendor.credentials == {}


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ({}, "peer"),
        ({"peer": "bob"}, "room"),
        ({"peer": "bob", "room": "another"}, "network"),
        ({"peer": "bob", "room": "another", "network": "another"}, None),
    ],
)
def test_a_ceiling_that_is_reached_concerns_whom_it_is_for(
    more: dict[str, object], scope: str | None
) -> None:
    ceilings = structs.replace(PLENTY, peer=2 * EACH, room=3 * EACH, network=4 * EACH)
    world = World(SILENT, ceilings=ceilings)
    for who in ({}, {}, {"peer": "eve"}, {"peer": "eve", "room": "other"}):
        assert world.mint(ASK, NOON, **who).servers
    before = world.store.documents
    assert world.mint(ASK, NOON, **more).refusal == scope
    assert (world.store.documents == before) is (scope is not None)


def test_one_peer_holds_a_few_relays_at_a_time_whatever_they_cost() -> None:
    world = World(structs.replace(SILENT, price_per_gb=0.0))
    said = [world.mint().refusal for _ in range(MAX_PEER_GRANTS + 1)]
    assert said == [None] * MAX_PEER_GRANTS + ["peer"]


def on_step(part: float) -> World:
    """A world where this part of the day is spent, in every shard."""
    world = World(SILENT, ceilings=structs.replace(PLENTY, day=SHARDS * 1000 * EACH))
    amount = int(1000 * EACH * part)
    spent = Shard(iso_day(NOON), {"n": amount}, amount)
    for shard in range(SHARDS):
        world.ledger.change_shard(shard, NOON, lambda _: spent)
    return world


@pytest.mark.parametrize(
    ("part", "scopes"),
    [
        (0.60, [None, None, None, None]),
        (0.72, [None, None, "one-sided", "one-sided"]),
        (0.88, [None, "invited", "one-sided", "invited"]),
        (1.00, ["stun-only", "stun-only", "stun-only", "stun-only"]),
    ],
)
def test_the_ladder_refuses_second_sides_then_guests_then_everyone(
    part: float, scopes: list[str | None]
) -> None:
    world = on_step(part)
    said = []
    for number, (second, invited) in enumerate(
        [(False, True), (False, False), (True, True), (True, False)]
    ):
        room = f"room{number}"
        if second:
            world.mint(Ask(room, "bob", f"other{number}", "ann", invited=True))
        answer = world.mint(Ask(room, "ann", f"network{number}", "bob", invited))
        said.append(answer.refusal)
        steps = {None: 0, "one-sided": 1, "invited": 2, "stun-only": 3}
        if answer.refusal is not None:
            assert answer.level == steps[answer.refusal]
    assert said == scopes


def test_a_full_shard_passes_on_to_the_next_and_the_level_is_that_of_the_emptiest() -> None:
    world = World(SILENT, ceilings=structs.replace(PLENTY, day=SHARDS * 2 * EACH))
    levels, refusals = [], []
    for _ in range(3 * SHARDS):
        levels.append(world.minting.level(NOON))
        number = len(levels)
        refusals.append(world.mint(Ask(f"r{number}", "p", f"n{number}", invited=True)).refusal)
    taken = refusals.index("stun-only")
    assert taken == 2 * SHARDS, "every shard was filled before anyone was refused"
    assert levels[0] is Level.NORMAL and levels == sorted(levels)
    assert world.minting.level(NOON) is Level.STUN_ONLY
    assert world.minting.level(NOON + DAY_MS) is Level.NORMAL


def test_what_is_at_risk_closes_the_ladder_before_anything_is_spent() -> None:
    risk = 562_500  # 90 s at 1 Gbit/s and $0.05
    world = World(METERED, ceilings=structs.replace(PLENTY, exposure=SHARDS * 2 * risk))
    guests = [world.mint(Ask(f"r{n}", "p", f"n{n}")).refusal for n in range(40)]
    assert guests.count(None) == 2 * SHARDS
    assert guests[-1] == "stun-only"
    later = NOON + 600_000 + 2 * MINUTE_MS
    assert world.mint(now=later).servers, "what has expired is at risk no more"


def test_rooms_do_not_share_a_ledger_whatever_their_hashes_look_like() -> None:
    """Hashes are base64url: one in five has a hyphen in it, some in front."""
    world = World(SILENT, ceilings=structs.replace(PLENTY, room=EACH))
    asks = [Ask(f"r{n}", "ann", f"n{n}", other="bob", both_sides=False) for n in range(300)]
    assert all(world.mint(ask).servers for ask in asks)
    assert all(world.mint(ask).refusal == "room" for ask in asks)


# Nothing half done.


@pytest.mark.parametrize("error", [Away("x"), Busy()], ids=["away", "busy"])
@pytest.mark.parametrize("document", ["turn-ledger-room", "turn-ledger-shard", "turn"])
def test_when_a_document_is_away_the_others_are_as_they_were(
    document: str, error: Exception
) -> None:
    world = World(METERED)
    world.mint()
    before = world.store.documents
    world.store.away, world.store.error = (document,), error
    for peer in ("ann", "bob"):
        assert world.mint(peer=peer).refusal == "unavailable"
    assert world.store.documents == before
    assert len(world.vendor.credentials) == 1


def test_what_a_document_did_before_it_went_away_is_never_forgotten() -> None:
    """It may be reserved: then it is undone, or lapses as spent. Too much, never too little."""
    for document in ("turn-ledger-room", "turn-ledger-shard"):
        world = World(METERED)
        world.store.away, world.store.too_late = (document,), True
        assert world.mint().refusal == "unavailable"
        world.store.away = ()
        assert set(world.used) <= {0, EACH} and world.vendor.credentials == {}


def test_when_no_provider_answers_nothing_is_held_and_the_answer_is_degraded() -> None:
    world = World(METERED, SILENT)
    for vendor in world.vendors:
        vendor.fails = ("mint",)
    assert world.mint() == Answer(degraded=True)
    assert world.store.documents == {}


def test_a_credential_that_cannot_be_registered_is_revoked_and_shown_to_nobody() -> None:
    world = World(METERED)

    class Fickle(Vendor):
        def mint(self, *args: object) -> object:  # type: ignore[override]
            world.store.away = ("turn-ledger-shard",)
            return super().mint(*args)  # type: ignore[arg-type]

    vendor = Fickle("vendor0", METERED)
    minting = Minting(world.ledger, Broker([vendor]), KEY, PLENTY, KBPS)  # type: ignore[list-item]
    answer = minting.mint(ASK, "0000", NOON)
    assert (answer.servers, answer.refusal) == ((), "unavailable")
    assert vendor.revocations == list(vendor.credentials)
    world.store.away = ()
    assert world.used[3] == EACH, "its hold lapses as spent"


def test_what_a_shard_did_before_it_was_away_for_a_moment_is_undone() -> None:
    world = World(METERED)
    world.store.away, world.store.too_late = ("turn-ledger-shard",), True
    world.store.on_away = lambda: setattr(world.store, "away", ())
    assert world.mint().refusal == "unavailable"
    assert world.store.documents == {}


def test_a_credential_whose_hold_is_gone_meanwhile_is_revoked_and_shown_to_nobody() -> None:
    """A provider, or this process, took so long that the hold lapsed."""
    world = World(METERED)

    def lapse(_: str) -> None:
        (grant,) = world.grants
        world.ledger.change_shard(grant.shard, NOON, lambda s: ledger.lapse(s, grant.until))

    world.vendor.on_mint = lapse
    answer = world.mint()
    assert (answer.servers, answer.refusal) == ((), "unavailable")
    assert world.vendor.revocations == list(world.vendor.credentials) != []
    assert world.used[3] == EACH, "its hold counts as spent"


def test_the_level_of_a_ledger_that_is_away_is_not_told() -> None:
    world = World(METERED)
    world.store.away = ("turn",)
    with pytest.raises(Away):
        world.minting.level(NOON)


# One side.


@pytest.mark.parametrize("other", ["bob", ""])
def test_in_a_one_sided_room_the_second_of_a_pair_gets_none(other: str) -> None:
    world = World(METERED)
    assert world.mint(both_sides=False, other=other).servers
    theirs = Ask("room", "bob", "n", other="ann" if other else "", both_sides=False)
    before = world.store.documents
    assert world.mint(theirs) == Answer(level=Level.ONE_SIDED, refusal="one-sided")
    assert world.store.documents == before
    assert world.mint(both_sides=False, other=other).servers, "the first may renew"
    world.leave(NOON + 1)
    assert world.mint(theirs, NOON + 1).servers, "the place is free"


def test_of_both_ends_that_ask_at_once_exactly_one_is_first() -> None:
    for number in range(20):
        world = World(METERED)
        asks = [
            Ask(f"room{number}", me, me, other=them, both_sides=False)
            for me, them in (("ann", "bob"), ("bob", "ann"))
        ]
        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(lambda ask: world.mint(ask).refusal, asks))  # noqa: B023
        assert sorted(said, key=str) == [None, "one-sided"]


# Many at once.


@pytest.mark.parametrize("scope", ["peer", "room", "network", "day", "month"])
def test_fifty_threads_that_mint_at_once_pass_no_ceiling(scope: str) -> None:
    ceilings = structs.replace(PLENTY, **{scope: 16 * EACH + 5})
    world = World(SILENT, ceilings=ceilings)
    asks = [Ask("room", f"p{n % 10}", "network", invited=True) for n in range(50)]
    if scope in ("day", "month"):  # what is everybody's has to be asked for by many
        asks = [Ask(f"room{n}", "p", f"network{n}", invited=True) for n in range(50)]
    if scope == "peer":
        ceilings = structs.replace(PLENTY, peer=3 * EACH + 5)
        world = World(SILENT, ceilings=ceilings)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(world.mint, asks))
    minted = sum(bool(answer.servers) for answer in answers)
    assert minted == (30 if scope == "peer" else 16)
    assert world.used == (minted * EACH,) * 5
    assert len(world.vendor.credentials) == len(world.grants) == minted
    refusals = {answer.refusal for answer in answers} - {None}
    assert refusals <= ({scope} if scope not in ("day", "month") else {scope, "stun-only"})


def test_five_hundred_racing_mints_of_many_networks_pass_no_ceiling() -> None:
    ceilings = structs.replace(PLENTY, network=20 * EACH + 5, day=SHARDS * 10 * EACH)
    world = World(SILENT, ceilings=ceilings)
    asks = [Ask(f"room{n}", "ann", f"network{n % 5}", invited=True) for n in range(500)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(world.mint, asks))
    minted = Counter(
        ask.network for ask, answer in zip(asks, answers, strict=True) if answer.servers
    )
    assert max(minted.values()) <= 20 and minted.total() <= SHARDS * 10
    assert minted.total() > 5 * 12, "and most of what is allowed is given"
    assert world.used == (minted.total() * EACH,) * 5
    for network, number in minted.items():
        shards = world.ledger.read_shards()
        assert sum(shard.network_balance(network) for shard in shards) == number * EACH
