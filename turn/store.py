"""Where the ledger is kept: a document for each room, and SHARDS documents for everybody.

Every change is one pure transition behind `update`, which is one read and one write. Each method
may raise Away or Busy (cloud/documents.py).
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from cloud.documents import Change, Documents
from turn.balances import DAY_MS, RoomLedger, Shard
from turn.ceilings import SHARDS

# Counted from the end of the day: a change that changes nothing is then not written.
KEEP_ROOM_DAYS = 2  # a day's balances, and the grants that reach into the next day
KEEP_SHARD_DAYS = 40  # a month's balances


class LedgerStore:
    """The ledger in `documents`. Rooms, peers and networks appear as keyed hashes only."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def change_room(
        self, room: str, now: int, transition: Callable[[RoomLedger], RoomLedger]
    ) -> RoomLedger:
        """Apply a pure transition to a room's ledger and return the new one.

        A transition that raises changes nothing. `now` is epoch ms.
        """
        key, expires_at = f"turn-ledger-room-{room}", _after(KEEP_ROOM_DAYS, now)
        return self._update(key, RoomLedger(), expires_at, _with_itself(transition))

    def change_shard(self, shard: int, now: int, transition: Callable[[Shard], Shard]) -> Shard:
        """The same for a shard of everybody's ledger."""
        return self.decide_shard(shard, now, _with_itself(transition))

    def decide_shard[T](
        self, shard: int, now: int, decide: Callable[[Shard], tuple[Shard, T]]
    ) -> T:
        """The same, for a transition that also says what it decided: this is returned."""
        key, expires_at = f"turn-ledger-shard-{shard}", _after(KEEP_SHARD_DAYS, now)
        return self._update(key, Shard(), expires_at, decide)

    def read_room(self, room: str) -> RoomLedger:
        """A room's ledger as it lies there; nothing is lapsed."""
        return self._read(f"turn-ledger-room-{room}", RoomLedger())

    def read_shards(self) -> list[Shard]:
        """Every shard as it lies there: SHARDS reads."""
        return [self._read(f"turn-ledger-shard-{shard}", Shard()) for shard in range(SHARDS)]

    def _read[D: Struct](self, key: str, empty: D) -> D:
        return _decode(self._documents.read(key), empty)

    def _update[D: Struct, T](
        self, key: str, empty: D, expires_at: int, decide: Callable[[D], tuple[D, T]]
    ) -> T:
        def change(value: bytes | None) -> Change[T]:
            new, result = decide(_decode(value, empty))
            # An empty ledger is no document: refusals leave nothing behind.
            kept = None if new == empty else msgspec.json.encode(new)
            return Change(kept, expires_at, result)

        return self._documents.update(key, change)


def _with_itself[D](transition: Callable[[D], D]) -> Callable[[D], tuple[D, D]]:
    def decide(old: D) -> tuple[D, D]:
        new = transition(old)
        return new, new

    return decide


def _after(days: int, now: int) -> int:
    return (now // DAY_MS + 1 + days) * DAY_MS


def _decode[D: Struct](value: bytes | None, empty: D) -> D:
    return empty if value is None else msgspec.json.decode(value, type=type(empty))
