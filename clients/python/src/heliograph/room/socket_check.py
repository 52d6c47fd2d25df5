"""Whether the stamp knows of our socket (docs/protocol.md §4).

SignalR Service tells the functions once that a socket is open. If they are away at that moment it
stays open and unknown: what is said by name arrives, what is said to everyone does not.

    state       event                                                  then
    –           `opened`                                               unchecked
    unchecked   `told` of this socket                                  checked
    unchecked   for 3 to 6 s                                           negotiate is asked, again
                                                                       after twice as long
    unchecked   an answer that was asked for 3 s after the opening     checked
                names this socket
    unchecked   such an answer names another socket, or none           `unknown` is called
    any         `closed`                                               –
"""

import random
import time
from collections.abc import Callable

from heliograph.timing.tasks import Timer

SETTLE_SECONDS = 3.0  # what the functions need to hear of a socket, cold starts not counted
MAX_PAUSE = 60.0


class SocketCheck:
    """Of one stamp. Times are seconds of `time.monotonic`."""

    def __init__(self, ask: Callable[[], None], unknown: Callable[[], None]) -> None:
        """`ask` negotiates; `unknown`: the stamp does not know this socket."""
        self._ask, self._unknown = ask, unknown
        self._unchecked: tuple[float, int] | None = None  # when it opened; admittedAt
        self._told = 0  # the last word can come before we know that the socket is open
        self._pause = SETTLE_SECONDS
        self._timer = Timer()

    @property
    def is_checked(self) -> bool:
        """Nothing is to be found out."""
        return self._unchecked is None

    def opened(self, answer: int) -> None:
        """The socket is open. `answer`: `admittedAt` of the answer with which it was opened."""
        self.closed()
        if answer != self._told:
            self._unchecked = (time.monotonic(), answer)
            self._schedule()

    def closed(self) -> None:
        """There is nothing to check."""
        self._unchecked = None
        self._pause = SETTLE_SECONDS
        self._timer.stop()

    def told(self, answer: int) -> None:
        """The stamp has heard of the socket that was opened with this answer."""
        self._told = answer
        if self._unchecked is not None and self._unchecked[1] == answer:
            self.closed()

    def answered(self, asked_at: float, known: int | None) -> None:
        """Negotiate has answered which socket it knows, by the answer that opened it."""
        if self._unchecked is None or asked_at < self._unchecked[0] + SETTLE_SECONDS:
            return
        answer = self._unchecked[1]
        self.closed()
        if known != answer:
            self._unknown()

    def _schedule(self) -> None:
        self._timer.start(self._pause * (1 + random.random()), self._due)

    def _due(self) -> None:
        self._pause = min(MAX_PAUSE, 2 * self._pause)
        self._schedule()
        self._ask()
