"""Reports that arrive at once are written at once.

The queue hands out one message per call of a function, and many at the same time. One thread
writes all that wait in one transaction. It is a thread of its own: while the database is away,
those that let people into rooms stay free.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from stats.anonymize import Row
from stats.sql import Store

MOST = 500  # rows in one transaction


class Writer:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
        self._lock = Lock()
        self._waiting: list[tuple[Row, Future[None]]] = []

    def write(self, row: Row) -> Future[None]:
        """Done once it is kept and counted, or was before. Fails with StoreAway, StoreFailed."""
        future: Future[None] = Future()
        with self._lock:
            self._waiting.append((row, future))
        self._thread.submit(self._write)
        return future

    def _write(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        # Whoever gave up waiting (its host ends) finds the message in the queue again.
        batch = [one for one in batch if one[1].set_running_or_notify_cancel()]
        if not batch:
            return  # written with others
        try:
            self.store.write(row for row, _ in batch)
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
        else:
            for _, future in batch:
                future.set_result(None)
