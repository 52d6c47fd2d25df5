"""Our messages: each is sent again after 1, 2 and 4 s until it has had its effect. Pure."""

from dataclasses import replace
from typing import Literal

from heliograph.peer.negotiation_types import (
    Effect,
    RepeatLater,
    Send,
    Sent,
    State,
    Step,
)
from heliograph.wire.protocol import (
    Candidate,
    CandidateBatch,
    Description,
    Floor,
    Message,
    Network,
    Restart,
)

REPEAT_SECONDS = (1.0, 2.0, 4.0)  # docs/protocol.md §5


def send_description(
    kind: Literal["offer", "answer"], seq: int, body: Description, repeats: bool
) -> tuple[Sent, tuple[Effect, ...]]:
    """An offer or answer, its first time. `repeats`: it may be lost."""
    sent = Sent(seq, Message(kind, body))
    return sent, _send(sent, repeats)


def send_candidates(s: State, seq: int, candidates: tuple[Candidate, ...]) -> Step:
    """Candidates that were gathered after the description (RFC 8838 §9)."""
    batch = Sent(seq, Message("candidates", CandidateBatch(s.pc, candidates)))
    return replace(s, batches=() if s.up else (*s.batches, batch)), _send(batch, not s.up)


def send_restart(seq: int, pc: str, network: Network | None) -> Effect:
    """Please restart ICE, because of our network or another reason. It is not sent again."""
    return Send(seq, Message("restart", Restart(pc, network=network)))


def send_refusal(pc: str, refused: int) -> Effect:
    """Please offer again, because what had the seq `refused` was refused here."""
    return Send(None, Message("restart", Restart(pc, refused)))


def send_floor(pc: str, granted: bool) -> Effect:
    """May we offer, or: you may."""
    return Send(None, Message("floor", Floor(pc, granted)))


def repeat_first(seq: int) -> Effect:
    """A message that was sent for the first time is sent again, if need be."""
    return RepeatLater(seq, REPEAT_SECONDS[0])


def resend(sent: Sent | None) -> tuple[Effect, ...]:
    """The same message once more: with the same seq, so that it counts once."""
    return () if sent is None else (Send(sent.seq, sent.message),)


def resend_pending(s: State) -> tuple[Effect, ...]:
    """All that has had no effect yet."""
    return tuple(effect for sent in _pending(s) for effect in resend(sent))


def repeat(s: State, seq: int) -> Step:
    """The message of this seq was not settled in time."""
    sent = next((each for each in _pending(s) if each.seq == seq), None)
    if sent is None:
        return s, ()
    repeats = sent.repeats + 1
    more: tuple[Effect, ...] = ()
    if repeats < len(REPEAT_SECONDS):
        more = (RepeatLater(seq, REPEAT_SECONDS[repeats]),)
    return _counted(s, seq, repeats), (*resend(sent), *more)


def settled(s: State) -> State:
    """Answers and candidates have had their effect. An offer has had its effect with its answer."""
    answer = None if s.answer is None else replace(s.answer, settled=True)
    return replace(s, answer=answer, batches=())


def _send(sent: Sent, repeats: bool) -> tuple[Effect, ...]:
    first = Send(sent.seq, sent.message)
    return (first, repeat_first(sent.seq)) if repeats else (first,)


def _pending(s: State) -> list[Sent]:
    offer: list[Sent] = [] if s.offer is None else [s.offer]
    answer: list[Sent] = [] if s.answer is None or s.answer.settled else [s.answer]
    return [*offer, *answer, *s.batches]


def _counted(s: State, seq: int, repeats: int) -> State:
    offer, answer = s.offer, s.answer
    if offer is not None and offer.seq == seq:
        offer = replace(offer, repeats=repeats)
    if answer is not None and answer.seq == seq:
        answer = replace(answer, repeats=repeats)
    batches = tuple(
        replace(batch, repeats=repeats) if batch.seq == seq else batch for batch in s.batches
    )
    return replace(s, offer=offer, answer=answer, batches=batches)
