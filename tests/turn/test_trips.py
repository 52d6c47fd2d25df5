"""How often a mint goes to the store, and what is left when the process ends in between."""

from collections.abc import Callable

import pytest
from msgspec import structs

from cloud.documents import Change
from cloud.memory import MemoryDocuments
from lab.theft import MIDNIGHT_MS
from lab.vendor import Vendor
from tests.turn.vendors import CONFIGS, PLAYS, provider
from tests.turn.vendors import Vendor as HttpVendor
from turn.balances import DAY_MS
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.fairness import IDLE_PART
from turn.ledger import USAGE_LAG_MS
from turn.minting import Answer, Ask, Minting
from turn.providers import Capabilities, Provider
from turn.store import LedgerStore

NOON = MIDNIGHT_MS + DAY_MS // 2
MEMBERSHIP_TRIPS = 1  # POST /api/turn reads the room first
EACH = 3_750  # micro-dollars for 600 s at 1 Mbit/s and $0.05
PLENTY = Ceilings(*[10**12] * 6)
FOLLOWED = Capabilities(True, "since", True, 60, 86_400, 0.05, "egress")
SILENT = Capabilities(False, "none", None, 60, 86_400, 0.05, "egress")
ASK = Ask("room", "ann", "network", other="bob")


class Crash(BaseException):
    """The process ends here."""


class CountingDocuments(MemoryDocuments):
    """Counts storage trips as cloud/table.py makes them, and crashes where it is told to.

    A read is one trip. An update is one read, and one write if there is anything to write.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trips = 0
        self.updates = 0
        self.crash_after: int | None = None  # so many updates

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        self.trips += 1
        before = self.read_uncounted(key)
        done = super().update(key, decide)
        self.trips += self.read_uncounted(key) != before
        self.updates += 1
        if self.updates == self.crash_after:
            raise Crash
        return done

    def read(self, key: str) -> bytes | None:
        self.trips += 1
        return super().read(key)

    def read_uncounted(self, key: str) -> bytes | None:
        return super().read(key)


def desk(*providers: Provider, ceilings: Ceilings = PLENTY) -> tuple[CountingDocuments, Minting]:
    documents = CountingDocuments()
    broker = Broker(providers, try_seconds=5.0, deadline_seconds=20.0)
    return documents, Minting(LedgerStore(documents), broker, b"k" * 32, ceilings, 1_000)


def mint(minting: Minting, number: int = 0, ask: Ask = ASK, now: int = NOON) -> Answer:
    return minting.mint(ask, f"{number:04x}", now)


@pytest.mark.parametrize(
    ("kind", "trips"), [("coturn", 5), ("twilio", 5), ("cloudflare", 7), ("metered", 7)]
)
def test_a_mint_takes_few_storage_trips_with_the_membership_read(kind: str, trips: int) -> None:
    if kind == "coturn":
        documents, minting = desk(provider(kind))
        assert mint(minting).servers
    else:
        with HttpVendor(PLAYS[kind]) as vendor:
            documents, minting = desk(provider(kind, vendor.url))
            assert mint(minting).servers
    assert MEMBERSHIP_TRIPS + documents.trips == trips


def test_a_coturn_mint_among_other_providers_and_a_renewal_take_as_few() -> None:
    coturn = provider("coturn", weight=1000)
    others = [provider(kind, weight=0) for kind in CONFIGS if kind != "coturn"]
    documents, minting = desk(coturn, *others)
    for number in range(3):
        documents.trips = 0
        assert mint(minting, number).servers
        assert MEMBERSHIP_TRIPS + documents.trips == 5


def test_each_full_shard_costs_one_read() -> None:
    ceilings = structs.replace(PLENTY, day=SHARDS * EACH)
    documents, minting = desk(Vendor("v", SILENT), ceilings=ceilings)
    counts = []
    for number in range(SHARDS):
        documents.trips = 0
        assert mint(minting, number, Ask(f"room{number}", "ann", "network", invited=True)).servers
        counts.append(documents.trips)
    assert min(counts) == 4 and max(counts) <= 4 + SHARDS - 1


def test_a_refusal_writes_nothing_or_takes_it_back() -> None:
    documents, minting = desk(Vendor("v", SILENT), ceilings=structs.replace(PLENTY, peer=1))
    assert mint(minting).refusal == "peer" and documents.trips == 1
    documents, minting = desk(Vendor("v", SILENT), ceilings=structs.replace(PLENTY, network=1))
    assert mint(minting).refusal == "network" and documents.trips == 2 + 1 + 2


def test_where_no_provider_may_work_the_store_is_left_alone() -> None:
    vendor = Vendor("v", SILENT)
    vendor.fails = ("mint",)
    documents, minting = desk(vendor)
    for number in range(3):
        assert mint(minting, number).degraded
    documents.trips = 0
    assert mint(minting).degraded and documents.trips == 0, "its circuit is open"


def test_leaving_without_a_relay_takes_one_read() -> None:
    documents, minting = desk(Vendor("v", FOLLOWED))
    minting.leave("room", "ann", NOON)
    assert documents.trips == 1


@pytest.mark.parametrize("capabilities", [FOLLOWED, SILENT], ids=["followed", "silent"])
@pytest.mark.parametrize("updates", [1, 2, 3])
def test_a_crash_after_any_step_leaves_money_held_that_lapses_as_spent(
    capabilities: Capabilities, updates: int
) -> None:
    vendor = Vendor("v", capabilities)
    documents, minting = desk(vendor)
    documents.crash_after = updates
    if updates == 3 and capabilities is SILENT:
        assert mint(minting).servers, "it takes two"
    else:
        with pytest.raises(Crash):
            mint(minting)
    store = LedgerStore(documents)
    held = sum(shard.day_balance for shard in store.read_shards())
    assert held == (EACH if updates >= 2 else 0)
    assert bool(vendor.credentials) <= bool(held), "no credential without money held for it"
    documents.crash_after = None
    later = NOON + 600_000 + USAGE_LAG_MS
    minting.poll(later)  # what nobody settled counts as spent, or as its figures say
    again = mint(minting, 1, now=later)
    assert again.servers
    (room,) = [key for key in documents._values if key.startswith("turn-ledger-room")]
    spent = store.read_room(room.removeprefix("turn-ledger-room-")).balance - EACH
    known = updates == 3 and capabilities is FOLLOWED
    assert spent == (-(-EACH // IDLE_PART) if known else EACH)
    shards = store.read_shards()
    assert sum(shard.day_balance for shard in shards) - EACH == (0 if known else held)
    assert sum(shard.month_balance for shard in shards) - EACH == (0 if known else held)
