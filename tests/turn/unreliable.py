"""A store in memory that can be away for some keys, before or after it did what it was asked."""

from collections.abc import Callable

from cloud.documents import Away, Change
from cloud.memory import MemoryDocuments
from turn.balances import RoomLedger
from turn.store import LedgerStore


class UnreliableDocuments(MemoryDocuments):
    """Raises `error` for the keys that begin with one of `away`.

    `too_late`: an update is done first. `on_away` is called before an error that comes too late.
    """

    def __init__(self) -> None:
        super().__init__()
        self.away: tuple[str, ...] = ()
        self.error: Exception = Away("x")
        self.too_late = False
        self.on_away: Callable[[], object] = lambda: None

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        if key.startswith(self.away) and not self.too_late:
            raise self.error
        done = super().update(key, decide)
        if key.startswith(self.away):
            self.on_away()
            raise self.error
        return done

    def read(self, key: str) -> bytes | None:
        if key.startswith(self.away):
            raise self.error
        return super().read(key)

    def count_reads(self) -> list[str]:
        """The keys that are read from now on, also while the store is away."""
        reads: list[str] = []
        read = self.read

        def noted(key: str) -> bytes | None:
            reads.append(key)
            return read(key)

        self.read = noted  # type: ignore[method-assign]
        return reads

    def peek[T](self, look: Callable[[], T]) -> T:
        """What `look` returns while the store works."""
        away, self.away = self.away, ()
        try:
            return look()
        finally:
            self.away = away

    @property
    def documents(self) -> dict[str, bytes]:
        """All that lies there, by key."""
        return {key: value for key, (value, _) in self._values.items()}


def rooms_in(documents: UnreliableDocuments, store: LedgerStore) -> list[RoomLedger]:
    """The ledgers of all rooms."""
    prefix = "turn-ledger-room-"
    keys = [key for key in documents.documents if key.startswith(prefix)]
    return [store.read_room(key.removeprefix(prefix)) for key in keys]
