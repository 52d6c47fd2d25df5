"""Work that failed and can be made good a little later, when nobody waits for it any more."""

import logging
import random
from collections.abc import Callable, Sequence
from threading import Lock, Timer
from typing import NamedTuple

PAUSES_SECONDS = (2.0, 10.0, 30.0)  # before each try, half more or less
MOST_WAITING = 100  # each is a thread that sleeps; in an outage the rest stays as it is

log = logging.getLogger("heliograph")


class Task(NamedTuple):
    """What is tried, and what is done if it never works."""

    attempt: Callable[[], bool]
    give_up: Callable[[], object]


class Later:
    """Tries again in the background. What is left when the process ends stays undone."""

    def __init__(self, pauses: Sequence[float] = PAUSES_SECONDS, most: int = MOST_WAITING) -> None:
        """`pauses`: seconds before each try; `most`: how much may wait at a time."""
        self._pauses, self._most = pauses, most
        # One of its own: whoever seeds the module's for a test is not to meet these threads.
        self._random = random.Random()
        self._lock = Lock()
        self._waiting = 0

    def do(self, attempt: Callable[[], bool], give_up: Callable[[], object] = bool) -> None:
        """Try until `attempt` says that it is done, or raises, or the pauses are used up.

        `give_up` is called if it does not get done.
        """
        with self._lock:
            full = not self._pauses or self._waiting >= self._most
            self._waiting += not full
        if full:
            _give_up(give_up)
        else:
            self._wait(Task(attempt, give_up), self._pauses)

    def _wait(self, task: Task, pauses: Sequence[float]) -> None:
        timer = Timer(pauses[0] * self._random.uniform(0.5, 1.5), self._try, (task, pauses[1:]))
        timer.daemon = True
        timer.start()

    def _try(self, task: Task, left: Sequence[float]) -> None:
        done = False
        try:
            done = task.attempt()
        except Exception as error:
            log.error("what failed cannot be made good: %s", type(error).__name__)
            left = ()
        if not done and left:
            return self._wait(task, left)
        if not done:
            _give_up(task.give_up)
        with self._lock:
            self._waiting -= 1


def _give_up(call: Callable[[], object]) -> None:
    log.warning("what failed is not made good")
    try:
        call()
    except Exception as error:
        log.error("what failed cannot be ended: %s", type(error).__name__)
