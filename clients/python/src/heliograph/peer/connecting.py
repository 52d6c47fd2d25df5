"""What to do about a connection that does not come about, or that was lost. Pure.

    due(facts) → (at, action) or None

It is asked again whenever a fact changes. `at` may be in the past: then it is due now.

    the connection                       due                               action
    is up                                –                                 none
    has both descriptions, no path³      1.5 s later¹, 3 s through TURN    escalate
    the same, one side has UDP blocked   at once⁴                          escalate
    the same, another need of a relay    0.1 s later⁴                      escalate
    failed, no path³                     at once¹                          escalate
    does not come about                  10 s after it began               recover
    failed                               at once, 5 s if it is escalated   recover
    is silent (pulse.py)                 at once                           recover
    is broken (closed)                   1 s later: news may be on its way recover
    there is news of the peer            at once                           recover
    was tried 1 … 6 times                5, 10, 20, 20, 20, 20 s later²    recover, at last give up
    was given up                         –                                 none, until there is news

    escalate  The side whose network calls for a relay (turn/network.py), else the impolite one,
              gets TURN credentials, and the impolite one offers a new connection. If that did
              not help, or it gets none, the other side brings TURN candidates too. One relay is
              enough for a pair, and half the cost.
    recover   The polite side asks for another connection, and the impolite side offers one: aiortc
              cannot restart ICE.

    ¹ Impolite side, TURN allowed, the peer is in the room.  ² And up to a fifth more: `jitter`.
    ³ ICE has not reached a path.  ⁴ Also the polite side, if it is to bring a relay: it gets its
    credential meanwhile.
"""

from dataclasses import dataclass
from typing import Literal

from heliograph.turn.network import Need

Stage = Literal["direct", "ours", "theirs", "both"]  # who brings a relay
Action = Literal["ours", "theirs", "both", "ask", "replace", "giveUp"]  # the first: escalate

DIRECT_SECONDS, RELAYED_SECONDS = 1.5, 3.0  # so long ICE may look for a path
UNLIKELY_SECONDS = 0.1  # … and for a direct one where there is probably none
FIRST_CONNECTION_SECONDS = 10.0
BROKEN_SECONDS = 1.0
ESCALATION_SECONDS = 5.0  # it waits so long for TURN credentials, and has so long to help
NEW_SECONDS = 2.5  # so long a connection is so new that it may come about by itself
MAX_TRIES = 6
FIRST_PAUSE, MAX_PAUSE = 5.0, 20.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Times are seconds of one clock, None for what is not so."""

    polite: bool  # the polite side asks, the impolite side acts (W3C WebRTC §10.7)
    absent: bool  # its seat in the room is gone, or its socket
    up: bool
    reached: bool  # ICE has a path
    since: float  # when it began: the connection is new, or was up until then
    described: float | None  # when both descriptions were set for the last time
    failed: float | None
    silent: float | None
    broken: float | None
    news: float | None
    tries: int
    tried: float
    jitter: float  # 0 to 1, drawn anew for each try
    stage: Stage
    escalated: float | None
    asking: bool  # TURN credentials are on their way
    turn_allowed: bool
    relayed: bool  # either side has TURN candidates
    fresh: bool  # ours are new and are being tried
    need: Need  # relays that the networks call for, and that are not there


def due(facts: Facts) -> tuple[float, Action] | None:
    """The next thing to do, and when; None if there is nothing to do."""
    if facts.up:
        return None
    possible = [each for each in (_escalate(facts), _recover(facts)) if each is not None]
    return min(possible, key=lambda each: each[0], default=None)


def is_exhausted(tries: int) -> bool:
    """Tried as often as it is worth."""
    return tries > MAX_TRIES


def is_without_path(facts: Facts) -> bool:
    """Without a path, where TURN may help."""
    is_missing = not facts.absent and not facts.up and not facts.reached
    return facts.turn_allowed and is_missing and facts.broken is None


def _escalate(facts: Facts) -> tuple[float, Action] | None:
    if facts.asking or not is_without_path(facts):
        return None
    stage, at = _next_stage(facts), _no_path_at(facts)
    return None if stage is None or at is None else (at, stage)


def _next_stage(facts: Facts) -> Literal["ours", "theirs", "both"] | None:
    """None: there is nothing more to try, or it is not for this side to begin."""
    relays = facts.need.relays
    if facts.stage == "direct" and relays != "none":
        return None if facts.polite and relays == "theirs" else relays
    if facts.polite or facts.stage == "both":
        return None
    return "ours" if facts.stage == "direct" and not facts.fresh else "both"


def _no_path_at(facts: Facts) -> float | None:
    """What was before the last escalation is answered by it."""
    answered = float("-inf") if facts.escalated is None else facts.escalated
    if facts.failed is not None and facts.failed > answered:
        return facts.failed
    if facts.described is None or facts.described <= answered:
        return None
    return facts.described + _patience(facts)


def _patience(facts: Facts) -> float:
    if _is_missing(facts):
        return 0.0 if facts.need.certain else UNLIKELY_SECONDS
    return RELAYED_SECONDS if facts.relayed else DIRECT_SECONDS


def _is_missing(facts: Facts) -> bool:
    """Nobody was asked yet, or one relay is not enough: that is known later."""
    relays, stage = facts.need.relays, facts.stage
    if stage == "direct":
        return relays != "none"
    if stage == "both":
        return False
    return relays == "both" or (facts.need.certain and relays not in ("none", stage))


def _recover(facts: Facts) -> tuple[float, Action] | None:
    if facts.news is None and is_exhausted(facts.tries):
        return None
    if facts.tries == MAX_TRIES:
        return _due_at(facts), "giveUp"
    return _due_at(facts), "ask" if facts.polite else "replace"


def _due_at(facts: Facts) -> float:
    if facts.news is not None:
        return facts.news
    if facts.tries > 0:
        pause = min(MAX_PAUSE, FIRST_PAUSE * 2.0 ** (facts.tries - 1))
        return facts.tried + pause * (1 + facts.jitter / 5)
    return min(
        facts.since + FIRST_CONNECTION_SECONDS,
        _later(facts.silent, 0.0),
        _later(facts.broken, BROKEN_SECONDS),
        _later(facts.failed, ESCALATION_SECONDS if _is_escalated(facts) else 0.0),
    )


def _is_escalated(facts: Facts) -> bool:
    """Something is being done about the failure."""
    if facts.asking:
        return True
    failed, escalated = facts.failed, facts.escalated
    return failed is not None and escalated is not None and escalated >= failed


def _later(at: float | None, seconds: float) -> float:
    return float("inf") if at is None else at + seconds
