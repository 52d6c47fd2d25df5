"""One other member: its negotiation, its recovery, and what of it the application sees."""

from typing import TYPE_CHECKING, Literal, Protocol

from heliograph.errors import HeliographError
from heliograph.peer import negotiation_types as t
from heliograph.peer import rtc
from heliograph.peer.connecting import Action, Stage, is_without_path
from heliograph.peer.link import Link
from heliograph.peer.negotiator import Negotiator, SignalingChannel
from heliograph.peer.own_channel import OwnChannel
from heliograph.peer.recovery import LiveFacts, Recovery
from heliograph.peer.turn import PeerTurn
from heliograph.stamps.presence_types import Profile
from heliograph.timing.tasks import Tasks
from heliograph.turn.access import TurnAccess
from heliograph.turn.network import without
from heliograph.wire.ids import create_pc
from heliograph.wire.protocol import (
    CandidateBatch,
    Description,
    Envelope,
    Floor,
    Message,
    Network,
    Restart,
)

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack, RTCDataChannel

PeerState = Literal["connecting", "connected", "reconnecting", "failed"]
Path = Literal["server", "direct", "relayed"]
BYE_SECONDS = 0.5  # whom it has not reached by then, the servers tell
NEGOTIATION = ("offer", "answer", "candidates", "restart", "floor")
# Phases with an operation under way: a browser does not say `negotiationneeded` then either.
OPERATING = ("offering", "accepting", "retracting", "taking", "answering", "rejecting")
MESSAGES = {
    "too_large": "A description is too large.",
    "negotiation_failed": "A description was refused again.",
    "unexpected": "It failed.",
}


class PeerOwner(Protocol):
    """What a peer asks of the room."""

    @property
    def self_id(self) -> str:
        """Our own peer id."""

    @property
    def turn(self) -> TurnAccess:
        """Of the room."""

    @property
    def signaling(self) -> SignalingChannel:
        """Through the servers."""

    @property
    def tasks(self) -> Tasks:
        """They end with the room."""

    @property
    def closing(self) -> Tasks:
        """They carry on when the room is closed."""

    def doubt(self) -> None:
        """Sockets that look open may have no other end any more."""

    def heard(self, peer: "RemotePeer", envelope: Envelope) -> None:
        """Text, data, bye and acknowledgements from the channel."""

    def updated(self, peer: "RemotePeer") -> None:
        """Its name, role, state or path is another."""

    def failed(self, error: HeliographError) -> None:
        """Something that the application should know."""

    def may_connect(self, peer: str) -> bool:
        """Whether there may be another connection to it now. If so, it counts."""

    def prepare_media(self, peer: "RemotePeer", offer: Description | None) -> None:
        """Before we offer, or answer."""

    def opened(self, peer: "RemotePeer") -> None:
        """Its channel is open."""

    def media(self, peer: "RemotePeer", body: object) -> None:
        """It tells what it sends."""

    def track(self, peer: "RemotePeer", track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in."""

    def own_channel(self, peer: "RemotePeer", channel: OwnChannel) -> None:
        """It has opened a channel of its own."""

    def file(self, peer: "RemotePeer", data: str | bytes) -> None:
        """From its channel for files."""

    def files_changed(self, peer: "RemotePeer") -> None:
        """`files` is another, or None."""


class Parked:
    """The connection of an offer that we had parked, and that somebody has answered."""

    def __init__(self, link: Link, pc: str, network: Network | None) -> None:
        self.link, self.pc, self.network = link, pc, network


Start = Literal["offer", "wait"] | Parked


class RemotePeer:
    """Of one room. It implements LinkPorts and NegotiatorPorts."""

    def __init__(
        self, id: str, profile: Profile, start: Start, newcomer: bool, owner: PeerOwner
    ) -> None:
        """`start`: we offer, wait for its offer, or it has answered our parked one.

        `newcomer`: it was there when we came.
        """
        self.id, self.profile = id, profile
        self.polite = owner.self_id < id  # W3C WebRTC §10.7; docs/protocol.md §5
        self.path: Path = "server"
        self.state: PeerState = "connecting"
        self.absent = False  # its seat is gone, or may go; its connection may still work
        self._owner = owner
        self._turn = PeerTurn(owner.turn, id, newcomer)
        self._recovery = Recovery(self._live, self._act)
        self._parked: Parked | None = start if isinstance(start, Parked) else None
        self._told_network: Network | None = None  # of ours, to them
        self._their_network: Network | None = None
        self._was_up = self._was_silent = self._closed = False
        phase: Literal["idle", "waiting"] = "idle" if start == "offer" else "waiting"
        pc = create_pc() if self._parked is None else self._parked.pc
        link = self._open_link() if self._parked is None else self._parked.link
        state = Negotiator.start(pc, self.polite, phase)
        self._negotiator = Negotiator(state, link, self, owner.tasks)
        self._recovery.began()
        if link.broken:
            self.changed()  # there is none: it is tried again like one that broke

    # --- what the room asks ------------------------------------------------------------------

    @property
    def link(self) -> Link:
        """The connection with its channels."""
        return self._negotiator.link

    @property
    def up(self) -> bool:
        """Messages can go peer to peer."""
        return self.link.up

    @property
    def files(self) -> "RTCDataChannel | None":
        """Its channel for files; None while there is none that is open."""
        files = self.link.files
        is_open = files is not None and files.readyState == "open" and not self.link.broken
        return files if is_open else None

    async def say(self, envelope: Envelope) -> bool:
        """In the channel, in order. False if it is not open. Raises HeliographError (too_large)."""
        channel = self.link.channel
        return self.link.up and channel is not None and await channel.send(envelope)

    def tell(self, envelope: Envelope) -> bool:
        """In the channel, now or not at all."""
        channel = self.link.channel
        return self.link.up and channel is not None and channel.try_send(envelope)

    async def say_bye(self, envelope: Envelope) -> bool:
        """We leave. True once it has heard that: it closes the channel."""
        channel = self.link.channel
        if channel is None or not self.tell(envelope):
            return False
        return await channel.is_ended(BYE_SECONDS)

    def open_channel(self, label: str, ordered: bool, max_retransmits: int | None) -> OwnChannel:
        """A channel of the application. Raises HeliographError (not_connected)."""
        connection = self.link.connection
        if connection is None or not self.link.up:
            raise HeliographError("not_connected", "There is no connection to this peer.")
        made = connection.createDataChannel(label, maxRetransmits=max_retransmits, ordered=ordered)
        return OwnChannel(made)

    def meet(self, profile: Profile) -> None:
        """The servers list it: it is present."""
        self.absent = False
        self.rename(profile)

    def rename(self, profile: Profile) -> None:
        """Its name or role may be another."""
        if self.profile != profile:
            self.profile = profile
            self._owner.updated(self)

    def repeat(self) -> None:
        """It can receive now, and could not before: the servers keep hardly anything for it."""
        self._negotiator.dispatch(t.TheyHear())

    def revive(self) -> None:
        """There is news of the peer. If there is no connection, trying is worth it."""
        if not self._closed and self._recovery.stale:
            self._recovery.news()
            self._show()

    def receive(self, seq: int, message: Message, by_servers: bool = True) -> None:
        """A message of the negotiation, from the channel or through the servers."""
        fresh = create_pc()
        match message.body:
            case Description() as body:
                self._their_network = body.network
                is_offer = message.kind == "offer"
                kind = t.TheirOffer if is_offer else t.TheirAnswer
                self._negotiator.dispatch(kind(seq, body, fresh))
            case CandidateBatch() as batch:
                self._negotiator.dispatch(t.TheirCandidates(batch))
            case Floor(pc, granted):
                self._negotiator.dispatch(t.TheirFloor(pc, granted))
            case Restart() as body:
                self._asked_to_restart(body, fresh)
        if by_servers:
            self._doubt_for(message)

    def claim(self, parked: Parked, answer_seq: int, answer: Description) -> None:
        """It has answered the offer that we had parked: its connection becomes the peer's."""
        self._parked = parked
        self._told_network = parked.network
        self._negotiator.dispatch(t.Claim(parked.pc, answer_seq))
        if self._negotiator.state.pc == parked.pc:
            self.receive(answer_seq, Message("answer", answer))

    def check_needed(self) -> None:
        """Something was added to the connection."""
        self.link.check_needed()

    def close(self) -> None:
        """The peer is gone, or we are."""
        self._closed = True
        self._recovery.end()
        self._turn.close()
        self._negotiator.dispatch(t.Close())

    # --- what the negotiation asks for (NegotiatorPorts) ----------------------------------------

    @property
    def signaling(self) -> SignalingChannel:
        """Through the servers."""
        return self._owner.signaling

    @property
    def to(self) -> str | None:
        """Its peer id."""
        return self.id

    @property
    def bring(self) -> bool:
        """Whether it should bring TURN candidates too."""
        return self._recovery.stage in ("both", "theirs")

    @property
    def network(self) -> Network | None:
        """What we know of our network."""
        return self.link.network

    async def prepare(self, offer: Description | None) -> None:
        """Credentials and media come into the description."""
        await self._turn.bring(offer)
        self._owner.prepare_media(self, offer)

    def before(self, effect: t.Effect) -> None:
        """What comes along with it."""
        match effect:
            case t.SetTheirs(body=body) if self.link.offered is None:
                self.link.offered = body.slots
            case t.Send(message=Message(body=Description() as body)):
                self._told_network = body.network
            case t.Send(message=Message(body=Restart(network=network))) if network is not None:
                self._told_network = network
            case _:
                pass

    def open(self) -> Link | None:
        """A new link; None if there can be none now."""
        link = self._open_link(self.link)
        return None if link.broken else link

    def adopt(self) -> Link:
        """The parked one."""
        link = self.link if self._parked is None else self._parked.link
        link.hand_over(self)
        self._turn.adopt(link.grant)
        self._recovery.began()
        return link

    def release(self) -> None:
        """The parked one is not wanted."""
        if self._parked is not None:
            self._parked.link.close()

    def replaced(self, old: Link) -> None:
        """There is another link."""
        old.close()
        self._recovery.began()
        self._owner.files_changed(self)
        self._show()

    def end(self, link: Link) -> None:
        """The last one."""
        link.close()

    def report(self, code: str) -> None:
        """It cannot go on by itself."""
        self._owner.failed(HeliographError(code, MESSAGES.get(code, code)))

    # --- what the connection says (LinkPorts) ---------------------------------------------------

    def needed(self) -> None:
        """Something is to be negotiated; while an operation runs, it is looked for again later."""
        if self._negotiator.state.phase not in OPERATING:
            self._negotiator.dispatch(t.Needed())

    def stable(self) -> None:
        """Both descriptions are set."""
        self._recovery.described()

    def changed(self) -> None:
        """The state of the connection, of ICE or of the channel is another."""
        if self._closed:
            return
        link = self.link
        up = link.up
        if up != self._negotiator.state.up:
            self._negotiator.dispatch(t.Up() if up else t.Down())
            if up:
                self._owner.opened(self)
        if link.silent and not self._was_silent:
            self._owner.doubt()
        self._was_silent = link.silent
        if link.broken:
            self._negotiator.dispatch(t.Broke())
        if up:
            self._selected(link)
        else:
            self._turn.unused()
        self._recovery.changed()
        self._show()

    def received(self, envelope: Envelope) -> None:
        """From the channel."""
        kind, body = envelope.message.kind, envelope.message.body
        if kind in NEGOTIATION:
            self.receive(envelope.seq, envelope.message, by_servers=False)
        elif kind == "media":
            self._owner.media(self, body.wire())
        elif kind != "safety":
            self._owner.heard(self, envelope)

    def file(self, data: str | bytes) -> None:
        """From the channel for files."""
        self._owner.file(self, data)

    def files_changed(self) -> None:
        """The channel for files has opened or closed."""
        self._owner.files_changed(self)

    def track(self, track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in."""
        self._owner.track(self, track, mid)

    def channel(self, channel: "RTCDataChannel") -> None:
        """It has opened a channel of its own."""
        self._owner.own_channel(self, OwnChannel(channel))

    # --- inside ---------------------------------------------------------------------------------

    def _open_link(self, before: Link | None = None) -> Link:
        """`before`: the one in whose place it comes."""
        network = None if before is None else before.network
        # A STUN server that did not answer holds up aiortc for 5 s each time. If a connection that
        # was up is lost the network may be another one, so it is asked again.
        ask_stun = network != "udp-blocked" or self._was_up
        servers, grant = self._turn.configuration(network, ask_stun)
        allowed = servers if self._owner.may_connect(self.id) else None
        link = Link(allowed, grant, self, self._owner.closing)
        link.network = network
        return link

    def _doubt_for(self, message: Message) -> None:
        """Who restarts through the servers has no use of the channel; nor has our answer."""
        body = message.body
        is_restart = isinstance(body, Restart)
        if message.kind == "offer" and isinstance(body, Description):
            is_restart = body.restart is True
        if is_restart and self.up and self.link.channel is not None:
            self._recovery.leave_to_other()
            self.link.channel.doubt()

    def _asked_to_restart(self, body: Restart, fresh: str) -> None:
        if body.network is not None and self._escalates_for(body.network):
            return
        stale = self._recovery.stale
        self._negotiator.dispatch(t.TheyAsk(body.pc, stale, fresh, body.refused))

    def _escalates_for(self, network: Network) -> bool:
        """It has told of its network: is that a reason for relays, and for another connection?"""
        stage = self._recovery.stage
        self._their_network = network
        self._recovery.decide()
        return self._recovery.stage != stage

    def _selected(self, link: Link) -> None:
        self._was_up = True
        found = None if link.connection is None else rtc.path_of(link.connection)
        if found is not None:
            path, is_ours = found
            self._turn.selected(is_ours, link, self._replace)
            self._show(path)

    def _live(self) -> LiveFacts:
        link = self.link
        need = self._turn.need(link.network, self._their_network, self.polite)
        ours, theirs = link.grant is not None, link.has_their_relay
        return LiveFacts(
            polite=self.polite,
            absent=self.absent,
            up=link.up,
            reached=link.reached,
            failed=link.failed,
            broken=link.broken,
            silent=link.silent,
            turn_allowed=self._turn.allowed,
            relayed=ours or theirs,
            fresh=self._turn.is_fresh(link),
            need=without(need, ours, theirs),
        )

    def _act(self, action: Action) -> None:
        if action == "ask":
            self._ask()
        elif action == "replace":
            self._replace()
        elif action == "giveUp":
            self._show()
            text = "A peer could not be connected; its messages go through the server."
            self._owner.failed(HeliographError("connection_failed", text))
        else:
            self._owner.tasks.start(self._escalate(action))

    async def _escalate(self, stage: Stage) -> None:
        """The polite side gets its credential, and the impolite one offers another connection."""
        if self.polite:
            if self.link.network != self._told_network:
                self._ask()
            request = self._turn.escalate()
            if request is not None:
                await request
            return
        link = self.link
        request = None if stage == "theirs" else self._turn.escalate()
        if request is not None:
            await self._recovery.credentials(request)
        is_same = not self._closed and link is self.link
        if is_same and is_without_path(self._recovery.facts):
            self._replace()

    def _ask(self) -> None:
        """Tells of our network, if it is another than it knows."""
        seq = self.signaling.next_seq()
        network = self.link.network
        is_news = network is not None and network != self._told_network
        self._negotiator.dispatch(t.AskThem(seq, network if is_news else None))

    def _replace(self) -> None:
        self._negotiator.dispatch(t.ReplacePair(create_pc()))

    def _show(self, path: Path | None = None) -> None:
        state = self._state()
        shown: Path = "server" if not self.up else path or self.path
        if self._closed or (state == self.state and shown == self.path):
            return
        self.state, self.path = state, shown
        self._owner.updated(self)

    def _state(self) -> PeerState:
        if self.up:
            return "connected"
        if self._recovery.exhausted:
            return "failed"
        return "reconnecting" if self._was_up else "connecting"
