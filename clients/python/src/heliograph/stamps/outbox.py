"""Text and data that were sent, and not acknowledged by everyone who was to get them. Pure.

    a message           event                                  then
    –                   `sent`                                 waiting: it is repeated in 1 s
    waiting             `due`                                  repeated; waiting 2 s, 4 s; resting
    waiting, resting    `taken` by a stamp                     the next repeat goes by another stamp
    waiting, resting    `acked`, `left` by the last who owes   out
    waiting, resting    `returned`: somebody who owes it can   waiting, due at once
                        receive again
    waiting, resting    60 s old, or there is no room for it   out: given up

Each pause is up to a tenth longer, so that many messages are not repeated in the same moment. A
repeat is the same envelope, so it counts once, and a message for everyone stays one for everyone.
Times are seconds of the caller's clock.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from heliograph.wire.protocol import Envelope

REPEAT_SECONDS = (1.0, 2.0, 4.0)  # docs/protocol.md §5
MAX_JITTER = 0.1
MAX_AGE_SECONDS = 60.0
MAX_MESSAGES = 256
MAX_BYTES = 4_194_304  # of JSON, of all messages together


@dataclass(frozen=True, slots=True)
class Pending:
    """One message. `due_at` None: it rests. `taken_by`: stamps, and nobody has acknowledged."""

    envelope: Envelope
    size: int
    owing: frozenset[str]
    sent_at: float
    repeats: int
    due_at: float | None
    taken_by: frozenset[int] = frozenset()


Outbox = Mapping[int, Pending]  # by seq, the oldest first
EMPTY: Outbox = {}


@dataclass(frozen=True, slots=True)
class Repeat:
    """A message to send again, best by a stamp that has not taken it."""

    envelope: Envelope
    owing: tuple[str, ...]
    taken_by: frozenset[int]


def sent(
    outbox: Outbox, envelope: Envelope, size: int, peers: Iterable[str], now: float, chance: float
) -> Outbox:
    """A message was sent to these peers. The oldest are given up where it has no room.

    `size`: bytes of its JSON; `chance`: 0 to 1. What needs nobody's acknowledgement is not kept.
    """
    owing = frozenset(peers)
    if not owing or size > MAX_BYTES:
        return outbox
    pending = Pending(envelope, size, owing, now, 0, _due_in(0, now, chance))
    return _fitted({**outbox, envelope.seq: pending})


def taken(outbox: Outbox, seq: int, stamp: int) -> Outbox:
    """A stamp has taken the message, which does not say that anybody has it."""
    pending = outbox.get(seq)
    if pending is None:
        return outbox
    return {**outbox, seq: replace(pending, taken_by=pending.taken_by | {stamp})}


def acked(outbox: Outbox, sender: str, seqs: Iterable[int]) -> Outbox:
    """It has these messages. Seqs that we do not wait for are ignored."""
    for seq in seqs:
        outbox = _settled(outbox, seq, sender)
    return outbox


def left(outbox: Outbox, peer: str) -> Outbox:
    """It is gone: nothing is sent to it any more."""
    return acked(outbox, peer, tuple(outbox))


def returned(outbox: Outbox, peer: str, now: float) -> Outbox:
    """It can receive again: what it owes is due now, and is repeated as often as at first."""
    return {
        seq: replace(pending, due_at=now, repeats=0, taken_by=frozenset())
        if peer in pending.owing
        else pending
        for seq, pending in outbox.items()
    }


def due(outbox: Outbox, now: float, chance: Callable[[], float]) -> tuple[Outbox, list[Repeat]]:
    """What is left, and what is to be sent again."""
    rest: dict[int, Pending] = {}
    repeats = []
    for seq, pending in outbox.items():
        if now >= pending.sent_at + MAX_AGE_SECONDS:
            continue
        rest[seq] = pending
        if pending.due_at is not None and pending.due_at <= now:
            count = pending.repeats + 1
            due_at = _due_in(count, now, chance())
            rest[seq] = replace(pending, repeats=count, due_at=due_at)
            owing = tuple(sorted(pending.owing))
            repeats.append(Repeat(pending.envelope, owing, pending.taken_by))
    return rest, repeats


def next_due_at(outbox: Outbox) -> float | None:
    """When something happens next: a repeat, or the end of a message."""
    times = [
        min(pending.sent_at + MAX_AGE_SECONDS, pending.due_at or float("inf"))
        for pending in outbox.values()
    ]
    return min(times, default=None)


def _due_in(repeats: int, now: float, chance: float) -> float | None:
    if repeats >= len(REPEAT_SECONDS):
        return None
    return now + REPEAT_SECONDS[repeats] * (1 + chance * MAX_JITTER)


def _settled(outbox: Outbox, seq: int, peer: str) -> Outbox:
    """`peer` owes nothing more for this message; without anybody who does, it is out."""
    pending = outbox.get(seq)
    if pending is None or peer not in pending.owing:
        return outbox
    owing = pending.owing - {peer}
    if owing:
        return {**outbox, seq: replace(pending, owing=owing)}
    return {each: kept for each, kept in outbox.items() if each != seq}


def _fitted(outbox: dict[int, Pending]) -> Outbox:
    """Without the oldest, until the others have room."""
    total = sum(pending.size for pending in outbox.values())
    for seq in list(outbox):
        if len(outbox) <= MAX_MESSAGES and total <= MAX_BYTES:
            break
        total -= outbox.pop(seq).size
    return outbox
