"""What the cells of the table in negotiation.py do. Pure: `(state, event) → (state, effects)`."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from heliograph.peer import outgoing
from heliograph.peer.early import keep_early, take_early
from heliograph.peer.negotiation_types import (
    AddCandidates,
    Adopt,
    AskThem,
    Claim,
    CloseLink,
    Describe,
    Described,
    DescriptionTooLarge,
    DoRestartIce,
    Effect,
    Gathered,
    Incoming,
    Intention,
    PairOffers,
    Phase,
    Prepare,
    Refusal,
    Release,
    RepeatDue,
    Report,
    Rollback,
    Round,
    SentAnswer,
    SetTheirs,
    State,
    Step,
    TheirAnswer,
    TheirCandidates,
    TheirFloor,
    TheirOffer,
    TheyAsk,
    UseNewPair,
    Wait,
)
from heliograph.wire.protocol import Description

RETRIES_IN_PLACE = 2
ON_THE_LAST_PAIR = 3  # as many failures as if one more had been made in place
HOST_GATHER = 0.03  # seconds that a description waits for host candidates: they save a message
PARKED_GATHER = 2.0  # a parked offer waits for all: nobody could get the later ones
FLOOR_ASKED = 2.0  # seconds after which who asks for the floor offers all the same
FLOOR_GRANTED = 3.0  # seconds after which who has the floor and does not offer, loses it
MEDIA = re.compile(r"^m=(audio|video)", re.M)
RESTING: dict[Intention, Phase] = {"rest": "idle", "wait": "waiting", "block": "blocked"}
LESS_URGENT: tuple[Intention, ...] = ("rest", "offer", "grant")


def initial(pc: str, polite: bool, phase: Literal["idle", "waiting"]) -> State:
    """`phase`: "idle" if we may offer, "waiting" if they do, or the offer will be parked."""
    return State(phase, pc, polite)


# --- offers of ours ---------------------------------------------------------------------------


def offer_or_ask(s: State, _: Any = None) -> Step:
    """After the first round an offer waits for the channel, and the polite side asks."""
    if s.round != "complete":
        return prepare_offer(s, "offer")
    if not s.up:
        return replace(s, phase="idle", intention="offer"), ()
    if not s.polite:
        return prepare_offer(s, "offer")
    return _wait_for(replace(s, phase="asking", intention="rest"), FLOOR_ASKED)


def asked_for_floor(s: State, event: TheirFloor) -> Step:
    """They ask for the floor, in the channel, which may be up on their side only."""
    if not s.up:
        return grant_later(s, event) if s.phase == "idle" else same(s)
    return same(s) if event.granted or s.polite or event.pc != s.pc else _grant(s)


def grant_later(s: State, event: TheirFloor) -> Step:
    """If an offer of ours follows, they take it, and ask again if they still need one."""
    is_free = not event.granted and not s.polite and event.pc == s.pc and s.intention == "rest"
    return (replace(s, intention="grant") if is_free else s), ()


def offer_if_granted(s: State, event: TheirFloor) -> Step:
    """Asking."""
    return prepare_offer(s, "offer") if event.granted and event.pc == s.pc else same(s)


def offer_all_the_same(s: State, _: Any) -> Step:
    """Asking, and nobody has answered."""
    return prepare_offer(s, "offer") if s.up else offer_or_ask(s)


def restart_if_down(s: State, _: Any) -> Step:
    """Granted: later, or at once if the channel is not up."""
    return restart_later(s) if s.up else restart(s)


def restart_while_preparing(s: State, _: Any) -> Step:
    """Preparing an offer that does not restart ICE yet."""
    return prepare_offer(s, "restart") if s.joint and not s.restarting else same(s)


def restart_while_offering(s: State, event: Any) -> Step:
    """An offer is being made; `anew`: with other ICE servers than the next one."""
    return restart_later(s) if event.anew or (s.joint and not s.restarting) else same(s)


def restart_while_offered(s: State, event: Any) -> Step:
    """An offer is out."""
    return restart_later(s) if event.anew else (s, outgoing.resend(s.offer))


def restart_blocked(s: State, event: Any) -> Step:
    """Blocked: in place while the channel is up, else by a new pair."""
    return restart(s) if s.up else replace_and_offer(s, event)


def describe_offer(s: State, _: Any) -> Step:
    """All is prepared."""
    return _describe(s, "offering", _gather(s))


def describe_answer(s: State, _: Any) -> Step:
    """All is prepared."""
    return _describe(s, "answering", _gather(s))


def describe_parked(s: State, _: Any) -> Step:
    """An offer for whoever comes."""
    return _describe(s, "parking", PARKED_GATHER)


def prepare_offer(s: State, kind: Literal["offer", "restart"]) -> Step:
    """An offer waits until what belongs into it is there."""
    restarting, op = kind == "restart" and s.joint, s.op + 1
    state = replace(s, phase="preparing", intention="rest", restarting=restarting, op=op)
    first: tuple[Effect, ...] = (DoRestartIce(),) if restarting else ()
    return state, (*first, Prepare(op, None))


def send_offer(s: State, event: Described) -> Step:
    """The impolite side drops an offer that came meanwhile: they take ours (W3C WebRTC §10.7)."""
    if s.next is not None and s.polite:
        return _give_way(s, s.next, event.sdp)
    body = replace(_offer_of(s, event), restart=s.restarting or None, relay=event.relay)
    offer, effects = outgoing.send_description("offer", event.seq, body, True)
    return replace(s, phase="offered", next=None, offer=offer), effects


def park(s: State, event: Described) -> Step:
    """It goes to the room and not to a peer, so it is not sent again by the clock."""
    offer, effects = outgoing.send_description("offer", event.seq, _offer_of(s, event), False)
    return replace(s, phase="parked", offer=offer), effects


def parking_failed(s: State, _: Any) -> Step:
    """There is no offer."""
    return replace(s, phase="broken"), (Report("negotiation_failed"),)


def glare(s: State, event: TheirOffer) -> Step:
    """Two offers cross. The polite side takes theirs; the other repeats its own."""
    if not s.polite or s.offer is None:
        return s, outgoing.resend(s.offer)
    body = s.offer.message.body
    sdp = body.sdp if isinstance(body, Description) else ""
    return _give_way(s, Incoming(event.seq, event.body), sdp)


def accept(s: State, event: TheirAnswer | Incoming) -> Step:
    """Their answer to our offer."""
    if event.seq <= s.newest or event.body.pc != s.pc:
        return same(s)
    op = s.op + 1
    early, candidates = take_early(s.early, s.pc)
    state = replace(
        outgoing.settled(s),
        phase="accepting",
        joint=True,
        newest=event.seq,
        early=early,
        op=op,
        offer=None,
    )
    return state, (SetTheirs(op, "answer", event.body, candidates, False),)


def accepted(s: State, _: Any) -> Step:
    """An offer and its answer are set."""
    return stable(replace(s, round="complete", failures=0, offer=None, restarting=False))


def is_for_another_pair(s: State, event: TheirAnswer) -> bool:
    """They took an offer that we have used with somebody else, and have left the pair we have.

    Only another offer helps. In other phases one is on its way, or they find out by our answer.
    """
    is_our_turn = s.phase in ("idle", "accepting")
    is_other = event.body.pc not in (s.pc, s.left, s.withdrawn)
    return is_our_turn and s.joint and not s.up and is_other and event.seq > s.newest


def answer_while_waiting(s: State, event: TheirAnswer) -> Step:
    """They took an offer that is withdrawn, or have not heard that we refused their answer."""
    if event.seq == s.refused_answer:
        return s, (outgoing.send_refusal(event.body.pc, event.seq),)
    if event.seq <= s.newest:
        return same(s)
    return offer_first(replace(s, newest=event.seq), event)


def offer_first(s: State, event: Any) -> Step:
    """Though it was their turn. `event` has a fresh name."""
    return replace_and_offer(s, event) if s.round == "spoiled" else restart(s)


# --- offers of theirs -------------------------------------------------------------------------


def offer_before(s: State, event: TheirOffer) -> Step | None:
    """One that was tried before: our answer or our refusal was lost, or it is out of date."""
    if s.answer is not None and s.answer.to == event.seq and s.phase != "broken":
        return s, outgoing.resend(s.answer)
    if event.seq > s.newest:
        return None
    # They still wait for an answer that we have not (any more): they have to offer again.
    is_theirs = s.theirs is not None and event.seq == s.theirs.seq
    waits = event.seq == s.newest and not is_theirs
    return s, (outgoing.send_refusal(event.body.pc, event.seq),) if waits else ()


def offer_for_another_pair(s: State, event: TheirOffer) -> Step | None:
    """They have a new connection, or they use one that we do not have (any more)."""
    body = event.body
    if body.pc == s.pc and s.phase != "broken":
        return None
    # Only a new pair can work, and we offer it, or have done so already.
    if body.restart or body.pc in (s.pc, s.left):
        state = replace(s, newest=event.seq)
        if s.joint or s.phase == "broken":
            return replace_and_offer(state, event)
        if s.phase in ("waiting", "blocked"):
            return offer_first(state, event)
        return state, outgoing.resend(s.offer)
    if not s.joint and s.phase != "broken":
        return None
    return _then(_replace(s, body.pc, "waiting"), lambda state: take(state, event))


def take(s: State, event: TheirOffer | Incoming) -> Step:
    """Their offer counts. Ours is dropped: what it was for is said again, but not a restart."""
    seq, body, op = event.seq, event.body, s.op + 1
    early, candidates = take_early(s.early, body.pc)
    state = replace(
        outgoing.settled(s),
        phase="taking",
        pc=body.pc,
        withdrawn=s.withdrawn if body.pc == s.pc else s.pc,
        joint=True,
        intention="restart" if s.intention == "restart" else "rest",
        restarting=False,
        theirs=Incoming(seq, body),
        next=None,
        newest=seq,
        offer=None,
        early=early,
        op=op,
    )
    return state, (SetTheirs(op, "offer", body, candidates, body.pc != s.pc),)


def take_while_preparing(s: State, event: TheirOffer) -> Step:
    """Our own offer was to restart ICE: it follows."""
    return take(replace(s, intention="restart") if s.restarting else s, event)


def keep(s: State, event: TheirOffer) -> Step:
    """It waits until the operation under way has ended."""
    if s.next is not None and s.next.seq > event.seq:
        return same(s)
    return replace(s, next=Incoming(event.seq, event.body)), ()


def prepare_answer(s: State, _: Any) -> Step:
    """Their offer is set."""
    if s.next is not None:
        return take(s, s.next)
    op = s.op + 1
    offer = None if s.theirs is None else s.theirs.body
    return replace(s, phase="preparingAnswer", op=op), (Prepare(op, offer),)


def send_answer(s: State, event: Described) -> Step:
    """If a newer offer has come they have given the old one up, and need no answer to it."""
    if s.next is not None or s.theirs is None:
        return stable(s)
    body = _body_of(s, event)
    sent, effects = outgoing.send_description("answer", event.seq, body, not s.up)
    answer = SentAnswer(sent.seq, sent.message, 0, s.theirs.seq, s.up)
    state = replace(s, round="complete", failures=0, theirs=None, answer=answer)
    return _then((state, effects), stable)


def refuse(s: State, event: Any) -> Step:
    """Their offer was refused here, or an answer to it. The connection is stable now.

    They must know, and we offer in their place: theirs would be refused again.
    """
    if s.theirs is None:
        return stable(s)
    told = outgoing.send_refusal(s.theirs.body.pc, s.theirs.seq)
    state = replace(s, theirs=None)
    return _then((state, (told,)), lambda rest: _offer_instead(rest, event))


def reject(s: State, _: Any) -> Step:
    """No answer could be made."""
    return _rollback(s, "rejecting", "remote")


# --- refusals, and what follows ---------------------------------------------------------------


def refuse_answer(s: State, event: Any) -> Step:
    """Their answer was refused here.

    They have set it, and with it our offer, so they are ahead of us: an offer of ours would not
    fit theirs (the order of its m-lines). They have to offer.
    """
    if s.failures >= RETRIES_IN_PLACE:
        return _use_new_pair(s, event)
    seq = s.newest
    state = replace(s, failures=s.failures + 1, refused_answer=seq, intention="wait")
    return _then((state, (outgoing.send_refusal(s.pc, seq),)), _retract)


def try_again(s: State, event: Any) -> Step:
    """An offer of our own was refused here."""
    return stable(s) if s.next is not None else _offer_instead(s, event)  # theirs will do


def unusable(s: State, event: Any) -> Step:
    """Not even a rollback works."""
    if s.failures < ON_THE_LAST_PAIR:
        return _use_new_pair(s, event)
    return replace(s, phase="broken", theirs=None), (Report("negotiation_failed"),)


def too_large(s: State, event: DescriptionTooLarge) -> Step:
    """An offer that cannot be sent is taken back. Who waits for an answer must know."""
    if s.phase == "offered" and s.offer is not None and s.offer.seq == event.seq:
        return _block(s, "too_large")
    if s.answer is None or s.answer.seq != event.seq:
        return same(s)
    refused = outgoing.send_refusal(s.pc, s.answer.to)
    return replace(s, answer=None), (Report("too_large"), refused)


def asks_us_to_restart(s: State, event: TheyAsk) -> bool:
    """They ask for a restart of ICE of this pair, which the impolite side starts."""
    return event.refused is None and not s.polite and event.pc == s.pc and s.phase != "broken"


def asked_to_restart(s: State, event: TheyAsk) -> Step:
    """All that `asks_us_to_restart` leaves: another pair, or a refusal."""
    if event.refused is not None:
        return _refused_by_them(s, event, event.refused)
    return replace_and_offer(s, event) if not s.polite and event.stale and not s.up else same(s)


def _refused_by_them(s: State, event: TheyAsk, seq: int) -> Step:
    if s.phase == "waiting" and event.pc != s.pc:
        return offer_first(s, event)  # one that we had parked
    if event.pc != s.pc:
        return same(s)
    if s.phase == "offered" and s.offer is not None and s.offer.seq == seq:
        return _take_back(s)
    # They are stable again, and one round behind us: only an offer of ours fits.
    if s.phase == "idle" and s.answer is not None and s.answer.seq == seq:
        return prepare_offer(s, "restart")
    return same(s)


def _take_back(s: State) -> Step:
    """They have refused our offer. They offer in our place."""
    if s.failures >= ON_THE_LAST_PAIR:
        return _block(s, "negotiation_failed")
    failures = min(RETRIES_IN_PLACE, s.failures + 1)
    return _retract(replace(s, failures=failures, intention="wait"))


def _offer_instead(s: State, event: Any) -> Step:
    """Something was refused, and we are stable: offer in place, with a new pair, or no more."""
    failures = s.failures + 1
    if failures > RETRIES_IN_PLACE or s.round == "spoiled":
        return _use_new_pair(s, event)
    state = replace(s, failures=failures)
    return stable(state) if s.next is not None else restart(state)


def _use_new_pair(s: State, event: Any) -> Step:
    if s.failures >= ON_THE_LAST_PAIR:
        return _block(s, "negotiation_failed")
    return replace_and_offer(replace(s, failures=ON_THE_LAST_PAIR), event)


def _block(s: State, code: Refusal) -> Step:
    """Stable again, with an error. Offering at once would end alike."""
    is_pending = s.phase in ("offered", "accepting")
    state = replace(s, intention="block")
    return _then((state, (Report(code),)), _retract if is_pending else stable)


# --- giving way -------------------------------------------------------------------------------


def _give_way(s: State, following: Incoming, sdp: str) -> Step:
    """With media the first offer is not rolled back but left. `sdp`: of ours."""
    if s.round == "complete" or not MEDIA.search(sdp):
        intention: Intention = "restart" if s.restarting else s.intention
        return _retract(replace(s, next=following, intention=intention))
    return _then(_replace(s, following.body.pc, "waiting"), lambda fresh: take(fresh, following))


def _retract(s: State) -> Step:
    round: Round = "complete" if s.round == "complete" else "spoiled"
    return _rollback(replace(s, round=round, offer=None, restarting=False), "retracting", "local")


def _rollback(
    s: State, phase: Literal["retracting", "rejecting"], side: Literal["local", "remote"]
) -> Step:
    op = s.op + 1
    return replace(s, phase=phase, op=op), (Rollback(op, side),)


# --- the connection is stable, or there is another one ----------------------------------------


def stable(s: State, _: Any = None) -> Step:
    """What was kept comes first, then what is due later."""
    state = replace(s, theirs=None, restarting=False)
    if state.next is not None:
        return take(state, state.next)
    if state.intention == "offer":
        return offer_or_ask(state)
    if state.intention == "restart":
        return prepare_offer(state, "restart")
    if state.intention == "grant":
        return _grant(replace(state, intention="rest"))
    phase = RESTING.get(state.intention, "idle")
    return replace(state, phase=phase, intention="rest"), ()


def restart(s: State, _: Any = None) -> Step:
    """An offer that restarts ICE, if both sides know this pair."""
    return prepare_offer(s, "restart" if s.joint else "offer")


def replace_and_offer(s: State, event: Any) -> Step:
    """A new connection, which says that something is to be negotiated. `event` names it."""
    return _replace(s, event.fresh, "idle")


def _replace(s: State, pc: str, phase: Literal["idle", "waiting"]) -> Step:
    return replace(_new_pair(s, pc), phase=phase), (UseNewPair(pc),)


def _new_pair(s: State, pc: str) -> State:
    """What is left when the connection goes: what was heard, and how often it failed."""
    return replace(
        initial(pc, s.polite, "idle"),
        phase=s.phase,
        left=s.left if pc == s.pc else s.pc,
        newest=s.newest,
        refused_answer=s.refused_answer,
        failures=s.failures,
        early=s.early,
        op=s.op + 1,
    )


def broke(s: State, _: Any) -> Step:
    """The connection is closed."""
    return replace(_new_pair(s, s.pc), phase="broken", joint=s.joint), ()


def close(s: State, _: Any) -> Step:
    """The end."""
    return replace(_new_pair(s, s.pc), phase="closed"), (CloseLink(),)


def claim(s: State, event: Claim) -> Step:
    """Their answer names the offer that we had parked: its connection becomes this one."""
    if event.answer_seq <= s.newest:
        return s, (Release(),)
    return replace(_new_pair(s, event.pc), phase="offered"), (Adopt(),)


def pair(s: State, event: PairOffers) -> Step:
    """Each side reads the other's offer as an answer. Ours was sent to them by the servers.

    It is sent again like any answer if it may have been lost.
    """
    theirs = event.theirs
    # Which of two pairs counts is decided by the stamps' rule, whatever was heard before.
    offered = replace(_new_pair(s, theirs.body.pc), phase="offered", newest=theirs.seq - 1)
    state, effects = accept(offered, theirs)
    answer = SentAnswer(event.ours.seq, event.ours.message, 0, theirs.seq, event.is_told)
    repeats = () if event.is_told else (outgoing.repeat_first(event.ours.seq),)
    return replace(state, answer=answer), (Adopt(), *effects, *repeats)


def connected(s: State, _: Any = None) -> Step:
    """Messages can go peer to peer. What the servers may have lost goes there again.

    That is an offer, or the word that we refused an answer, after which they have to offer.
    """
    is_owed_offer = s.phase == "waiting" and s.joint and s.refused_answer == s.newest
    told = (outgoing.send_refusal(s.pc, s.newest),) if is_owed_offer else ()
    return replace(outgoing.settled(s), up=True), (*outgoing.resend(s.offer), *told)


def connected_and_offer(s: State, _: Any) -> Step:
    """An offer has waited for the channel; or the channel has lost that we asked for the floor."""
    return _then(connected(s), offer_or_ask)


def connected_while_idle(s: State, _: Any) -> Step:
    """What is due later is due now."""
    return _then(connected(s), lambda up: same(up) if up.intention == "rest" else stable(up))


def down(s: State, _: Any) -> Step:
    """Messages cannot go peer to peer any more."""
    return replace(s, up=False), ()


# --- small parts ------------------------------------------------------------------------------


def take_candidates(s: State, event: TheirCandidates) -> Step:
    """Their candidates need a description of theirs first, of the same pair (RFC 8838 §11)."""
    if event.body.pc == s.pc and s.joint and s.phase != "broken":
        return s, (AddCandidates(event.body.candidates),)
    return replace(s, early=keep_early(s.early, event.body)), ()


def gathered(s: State, event: Gathered) -> Step:
    """More candidates of ours."""
    return outgoing.send_candidates(s, event.seq, event.candidates)


def repeat_due(s: State, event: RepeatDue) -> Step:
    """A message of ours was not settled in time."""
    return outgoing.repeat(s, event.seq)


def they_hear(s: State, _: Any) -> Step:
    """They could not hear before."""
    return s, () if s.up else outgoing.resend_pending(s)


def ask_them(s: State, event: AskThem) -> Step:
    """Please restart ICE."""
    return s, (outgoing.send_restart(event.seq, s.pc, event.network),)


def same(s: State, _: Any = None) -> Step:
    """Nothing happens."""
    return s, ()


def offer_later(s: State, _: Any = None) -> Step:
    """An offer of ours follows."""
    return (replace(s, intention="offer") if s.intention in LESS_URGENT else s), ()


def restart_later(s: State, _: Any = None) -> Step:
    """A restart is an offer too, so it stays. "wait" and "block" end with the next stable phase."""
    return (replace(s, intention="restart") if s.intention in LESS_URGENT else s), ()


def _grant(s: State) -> Step:
    back: Intention = s.intention
    if s.phase in ("blocked", "waiting"):
        back = "block" if s.phase == "blocked" else "wait"
    return _wait_for(replace(s, phase="granted", intention=back), FLOOR_GRANTED)


def _wait_for(s: State, seconds: float) -> Step:
    """Asks for the floor, or gives it, for so long."""
    op = s.op + 1
    told = outgoing.send_floor(s.pc, s.phase == "granted")
    return replace(s, op=op), (told, Wait(op, seconds))


def _describe(s: State, phase: Literal["offering", "parking", "answering"], gather: float) -> Step:
    op = s.op + 1
    return replace(s, phase=phase, op=op), (Describe(op, gather),)


def _gather(s: State) -> float:
    """After a restart of ICE, or with a second pair, it is late already."""
    is_restart = s.restarting or (s.theirs is not None and bool(s.theirs.body.restart))
    return 0 if is_restart or s.left is not None else HOST_GATHER


def _body_of(s: State, event: Described) -> Description:
    """What offers and answers have in common."""
    return Description(s.pc, event.sdp, event.candidates, network=event.network)


def _offer_of(s: State, event: Described) -> Description:
    return replace(_body_of(s, event), slots=event.slots)


def _then(step: Step, more: Callable[[State], Step]) -> Step:
    state, effects = step
    following, added = more(state)
    return following, (*effects, *added)
