"""Documents in this process: for the local stack and for tests."""

from collections.abc import Callable
from threading import Lock

from cloud.documents import Change, always


class MemoryDocuments:
    """Documents that end with the process. Never raises Busy or Away. Threads share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, tuple[bytes, int]] = {}

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """See Documents."""
        with self._lock:  # `decide` does no I/O, so nobody waits long
            stored = self._values.get(key)
            change = decide(None if stored is None else stored[0])
            if change.value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = (change.value, change.expires_at)
            return change.result

    def read(self, key: str) -> bytes | None:
        """See Documents."""
        with self._lock:
            stored = self._values.get(key)
            return None if stored is None else stored[0]

    def expect_none(self, key: str) -> None:
        """See Documents."""

    def sweep(self, now: int, may_go: Callable[[str], bool] = always) -> int:
        """See Documents."""
        with self._lock:
            expired = [key for key, (_, until) in self._values.items() if until <= now]
        going = list(filter(may_go, expired))  # it may read
        with self._lock:
            gone = [key for key in going if key in self._values and self._values[key][1] <= now]
            for key in gone:
                del self._values[key]
            return len(gone)

    def ping(self) -> None:
        """See Documents."""
