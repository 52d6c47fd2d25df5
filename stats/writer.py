"""Reports that arrive at the same time are written in one transaction.

The queue gives one message to each call of a function, and makes many calls at the same time. One
thread writes all rows that wait. It is a thread of its own, so that a database that is away does
not block the threads of negotiate.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from stats.row import Row
from stats.store import Store

MAX_ROWS = 500  # in one transaction


class Writer:
    """The only writer of a process. Threads share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
        self._lock = Lock()
        self._waiting: list[tuple[Row, Future[None]]] = []

    def write(self, row: Row) -> Future[None]:
        """A future that is done when the row is kept and counted, now or earlier.

        It fails with StoreAway or StoreFailed.
        """
        future: Future[None] = Future()
        with self._lock:
            self._waiting.append((row, future))
        self._thread.submit(self._write)
        return future

    def _write(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[:MAX_ROWS], self._waiting[MAX_ROWS:]
        # A cancelled future is not written: its message comes back from the queue.
        batch = [one for one in batch if one[1].set_running_or_notify_cancel()]
        if not batch:
            return  # an earlier call has written them
        try:
            self.store.write(row for row, _ in batch)
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
        else:
            for _, future in batch:
                future.set_result(None)
