"""When the stamps are asked for their lists again because of members without a connection.

A stamp that is asked looks for members who are gone, if it has heard nothing of them for 30 s
(docs/protocol.md §3, negotiate).

    a member is listed and has no connection   then the stamps are asked
    for 30, 45 and 65 s                        once each: the service may take a socket that broke
                                               for open for a while
    for longer                                 after pauses of 60, 120, 240 and 300 s, and so on

Each pause is up to a tenth longer, so that not all members ask at the same time.
"""

import random
import time
from collections.abc import Callable, Iterable

from heliograph.timing.tasks import Timer

RECHECK_SECONDS = (30.0, 15.0, 20.0, 60.0, 120.0, 240.0, 300.0)  # the last pause is repeated
MAX_JITTER = 0.1
TOGETHER_SECONDS = 3.0  # who would be due so soon is asked about in the same call


class Recheck:
    """One timer, for what is due first."""

    def __init__(self, ask: Callable[[], None]) -> None:
        """`ask` negotiates again at each stamp."""
        self._ask = ask
        self._waiting: dict[str, tuple[float, int]] = {}  # when it is due; how often it was asked
        self._timer = Timer()

    def update(self, peers: Iterable[str]) -> None:
        """These members are listed and have no connection."""
        now, there = time.monotonic(), set(peers)
        self._waiting = {id: wait for id, wait in self._waiting.items() if id in there}
        for id in there - self._waiting.keys():
            self._wait(id, now, 0)
        self._schedule(now)

    def close(self) -> None:
        """Nobody waits any more."""
        self.update(())

    def _wait(self, id: str, start: float, asked: int) -> None:
        seconds = RECHECK_SECONDS[min(asked, len(RECHECK_SECONDS) - 1)]
        self._waiting[id] = (start + seconds * (1 + MAX_JITTER * random.random()), asked)

    def _schedule(self, now: float) -> None:
        self._timer.stop()
        if self._waiting:
            due_at = min(due_at for due_at, _ in self._waiting.values())
            self._timer.start(max(0.0, due_at - now), self._due)

    def _due(self) -> None:
        now = time.monotonic()
        for id, (due_at, asked) in list(self._waiting.items()):
            if due_at <= now + TOGETHER_SECONDS:
                self._wait(id, max(now, due_at), asked + 1)
        self._schedule(now)
        self._ask()
