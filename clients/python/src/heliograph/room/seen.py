"""Which received messages count: not the repeated ones, and not those of members who have left.

The receiver drops repeats by (from, seq) (docs/protocol.md §4). Bounded in senders and messages.
"""

from heliograph.bounded_map import BoundedMap
from heliograph.wire.protocol import Kind

MAX_SEQS = 1_024  # of one sender
MAX_SENDERS = 128
MAX_DEPARTED = 256
# A program's seq starts at its clock in µs, and that of the next one of the same member later. None
# sends this many messages before it is started again.
NEW_PAGE_SEQS = 100_000
# Repeats of these pass: they have an order of their own, and a repeat may be the first to help.
REPEATABLE: tuple[Kind, ...] = ("offer", "answer", "candidates")


class _Sender:
    def __init__(self) -> None:
        self.seqs: set[int] = set()
        self.floor = self.highest = -1  # the floor and everything below it count as seen


class Inbox:
    """Of one room."""

    def __init__(self) -> None:
        self._senders: BoundedMap[str, _Sender] = BoundedMap(MAX_SENDERS)
        self._departed: BoundedMap[str, int] = BoundedMap(MAX_DEPARTED)  # their highest seqs

    def accepts(self, sender: str, seq: int, kind: Kind) -> bool:
        """Whether this message counts. Asking is receiving: it counts no second time."""
        last = self._departed.get(sender)
        if last is not None and seq < last + NEW_PAGE_SEQS:
            return False
        return self._is_first(sender, seq) or kind in REPEATABLE

    def departed(self, peer: str) -> None:
        """The member left for good: what it had sent before no longer counts."""
        sender = self._senders.get(peer)
        self._departed.set(peer, -1 if sender is None else sender.highest)

    def returned(self, peer: str) -> None:
        """The member is here again."""
        self._departed.remove(peer)

    def _is_first(self, peer: str, seq: int) -> bool:
        sender = self._senders.touch(peer, _Sender)
        if seq <= sender.floor or seq in sender.seqs:
            return False
        sender.seqs.add(seq)
        sender.highest = max(sender.highest, seq)
        if len(sender.seqs) > MAX_SEQS:  # forget the older half, so that one sort serves many
            ordered = sorted(sender.seqs)
            half = len(ordered) // 2
            sender.floor, sender.seqs = ordered[half - 1], set(ordered[half:])
        return True
