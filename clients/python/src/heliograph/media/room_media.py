"""What we send to everyone, and what they send.

Who adds the slots (slots.py) to a pair, so that two never do it at once: a page that makes the
first offer, else the impolite side. The polite one says what it sends (`media`), which is why
the other one adds them. First offers of ours have none: with them aiortc would fail
(peer/rtc.py).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from heliograph.errors import HeliographError
from heliograph.media.slots import Direction, add_slots, take_slots
from heliograph.peer.link import Link
from heliograph.peer.remote_peer import RemotePeer
from heliograph.timing.tasks import Timer
from heliograph.wire.protocol import Description, Envelope, Free, Message
from heliograph.wire.sources import KINDS, SOURCES, Source, parse_media

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack
    from aiortc.contrib.media import MediaRelay

    from heliograph.media.tracks import ReceivedTrack

SILENT_SECONDS = 2.0  # a program that was started again, and sends nothing, says nothing


class MediaOwner(Protocol):
    """What media tells the room."""

    def track_added(
        self, peer: RemotePeer, track: "MediaStreamTrack", source: Source | None
    ) -> None:
        """It sends something."""

    def track_removed(self, peer: RemotePeer, source: Source) -> None:
        """It does so no more."""


class RoomMedia:
    """Of one room."""

    def __init__(
        self,
        peers: Mapping[str, RemotePeer],
        next_seq: Callable[[], int],
        receives: bool,
        owner: MediaOwner,
    ) -> None:
        """`receives`: False if the application wants no tracks of others."""
        self._peers, self._next_seq, self._owner = peers, next_seq, owner
        self._direction: Direction = "sendrecv" if receives else "sendonly"
        self._receives = receives
        self._sending: dict[Source, MediaStreamTrack] = {}
        self._received: dict[str, Received] = {}
        self._links: set[Link] = set()  # that have slots, also of offers that wait
        self._relay: MediaRelay | None = None

    # --- what the application calls -------------------------------------------------------------

    @property
    def sending(self) -> "dict[Source, MediaStreamTrack]":
        """What we send."""
        return dict(self._sending)

    def add(self, track: "MediaStreamTrack", source: Source) -> None:
        """Send it to everyone who is there, and who comes later. Raises HeliographError."""
        if source not in SOURCES or track.kind != KINDS[source] or track.readyState != "live":
            raise HeliographError("invalid_options", f"For {source}: a live {KINDS[source]} track.")
        self._sending[source] = track
        self._changed(source)

    def remove(self, source: Source) -> None:
        """Do not send it any more; the track itself goes on."""
        if self._sending.pop(source, None) is not None:
            self._changed(source)

    # --- what the room and its peers say --------------------------------------------------------

    def prepare(self, peer: RemotePeer, offer: Description | None) -> None:
        """We are about to offer, or to answer `offer`."""
        link = peer.link
        if offer is not None:
            self._take(link)
        self._of(peer).show(link)

    def opened(self, peer: RemotePeer) -> None:
        """Its channel is open (again)."""
        self._take(peer.link)
        self._add_if_impolite(peer)
        self._of(peer).opened(peer.link)
        if self._sending:
            self._tell(peer)

    def heard(self, peer: RemotePeer, body: Any) -> None:
        """It tells what it sends."""
        state = parse_media(body)
        if state is not None:
            received = self._of(peer)
            received.heard(peer.link, state)
            self._add_if_impolite(peer)
            received.show(peer.link)

    def track(self, peer: RemotePeer, track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in; aiortc makes that of a slot when the slot is described by them."""
        slots = [slot.mid for slot in peer.link.slots or ()]
        if mid in slots or mid in (peer.link.offered or ()):
            self._of(peer).show(peer.link)
        else:
            self._owner.track_added(peer, track, None)

    def gone(self, peer: str) -> None:
        """It is no member any more."""
        received = self._received.pop(peer, None)
        if received is not None:
            received.close()

    def close(self) -> None:
        """The room is closed."""
        for peer in list(self._received):
            self.gone(peer)
        self._sending.clear()
        self._links.clear()

    # --- ours -----------------------------------------------------------------------------------

    def _changed(self, source: Source) -> None:
        self._links = {link for link in self._links if not link.broken}
        for link in self._links:
            self._fill(link, source)
        for peer in self._peers.values():
            if peer.up:  # else it is told when its channel is open
                self._add_if_impolite(peer)
                self._tell(peer)

    def _tell(self, peer: RemotePeer) -> None:
        state = {source: False for source in self._sending}  # True: muted
        peer.tell(Envelope(self._next_seq(), Message("media", Free(state))))

    def _add_if_impolite(self, peer: RemotePeer) -> None:
        if peer.up and not peer.polite:
            self._add_if_needed(peer)

    def _add_if_needed(self, peer: RemotePeer) -> None:
        is_needed = bool(self._sending) or self._of(peer).sends
        if is_needed and peer.link.slots is None and peer.link.offered is None:
            self._add(peer.link)
            peer.check_needed()

    def _add(self, link: Link) -> None:
        add_slots(link, self._direction)
        self._keep(link)

    def _take(self, link: Link) -> None:
        take_slots(link, self._direction)
        self._keep(link)

    def _keep(self, link: Link) -> None:
        if link.slots is not None and link not in self._links:
            self._links.add(link)
            for source in self._sending:
                self._fill(link, source)

    def _fill(self, link: Link, source: Source) -> None:
        """Each connection has a copy: a track can be read once."""
        from aiortc.contrib.media import MediaRelay

        from heliograph.media.tracks import SlotTrack

        if link.slots is None:
            return
        self._relay = self._relay or MediaRelay()
        track = self._sending.get(source)
        is_live = track is not None and track.readyState == "live"
        copy = self._relay.subscribe(track, buffered=False) if track and is_live else None
        slot = link.slots[SOURCES.index(source)].sender.track
        if isinstance(slot, SlotTrack):
            slot.use(copy)

    # --- theirs ---------------------------------------------------------------------------------

    def _of(self, peer: RemotePeer) -> "Received":
        if peer.id not in self._received:
            self._received[peer.id] = Received(peer, self._receives, self._owner)
        return self._received[peer.id]


class Received:
    """What one peer sends, under the names that it has told."""

    def __init__(self, peer: RemotePeer, receives: bool, owner: MediaOwner) -> None:
        self._peer, self._receives, self._owner = peer, receives, owner
        self._tracks: dict[Source, ReceivedTrack] = {}
        self._state: dict[Source, bool] = {}
        self._heard_by: Link | None = None
        self._timer = Timer()

    @property
    def sends(self) -> bool:
        """It has said that it sends something."""
        return bool(self._state)

    def heard(self, link: Link, state: dict[Source, bool]) -> None:
        """It has said what it sends."""
        self._timer.stop()
        self._heard_by, self._state = link, state
        self.show(link)

    def opened(self, link: Link) -> None:
        """The channel of this connection is open: it tells what it sends, if anything."""
        self.show(link)
        self._timer.stop()
        if self._heard_by is not link and self.sends:
            self._timer.start(SILENT_SECONDS, lambda: self.heard(link, {}))

    def show(self, link: Link) -> None:
        """Compare what the application has with what is there."""
        if not self._receives:
            return
        for place, source in enumerate(SOURCES):
            slot = None if link.slots is None else link.slots[place]
            if source not in self._state:
                self._end(source)
            elif slot is not None and slot.receiver.track is not None:
                self._begin(source, slot.receiver.track)

    def close(self) -> None:
        """It is gone."""
        self._timer.stop()
        for track in self._tracks.values():
            track.stop()
        self._tracks.clear()

    def _begin(self, source: Source, raw: "MediaStreamTrack") -> None:
        from heliograph.media.tracks import ReceivedTrack

        before = self._tracks.get(source)
        if before is not None and before.source is raw:
            return
        if before is not None:
            before.stop()
        track = self._tracks[source] = ReceivedTrack(raw)
        self._owner.track_added(self._peer, track, source)

    def _end(self, source: Source) -> None:
        track = self._tracks.pop(source, None)
        if track is not None:
            track.stop()
            self._owner.track_removed(self._peer, source)
