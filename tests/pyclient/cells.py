"""Every phase of the negotiation, reached by real events, and every event that can follow.

The same ways and events as client/test/peer/cells.ts, by the same names.
"""

import itertools
from collections.abc import Callable
from typing import Any

from heliograph.peer import negotiation_types as t
from heliograph.peer.negotiation import initial, step
from heliograph.wire.protocol import Candidate, CandidateBatch, Description, Floor, Message, Restart

PC, OTHER_PC, FRESH = "pair", "other", "fresh"
_SEQS = itertools.count(100)
OURS, THEIRS = (Candidate("ours"),), (Candidate("theirs"),)
Make = Callable[[t.State], t.Event]


class Cell:
    """A machine that collects what it did."""

    def __init__(self, polite: bool) -> None:
        self.state = initial(PC, polite, "waiting")
        self.effects: list[t.Effect] = []

    def take(self, *events: "t.Event | Make") -> "Cell":
        for each in events:
            event: Any = each(self.state) if callable(each) else each
            self.state, effects = step(self.state, event)
            self.effects += effects
        return self

    def quiet(self) -> "Cell":
        self.effects = []
        return self


def draw() -> int:
    return next(_SEQS)


def prepared(s: t.State) -> t.Event:
    return t.Prepared(s.op)


def described(s: t.State) -> t.Event:
    return t.Described(s.op, draw(), "ours", OURS)


def theirs_set(s: t.State) -> t.Event:
    return t.TheirsSet(s.op)


def rolled_back(s: t.State) -> t.Event:
    return t.RolledBack(s.op, FRESH)


def failed(s: t.State) -> t.Event:
    return t.Failed(s.op, FRESH)


def waited(s: t.State) -> t.Event:
    return t.Waited(s.op)


def offer(pc: str = PC, restart: bool | None = None, seq: int | None = None) -> t.Event:
    body = Description(pc, "theirs", restart=restart)
    return t.TheirOffer(draw() if seq is None else seq, body, FRESH)


def answer(pc: str = PC, seq: int | None = None) -> t.Event:
    return t.TheirAnswer(draw() if seq is None else seq, Description(pc, "their answer"), FRESH)


def asked(pc: str = PC, refused: int | None = None, stale: bool = False) -> t.Event:
    return t.TheyAsk(pc, stale, FRESH, refused)


def floor(granted: bool, pc: str = PC) -> t.Event:
    return t.TheirFloor(pc, granted)


def joined(polite: bool) -> Cell:
    """One complete round: their offer, our answer. Now both call the pair `PC`."""
    return Cell(polite).take(offer(), theirs_set, prepared, described).quiet()


def connected(polite: bool) -> Cell:
    return joined(polite).take(t.Up()).quiet()


def preparing(polite: bool) -> Cell:
    """An offer is prepared. The polite side has asked for the floor. The channel has gone."""
    cell = connected(polite).take(t.Needed())
    if polite:
        cell.take(floor(True))
    return cell.take(t.Down()).quiet()


def sent_offer(polite: bool) -> Cell:
    return preparing(polite).take(prepared, described)


def our_offer(s: t.State) -> int:
    return -1 if s.offer is None else s.offer.seq


def our_answer(s: t.State) -> int:
    return -1 if s.answer is None else s.answer.seq


# The way to each phase, from a pair that both sides know (but for the first phases).
WAYS: dict[str, Callable[[bool], Cell]] = {
    "waiting": Cell,
    "idle": joined,
    "blocked": lambda polite: sent_offer(polite).take(
        lambda s: t.DescriptionTooLarge(our_offer(s)), rolled_back
    ),
    "asking": lambda polite: connected(True).take(t.Needed()),
    "granted": lambda polite: connected(False).take(floor(False)),
    "preparing": preparing,
    "offering": lambda polite: preparing(polite).take(prepared),
    "parking": lambda polite: Cell(polite).take(t.Park()),
    "parked": lambda polite: Cell(polite).take(t.Park(), described),
    "offered": sent_offer,
    "accepting": lambda polite: sent_offer(polite).take(answer()),
    "retracting": lambda polite: sent_offer(polite).take(lambda s: asked(PC, our_offer(s))),
    "taking": lambda polite: joined(polite).take(offer()),
    "preparingAnswer": lambda polite: joined(polite).take(offer(), theirs_set),
    "answering": lambda polite: joined(polite).take(offer(), theirs_set, prepared),
    "rejecting": lambda polite: joined(polite).take(offer(), theirs_set, prepared, failed),
    "broken": lambda polite: joined(polite).take(t.Broke()),
    "closed": lambda polite: joined(polite).take(t.Close()),
}


def sides(phase: str) -> list[bool]:
    """Only the polite side asks for the floor, and only the other one gives it."""
    return {"asking": [True], "granted": [False]}.get(phase, [True, False])


def reach(phase: str, polite: bool) -> Cell:
    cell = WAYS[phase](polite)
    assert cell.state.phase == phase
    return cell.quiet()


def once_more(s: t.State) -> t.Event:
    return offer(PC, seq=max(2, s.newest) if s.answer is None else s.answer.to)


def a_pair(_: t.State) -> t.Event:
    body = Description(OTHER_PC, "an offer as an answer")
    ours = t.Sent(draw(), Message("answer", body))
    return t.PairOffers(ours, t.Incoming(draw(), body), False)


# Everything that can happen, by the name that it has in the table of the tests.
EVENTS: dict[str, Make] = {
    "needed": lambda _: t.Needed(),
    "prepared": prepared,
    "described": described,
    "set": theirs_set,
    "rolledBack": rolled_back,
    "failed": failed,
    "a late result": lambda s: t.Failed(s.op - 1, FRESH),
    "gathered": lambda _: t.Gathered(draw(), OURS),
    "our offer is too large": lambda s: t.DescriptionTooLarge(our_offer(s)),
    "our answer is too large": lambda s: t.DescriptionTooLarge(our_answer(s)),
    "an offer was not settled": lambda s: t.RepeatDue(our_offer(s)),
    "an answer was not settled": lambda s: t.RepeatDue(our_answer(s)),
    "up": lambda _: t.Up(),
    "down": lambda _: t.Down(),
    "broke": lambda _: t.Broke(),
    "offer": lambda _: offer(),
    "offer of another pair": lambda _: offer(OTHER_PC),
    "restart of another pair": lambda _: offer(OTHER_PC, restart=True),
    "offer once more": once_more,
    "offer out of date": lambda _: offer(PC, seq=1),
    "answer": lambda _: answer(),
    "answer of another pair": lambda _: answer(OTHER_PC),
    "answer out of date": lambda _: answer(PC, 1),
    "candidates": lambda _: t.TheirCandidates(CandidateBatch(PC, THEIRS)),
    "candidates of another pair": lambda _: t.TheirCandidates(CandidateBatch(OTHER_PC, THEIRS)),
    "asked": lambda _: asked(),
    "asked about another pair": lambda _: asked(OTHER_PC),
    "asked about another pair, long not connected": lambda _: asked(OTHER_PC, stale=True),
    "our offer was refused": lambda s: asked(PC, our_offer(s)),
    "our answer was refused": lambda s: asked(PC, our_answer(s)),
    "something unknown was refused": lambda _: asked(PC, 7),
    "heard": lambda _: t.TheyHear(),
    "floor asked": lambda _: floor(False),
    "floor granted": lambda _: floor(True),
    "floor asked for another pair": lambda _: floor(False, OTHER_PC),
    "floor granted for another pair": lambda _: floor(True, OTHER_PC),
    "waited": waited,
    "park": lambda _: t.Park(),
    "claim": lambda _: t.Claim(OTHER_PC, draw()),
    "claim out of date": lambda _: t.Claim(OTHER_PC, -1),
    "pair": a_pair,
    "restart": lambda _: t.RestartIce(FRESH),
    "restart with other ICE servers": lambda _: t.RestartIce(FRESH, anew=True),
    "ask": lambda _: t.AskThem(draw()),
    "replace": lambda _: t.ReplacePair(FRESH),
    "close": lambda _: t.Close(),
}


def named(effect: t.Effect) -> str:
    """An effect in a word or two."""
    match effect:
        case t.Send(_, Message(_, Floor(_, granted))):
            return "grant the floor" if granted else "ask for the floor"
        case t.Send(_, Message("restart", Restart(refused=int()))):
            return "send refused"
        case t.Send(_, message):
            return f"send {message.kind}"
        case t.SetTheirs():
            return f"set {effect.kind}"
        case t.Rollback():
            return f"roll back {effect.side}"
        case t.UseNewPair():
            return f"new pair {effect.pc}"
        case t.Report():
            return effect.code
        case _:
            return str(effect.type)
