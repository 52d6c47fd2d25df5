"""So many at once, and so many a second in the long run: the generic cell rate algorithm. Pure.

ask at `now`                                   answer
fewer than `burst` were let through in a row   0: at once
else                                           seconds until the next; its place is reserved
"""


class Pace:
    """One stream of what is paced."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = burst
        self._every = 1 / per_second
        self._full_at = float("-inf")  # of the caller's clock: all places are free then

    def reserve(self, now: float) -> float:
        """Reserve the next place: seconds to wait for it."""
        start = max(self._full_at, now)
        self._full_at = start + self._every
        return max(0.0, start - now - (self._burst - 1) * self._every)
