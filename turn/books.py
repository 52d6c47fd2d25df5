"""Where the wallet is kept: a purse for each room, an account for each network, a sharded budget.

Every change is one transition of turn/wallet.py behind `update`. Each may raise Away or Busy.
"""

import hashlib
from collections.abc import Callable

import msgspec
from msgspec import Struct

from cloud.documents import Change, Documents
from turn.wallet import DAY, SHARDS, Account, Budget, RoomPurse

# To the end of a day, so that a change that changes nothing is not written.
KEEP_PURSE = 2  # days: a day's account, and the grants that reach into the next
KEEP_BUDGET = 40  # days: a month's


class Books:
    """Rooms, peers and networks appear as hashes only."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def purse[T](
        self, room: str, now: int, change: Callable[[RoomPurse], tuple[RoomPurse, T]]
    ) -> T:
        return self._update(f"turn-room-{room}", RoomPurse(), _after(KEEP_PURSE, now), change)

    def network[T](
        self, network: str, now: int, change: Callable[[Account], tuple[Account, T]]
    ) -> T:
        return self._update(f"turn-network-{network}", Account(), _after(KEEP_PURSE, now), change)

    def budget[T](self, shard: int, now: int, change: Callable[[Budget], tuple[Budget, T]]) -> T:
        return self._update(f"turn-budget-{shard}", Budget(), _after(KEEP_BUDGET, now), change)

    def read_purse(self, room: str) -> RoomPurse:
        return self._read(f"turn-room-{room}", RoomPurse())

    def budgets(self) -> list[Budget]:
        """Every shard as it is."""
        return [self._read(f"turn-budget-{shard}", Budget()) for shard in range(SHARDS)]

    def _read[D: Struct](self, key: str, empty: D) -> D:
        return _decode(self._documents.read(key), empty)

    def _update[D: Struct, T](
        self, key: str, empty: D, expires_at: int, change: Callable[[D], tuple[D, T]]
    ) -> T:
        def decide(value: bytes | None) -> Change[T]:
            new, result = change(_decode(value, empty))
            # A book with nothing in it is no document: refusals leave nothing behind.
            kept = None if new == empty else msgspec.json.encode(new)
            return Change(kept, expires_at, result)

        return self._documents.update(key, decide)


def shards(label: str) -> list[int]:
    """Where a label's grants are booked: in the first of these that has room for them."""
    first = hashlib.sha256(label.encode()).digest()[0] % SHARDS
    return [(first + step) % SHARDS for step in range(SHARDS)]


def _after(days: int, now: int) -> int:
    return (now // DAY + 1 + days) * DAY


def _decode[D: Struct](value: bytes | None, empty: D) -> D:
    return empty if value is None else msgspec.json.decode(value, type=type(empty))
