"""The other members: who is there, who is absent, and what they say.

What the stamps say of a member becomes one word (stamps/presence.py):

    we learn of a member            if it is unknown       if its connection    if it does not
                                                           works
    `Here`, by a list of negotiate  meet it, and offer     present              present; try again
    `Here`, by `joined`             meet it, and wait      present              present; try again
    `Here`, `fresh`                 –                      repeat our messages  repeat our messages
    `Here`, `receives`              –                      texts that it has    the same
                                                           not acknowledged
                                                           are due
    `Absent`                        –                      absent               absent, then expired
    `Absent`, `expired`             –                      absent               expired
    `Gone`, or its `bye`            –                      gone                 gone
    a message from it               meet it                –                    –
    its connection breaks while     –                      –                    expired in 30 s
      it is absent

Whom no list names is met only while there are less than 64: two stamps that do not hear of each
other can let in twice as many as a room takes (docs/protocol.md §7). A member can make us open 10
connections in any minute (§5); what asks for more counts as lost, and comes again.

When the last one is gone, we park an offer for the next newcomer; 2 s later, if it has hung up:
mostly we do so too.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Literal, Protocol

from heliograph.bounded_map import BoundedMap
from heliograph.errors import HeliographError
from heliograph.peer.own_channel import OwnChannel
from heliograph.peer.remote_peer import NEGOTIATION, Parked, RemotePeer, Start
from heliograph.room.held import Held
from heliograph.room.parking import Parking
from heliograph.room.seen import Inbox
from heliograph.room.signaling import Signaling
from heliograph.stamps import presence_types as p
from heliograph.timing.tasks import Tasks, Timer
from heliograph.turn.access import TurnAccess
from heliograph.wire.protocol import (
    FOLLOW_SECONDS,
    Ack,
    Admission,
    Bye,
    CandidateBatch,
    Delivery,
    Description,
    Envelope,
    LeftReason,
    Listed,
    Message,
)

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack

IN_FLIGHT_SECONDS = 0.25  # what is under way has had its effect by then
MAX_MEMBERS = 64
MAX_PER_MINUTE = 10  # connections to one member
MAX_ABSENCE_SECONDS = 30.0  # the servers keep a seat so long (docs/protocol.md §4)
Via = Literal["p2p", "server"]


class MembersOwner(Protocol):
    """What the members tell the room."""

    def joined(self, peer: RemotePeer) -> None:
        """It is new."""

    def updated(self, peer: RemotePeer) -> None:
        """Its name, role, state or path is another."""

    def gone(self, peer: RemotePeer, reason: LeftReason) -> None:
        """It is no member any more."""

    def said(self, peer: RemotePeer, message: Message, via: Via, broadcast: bool) -> None:
        """A text or data, for the first time."""

    def owes(self, peer: str, seq: int) -> None:
        """A text or data has come, for the first time or again."""

    def acked(self, peer: str, ack: Ack) -> None:
        """It has these messages."""

    def returned(self, peer: str) -> None:
        """It can be reached again, or in another way."""

    def changed(self) -> None:
        """Who is here, or how it is connected, is another."""

    def failed(self, error: HeliographError) -> None:
        """Something that the application should know."""

    def prepare_media(self, peer: RemotePeer, offer: Description | None) -> None:
        """Before we offer, or answer."""

    def opened(self, peer: RemotePeer) -> None:
        """Its channel is open."""

    def media(self, peer: RemotePeer, body: object) -> None:
        """It tells what it sends."""

    def track(self, peer: RemotePeer, track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in."""

    def own_channel(self, peer: RemotePeer, channel: OwnChannel) -> None:
        """It has opened a channel of its own."""

    def file(self, peer: RemotePeer, data: str | bytes) -> None:
        """From its channel for files."""

    def files_changed(self, peer: RemotePeer) -> None:
        """Its channel for files is another, or none."""


class Members:
    """All other members, each with its connection. It implements PeerOwner."""

    def __init__(
        self, self_id: str, signaling: Signaling, turn: TurnAccess, owner: MembersOwner
    ) -> None:
        self.peers: dict[str, RemotePeer] = {}
        self.self_id, self.turn, self.signaling = self_id, turn, signaling
        self.tasks, self.closing = Tasks(), Tasks()
        self._owner = owner
        self._inbox, self._held = Inbox(), Held()
        self._parking = Parking(signaling, turn, self.tasks, self.closing)
        self._absences: dict[str, Timer] = {}
        self._offers: BoundedMap[str, int] = BoundedMap(MAX_MEMBERS)  # seqs of those we have taken
        self._made: BoundedMap[str, list[float]] = BoundedMap(MAX_MEMBERS)  # when, by member
        self._hung_up = False  # the last one who left has said so
        self._following = Timer()  # until an offer is parked
        self._closed = False
        # What aiortc answers to its own events is nobody's business but its peer's.
        self.opened, self.media = owner.opened, owner.media
        self.track, self.own_channel = owner.track, owner.own_channel
        self.file, self.files_changed = owner.file, owner.files_changed
        self.prepare_media, self.failed = owner.prepare_media, owner.failed

    # --- what the room asks -----------------------------------------------------------------

    @property
    def any_up(self) -> bool:
        """Whether any peer-to-peer connection works."""
        return any(peer.up for peer in self.peers.values())

    @property
    def waiting(self) -> list[str]:
        """Those who are listed and have no connection."""
        return [peer.id for peer in self.peers.values() if not peer.up and not peer.absent]

    def take(self, changes: list[p.Change], listing: Admission | None, lost_all: bool) -> None:
        """What the stamps say together. `listing`: if an answer of negotiate says so."""
        for change in changes:
            match change:
                case p.Here():
                    self._here(change, listing)
                case p.Absent(peer, expired):
                    self._absent(peer, expired)
                case p.Gone(peer, reason):
                    self._gone(peer, reason)
                case p.Renamed(peer, profile) if peer in self.peers:
                    self.peers[peer].rename(profile)
        if listing is not None:
            for listed in listing.peers:
                self._offered(listed)
            self._park_if_alone(lost_all)

    def sockets_open(self) -> None:
        """While none was, we may have missed that others could receive again."""

        def repeat() -> None:
            for peer in list(self.peers.values()):
                peer.repeat()

        if not self._closed:
            asyncio.get_running_loop().call_later(IN_FLIGHT_SECONDS, repeat)

    async def bye(self, envelope: Envelope) -> list[str]:
        """We leave: who has heard it, after half a second at most."""
        peers = list(self.peers.values())
        heard = await asyncio.gather(*(peer.say_bye(envelope) for peer in peers))
        return [peer.id for peer, has in zip(peers, heard, strict=True) if has]

    def close(self) -> None:
        """End all connections."""
        self._closed = True
        self._following.stop()
        for timer in self._absences.values():
            timer.stop()
        for peer in self.peers.values():
            peer.close()
        self.peers.clear()
        self._parking.close()
        self.tasks.cancel()

    def received(self, stamp: int, delivery: Delivery) -> None:
        """Through the servers; they vouch for the sender."""
        sender, seq, message = delivery.sender, delivery.seq, delivery.message
        if sender not in self.peers and not self._may_meet(sender):
            return
        if message.kind in ("text", "data"):
            self._owner.owes(sender, seq)
        if not self._inbox.accepts(sender, seq, message.kind):
            return
        if isinstance(message.body, Ack):
            self._owner.acked(sender, message.body)
        elif message.kind in ("text", "data", "bye"):
            peer = self.peers.get(sender) or self._meet_sender(stamp, sender, "wait")
            self._deliver(peer, message, "server", delivery.broadcast)
        elif message.kind in NEGOTIATION and message.kind != "floor":
            self._negotiate(stamp, sender, seq, message)

    # --- what a peer tells (PeerOwner; the rest is handed to the room as it is) -----------------

    def doubt(self) -> None:
        """Sockets that look open may have no other end any more."""
        self.signaling.doubt()

    def heard(self, peer: RemotePeer, envelope: Envelope) -> None:
        """From its channel."""
        message = envelope.message
        if isinstance(message.body, Ack):
            self._owner.acked(peer.id, message.body)
            return
        if message.kind in ("text", "data"):
            self._owner.owes(peer.id, envelope.seq)
        if self._inbox.accepts(peer.id, envelope.seq, message.kind):
            self._deliver(peer, message, "p2p", envelope.to is None)

    def updated(self, peer: RemotePeer) -> None:
        """Its name, role, state or path is another."""
        if self.peers.get(peer.id) is not peer:
            return
        self._owner.updated(peer)
        self._owner.returned(peer.id)
        self._watch(peer)
        self._owner.changed()

    def may_connect(self, peer: str) -> bool:
        """There is another connection to it, if there may be one."""
        return self._counts(peer, takes=True)

    # --- inside ---------------------------------------------------------------------------------

    def _negotiate(self, stamp: int, sender: str, seq: int, message: Message) -> None:
        known, body = self.peers.get(sender), message.body
        parked: Parked | None = None
        if message.kind == "answer" and isinstance(body, Description):
            parked = self._parking.take(body.pc)
        if parked is not None and isinstance(body, Description):
            peer = known or self._meet_sender(stamp, sender, parked)
            peer.claim(parked, seq, body)
        elif known is not None:
            known.receive(seq, message)
        elif isinstance(body, CandidateBatch):
            self._held.put(sender, (body,))
        else:
            # An answer or restart of what we do not have: they want a connection, so we offer one.
            start: Start = "wait" if message.kind == "offer" else "offer"
            self._meet_sender(stamp, sender, start).receive(seq, message)

    def _deliver(self, peer: RemotePeer, message: Message, via: Via, broadcast: bool) -> None:
        if not isinstance(message.body, Bye):
            self._owner.said(peer, message, via, broadcast)
            return
        self._hung_up = message.body.reason == "left"
        self._gone(peer.id, "left")
        self.signaling.forgotten(peer.id, "left")

    def _meet(
        self, id: str, profile: p.Profile, start: Start, newcomer: bool = False
    ) -> RemotePeer:
        """`newcomer`: we were admitted to the room, and it was listed there."""
        peer = RemotePeer(id, profile, start, newcomer, self)
        self.peers[id] = peer
        self._hung_up = False
        self._following.stop()
        self._inbox.returned(id)
        self._owner.joined(peer)
        self._owner.changed()
        for batch in self._held.take(id):
            peer.receive(-1, Message("candidates", batch))
        return peer

    def _meet_sender(self, stamp: int, id: str, start: Start) -> RemotePeer:
        """The servers vouch for the sender of a message; their word on who it is is on its way."""
        is_known = self.signaling.heard(stamp, id)
        peer = self._meet(id, p.STRANGER, start)
        if not is_known:
            peer.absent = True
            self._watch(peer)
        return peer

    def _may_meet(self, id: str) -> bool:
        """Though no list names it."""
        return len(self.peers) < MAX_MEMBERS and self._counts(id, takes=False)

    def _counts(self, id: str, takes: bool) -> bool:
        """Whether there may be another connection to it."""
        now = time.monotonic()
        recent = [at for at in self._made.get(id) or () if at > now - 60]
        is_free = len(recent) < MAX_PER_MINUTE
        self._made.set(id, [*recent, now] if is_free and takes else recent)
        return is_free

    def _here(self, change: p.Here, listing: Admission | None) -> None:
        id = change.peer
        self._inbox.returned(id)
        self._end_absence(id)
        known = self.peers.get(id)
        if known is None:
            listed = () if listing is None else listing.peers
            has_offer = any(each.peer == id and each.offer is not None for each in listed)
            start: Start = "wait" if listing is None or has_offer else "offer"
            self._meet(id, change.profile, start, newcomer=listing is not None)
            return
        known.meet(change.profile)
        if change.fresh:
            known.repeat()
        if change.receives:
            self._owner.returned(id)
        known.revive()

    def _offered(self, listed: Listed) -> None:
        """The offer that a member has parked, given to us by this list."""
        peer, offer = self.peers.get(listed.peer), listed.offer
        is_old = listed.visit < self.signaling.visit_of(listed.peer)  # of a page that is gone
        if peer is None or offer is None or peer.up or is_old:
            return
        if self._offers.get(listed.peer) == offer.seq:  # it lies in another list too
            return
        self._offers.set(listed.peer, offer.seq)
        peer.receive(offer.seq, Message("offer", offer.body))

    def _absent(self, id: str, expired: bool) -> None:
        peer = self.peers.get(id)
        if peer is None:
            return
        peer.absent = True
        if expired and not peer.up:
            self._expired(peer)
        else:
            self._watch(peer)

    def _expired(self, peer: RemotePeer) -> None:
        self._drop(peer, "expired")
        self.signaling.forgotten(peer.id, "expired")

    def _gone(self, id: str, reason: Literal["left", "kicked"]) -> None:
        self._inbox.departed(id)
        peer = self.peers.get(id)
        if peer is not None:
            self._drop(peer, reason)

    def _watch(self, peer: RemotePeer) -> None:
        """An absent member whose connection does not work has 30 s to come back."""
        if peer.up:
            self._end_absence(peer.id)
        elif peer.absent and not self._closed and peer.id not in self._absences:
            timer = Timer()
            timer.start(MAX_ABSENCE_SECONDS, lambda: self._expired(peer))
            self._absences[peer.id] = timer

    def _end_absence(self, id: str) -> None:
        timer = self._absences.pop(id, None)
        if timer is not None:
            timer.stop()

    def _drop(self, peer: RemotePeer, reason: LeftReason) -> None:
        self._end_absence(peer.id)
        if self.peers.get(peer.id) is not peer:
            return
        del self.peers[peer.id]
        peer.close()
        self._owner.gone(peer, reason)
        self._owner.changed()
        self._park_if_alone(
            True
        )  # the old offer may have been given to somebody who did not answer

    def _park_if_alone(self, anew: bool) -> None:
        """`anew`: in place of the offer that is parked already."""
        if self.peers or self._closed or (not anew and self._parking.active):
            return
        self._following.stop()
        if self._hung_up:
            self._following.start(FOLLOW_SECONDS, self._parking.open)
        else:
            self._parking.open()
