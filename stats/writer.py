"""Reports that arrive at once are written at once.

The queue hands out one message per call of a function, and many at the same time. Who finds
nobody writing writes for all who wait: one transaction instead of one each. Nobody returns before
the own report is in the database.
"""

from threading import Condition

from stats.anonymize import Row
from stats.sql import Store

MOST = 500  # rows in one transaction


class _Pending:
    """A report somebody waits for, and how it went."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.done = False
        self.error: BaseException | None = None


class Writer:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._changed = Condition()
        self._waiting: list[_Pending] = []
        self._writing = False

    def write(self, row: Row) -> None:
        """Return once it is kept and counted, or was before. Raises StoreAway or StoreFailed."""
        mine = _Pending(row)
        with self._changed:
            self._waiting.append(mine)
        while batch := self._next(mine):
            self._write(batch)
        if mine.error is not None:
            raise mine.error

    def _next(self, mine: _Pending) -> list[_Pending]:
        """What to write now, for everybody; [] once somebody has written mine."""
        with self._changed:
            self._changed.wait_for(lambda: mine.done or not self._writing)
            if mine.done:
                return []
            self._writing = True
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            return batch

    def _write(self, batch: list[_Pending]) -> None:
        error: BaseException | None = None
        try:
            self.store.write(pending.row for pending in batch)
        except BaseException as raised:
            error = raised
        with self._changed:
            for pending in batch:
                pending.done, pending.error = True, error
            self._writing = False
            self._changed.notify_all()
