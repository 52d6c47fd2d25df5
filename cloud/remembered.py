"""What this process has written to a store a moment ago: a guess at what is there now.

a write of ours succeeds          what it wrote is remembered
a write of ours fails             it is forgotten
a write of ours meets another's   it is forgotten, and nothing is remembered of this key for a
                                  while: another instance changes it too, and a guess that fails
                                  costs a trip more than none
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

REMEMBERED_SECONDS = 60.0
CONTESTED_SECONDS = 5.0
MOST = 500  # keys; a room of eight is about 20 KB while offers are parked


class Remembered[T]:
    """The last values by key. Threads share it."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        """`seconds` is a clock; `most`: keys that are kept, the newest."""
        self._seconds, self._most = seconds, most
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[T | None, float]] = OrderedDict()  # value, until

    def get(self, key: str) -> T | None:
        """The value, None if none is remembered."""
        with self._lock:
            value, until = self._kept.get(key, (None, 0.0))
            return value if self._seconds() < until else None

    def put(self, key: str, value: T, seconds: float = REMEMBERED_SECONDS) -> None:
        """We have written it. `seconds`: how long that counts."""
        with self._lock:
            now = self._seconds()
            held, until = self._kept.get(key, (None, 0.0))
            if held is None and now < until:
                return  # contested
            self._keep(key, value, now + seconds)

    def contest(self, key: str) -> None:
        """Somebody else has written it."""
        with self._lock:
            self._keep(key, None, self._seconds() + CONTESTED_SECONDS)

    def forget(self, key: str) -> None:
        """Nobody knows what is there. A key that is contested stays so."""
        with self._lock:
            if key in self._kept and self._kept[key][0] is not None:
                del self._kept[key]

    def _keep(self, key: str, value: T | None, until: float) -> None:
        self._kept[key] = value, until
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
