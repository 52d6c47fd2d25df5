"""The table at the head of turn/ledger.py, cell by cell and at random."""

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec
import pytest
from hypothesis import settings
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

from tests.turn.grants import CEILINGS, LAG_MS, NOON, TTL_MS, grant
from turn import ledger, room_ledger
from turn.balances import DAY_MS, Grant, RoomLedger, Shard, State, iso_day
from turn.ledger import LIFE, Event, Refused

NOW = NOON + 60_000
UNTIL = NOON + TTL_MS + LAG_MS
AMOUNT, USED, ESTIMATE, ACTUAL = 30, 50, 20, 7  # micro-dollars
USAGE = {"vendor": {"g": 10**6}}  # bytes; they cost USED


def before(state: State | None) -> tuple[Shard, RoomLedger]:
    """A shard and a room in which the grant `g` is in this state, and another is reserved."""
    shard, room = Shard(), RoomLedger()
    for one in (grant("other", 1, peer="q"), grant(amount=AMOUNT)):
        if one.id == "g" and state is None:
            continue
        shard = ledger.reserve(shard, one, CEILINGS, NOON)
        room = room_ledger.reserve(room, one, CEILINGS, NOON)
    if state in (State.MINTED, State.ENDED):
        shard = ledger.mint(shard, "g", "handle")
    if state is State.ENDED:
        room = room_ledger.end(room, ledger.ended(shard.grants["g"], AMOUNT, NOON))
        shard = ledger.end(shard, "g", AMOUNT, NOON)
    return shard, room


type Step = Callable[[Shard, RoomLedger], tuple[Shard, RoomLedger]]


def reserve(shard: Shard, room: RoomLedger) -> tuple[Shard, RoomLedger]:
    wish = grant(amount=AMOUNT)
    reasons = []
    for change in (
        lambda: room_ledger.reserve(room, wish, CEILINGS, NOW),
        lambda: ledger.reserve(shard, wish, CEILINGS, NOW),
    ):
        try:
            change()
        except Refused as refused:
            reasons.append(refused.reason)
    if reasons:
        assert reasons == ["peer", "peer"]
        return shard, room
    return (
        ledger.reserve(shard, wish, CEILINGS, NOW),
        room_ledger.reserve(room, wish, CEILINGS, NOW),
    )


def end(shard: Shard, room: RoomLedger) -> tuple[Shard, RoomLedger]:
    known = shard.grants.get("g")
    if known is not None and known.state is State.MINTED:
        room = room_ledger.end(room, ledger.ended(known, ESTIMATE, NOW))
    return ledger.end(shard, "g", ESTIMATE, NOW), room


STEPS: Mapping[Event, Step] = {
    Event.RESERVE: reserve,
    Event.MINT: lambda s, r: (ledger.mint(s, "g", "handle"), r),
    Event.USE: lambda s, r: (ledger.use(s, USAGE, NOW), r),
    Event.END: end,
    Event.SETTLE: lambda s, r: (
        ledger.settle(s, "g", ACTUAL, NOW),
        room_ledger.settle(r, "g", ACTUAL, NOW),
    ),
    Event.LAPSE: lambda s, r: (ledger.lapse(s, UNTIL), room_ledger.lapse(r, UNTIL)),
}
# By state and event: the state after it, what the shard holds or has spent for the grant, and
# what the room does. Cells that are not here change nothing.
CELLS: Mapping[tuple[State | None, Event], tuple[State | None, int, int]] = {
    (None, Event.RESERVE): (State.RESERVED, AMOUNT, AMOUNT),
    (State.RESERVED, Event.MINT): (State.MINTED, AMOUNT, AMOUNT),
    (State.RESERVED, Event.SETTLE): (None, ACTUAL, ACTUAL),
    (State.RESERVED, Event.LAPSE): (None, AMOUNT, AMOUNT),
    (State.MINTED, Event.USE): (State.MINTED, USED, AMOUNT),
    (State.MINTED, Event.END): (State.ENDED, ESTIMATE, ESTIMATE),
    (State.MINTED, Event.SETTLE): (None, ACTUAL, ACTUAL),
    (State.MINTED, Event.LAPSE): (None, AMOUNT, AMOUNT),
    (State.ENDED, Event.USE): (State.ENDED, USED, AMOUNT),
    (State.ENDED, Event.SETTLE): (None, ACTUAL, ACTUAL),
    (State.ENDED, Event.LAPSE): (None, AMOUNT, AMOUNT),
}
STATES: tuple[State | None, ...] = (None, *State)


@pytest.mark.parametrize("event", Event, ids=lambda event: event.value)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.value if state else "none")
def test_each_cell_of_the_table(state: State | None, event: Event) -> None:
    shard, room = STEPS[event](*before(state))
    held = 0 if state is None else AMOUNT
    after, in_shard, in_room = CELLS.get((state, event), (state, held, held))
    found = shard.grants.get("g")
    assert (found and found.state) == after
    assert shard.day_balance == shard.month_balance == shard.network_balance("n") == in_shard + 1
    assert (room.peer_balance("p"), room.balance) == (in_room, in_room + 1)
    assert ("g" in room.holds) == (after is not None)
    assert bool(found and found.handle) == (after is State.MINTED)


def test_the_cells_tested_are_those_of_the_table() -> None:
    assert {cell: after for cell, (after, _, _) in CELLS.items()} == LIFE


def test_the_table_in_words_is_the_table_in_code() -> None:
    lines = (ledger.__doc__ or "").splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith(" state "))
    events = [Event(word) for word in lines[head].split()[1:]]
    read = {}
    for line in lines[head + 1 : head + 5]:
        name, *cells = line.split()
        state = None if name == "(none)" else State(name)
        for event, cell in zip(events, cells, strict=True):
            if cell not in ("-", "refused"):
                read[state, event] = None if cell == "gone" else State[cell]
    assert read == LIFE


class Ledger(RuleBasedStateMachine):
    """A shard and a room through days of grants, against a tally kept by hand."""

    ids = Bundle("ids")

    @initialize()
    def open(self) -> None:
        self.now = NOON
        self.shard, self.room = Shard(), RoomLedger()
        self.holds: dict[str, tuple[int, int]] = {}  # amount and until, of the shard
        self.room_holds: dict[str, tuple[int, int]] = {}
        self.spent: Counter[str] = Counter()  # by day and by month
        self.room_spent: Counter[str] = Counter()  # by day
        self.idle: Counter[str] = Counter()  # charged to networks by day, and no money
        self.overshoot = 0
        self.count = 0

    @rule(
        target=ids,
        amount=st.integers(0, 150),
        minutes=st.integers(1, 20),
        peer=st.sampled_from("pqs"),
        network=st.sampled_from("nm"),
    )
    def reserve(self, amount: int, minutes: int, peer: str, network: str) -> object:
        expires_at = self.now + minutes * 60_000
        made = grant(f"g{self.count}", amount, self.now, peer=peer, network=network)
        made = structs.replace(made, expires_at=expires_at, until=expires_at + LAG_MS)
        roomy = structs.replace(CEILINGS, peer=10**9, room=10**9)
        try:
            shard = ledger.reserve(self.shard, made, CEILINGS, self.now)
            room = room_ledger.reserve(self.room, made, roomy, self.now)
        except Refused as refused:
            balances = {
                "network": self.shard.network_balance(network) - CEILINGS.network,
                "day": self.expected(10) - CEILINGS.day,
                "month": self.expected(7) - CEILINGS.month,
                "peer": 1,  # too many at a time
            }
            assert balances[refused.reason] + amount > 0
            return multiple()
        self.count += 1
        self.shard, self.room = shard, room
        self.holds[made.id] = self.room_holds[made.id] = (amount, made.until)
        return made.id

    @rule(id=ids)
    def mint(self, id: str) -> None:
        self.shard = ledger.mint(self.shard, id, "handle")

    @rule(id=ids, size=st.integers(0, 10**7))
    def use(self, id: str, size: int) -> None:
        self.shard = ledger.use(self.shard, {"vendor": {id: size}}, self.now)
        self.tally(id)

    @rule(id=ids, estimate=st.integers(0, 150))
    def end(self, id: str, estimate: int) -> None:
        known = self.shard.grants.get(id)
        if known is None or known.state is not State.MINTED:
            return
        after = ledger.ended(known, estimate, self.now)
        self.room = room_ledger.end(self.room, after)
        self.shard = ledger.end(self.shard, id, estimate, self.now)
        self.tally(id)
        if id in self.room_holds:
            self.room_holds[id] = (after.hold, after.until)
        self.lapse()

    def tally(self, id: str) -> None:
        """Take over what is held for a grant now, but never for one that is gone."""
        known = self.shard.grants.get(id)
        if known is not None and id in self.holds:
            self.overshoot += max(0, known.hold - self.holds[id][0])
            self.holds[id] = (known.hold, known.until)

    @rule(
        id=consumes(ids), actual=st.integers(0, 300), least=st.integers(0, 99), again=st.booleans()
    )
    def settle(self, id: str, actual: int, least: int, again: bool) -> None:
        charged = max(actual, least)
        for _ in range(1 + again):
            self.shard = ledger.settle(self.shard, id, actual, self.now, charged=charged)
            self.room = room_ledger.settle(self.room, id, charged, self.now)
        today = iso_day(self.now)
        if id in self.holds:
            self.overshoot += max(0, charged - self.holds.pop(id)[0])
            self.spent[today] += actual
            self.spent[today[:7]] += actual
            self.idle[today] += charged - actual
        if self.room_holds.pop(id, None) is not None:
            self.room_spent[today] += charged
        assert id not in self.shard.grants and id not in self.room.holds

    @rule(passed=st.sampled_from([1_000, 60_000, LAG_MS, TTL_MS, DAY_MS // 2, DAY_MS, 17 * DAY_MS]))
    def wait(self, passed: int) -> None:
        self.now += passed
        self.lapse()

    def lapse(self) -> None:
        for holds, spent in ((self.holds, self.spent), (self.room_holds, self.room_spent)):
            for id, (amount, until) in list(holds.items()):
                if until <= self.now:
                    del holds[id]
                    spent[iso_day(until)] += amount
                    spent[iso_day(until)[:7]] += amount
        self.shard = ledger.lapse(self.shard, self.now)
        self.room = room_ledger.lapse(self.room, self.now)

    def expected(self, length: int) -> int:
        return self.spent[iso_day(self.now)[:length]] + sum(a for a, _ in self.holds.values())

    @invariant()
    def every_hold_is_counted_once(self) -> None:
        assert self.shard.day_balance == self.expected(10)
        assert self.shard.month_balance == self.expected(7)
        held = sum(amount for amount, _ in self.room_holds.values())
        assert self.room.balance == self.room_spent[iso_day(self.now)] + held

    @invariant()
    def no_ceiling_is_passed_but_by_what_was_used_unseen(self) -> None:
        assert 0 <= self.shard.day_balance <= CEILINGS.day + self.overshoot
        assert 0 <= self.shard.month_balance <= CEILINGS.month + self.overshoot
        for network in "nm":
            balance = self.shard.network_balance(network)
            assert 0 <= balance <= CEILINGS.network + self.overshoot

    @invariant()
    def the_parts_add_up(self) -> None:
        networks = sum(self.shard.network_balance(n) for n in "nm")
        assert networks - self.shard.idle == self.shard.day_balance
        assert self.shard.idle == self.idle[iso_day(self.now)]
        assert sum(self.room.peer_balance(p) for p in "pqs") == self.room.balance

    @invariant()
    def nothing_is_negative_and_nothing_empty_is_kept(self) -> None:
        assert self.shard.month >= 0
        assert all(amount > 0 for amount in self.shard.networks.values())
        assert all(amount > 0 for amount in self.room.peers.values())
        assert self.shard.grants.keys() == self.holds.keys()
        assert self.room.holds.keys() == self.room_holds.keys()

    @invariant()
    def documents_come_back(self) -> None:
        for document in (self.shard, self.room):
            encoded = msgspec.json.encode(document)
            assert msgspec.json.decode(encoded, type=type(document)) == document


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_grant_knows_its_state_after_a_restart() -> None:
    made = grant(state=State.ENDED)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Grant) == made
