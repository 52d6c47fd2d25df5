from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from msgspec import structs

from turn import wallet
from turn.wallet import (
    BLIND,
    DAY,
    GRANTS,
    LIVE,
    MARGIN,
    SHARDS,
    Account,
    Budget,
    Ceilings,
    Grant,
    Hold,
    Level,
    Over,
    RoomPurse,
)

MIDNIGHT = 1_800_057_600_000  # 2027-01-16T00:00Z
NOON = MIDNIGHT + DAY // 2
TODAY = "2027-01-16"
TTL, LAG = 600_000, 300_000  # ms
CEILINGS = Ceilings(peer=100, room=200, network=300, day=1_000, month=2_000, exposure=500)


def grant(id: str = "g", amount: int = 10, now: int = NOON, **more: object) -> Grant:
    made = Grant(id, "vendor", amount, 50_000, now, now + TTL, now + TTL + LAG, "r", "p", "n")
    return structs.replace(made, **more)


def booked(*grants: Grant, now: int = NOON, ceilings: Ceilings = CEILINGS) -> Budget:
    budget = Budget()
    for one in grants:
        budget = wallet.book(budget, one, ceilings, now)
    return budget


def spent(day: int, month: int = 0) -> Budget:
    return Budget(Account(TODAY, day), Account(TODAY[:7], month or day))


# Money.


@pytest.mark.parametrize(
    ("size", "price", "micros"),
    [
        (0, 50_000, 0),
        (1, 50_000, 1),
        (20_000, 50_000, 1),
        (20_001, 50_000, 2),
        (10**9, 50_000, 50_000),
        (10**9, 0, 0),
        (10**15, 800_000, 800_000_000_000),
    ],
)
def test_a_cost_is_rounded_up_to_the_micro_dollar(size: int, price: int, micros: int) -> None:
    assert wallet.cost(size, price) == micros


@given(st.integers(0, 10**15), st.integers(0, 10**8))
def test_a_cost_is_never_less_than_what_was_used(size: int, price: int) -> None:
    micros = wallet.cost(size, price)
    assert micros * wallet.GB >= size * price > (micros - 1) * wallet.GB


def test_a_reservation_is_the_lifetime_at_the_assumed_rate() -> None:
    # 600 s at 2,500 kbit/s are 187.5 MB; at $0.05 a GB they cost 0.9375 cents.
    assert wallet.reservation(600, 2_500, wallet.price_of(0.05)) == 9_375
    assert wallet.price_of(0.1234567) == 123_457


@pytest.mark.parametrize(
    ("now", "day"),
    [(MIDNIGHT - 1, "2027-01-15"), (MIDNIGHT, TODAY), (MIDNIGHT + DAY - 1, TODAY)],
)
def test_a_day_begins_at_midnight_utc(now: int, day: str) -> None:
    assert wallet.day_of(now) == day


# Accounts.


def test_a_hold_is_reserved_and_settled_by_what_was_used() -> None:
    account = wallet.reserve(Account(), TODAY, "g", Hold(70, NOON + 1), 100, "peer", NOON)
    assert account.used == 70
    with pytest.raises(Over) as over:
        wallet.reserve(account, TODAY, "h", Hold(31, NOON + 1), 100, "peer", NOON)
    assert over.value.scope == "peer"
    assert wallet.reserve(account, TODAY, "h", Hold(30, NOON + 1), 100, "peer", NOON).used == 100
    assert wallet.settle(account, "g", 5) == Account(TODAY, 5)


def test_settling_twice_is_settling_once() -> None:
    account = Account(TODAY, 1, {"g": Hold(70, NOON)})
    once = wallet.settle(account, "g", 5)
    assert wallet.settle(once, "g", 50) == once == Account(TODAY, 6)


def test_what_is_settled_for_nothing_leaves_nothing() -> None:
    account = wallet.reserve(Account(), TODAY, "g", Hold(70, NOON + 1), 100, "peer", NOON)
    assert wallet.settle(account, "g", 0) == Account()


def test_a_hold_that_nobody_settled_is_spent_in_full() -> None:
    account = Account(TODAY, 0, {"g": Hold(70, NOON)})
    assert wallet.current(account, TODAY, NOON - 1) == account
    lapsed = wallet.current(account, TODAY, NOON)
    assert lapsed == Account(TODAY, 70)
    assert wallet.settle(lapsed, "g", 5) == lapsed, "it was counted"


def test_a_revised_hold_counts_once_and_a_lapsed_one_is_not_revived() -> None:
    account = Account(TODAY, 0, {"g": Hold(70, NOON)})
    revised = wallet.revise(account, "g", Hold(90, NOON + 5))
    assert (revised.used, revised.holds["g"].until) == (90, NOON + 5)
    lapsed = wallet.current(account, TODAY, NOON)
    assert wallet.revise(lapsed, "g", Hold(90, NOON + 5)) == lapsed


def test_live_holds_cross_midnight_and_what_was_spent_does_not() -> None:
    late = MIDNIGHT + DAY - 60_000
    hold = Hold(70, late + TTL)
    account = wallet.reserve(Account(TODAY, 20), TODAY, "g", hold, 100, "peer", late)
    next_day = wallet.current(account, "2027-01-17", late + 120_000)
    assert next_day == Account("2027-01-17", 0, {"g": hold})
    assert wallet.settle(next_day, "g", 5) == Account("2027-01-17", 5)


def test_a_hold_that_lapsed_in_a_period_gone_by_is_not_spent_in_this_one() -> None:
    account = Account(TODAY, 20, {"g": Hold(70, NOON)})
    assert wallet.current(account, "2027-01-18", NOON + 2 * DAY) == Account("2027-01-18")
    month = Account("2027-01", 20, {"g": Hold(70, NOON)})
    assert wallet.current(month, "2027-01", NOON + 2 * DAY).spent == 90, "in its month it is"


def test_a_clock_that_is_behind_does_not_open_a_day_again() -> None:
    account = Account("2027-01-17", 20)
    assert wallet.current(account, TODAY, MIDNIGHT + DAY - 1) == account


# The ladder.


@pytest.mark.parametrize(
    ("budget", "level"),
    [
        (Budget(), Level.NORMAL),
        (spent(699), Level.NORMAL),
        (spent(700), Level.ONE_SIDED),
        (spent(849), Level.ONE_SIDED),
        (spent(850), Level.INVITED),
        (spent(999), Level.INVITED),
        (spent(1_000), Level.STUN_ONLY),
        (spent(5_000), Level.STUN_ONLY),
        (spent(0, 1_399), Level.NORMAL),
        (spent(0, 1_400), Level.ONE_SIDED),
        (spent(0, 1_700), Level.INVITED),
        (spent(0, 2_000), Level.STUN_ONLY),
        (booked(grant(amount=700)), Level.ONE_SIDED),
        (booked(grant(risk=349)), Level.NORMAL),
        (booked(grant(risk=350)), Level.ONE_SIDED),
        (booked(grant("a", risk=400), grant("b", risk=100)), Level.STUN_ONLY),
    ],
)
def test_the_step_of_the_ladder(budget: Budget, level: Level) -> None:
    assert wallet.level(budget, CEILINGS, NOON) is level


def test_a_new_day_and_a_new_month_start_at_the_foot_of_the_ladder() -> None:
    assert wallet.level(spent(1_000), CEILINGS, NOON + DAY) is Level.NORMAL
    assert wallet.level(spent(1_000, 2_000), CEILINGS, NOON + DAY) is Level.STUN_ONLY
    assert wallet.level(spent(1_000, 2_000), CEILINGS, NOON + 20 * DAY) is Level.NORMAL


def test_nothing_may_be_spent_under_a_ceiling_of_nothing() -> None:
    for scope in ("day", "month", "exposure"):
        ceilings = structs.replace(CEILINGS, **{scope: 0})
        assert wallet.level(Budget(), ceilings, NOON) is Level.STUN_ONLY


def test_what_is_at_risk_is_at_risk_until_figures_would_show_it() -> None:
    budget = booked(grant(risk=500))
    assert wallet.exposure(budget, NOON + TTL + BLIND - 1) == 500
    assert wallet.exposure(budget, NOON + TTL + BLIND) == 0
    ended = wallet.ended(grant(risk=500), 10, LAG, NOON + 1_000)
    budget = wallet.register(budget, ended)
    assert wallet.exposure(budget, NOON + 1_000 + BLIND - 1) == 500
    assert wallet.exposure(budget, NOON + 1_000 + BLIND) == 0


def test_many_grants_climb_the_ladder_even_if_they_cost_nothing() -> None:
    grants = {f"g{n}": grant(f"g{n}", 0) for n in range(GRANTS)}
    assert wallet.level(Budget(grants=grants), CEILINGS, NOON) is Level.STUN_ONLY


WHO = [(second, invited) for second in (False, True) for invited in (True, False)]


@pytest.mark.parametrize(
    ("level", "scopes"),
    [
        (Level.NORMAL, [None, None, None, None]),
        (Level.ONE_SIDED, [None, None, "one-sided", "one-sided"]),
        (Level.INVITED, [None, "invited", "one-sided", "invited"]),
        (Level.STUN_ONLY, ["stun-only"] * 4),
    ],
)
def test_who_is_refused_on_which_step(level: Level, scopes: list[str | None]) -> None:
    said: list[str | None] = []
    for second, invited in WHO:
        try:
            wallet.check_level(level, second=second, invited=invited)
            said.append(None)
        except Over as over:
            said.append(over.scope)
    assert said == scopes
    assert level.word == ("normal", "one-sided", "invited", "stun-only")[level]


# The budget.


@pytest.mark.parametrize(("scope", "budget"), [("day", spent(991)), ("month", spent(0, 1_991))])
def test_a_full_day_or_month_takes_no_more(scope: str, budget: Budget) -> None:
    with pytest.raises(Over) as over:
        wallet.book(budget, grant(), CEILINGS, NOON)
    assert over.value.scope == scope
    assert wallet.book(budget, grant(amount=9), CEILINGS, NOON).grants


def test_a_grant_is_booked_registered_and_unbooked() -> None:
    budget = booked(grant(amount=50))
    assert (budget.day.used, budget.month.used) == (50, 50)
    minted = grant(amount=20, handle="u1")
    budget = wallet.register(budget, minted)
    assert (budget.day.used, budget.month.used, budget.grants) == (20, 20, {"g": minted})
    budget = wallet.unbook(budget, "g", 7)
    assert budget == Budget(Account(TODAY, 7), Account(TODAY[:7], 7))
    assert wallet.unbook(budget, "g", 7) == budget
    assert wallet.register(budget, minted) == budget, "what is over is not registered again"


def test_figures_only_grow_and_holds_with_them() -> None:
    budget = booked(grant(amount=10))
    budget = wallet.note_usage(budget, {"vendor": {"g": 100_000}, "other": {"g": 10**9}})
    assert (budget.grants["g"].used, budget.day.used) == (5, 10)
    budget = wallet.note_usage(budget, {"vendor": {"g": 10**6, "h": 10**9}})
    assert (budget.grants["g"].used, budget.day.used, budget.month.used) == (50, 50, 50)
    for less in ({"vendor": {"g": 1}}, {"vendor": {}}, {"other": {"g": 10**12}}, {}):
        assert wallet.note_usage(budget, less) == budget


def test_overdrawn_is_who_used_more_than_was_reserved_and_can_be_revoked() -> None:
    grants = [
        grant("fair", 10, handle="u", used=10),
        grant("thief", 10, handle="u", used=11),
        grant("lost", 10, used=11),
    ]
    assert [one.id for one in wallet.overdrawn(booked(*grants))] == ["thief"]


def test_over_is_whose_hold_would_lapse_before_the_next_poll() -> None:
    budget = booked(grant("a"), grant("b", until=NOON + 1 + MARGIN))
    assert [one.id for one in wallet.over(budget, NOON)] == []
    assert [one.id for one in wallet.over(budget, NOON + 1)] == ["b"]
    assert [one.id for one in wallet.over(budget, NOON + TTL + LAG)] == ["a", "b"]


@pytest.mark.parametrize(
    ("passed", "expires_in", "until_in"),
    [(1_000, 1_000, 1_000 + LAG), (TTL + 1, TTL, TTL + LAG), (TTL + LAG, TTL, TTL + LAG)],
)
def test_what_is_ended_is_settled_after_the_lag_and_never_later_than_before(
    passed: int, expires_in: int, until_in: int
) -> None:
    ended = wallet.ended(grant(handle="u"), 3, LAG, NOON + passed)
    assert (ended.expires_at, ended.until) == (NOON + expires_in, NOON + until_in)
    assert (ended.amount, ended.handle) == (3, "")


@given(
    st.builds(
        Ceilings, *[st.integers(0, 10**9)] * 3, st.integers(0, 10**12), st.integers(0, 10**12)
    )
)
def test_the_parts_of_all_shards_do_not_exceed_the_ceiling(ceilings: Ceilings) -> None:
    part = ceilings.shard
    assert ceilings.day - SHARDS < part.day * SHARDS <= ceilings.day
    assert ceilings.month - SHARDS < part.month * SHARDS <= ceilings.month
    assert ceilings.exposure - SHARDS < part.exposure * SHARDS <= ceilings.exposure
    assert (part.peer, part.room, part.network) == (
        ceilings.peer,
        ceilings.room,
        ceilings.network,
    )


# Rooms.


def room_with(*grants: Grant, now: int = NOON) -> RoomPurse:
    purse = RoomPurse()
    for one in grants:
        purse = wallet.book_room(purse, one, CEILINGS, now)
    return purse


@pytest.mark.parametrize(
    ("grants", "asked", "scope"),
    [
        ([grant("a", 95)], grant("b", 6), "peer"),
        ([grant("a", 95)], grant("b", 6, peer="q"), None),
        ([grant("a", 100), grant("b", 95, peer="q")], grant("c", 6, peer="s"), "room"),
        ([grant(f"g{n}", 1) for n in range(LIVE - 1)], grant("b", 1), None),
        ([grant(f"g{n}", 1) for n in range(LIVE)], grant("b", 1), "peer"),
        ([grant(f"g{n}", 0) for n in range(LIVE)], grant("b", 0), "peer"),
    ],
)
def test_the_ceilings_of_a_peer_and_a_room(
    grants: list[Grant], asked: Grant, scope: str | None
) -> None:
    purse = room_with(*grants)
    if scope is None:
        assert wallet.book_room(purse, asked, CEILINGS, NOON).room.used
        return
    with pytest.raises(Over) as over:
        wallet.book_room(purse, asked, CEILINGS, NOON)
    assert over.value.scope == scope


@pytest.mark.parametrize(
    ("held", "asked", "second"),
    [
        (("p", "q"), ("q", "p"), True),
        (("p", "q"), ("p", "q"), False),
        (("p", "q"), ("q", "s"), False),
        (("p", "q"), ("s", "p"), False),
        (("p", "q"), ("s", "q"), False),
        # Who does not say for whom may mean anybody it fits.
        (("p", ""), ("q", "p"), True),
        (("p", ""), ("q", "s"), False),
        (("p", ""), ("q", ""), True),
        (("p", "q"), ("q", ""), True),
        (("p", "q"), ("s", ""), False),
        (("p", ""), ("p", "q"), False),
    ],
)
def test_who_is_second_of_a_pair(
    held: tuple[str, str], asked: tuple[str, str], second: bool
) -> None:
    purse = room_with(grant("a", peer=held[0], other=held[1]))
    wish = grant("b", peer=asked[0], other=asked[1])
    assert wallet.is_second(purse, wish, NOON) is second
    assert not wallet.is_second(purse, wish, NOON + TTL)


def test_a_renewal_keeps_the_side_and_its_failure_does_not_lose_it() -> None:
    mine, theirs = grant("a", other="q"), grant("z", peer="q", other="p")
    renewal = grant("b", now=NOON + TTL - 1, other="q")
    purse = wallet.book_room(room_with(mine), renewal, CEILINGS, NOON + TTL - 1)
    assert wallet.is_second(purse, theirs, NOON + TTL + 1), "the renewed relay lives"
    undone = wallet.unbook_room(purse, renewal, 0)
    assert wallet.is_second(undone, theirs, NOON + TTL - 1), "the old one still does"
    assert not wallet.is_second(wallet.revise_room(undone, mine), theirs, NOON + TTL - 1)


def test_a_purse_forgets_peers_who_cost_nothing_and_those_of_yesterday() -> None:
    purse = RoomPurse()
    for number in range(500):
        guest = grant(f"g{number}", peer=f"p{number}")
        purse = wallet.book_room(purse, guest, CEILINGS, NOON)
        purse = wallet.unbook_room(purse, guest, 0)
    assert purse == RoomPurse()
    spender = grant("a", peer="q")
    lapsing = grant("b", peer="s")
    purse = wallet.unbook_room(room_with(spender, lapsing), spender, 3)
    assert purse.peers.keys() == {"q", "s"}
    tomorrow = NOON + DAY
    purse = wallet.book_room(purse, grant("c", now=tomorrow), CEILINGS, tomorrow)
    assert purse.peers.keys() == {"p"} and purse.sides.keys() == {"c"}


def test_a_room_undone_is_as_it_was() -> None:
    before = room_with(grant("a", other="q"))
    after = wallet.book_room(before, grant("b", peer="q", other="p"), CEILINGS, NOON)
    assert wallet.unbook_room(after, grant("b", peer="q", other="p"), 0) == before


# Everything at once.


class Ledger(RuleBasedStateMachine):
    """A budget and a room through days of bookings, against a tally kept by hand."""

    ids = Bundle("ids")

    @initialize()
    def open(self) -> None:
        self.now = NOON
        self.budget, self.room = Budget(), RoomPurse()
        self.live: dict[str, Hold] = {}
        self.grants: dict[str, Grant] = {}
        self.spent: Counter[str] = Counter()  # by day and by month
        self.overshoot = 0
        self.count = 0

    @rule(
        target=ids,
        amount=st.integers(0, 150),
        minutes=st.integers(1, 20),
        peer=st.sampled_from("pqs"),
    )
    def book(self, amount: int, minutes: int, peer: str) -> object:
        expires_at = self.now + minutes * 60_000
        made = grant(f"g{self.count}", amount, self.now, peer=peer, handle="u")
        made = structs.replace(made, expires_at=expires_at, until=expires_at + LAG)
        ceilings = structs.replace(CEILINGS, peer=10**9, room=10**9)
        try:
            budget = wallet.book(self.budget, made, CEILINGS, self.now)
            room = wallet.book_room(self.room, made, ceilings, self.now)
        except Over as over:
            used = {"day": self.expected(10), "month": self.expected(7), "peer": 10**9}
            most = {"day": CEILINGS.day, "month": CEILINGS.month, "peer": 0}
            assert used[over.scope] + amount > most[over.scope]
            return multiple()
        self.count += 1
        self.budget, self.room = budget, room
        self.live[made.id], self.grants[made.id] = Hold(amount, made.until), made
        return made.id

    @rule(id=ids, size=st.integers(0, 10**7))
    def note(self, id: str, size: int) -> None:
        self.budget = wallet.note_usage(self.budget, {"vendor": {id: size}})
        known = self.budget.grants.get(id)
        if known is not None and id in self.live:
            held = max(self.live[id].amount, known.used)
            self.overshoot += held - self.live[id].amount
            self.live[id] = Hold(held, self.live[id].until)

    @rule(id=ids, amount=st.integers(0, 150))
    def end(self, id: str, amount: int) -> None:
        known = self.budget.grants.get(id)
        if known is None:
            return
        over = wallet.ended(known, amount, LAG, self.now)
        self.budget = wallet.register(self.budget, over)
        self.room = wallet.revise_room(self.room, over)
        if id in self.live:
            held = max(amount, over.used)
            self.overshoot += max(0, held - self.live[id].amount)
            self.live[id] = Hold(held, over.until)
            self.lapse()

    @rule(id=consumes(ids), actual=st.integers(0, 300), again=st.booleans())
    def settle(self, id: str, actual: int, again: bool) -> None:
        for _ in range(1 + again):
            self.budget = wallet.unbook(self.budget, id, actual)
            self.room = wallet.unbook_room(self.room, self.grants[id], actual)
        if id in self.live:
            self.overshoot += max(0, actual - self.live.pop(id).amount)
            self.spent[wallet.day_of(self.now)] += actual
            self.spent[wallet.day_of(self.now)[:7]] += actual

    @rule(passed=st.sampled_from([1_000, 60_000, LAG, TTL, DAY // 2 - 60_000, DAY, 17 * DAY]))
    def wait(self, passed: int) -> None:
        self.now += passed
        self.lapse()

    def lapse(self) -> None:
        for id, hold in list(self.live.items()):
            if hold.until <= self.now:
                del self.live[id]
                self.spent[wallet.day_of(hold.until)] += hold.amount
                self.spent[wallet.day_of(hold.until)[:7]] += hold.amount
        today = wallet.day_of(self.now)
        day = wallet.current(self.budget.day, today, self.now)
        month = wallet.current(self.budget.month, today[:7], self.now)
        self.budget = Budget(day, month, self.budget.grants)

    def expected(self, length: int) -> int:
        held = sum(hold.amount for hold in self.live.values())
        return self.spent[wallet.day_of(self.now)[:length]] + held

    @invariant()
    def every_hold_is_counted_once(self) -> None:
        assert self.budget.day.used == self.expected(10)
        assert self.budget.month.used == self.expected(7)

    @invariant()
    def no_ceiling_is_passed_but_by_what_was_used_unseen(self) -> None:
        assert 0 <= self.budget.day.used <= CEILINGS.day + self.overshoot
        assert 0 <= self.budget.month.used <= CEILINGS.month + self.overshoot

    @invariant()
    def peers_add_up_to_their_room(self) -> None:
        peers = self.room.peers.values()
        assert sum(peer.used for peer in peers) == self.room.room.used
        assert all(peer.spent or peer.holds for peer in peers)
        assert min((peer.spent for peer in peers), default=0) >= 0

    @invariant()
    def documents_come_back(self) -> None:
        for book in (self.budget, self.room):
            assert msgspec.json.decode(msgspec.json.encode(book), type=type(book)) == book


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
