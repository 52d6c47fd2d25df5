"""Work that failed and can be made good a little later, when nobody waits for it any more."""

import logging
import random
from collections.abc import Callable, Sequence
from threading import Lock, Timer

PAUSES_SECONDS = (2.0, 10.0, 30.0)  # before each try, half more or less
MOST_WAITING = 100  # each is a thread that sleeps; in an outage the rest stays as it is

log = logging.getLogger("heliograph")


class Later:
    """Tries again in the background. What is left when the process ends stays undone."""

    def __init__(self, pauses: Sequence[float] = PAUSES_SECONDS, most: int = MOST_WAITING) -> None:
        """`pauses`: seconds before each try; `most`: how much may wait at a time."""
        self._pauses, self._most = pauses, most
        self._lock = Lock()
        self._waiting = 0

    def do(self, attempt: Callable[[], bool]) -> None:
        """Try until `attempt` says that it is done, or raises, or the pauses are used up."""
        with self._lock:
            if not self._pauses or self._waiting >= self._most:
                log.warning("what failed is not made good")
                return
            self._waiting += 1
        self._wait(attempt, self._pauses)

    def _wait(self, attempt: Callable[[], bool], pauses: Sequence[float]) -> None:
        timer = Timer(pauses[0] * random.uniform(0.5, 1.5), self._try, (attempt, pauses[1:]))
        timer.daemon = True
        timer.start()

    def _try(self, attempt: Callable[[], bool], left: Sequence[float]) -> None:
        done = True
        try:
            done = attempt()
        except Exception as error:
            log.error("what failed cannot be made good: %s", type(error).__name__)
        if not done and left:
            return self._wait(attempt, left)
        if not done:
            log.warning("what failed is not made good")
        with self._lock:
            self._waiting -= 1
