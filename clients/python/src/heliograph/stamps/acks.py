"""What we have received and not acknowledged yet. Pure; times are seconds of the caller's clock.

Each text and data counts, a repeated one too: its first acknowledgement may be lost. The seqs of
one sender go together, 200 ms after the first of them, or at once when there are 64.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from heliograph.wire.protocol import MAX_ACKS

GATHER_SECONDS = 0.2
# Of one sender, while its batch waits. What is above is acknowledged when it comes again.
MAX_WAITING = 1_024


@dataclass(frozen=True, slots=True)
class Owed:
    """To one sender. The keys of `seqs` are in the order in which they came."""

    seqs: Mapping[int, None]
    due_at: float


@dataclass(frozen=True, slots=True)
class Batch:
    """One `ack` to send, with 1 to 64 seqs."""

    to: str
    seqs: tuple[int, ...]


Acks = Mapping[str, Owed]
NO_ACKS: Acks = {}


def received(acks: Acks, sender: str, seq: int, now: float) -> Acks:
    """A text or data has come, for the first time or again."""
    before = acks.get(sender) or Owed({}, now + GATHER_SECONDS)
    if len(before.seqs) >= MAX_WAITING:
        return acks
    seqs = {**before.seqs, seq: None}
    due_at = min(now, before.due_at) if len(seqs) >= MAX_ACKS else before.due_at
    return {**acks, sender: Owed(seqs, due_at)}


def acks_due(acks: Acks, now: float) -> tuple[Acks, list[Batch]]:
    """What waits on, and what is to be sent now."""
    batches = []
    for to, owed in acks.items():
        if owed.due_at <= now:
            seqs = tuple(owed.seqs)
            parts = range(0, len(seqs), MAX_ACKS)
            batches += [Batch(to, seqs[start : start + MAX_ACKS]) for start in parts]
    return {to: owed for to, owed in acks.items() if owed.due_at > now}, batches


def next_ack_at(acks: Acks) -> float | None:
    """When something is due next."""
    return min((owed.due_at for owed in acks.values()), default=None)


def without_acks_to(acks: Acks, peer: str) -> Acks:
    """It is gone: nothing is owed to it."""
    return {to: owed for to, owed in acks.items() if to != peer}
