"""Minting over a real ledger, a real broker and vendors that meter, report late and revoke."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from msgspec import structs

from cloud.documents import Away, Busy
from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from tests.turn.unreliable import UnreliableDocuments, rooms_in
from tests.turn.vendors import CONFIGS, provider
from turn import ledger
from turn.balances import DAY_MS, Grant, RoomLedger, Shard, iso_day
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.credentials import label
from turn.ladder import Level
from turn.ledger import MAX_PEER_GRANTS, POLL_MARGIN_MS, USAGE_LAG_MS
from turn.minting import Answer, Ask, Minting
from turn.providers import Capabilities
from turn.store import LedgerStore

NOON = MIDNIGHT_MS + DAY_MS // 2
KEY = b"k" * 32
MINUTE_MS = 60_000
KBPS = 1_000
# 600 s at 1 Mbit/s are 75 MB: 3,750 micro-dollars at $0.05.
EACH = 3_750
METERED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")
SILENT = Capabilities(False, "none", None, 60, 86_400, 0.05, "egress")
MUTE = Capabilities(True, "none", True, 60, 86_400, 0.05, "egress")  # revokes, tells nothing
PLENTY = Ceilings(*[10**12] * 6)
ASK = Ask("room", "ann", "network", other="bob")


class World:
    """One app, its store, and a vendor for each of `capabilities`."""

    def __init__(self, *capabilities: Capabilities, ceilings: Ceilings = PLENTY) -> None:
        self.store = UnreliableDocuments()
        self.vendors = [Vendor(f"vendor{n}", able) for n, able in enumerate(capabilities)]
        self.vendor = self.vendors[0]
        self.ledger = LedgerStore(self.store)
        self.broker = Broker(self.vendors)
        self.minting = Minting(self.ledger, self.broker, KEY, ceilings, KBPS)
        self._numbers = count()

    def mint(self, ask: Ask = ASK, now: int = NOON, **more: object) -> Answer:
        wish = structs.replace(ask, **more)
        return self.minting.mint(wish, f"{next(self._numbers):04x}", now)

    def leave(self, now: int, peer: str = "ann") -> None:
        self._set_clock(now)
        self.minting.leave("room", peer, now)

    def poll(self, now: int) -> None:
        self._set_clock(now)
        self.minting.poll(now)

    def _set_clock(self, now: int) -> None:
        for vendor in self.vendors:
            vendor.now = now

    @property
    def grants(self) -> list[Grant]:
        return [grant for shard in self.ledger.read_shards() for grant in shard.grants.values()]

    @property
    def used(self) -> tuple[int, int, int, int, int]:
        """Spent and held by peers, rooms, networks, day and month."""
        shards, rooms = self.ledger.read_shards(), self.rooms
        networks = [
            shard.network_balance(network)
            for shard in shards
            for network in {*shard.networks, *(g.network for g in shard.grants.values())}
        ]
        peers = [
            room.peer_balance(peer)
            for room in rooms
            for peer in {*room.peers, *(hold.peer for hold in room.holds.values())}
        ]
        return (
            sum(peers),
            sum(room.balance for room in rooms),
            sum(networks),
            sum(shard.day_balance for shard in shards),
            sum(shard.month_balance for shard in shards),
        )

    @property
    def rooms(self) -> list[RoomLedger]:
        return rooms_in(self.store, self.ledger)


def username(answer: Answer) -> str:
    name = answer.servers[0].username
    assert name is not None
    return name


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
def test_the_default_ceilings_let_every_vendor_mint_for_both_of_a_pair(kind: str) -> None:
    vendor = Vendor("vendor", provider(kind).capabilities)
    minting = Minting(LedgerStore(UnreliableDocuments()), Broker([vendor]), KEY, Ceilings(), 2_500)
    assert minting.mint(ASK, "0000", NOON).servers
    assert minting.mint(Ask("room", "bob", "net", other="ann"), "0001", NOON).servers


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
            world.mint(Ask(room, "bob", "n", "ann", invited=True))
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
        refusals.append(world.mint(invited=True, peer=f"p{len(levels)}").refusal)
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


# Leaving.


def test_leaving_revokes_and_holds_what_the_time_costs_until_the_figures_are_in() -> None:
    world = World(METERED)
    name = username(world.mint())
    world.leave(NOON + MINUTE_MS)
    assert world.vendor.revocations == [name]
    assert world.used == (EACH // 10,) * 5, "a tenth of the time"
    world.vendor.carry(name, 10**6, NOON + MINUTE_MS - 1)
    world.poll(NOON + MINUTE_MS + USAGE_LAG_MS)
    assert world.used == (50,) * 5, "1 MB"
    assert world.grants == []


def test_leaving_twice_or_without_a_relay_is_leaving() -> None:
    world = World(METERED)
    world.leave(NOON)
    world.mint()
    for passed in (1, 2, 3):
        world.leave(NOON + passed * MINUTE_MS)
    world.leave(NOON, peer="bob")
    assert len(world.vendor.revocations) == 1
    assert world.used == (EACH // 10,) * 5


def test_leaving_ends_all_that_a_peer_holds_in_whichever_shards_and_nobody_elses() -> None:
    world = World(METERED, ceilings=structs.replace(PLENTY, day=SHARDS * 2 * EACH))
    mine = {username(world.mint(invited=True)) for _ in range(5)}
    theirs = username(world.mint(peer="bob", other="ann", invited=True))
    assert len({grant.shard for grant in world.grants}) > 1
    world.leave(NOON + 1)
    assert set(world.vendor.revocations) == mine and theirs not in mine


def test_who_drains_and_leaves_pays_for_what_was_drained() -> None:
    ceilings = structs.replace(PLENTY, peer=10 * EACH)
    world = World(METERED, ceilings=ceilings)
    name = username(world.mint())
    world.vendor.drain(name, 1_000_000, NOON)
    world.leave(NOON + 20_000)
    drained = 125_000 * 20_000 * 50_000 // 10**9
    for passed in range(1, 6):
        world.poll(NOON + passed * MINUTE_MS)
        if passed == 1:
            assert world.used[3] == drained, "the shard knows with the first figures"
    assert world.used == (drained,) * 5
    assert world.mint(now=NOON + 6 * MINUTE_MS).refusal == "peer"


def test_what_cannot_be_revoked_stays_in_the_ledger_until_it_expires() -> None:
    world = World(SILENT)
    world.mint()
    world.leave(NOON + MINUTE_MS)
    assert world.used == (EACH,) * 5
    due = NOON + 600_000 + USAGE_LAG_MS - POLL_MARGIN_MS
    world.poll(due - 1)
    assert len(world.grants) == 1
    world.poll(due)
    assert world.grants == [] and world.used == (EACH,) * 5


def test_of_who_revokes_but_tells_nothing_the_time_that_passed_is_spent() -> None:
    world = World(MUTE)
    world.mint()
    world.leave(NOON + 150_001)
    world.poll(NOON + 150_001 + USAGE_LAG_MS)
    assert world.used == (-(-EACH * 150_001 // 600_000),) * 5


@pytest.mark.parametrize("document", ["turn-ledger-room", "turn-ledger-shard"])
def test_leaving_while_the_ledger_is_away_is_leaving(document: str) -> None:
    world = World(METERED)
    world.mint()
    world.store.away = (document,)
    world.leave(NOON + MINUTE_MS)
    world.store.away = ()
    assert EACH in world.used


def test_a_revocation_that_fails_is_tried_again_by_the_next_leave() -> None:
    world = World(METERED)
    world.mint()
    world.vendor.fails = ("revoke",)
    world.leave(NOON + 1)
    assert world.used == (EACH,) * 5
    world.vendor.fails = ()
    world.leave(NOON + MINUTE_MS)
    assert len(world.vendor.revocations) == 1


# Polling.


def test_the_poll_revokes_who_used_more_than_was_reserved_and_counts_the_rest() -> None:
    world = World(METERED)
    thief, fair = username(world.mint()), username(world.mint(peer="bob", other="ann"))
    world.vendor.drain(thief, 1_000_000, NOON)
    world.vendor.drain(fair, 900, NOON)
    world.poll(NOON + 30_000)
    assert world.vendor.revocations == [], "the figures are behind"
    world.poll(NOON + MINUTE_MS)
    assert world.vendor.revocations == [thief]
    seen = 125_000 * 30_000 * 50_000 // 10**9
    assert world.used == (seen + EACH,) * 5, "what is known counts at once, everywhere"
    world.poll(NOON + MINUTE_MS + USAGE_LAG_MS)
    stolen = 125_000 * 60_000 * 50_000 // 10**9
    assert world.used == (stolen + EACH,) * 5, "and what flowed unseen, once it is seen"
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    talked = -(-112 * 600_000 * 50_000 // 10**9)
    assert world.used == (stolen + talked,) * 5 and world.grants == []


def test_a_vendor_that_cannot_revoke_now_is_asked_at_every_poll() -> None:
    world = World(METERED)
    name = username(world.mint())
    world.vendor.carry(name, 10**9, NOON)
    world.vendor.fails = ("revoke",)
    for passed in (1, 2):
        world.poll(NOON + passed * MINUTE_MS)
    assert world.vendor.revocations == [] and world.used[3:] == (50_000, 50_000)
    world.vendor.fails = ()
    world.poll(NOON + 3 * MINUTE_MS)
    assert world.vendor.revocations == [name] and world.used == (50_000,) * 5


def test_of_a_vendor_that_is_silent_today_the_worst_is_assumed() -> None:
    world = World(METERED)
    world.vendor.carry(username(world.mint()), 10**6, NOON)
    world.vendor.fails = ("usage",)
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    assert world.used == (EACH,) * 5 and world.grants == []


def test_a_relay_that_was_not_used_costs_nothing() -> None:
    world = World(METERED)
    world.mint()
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    assert world.used == (0,) * 5 and world.store.documents == {}


def test_a_figure_counts_only_for_whom_minted() -> None:
    """A vendor that minted too late for us knows the label, and used nothing of it."""
    world = World(METERED, METERED)
    name = username(world.mint())
    minter = next(vendor for vendor in world.vendors if name in vendor.credentials)
    late = next(vendor for vendor in world.vendors if vendor is not minter)
    late.mint(minter.credentials[name].label, 600, None, NOON, 1.0)
    minter.carry(name, 10**9, NOON)
    world.poll(NOON + MINUTE_MS)
    assert minter.revocations == [name] and world.used[3] == 50_000


def test_without_a_poll_all_that_was_held_is_spent() -> None:
    world = World(METERED)
    world.mint()
    later = NOON + 600_000 + USAGE_LAG_MS
    world.mint(now=later)
    world.poll(later)
    assert world.used[0] == 2 * EACH


def test_a_poll_finishes_what_another_could_not() -> None:
    world = World(METERED)
    world.vendor.carry(username(world.mint()), 10**6, NOON)
    due = NOON + 600_000 + USAGE_LAG_MS - POLL_MARGIN_MS
    world.store.away = ("turn-ledger-room",)
    world.poll(due)
    world.store.away = ("turn-ledger-shard",)
    with pytest.raises(Away):
        world.poll(due)
    world.store.away = ()
    world.poll(due)
    assert world.used == (EACH, EACH, 50, 50, 50), "what could not be told lapses as spent"


def test_settlement_reaches_over_midnight() -> None:
    world = World(METERED)
    late = MIDNIGHT_MS + DAY_MS - MINUTE_MS
    world.vendor.carry(username(world.mint(now=late)), 10**6, late)
    world.mint(now=late + 2 * MINUTE_MS, network="tomorrow")
    assert world.used[3] == 2 * EACH
    world.poll(late + 600_000 + USAGE_LAG_MS)
    assert world.used[3] == 50 + EACH
    (grant,) = world.grants
    assert grant.network == "tomorrow"


# What lies in the store.


def test_no_document_names_a_room_a_peer_or_a_secret() -> None:
    world = World(METERED)
    name = username(world.mint(Ask("the-secret-room", "annabel", "n" * 24, other="bartholomew")))
    world.vendor.carry(name, 10**6, NOON)
    world.poll(NOON + MINUTE_MS)
    lying = str(world.store.documents)
    assert len(world.store.documents) == 2
    for word in ("secret", "annabel", "bartholomew", "password"):
        assert word not in lying


def test_the_documents_of_a_day_are_swept() -> None:
    world = World(METERED)
    for number in range(5):
        world.vendor.carry(username(world.mint(Ask(f"r{number}", "p", f"n{number}"))), 9**9, NOON)
    world.poll(NOON + 600_000 + USAGE_LAG_MS)
    shards = len([s for s in world.ledger.read_shards() if s != Shard()])
    assert world.store.sweep(NOON + DAY_MS) == 0
    assert world.store.sweep(NOON + 3 * DAY_MS) == 5, "rooms"
    assert world.store.sweep(NOON + 41 * DAY_MS) == shards
