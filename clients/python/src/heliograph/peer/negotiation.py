"""The negotiation with one peer: perfect negotiation (W3C WebRTC §10.7) as a table. Pure.

    step(state, event) → (state, effects)

                  needed   restart   offer of theirs,     answer    the operation    it is
                                     polite | impolite              succeeded        refused
  waiting         –        prepare   take                 prepare¹
  idle            prepare⁶ prepare   take                 –
  blocked         –²       prepare   take                 –
  asking          –        prepare   take                 –
  granted         later    later⁷    take                 –
  preparing       –        restart   take                 –         describe
  offering        later    later     keep                 –         send | retract³  again
  offered         later    repeat⁵   retract | repeat     accept                     retract⁴
  accepting       later    later     keep                 –         stable           tell, retract⁴
  retracting      later    later     keep                 –         stable           new pair
  taking          later    later     keep                 –         prepare answer   tell, offer
  preparingAnswer later    later     take                 –         describe
  answering       later    later     keep                 –         send, stable     reject
  rejecting       later    later     keep                 –         tell, offer      new pair
  broken          –        new pair  new pair, take       –

  ¹ They took an offer of ours that we have withdrawn. ² Until the channel is up.
  ³ Polite, and an offer of theirs came meanwhile. ⁴ And then waiting: they offer. In `offered`
  it is their side that refused. ⁵ Later if it is to have other ICE servers. ⁶ The polite side
  after the first round: ask, once the channel is up. ⁷ At once if the channel is not up.
  keep: their offer waits until the operation has ended. later: an offer of ours follows.
  stable: what was kept comes first, then what is due later. Else idle.
  again, offer: twice in place, then with a new pair, then blocked, with an error.

The floor (as in RFC 8855): after the first round only the impolite side offers by itself. The
polite one asks in the channel (`floor`), and offers when it is told that it may. So offers do not
cross.

                  the polite side asks           the impolite side lets it   nothing for 2 s, 3 s
  idle, blocked,
  waiting         let it: granted                –                           –
  asking          –                              prepare                     prepare
  granted         let it                         –                           stable
  accepting       let it when stable, or offer   –                           –
  others          – (an offer of ours follows, or theirs is here: who still needs one asks again)

It is the table of the TypeScript client (client/src/peer/negotiation.ts), with the same phases,
events and rules in the same order; tests/pyclient runs every cell of that client's own test through
this one. What aiortc cannot do of it (rolling back, restarting ICE), negotiator.py does by a new
connection.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from heliograph.peer import moves
from heliograph.peer.moves import initial as initial
from heliograph.peer.negotiation_types import (
    Event,
    Phase,
    RestartIce,
    State,
    Step,
    TheirAnswer,
    TheirOffer,
    TheyAsk,
)

Cell = Callable[[State, Any], Step]
Row = Mapping[str, Cell]  # by the type of the event
AGAIN: Row = {"needed": moves.offer_later, "restart": moves.restart_later, "offer": moves.keep}

# What happens only in this phase. A cell that is missing here and in ALWAYS changes nothing.
TABLE: Mapping[Phase, Row] = {
    "waiting": {
        "park": moves.describe_parked,
        "restart": moves.offer_first,
        "offer": moves.take,
        "answer": moves.answer_while_waiting,
        "floor": moves.asked_for_floor,
    },
    "idle": {
        "needed": moves.offer_or_ask,
        "up": moves.connected_while_idle,
        "restart": moves.restart,
        "offer": moves.take,
        "floor": moves.asked_for_floor,
    },
    "blocked": {
        "up": moves.connected_and_offer,
        "restart": moves.restart_blocked,
        "offer": moves.take,
        "floor": moves.asked_for_floor,
    },
    "asking": {
        "up": moves.connected_and_offer,
        "restart": moves.restart,
        "offer": moves.take,
        "floor": moves.offer_if_granted,
        "waited": moves.offer_all_the_same,
    },
    "granted": {
        "needed": moves.offer_later,
        "restart": moves.restart_if_down,
        "offer": moves.take,
        "floor": moves.asked_for_floor,
        "waited": moves.stable,
    },
    "preparing": {
        "restart": moves.restart_while_preparing,
        "offer": moves.take_while_preparing,
        "prepared": moves.describe_offer,
    },
    "offering": {
        "needed": moves.offer_later,
        "restart": moves.restart_while_offering,
        "offer": moves.keep,
        "described": moves.send_offer,
        "failed": moves.try_again,
    },
    "parking": {
        "gathered": moves.same,  # nobody is there yet to send them to
        "described": moves.park,
        "failed": moves.parking_failed,
    },
    "parked": {
        "gathered": moves.same,
        "repeatDue": moves.same,
        "heard": moves.same,
        "up": moves.same,
    },
    "offered": {
        "needed": moves.offer_later,
        "restart": moves.restart_while_offered,
        "offer": moves.glare,
        "answer": moves.accept,
    },
    "accepting": {
        **AGAIN,
        "set": moves.accepted,
        "failed": moves.refuse_answer,
        "floor": moves.grant_later,
    },
    "retracting": {**AGAIN, "rolledBack": moves.stable, "failed": moves.unusable},
    "taking": {**AGAIN, "set": moves.prepare_answer, "failed": moves.refuse},
    "preparingAnswer": {
        "needed": moves.offer_later,
        "restart": moves.restart_later,
        "offer": moves.take,
        "prepared": moves.describe_answer,
    },
    "answering": {**AGAIN, "described": moves.send_answer, "failed": moves.reject},
    "rejecting": {**AGAIN, "rolledBack": moves.refuse, "failed": moves.unusable},
    "broken": {"restart": moves.replace_and_offer},
}

# What happens in every phase but `closed`, where the row of the phase says nothing else.
ALWAYS: Row = {
    "candidates": moves.take_candidates,
    "gathered": moves.gathered,
    "repeatDue": moves.repeat_due,
    "heard": moves.they_hear,
    "asked": moves.asked_to_restart,
    "ask": moves.ask_them,
    "tooLarge": moves.too_large,
    "up": moves.connected,
    "down": moves.down,
    "broke": moves.broke,
    "replace": moves.replace_and_offer,
    "claim": moves.claim,
    "pair": moves.pair,
    "close": moves.close,
}


def step(state: State, event: Event) -> Step:
    """The one transition function. Events that have no meaning in a phase change nothing."""
    op = getattr(event, "op", None)
    if state.phase == "closed" or (op is not None and op != state.op):
        return moves.same(state)
    if isinstance(event, TheirOffer):
        known = moves.offer_before(state, event) or moves.offer_for_another_pair(state, event)
        if known is not None:
            return known
    if isinstance(event, TheirAnswer) and moves.is_for_another_pair(state, event):
        return moves.replace_and_offer(replace(state, newest=event.seq), event)
    if isinstance(event, TheyAsk) and moves.asks_us_to_restart(state, event):
        return step(state, RestartIce(event.fresh))
    row = TABLE[state.phase]
    cell = row.get(event.type) or ALWAYS.get(event.type)
    return moves.same(state) if cell is None else cell(state, event)
