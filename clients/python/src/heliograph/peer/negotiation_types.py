"""What the negotiation with one peer is made of: plain data only. See negotiation.py.

Phases, events and effects have the names of the TypeScript client
(client/src/peer/negotiation-types.ts), and the tests compare the two.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from heliograph.wire.protocol import Candidate, CandidateBatch, Description, Message, Network

# Where the negotiation is. The W3C `signalingState` that belongs to each phase stands behind it;
# an arrow says that an operation is under way which leads there.
Phase = Literal[
    "waiting",  #         stable: the other side has to offer (again)
    "idle",  #            stable: nothing is under way
    "blocked",  #         stable: our offer cannot be sent, or was refused too often
    "asking",  #          stable: we have asked for the floor
    "granted",  #         stable: the other side has the floor
    "preparing",  #       stable: an offer waits for TURN credentials
    "offering",  #        stable → have-local-offer
    "parking",  #         stable → have-local-offer, for an offer that nobody is named for
    "parked",  #          have-local-offer: it waits in the room for whoever takes it
    "offered",  #         have-local-offer: our offer was sent
    "accepting",  #       have-local-offer → stable, by their answer
    "retracting",  #      have-local-offer → stable, by rollback
    "taking",  #          → have-remote-offer
    "preparingAnswer",  # have-remote-offer: an answer waits for TURN credentials
    "answering",  #       have-remote-offer → stable, by our answer
    "rejecting",  #       have-remote-offer → stable, by rollback
    "broken",  #          the connection is of no use any more; only a new pair can help
    "closed",  #          for good
]
# What we do ourselves as soon as the connection is stable; "offer", "grant" wait for the channel.
Intention = Literal["rest", "offer", "restart", "grant", "wait", "block"]
# "none": no offer and answer are set yet. "spoiled": none, and an offer of ours was taken back, so
# this connection may answer, but does not offer. "complete": an offer and its answer are set.
Round = Literal["none", "spoiled", "complete"]
Refusal = Literal["too_large", "negotiation_failed"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A description of theirs, with the seq of the message that brought it."""

    seq: int
    body: Description


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours that may be lost, and is sent again until it has had its effect."""

    seq: int
    message: Message
    repeats: int = 0  # how often it was sent again by the clock


@dataclass(frozen=True, slots=True)
class SentAnswer(Sent):
    """Our answer to the offer with the seq `to`. `settled`: it need not be sent again."""

    to: int = -1
    settled: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """One negotiation."""

    phase: Phase
    pc: str  # names the pair of connections; the offerer of the first offer chose it
    polite: bool  # this side gives way when two offers cross (W3C WebRTC §10.7)
    left: str | None = None  # the pair that this one replaced
    withdrawn: str | None = None  # what we called this one before we took an offer of theirs
    joint: bool = False  # both sides use the name `pc` for this connection
    round: Round = "none"
    up: bool = False  # messages can go peer to peer
    op: int = 0  # the operation under way; the result of any other one is too late
    intention: Intention = "rest"
    restarting: bool = False  # our offer that is being made or is out restarts ICE
    theirs: Incoming | None = None  # their offer that is being taken or answered
    next: Incoming | None = None  # a newer one, for when the operation under way has ended
    newest: int = -1  # the seq of the last description of theirs that was tried
    refused_answer: int | None = None  # the seq of their last answer, if it was refused here
    failures: int = 0  # refused descriptions since the last complete offer and answer
    offer: Sent | None = None  # our offer without an answer
    answer: SentAnswer | None = None  # our last answer
    batches: tuple[Sent, ...] = ()  # our candidates, as long as there is no connection
    early: tuple[CandidateBatch, ...] = ()  # theirs, before their description (RFC 8838 §11)


# --- events: `op`: of the operation that has ended; `fresh`: an unused name of a pair -----------


@dataclass(frozen=True, slots=True)
class Needed:
    """Something is to be negotiated."""

    type: ClassVar = "needed"


@dataclass(frozen=True, slots=True)
class Prepared:
    """TURN credentials and media are there, or are not waited for."""

    type: ClassVar = "prepared"
    op: int


@dataclass(frozen=True, slots=True)
class Described:
    """Our description is set."""

    type: ClassVar = "described"
    op: int
    seq: int
    sdp: str
    candidates: tuple[Candidate, ...] = ()
    relay: bool | None = None  # the other side should bring TURN candidates too
    network: Network | None = None
    slots: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TheirsSet:
    """Their description is set."""

    type: ClassVar = "set"
    op: int


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A rollback has succeeded."""

    type: ClassVar = "rolledBack"
    op: int
    fresh: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The operation was refused."""

    type: ClassVar = "failed"
    op: int
    fresh: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """More candidates of ours."""

    type: ClassVar = "gathered"
    seq: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class DescriptionTooLarge:
    """This description of ours cannot be sent."""

    type: ClassVar = "tooLarge"
    seq: int


@dataclass(frozen=True, slots=True)
class RepeatDue:
    """This message of ours was not settled in time."""

    type: ClassVar = "repeatDue"
    seq: int


@dataclass(frozen=True, slots=True)
class Up:
    """Messages can go peer to peer."""

    type: ClassVar = "up"


@dataclass(frozen=True, slots=True)
class Down:
    """They cannot any more."""

    type: ClassVar = "down"


@dataclass(frozen=True, slots=True)
class Broke:
    """The connection or its channel is closed."""

    type: ClassVar = "broke"


@dataclass(frozen=True, slots=True)
class TheirOffer:
    """From the other side."""

    type: ClassVar = "offer"
    seq: int
    body: Description
    fresh: str


@dataclass(frozen=True, slots=True)
class TheirAnswer:
    """From the other side."""

    type: ClassVar = "answer"
    seq: int
    body: Description
    fresh: str


@dataclass(frozen=True, slots=True)
class TheirCandidates:
    """From the other side."""

    type: ClassVar = "candidates"
    body: CandidateBatch


@dataclass(frozen=True, slots=True)
class TheyAsk:
    """For a restart of ICE, or for another offer. `stale`: not connected, and not new either."""

    type: ClassVar = "asked"
    pc: str
    stale: bool
    fresh: str
    refused: int | None = None


@dataclass(frozen=True, slots=True)
class TheyHear:
    """They could not hear before, and can now."""

    type: ClassVar = "heard"


@dataclass(frozen=True, slots=True)
class TheirFloor:
    """They ask for the floor, or give it."""

    type: ClassVar = "floor"
    pc: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """For the floor, or for an offer of who has it."""

    type: ClassVar = "waited"
    op: int


@dataclass(frozen=True, slots=True)
class Park:
    """Make an offer for whoever comes."""

    type: ClassVar = "park"


@dataclass(frozen=True, slots=True)
class Claim:
    """Their answer names the offer that we had parked."""

    type: ClassVar = "claim"
    pc: str
    answer_seq: int


@dataclass(frozen=True, slots=True)
class PairOffers:
    """Two offers: ours is told by `ours`, `theirs` is an answer now. `is_told`: they know of it."""

    type: ClassVar = "pair"
    ours: Sent
    theirs: Incoming
    is_told: bool


@dataclass(frozen=True, slots=True)
class RestartIce:
    """`anew`: with other ICE servers than an offer that is under way."""

    type: ClassVar = "restart"
    fresh: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class AskThem:
    """Ask them for a restart of ICE, and tell them of our network."""

    type: ClassVar = "ask"
    seq: int
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class ReplacePair:
    """Offer a new pair."""

    type: ClassVar = "replace"
    fresh: str


@dataclass(frozen=True, slots=True)
class Close:
    """The end."""

    type: ClassVar = "close"


Event = (
    Needed
    | Prepared
    | Described
    | TheirsSet
    | RolledBack
    | Failed
    | Gathered
    | DescriptionTooLarge
    | RepeatDue
    | Up
    | Down
    | Broke
    | TheirOffer
    | TheirAnswer
    | TheirCandidates
    | TheyAsk
    | TheyHear
    | TheirFloor
    | Waited
    | Park
    | Claim
    | PairOffers
    | RestartIce
    | AskThem
    | ReplacePair
    | Close
)


# --- effects, in order: operations answer with an event of the same `op` ----------------------


@dataclass(frozen=True, slots=True)
class Prepare:
    """Get TURN credentials if they are needed; `offer` is to be answered. → Prepared"""

    type: ClassVar = "prepare"
    op: int
    offer: Description | None


@dataclass(frozen=True, slots=True)
class DoRestartIce:
    """The next offer restarts ICE."""

    type: ClassVar = "restartIce"


@dataclass(frozen=True, slots=True)
class Describe:
    """Describe our side, with what gathers within `gather` seconds. → Described or Failed"""

    type: ClassVar = "describe"
    op: int
    gather: float


@dataclass(frozen=True, slots=True)
class SetTheirs:
    """Their description, then the candidates. → TheirsSet or Failed

    `renamed`: the pair has another name now, so our candidates so far are void.
    """

    type: ClassVar = "set"
    op: int
    kind: Literal["offer", "answer"]
    body: Description
    candidates: tuple[Candidate, ...]
    renamed: bool


@dataclass(frozen=True, slots=True)
class Rollback:
    """`side` says whose offer is dropped. → RolledBack or Failed"""

    type: ClassVar = "rollback"
    op: int
    side: Literal["local", "remote"]


@dataclass(frozen=True, slots=True)
class AddCandidates:
    """Theirs."""

    type: ClassVar = "add"
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """`seq` None: draw one."""

    type: ClassVar = "send"
    seq: int | None
    message: Message


@dataclass(frozen=True, slots=True)
class RepeatLater:
    """After so many seconds, and up to a fifth later. → RepeatDue"""

    type: ClassVar = "repeatLater"
    seq: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """After so many seconds. → Waited"""

    type: ClassVar = "wait"
    op: int
    seconds: float


@dataclass(frozen=True, slots=True)
class UseNewPair:
    """A new connection in place of the old one, which is closed."""

    type: ClassVar = "replace"
    pc: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """The connection of the parked offer in place of the old one."""

    type: ClassVar = "adopt"


@dataclass(frozen=True, slots=True)
class Release:
    """The connection of the parked offer is not wanted."""

    type: ClassVar = "release"


@dataclass(frozen=True, slots=True)
class CloseLink:
    """The end."""

    type: ClassVar = "close"


@dataclass(frozen=True, slots=True)
class Report:
    """It cannot go on by itself."""

    type: ClassVar = "report"
    code: Refusal


Effect = (
    Prepare
    | DoRestartIce
    | Describe
    | SetTheirs
    | Rollback
    | AddCandidates
    | Send
    | RepeatLater
    | Wait
    | UseNewPair
    | Adopt
    | Release
    | CloseLink
    | Report
)
Step = tuple[State, tuple[Effect, ...]]
