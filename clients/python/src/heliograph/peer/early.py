"""Candidates that came before their description (RFC 8838 §11). Pure."""

from heliograph.wire.protocol import MAX_CANDIDATES, Candidate, CandidateBatch

Early = tuple[CandidateBatch, ...]
MAX_PAIRS = 4  # the oldest is forgotten first


def keep_early(early: Early, batch: CandidateBatch) -> Early:
    """Keeps them by the name of their pair; at most 64 of a pair."""
    others, before = take_early(early, batch.pc)
    candidates = (*before, *batch.candidates)[:MAX_CANDIDATES]
    return (*others, CandidateBatch(batch.pc, candidates))[-MAX_PAIRS:]


def take_early(early: Early, pc: str) -> tuple[Early, tuple[Candidate, ...]]:
    """What is left, and the candidates of this pair."""
    found = next((batch for batch in early if batch.pc == pc), None)
    rest = tuple(batch for batch in early if batch is not found)
    return rest, () if found is None else found.candidates
