"""How long to wait before something is tried again."""

import random
from collections.abc import Callable

MAX_SECONDS = 30.0
FIRST_SECONDS = 0.5


def backoff(attempt: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait before try number `attempt` + 1: anywhere below 0.5, 1, 2, 4 … 30 s.

    The first wait is no less random than the others: when a service ends all its sockets, all
    clients come back. `chance` answers 0 to 1.
    """
    return chance() * min(MAX_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt, 16))
