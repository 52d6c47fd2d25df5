"""What the stamps say of the hosts' decisions, on its way to the others (docs/protocol.md §7).

We carry it and do not read it.
"""


class CarriedOrders:
    """Of one room. Times are seconds that never go back."""

    def __init__(self) -> None:
        self._newest: dict[int, str] = {}
        self._heard_at: dict[int, float] = {}
        self._last_giver: dict[int, int] = {}

    def heard(self, stamp: int, orders: str, now: float) -> None:
        """A stamp has told us."""
        self._newest[stamp] = orders
        self._heard_at[stamp] = now

    def has_told(self, stamp: int, since: float) -> bool:
        """Whether this stamp has told us anything since then."""
        return self._heard_at.get(stamp, float("-inf")) >= since

    def next(self, stamp: int) -> str | None:
        """For this stamp: the newest of another one; of several others each in its turn."""
        givers = sorted(giver for giver in self._newest if giver != stamp)
        if not givers:
            return None
        last = self._last_giver.get(stamp, -1)
        giver = next((each for each in givers if each > last), givers[0])
        self._last_giver[stamp] = giver
        return self._newest[giver]
