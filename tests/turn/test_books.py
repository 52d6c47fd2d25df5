"""Where the wallet is kept: what lies there, for how long, and how large it grows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.documents import Change
from cloud.memory import MemoryDocuments
from turn import wallet
from turn.books import Books, shards
from turn.credentials import label
from turn.wallet import (
    DAY,
    GRANTS,
    SHARDS,
    Account,
    Budget,
    Ceilings,
    Grant,
    Hold,
    Over,
    RoomPurse,
    Side,
)

NOON = 1_800_057_600_000 + DAY // 2
ENDLESS = Ceilings(*[10**15] * 6)


def grant(number: int) -> Grant:
    """As long as they are in life."""
    base = label(b"k" * 32, f"room{number}", f"peer{number}")
    room, peer = base[:16], base[17:]
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
        network="a" * 24,
        other=peer,
        risk=562_500,
        shard=7,
        handle="h" * 64,
        used=10_000,
    )


def test_a_book_that_was_never_written_is_empty() -> None:
    books = Books(MemoryDocuments())
    assert books.read_purse("r") == RoomPurse()
    assert books.budgets() == [Budget()] * SHARDS


def test_what_is_changed_is_kept_under_the_hash_it_belongs_to() -> None:
    books = Books(MemoryDocuments())
    purse = RoomPurse(Account("2027-01-16", 5), {"p": Account("2027-01-16", 5)})
    assert books.purse("r", NOON, lambda old: (purse, old)) == RoomPurse()
    assert books.purse("r", NOON, lambda old: (old, old)) == purse == books.read_purse("r")
    assert books.read_purse("s") == RoomPurse()
    assert books.network("n", NOON, lambda old: (Account("d", 1), "told")) == "told"
    assert books.network("n", NOON, lambda old: (old, old)) == Account("d", 1)
    budget = Budget(Account("d", 2))
    books.budget(3, NOON, lambda old: (budget, None))
    assert books.budgets() == [budget if n == 3 else Budget() for n in range(SHARDS)]


def test_a_refusal_changes_nothing_and_an_empty_book_is_no_document() -> None:
    documents = MemoryDocuments()
    books = Books(documents)

    def refuse(old: Account) -> tuple[Account, None]:
        raise Over("network")

    with pytest.raises(Over):
        books.network("n", NOON, refuse)
    books.network("n", NOON, lambda old: (old, None))
    assert documents.read("turn-network-n") is None
    books.network("n", NOON, lambda old: (Account("d", 1), None))
    books.network("n", NOON, lambda old: (Account(), None))
    assert documents.read("turn-network-n") is None


ONE = Account("2027-01-16", 1)
WRITES: dict[str, Callable[[Books], None]] = {
    "purse": lambda books: books.purse("r", NOON, lambda old: (RoomPurse(ONE), None)),
    "network": lambda books: books.network("n", NOON, lambda old: (ONE, None)),
    "budget": lambda books: books.budget(0, NOON, lambda old: (Budget(ONE), None)),
}


@pytest.mark.parametrize(("book", "days"), [("purse", 2), ("network", 2), ("budget", 40)])
def test_books_outlive_the_accounts_in_them_and_are_swept_then(book: str, days: int) -> None:
    documents = MemoryDocuments()
    WRITES[book](Books(documents))
    assert documents.sweep(NOON + days * DAY) == 0
    assert documents.sweep(NOON + (days + 1) * DAY) == 1


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

    books = Books(Listening())
    books.budget(0, NOON, lambda old: (Budget(ONE), None))
    for passed in (60_000, 120_000):
        books.budget(0, NOON + passed, lambda old: (old, None))
    assert asked[0] == asked[1] == asked[2]


def test_many_threads_that_book_at_once_lose_nothing() -> None:
    books = Books(MemoryDocuments())

    def book(number: int) -> None:
        one = grant(number)
        books.budget(0, NOON, lambda old: (wallet.book(old, one, ENDLESS, NOON), None))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(book, range(100)))
    budget = books.budgets()[0]
    assert len(budget.grants) == 100 and budget.day.used == 100 * 10_000


def test_the_shards_of_a_label_are_all_of_them_in_an_order_of_its_own() -> None:
    orders = [shards(f"label{n}") for n in range(800)]
    assert all(sorted(order) == list(range(SHARDS)) for order in orders)
    firsts = [order[0] for order in orders]
    assert all(60 < firsts.count(shard) < 140 for shard in range(SHARDS))
    assert shards("label1") == orders[1]


def test_a_full_shard_fits_into_a_document() -> None:
    """Table storage takes 1 MiB. 1,000 grants, every field at its longest, are 607 KB."""
    documents = MemoryDocuments()
    books = Books(documents)
    budget = Budget()
    for number in range(GRANTS):
        budget = wallet.book(budget, grant(number), ENDLESS, NOON)
    books.budget(0, NOON, lambda old: (budget, None))
    stored = documents.read("turn-budget-0")
    assert stored is not None and 64 * 1024 < len(stored) < 640 * 1024


def test_a_busy_room_fits_into_two_pieces() -> None:
    """1,000 peers who spent, 100 of them live: a piece of a document is 60,000 bytes."""
    one = grant(1)
    held = Account("2027-01-16", 9_375, {one.id: Hold(9_375, NOON)})
    peers = {f"{n:016}": Account("2027-01-16", 1_000) for n in range(900)}
    peers |= {f"{n:016}": held for n in range(900, 1_000)}
    sides = {f"{one.id}{n:03}": Side(one.peer, one.other, NOON) for n in range(100)}
    documents = MemoryDocuments()
    purse = RoomPurse(Account("2027-01-16", 10**6, held.holds), peers, sides)
    Books(documents).purse("r", NOON, lambda old: (purse, None))
    assert len(documents.read("turn-room-r") or b"") < 2 * 60_000
