"""Candidates of members whom we do not know yet: they came before anything else did."""

from heliograph.bounded_map import BoundedMap
from heliograph.peer.early import Early, keep_early

MAX_MEMBERS = 64


class Held:
    """Of one room; the member that was silent longest is forgotten first."""

    def __init__(self) -> None:
        self._members: BoundedMap[str, Early] = BoundedMap(MAX_MEMBERS)

    def put(self, sender: str, early: Early) -> None:
        """Keep them; at most 64 candidates a pair."""
        known = self._members.get(sender) or ()
        for batch in early:
            known = keep_early(known, batch)
        self._members.set(sender, known)

    def take(self, sender: str) -> Early:
        """Of this member; they are given once."""
        return self._members.remove(sender) or ()
