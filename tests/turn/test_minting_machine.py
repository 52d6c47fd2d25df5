"""Minting through a day of mints, leaves, polls, lost time and a store that fails, at random."""

from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloud.documents import Away
from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from tests.turn.unreliable import UnreliableDocuments, rooms_in
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.ledger import USAGE_LAG_MS, lapse
from turn.minting import Ask, Minting
from turn.money import THEFT_KBPS, theft
from turn.providers import Capabilities
from turn.room_ledger import lapse as lapse_room
from turn.store import LedgerStore

EACH = 3_750  # micro-dollars for 600 s at 1 Mbit/s and $0.05
LIFE_MS = 600_000
RISK = theft(THEFT_KBPS, 50_000)
FOLLOWED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")
SILENT = Capabilities(False, "none", True, 60, 86_400, 0.05, "egress")
CEILINGS = Ceilings(
    peer=5 * EACH,
    room=8 * EACH,
    network=6 * EACH,
    day=SHARDS * 4 * EACH,
    month=10**9,
    exposure=SHARDS,  # one relay in a shard, which passes its part
)


class Day(RuleBasedStateMachine):
    """One network of rooms and peers; the time stays within one day."""

    @initialize()
    def open(self) -> None:
        self.now = MIDNIGHT_MS
        self.documents = UnreliableDocuments()
        self.store = LedgerStore(self.documents)
        self.vendors = [Vendor("followed", FOLLOWED), Vendor("silent", SILENT)]
        self.minting = Minting(self.store, Broker(self.vendors), b"k" * 32, CEILINGS, 1_000)
        self.numbers = count()
        self.shown: dict[str, Vendor] = {}
        self.documents_failed = False

    @rule(
        room=st.sampled_from("xy"), peers=st.text("pqr", max_size=6), network=st.sampled_from("nm")
    )
    def mint_several(self, room: str, peers: str, network: str) -> None:
        for peer in peers:
            self.mint(room, peer, network)

    def mint(self, room: str, peer: str, network: str) -> None:
        ask = Ask(room, peer, network, invited=True)
        before = self.money()
        answer = self.minting.mint(ask, f"{next(self.numbers):04x}", self.now)
        if not answer.servers and not self.documents.away:
            assert self.money() == before, "nothing is spent on a refusal"
        assert bool(answer.servers) == (answer.refusal is None and not answer.degraded)
        for server in answer.servers:
            assert server.username is not None
            owner = next(one for one in self.vendors if server.username in one.credentials)
            self.shown[server.username] = owner

    def money(self) -> tuple[object, ...]:
        """All that is held, charged and taken by now, wherever it lies."""
        shards = self.documents.peek(lambda: self.store.read_shards())
        rooms = self.documents.peek(lambda: rooms_in(self.documents, self.store))
        kept = [room for room in (lapse_room(one, self.now) for one in rooms) if room.balance]
        return [lapse(shard, self.now) for shard in shards], kept

    @rule(room=st.sampled_from("xy"), peer=st.sampled_from("pqr"))
    def leave(self, room: str, peer: str) -> None:
        self.minting.leave(room, peer, self.now)

    @rule()
    def poll(self) -> None:
        try:
            self.minting.poll(self.now)
        except Away:
            assert self.documents.away

    @rule(
        away=st.sampled_from([(), ("turn-ledger-room",), ("turn-ledger-shard",), ("turn",)]),
        too_late=st.booleans(),
    )
    def store_fails(self, away: tuple[str, ...], too_late: bool) -> None:
        self.documents.away, self.documents.too_late = away, too_late
        self.documents_failed |= bool(away)

    @rule(fails=st.sets(st.sampled_from(["mint", "revoke", "usage"])))
    def vendor_fails(self, fails: set[str]) -> None:
        self.vendors[0].fails = tuple(fails)

    @rule(minutes=st.sampled_from([1, 6, 20]))
    def wait(self, minutes: int) -> None:
        self.now = min(self.now + minutes * 60_000, MIDNIGHT_MS + 20 * 3_600_000)
        for vendor in self.vendors:
            vendor.now = self.now

    @invariant()
    def no_ceiling_is_passed_and_nothing_is_negative(self) -> None:
        shards = self.documents.peek(lambda: self.store.read_shards())
        assert 0 <= sum(shard.day_balance for shard in shards) <= CEILINGS.day
        for network in "nm":
            balance = sum(shard.network_balance(network) for shard in shards)
            assert 0 <= balance <= CEILINGS.network
        for shard in shards:
            charged = sum(shard.networks.values())
            assert 0 <= shard.idle <= charged, "what is no money is a part of what is charged"
            assert shard.month == charged - shard.idle, "within one day, all that is spent"
        for room in self.documents.peek(lambda: rooms_in(self.documents, self.store)):
            assert 0 <= room.balance <= CEILINGS.room
            for hold in room.holds.values():
                assert 0 <= room.peer_balance(hold.peer) <= CEILINGS.peer

    @invariant()
    def a_network_has_one_first_relay_and_holds_no_more_than_its_share(self) -> None:
        shards = self.documents.peek(lambda: self.store.read_shards())
        grants = [grant for shard in shards for grant in shard.grants.values()]
        taken = [network for shard in shards for network in shard.firsts]
        assert len(taken) == len(set(taken))
        for network in "nm":
            firsts = [one for one in grants if one.network == network and one.first]
            assert len(firsts) <= (network in taken or self.documents_failed)
        assert (
            sum(shard.exposure(self.now) for shard in shards) <= CEILINGS.exposure + SHARDS * RISK
        )

    @invariant()
    def every_credential_that_somebody_can_use_has_money_held_for_it(self) -> None:
        shards = self.documents.peek(lambda: self.store.read_shards())
        labels = {id for shard in shards for id in shard.grants}
        for username, vendor in self.shown.items():
            credential = vendor.credentials[username]
            if self.now < credential.ends_at:
                assert credential.label in labels

    def teardown(self) -> None:
        """Once all is over, nothing is held."""
        self.documents.away = ()
        self.now += LIFE_MS + 2 * USAGE_LAG_MS
        self.minting.poll(self.now)
        assert [shard.grants for shard in self.store.read_shards()] == [{}] * SHARDS
        for room in rooms_in(self.documents, self.store):
            assert lapse_room(room, self.now).holds == {}


TestDay = Day.TestCase
TestDay.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
