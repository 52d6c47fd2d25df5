"""Where the ledger is kept: what lies there, for how long, and how large it grows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.documents import Change
from cloud.memory import MemoryDocuments
from turn import ledger
from turn.balances import DAY_MS, Grant, RoomHold, RoomLedger, Shard, State
from turn.ceilings import SHARDS, Ceilings
from turn.credentials import halves_of, label
from turn.ledger import MAX_GRANTS, MAX_NETWORKS, Refused
from turn.store import LedgerStore

NOON = 1_800_057_600_000 + DAY_MS // 2
ENDLESS = Ceilings(*[10**15] * 6)
TODAY = "2027-01-16"
MAX_ENTITY_BYTES = 2**20  # of Table storage


def grant(number: int) -> Grant:
    """As long as they are in life."""
    base = label(b"k" * 32, f"room{number}", f"peer{number}")
    room, peer = halves_of(base)
    return Grant(
        id=f"{base}.{number:04x}",
        provider="cloudflare",
        amount=9_375,
        price=50_000,
        opened_at=NOON,
        expires_at=NOON + 600_000,
        until=NOON + 900_000,
        room=room,
        peer=peer,
        network=f"{number:024}",
        other=peer,
        risk=562_500,
        shard=7,
        state=State.MINTED,
        handle="h" * 64,
        used=10_000,
    )


def test_a_ledger_that_was_never_written_is_empty() -> None:
    store = LedgerStore(MemoryDocuments())
    assert store.read_room("r") == RoomLedger()
    assert store.read_shards() == [Shard()] * SHARDS


def test_what_is_changed_is_kept_under_the_hash_it_belongs_to() -> None:
    store = LedgerStore(MemoryDocuments())
    room = RoomLedger(TODAY, {"p": 5})
    assert store.change_room("r", NOON, lambda _: room) == room == store.read_room("r")
    assert store.read_room("s") == RoomLedger()
    shard = Shard(TODAY, {"n": 2}, 2)
    assert store.decide_shard(3, NOON, lambda old: (shard, old)) == Shard()
    assert store.change_shard(3, NOON, lambda old: old) == shard
    assert store.read_shards() == [shard if n == 3 else Shard() for n in range(SHARDS)]


def test_a_refusal_changes_nothing_and_an_empty_ledger_is_no_document() -> None:
    documents = MemoryDocuments()
    store = LedgerStore(documents)

    def refuse(old: RoomLedger) -> RoomLedger:
        raise Refused("room")

    with pytest.raises(Refused):
        store.change_room("r", NOON, refuse)
    store.change_room("r", NOON, lambda old: old)
    assert documents.read("turn-ledger-room-r") is None
    store.change_room("r", NOON, lambda _: RoomLedger(TODAY, {"p": 1}))
    assert documents.read("turn-ledger-room-r") is not None
    store.change_room("r", NOON, lambda _: RoomLedger())
    assert documents.read("turn-ledger-room-r") is None


WRITES: dict[str, Callable[[LedgerStore], object]] = {
    "room": lambda store: store.change_room("r", NOON, lambda _: RoomLedger(TODAY, {"p": 1})),
    "shard": lambda store: store.change_shard(0, NOON, lambda _: Shard(TODAY, {"n": 1}, 1)),
}


@pytest.mark.parametrize(("kind", "days"), [("room", 2), ("shard", 40)])
def test_documents_outlive_the_balances_in_them_and_are_swept_then(kind: str, days: int) -> None:
    documents = MemoryDocuments()
    WRITES[kind](LedgerStore(documents))
    assert documents.sweep(NOON + days * DAY_MS) == 0
    assert documents.sweep(NOON + (days + 1) * DAY_MS) == 1


def test_a_change_that_changes_nothing_asks_for_the_same_document_all_day() -> None:
    """So that a store which compares has nothing to write: polls come every minute."""
    asked: list[tuple[bytes | None, int]] = []

    class Listening(MemoryDocuments):
        def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
            def listen(value: bytes | None) -> Change[T]:
                change = decide(value)
                asked.append((change.value, change.expires_at))
                return change

            return super().update(key, listen)

    store = LedgerStore(Listening())
    WRITES["shard"](store)
    for passed in (60_000, 120_000):
        now = NOON + passed
        store.change_shard(0, now, lambda old, now=now: ledger.use(old, {}, now))
    assert asked[0] == asked[1] == asked[2]


def test_many_threads_that_reserve_at_once_lose_nothing() -> None:
    store = LedgerStore(MemoryDocuments())

    def reserve(number: int) -> None:
        one = grant(number)
        store.change_shard(0, NOON, lambda old: ledger.reserve(old, one, ENDLESS, NOON))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(reserve, range(100)))
    shard = store.read_shards()[0]
    assert len(shard.grants) == 100 and shard.day_balance == 100 * 10_000


def test_a_full_shard_fits_into_a_document() -> None:
    """All grants that it takes, all networks that it takes, every field at its longest."""
    documents = MemoryDocuments()
    grants = {one.id: one for one in map(grant, range(MAX_GRANTS))}
    networks = {f"{n:024}": 1_000_000 for n in range(MAX_NETWORKS + MAX_GRANTS)}
    full = Shard(TODAY, networks, 10**12, grants)
    LedgerStore(documents).change_shard(0, NOON, lambda _: full)
    stored = documents.read("turn-ledger-shard-0")
    assert stored is not None and 64 * 1024 < len(stored) < MAX_ENTITY_BYTES * 0.9


def test_a_busy_room_fits_into_two_pieces() -> None:
    """1,000 peers who spent, 100 of them live: a piece of a document is 60,000 bytes."""
    one = grant(1)
    peers = {f"{n:016}": 1_000_000 for n in range(1_000)}
    hold = RoomHold(one.peer, one.other, 9_375, NOON, NOON)
    room = RoomLedger(TODAY, peers, {f"{one.id}{n:03}": hold for n in range(100)})
    documents = MemoryDocuments()
    LedgerStore(documents).change_room("r", NOON, lambda _: room)
    assert len(documents.read("turn-ledger-room-r") or b"") < 2 * 60_000
