"""The room that the application holds: joins members, signaling, files, media and its calls."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from heliograph import events as e
from heliograph.errors import HeliographError, closed
from heliograph.events import RoomState
from heliograph.files.incoming import Incoming
from heliograph.files.outgoing import Outgoing
from heliograph.files.transfer import Transfer
from heliograph.files.transfers import Transfers
from heliograph.media.room_media import RoomMedia
from heliograph.peer import rtc
from heliograph.peer.own_channel import OwnChannel
from heliograph.peer.peer import Peer
from heliograph.peer.remote_peer import RemotePeer
from heliograph.room.content import data_message, text_message
from heliograph.room.deliveries import Deliveries
from heliograph.room.delivery import Sent
from heliograph.room.host import HostCalls
from heliograph.room.members import Members, Via
from heliograph.room.orders import CarriedOrders
from heliograph.room.recheck import Recheck
from heliograph.room.signaling import Seat, Signaling
from heliograph.room.streams import EventStream, Streams
from heliograph.stamps import presence_types as p
from heliograph.stamps.hedge import Hedge
from heliograph.timing.tasks import Tasks
from heliograph.turn.access import TurnAccess
from heliograph.wire.protocol import (
    Ack,
    Admission,
    Bye,
    Delivery,
    Description,
    Envelope,
    Free,
    Invite,
    LeftReason,
    Message,
    Role,
    Text,
    TurnAnswer,
)
from heliograph.wire.sources import Source

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack

TURN_HEDGE = 1.5  # a credential reserves money, so a second one is asked for late
LEAVE_SECONDS = 2.0
CLOSE_SECONDS = 5.0


class Room:
    """From admission to `leave`, or until the seat is gone. Made by `join`.

    It implements SignalingOwner, MembersOwner and MediaOwner for the parts below it; what begins
    with an underscore and what these protocols name is not for applications.
    """

    def __init__(
        self,
        seat: Seat,
        admission: Admission,
        firsts: "list[asyncio.Task[Admission]]",
        orders: CarriedOrders,
        receive_media: bool,
    ) -> None:
        """What `join` knows when we are admitted. It begins with `start`."""
        self._seat, self._firsts = seat, firsts
        self._id, self._self_id = admission.room, admission.peer
        self._name, self._role = admission.name, admission.role
        self._capacity, self._locked = admission.capacity, admission.locked
        self._state: RoomState = "connecting"
        self._streams = Streams()
        self._shown: dict[str, Peer] = {}
        self._tasks = Tasks()
        self._signaling = Signaling(seat, admission.peer, firsts, orders, self)
        self._turn = TurnAccess(self._fetch_turn)
        self._members = Members(admission.peer, self._signaling, self._turn, self)
        peers, next_seq = self._members.peers, self._signaling.next_seq
        self._media = RoomMedia(peers, next_seq, receive_media, self)
        self._files = Transfers(peers, self._file_offered, self._transfer_updated)
        self._deliveries = Deliveries(peers, next_seq, self._signaling.post, self._tasks)
        self._recheck = Recheck(self._signaling.refresh)
        self._host = HostCalls(self._signaling, seat.host_token, self._tasks)
        self._seat_refused: HeliographError | None = None  # but a connection that works
        self._refused_urls: set[str] = set()  # of ICE servers; each is told once
        self._leaving: asyncio.Task[None] | None = None
        self._goodbye: asyncio.Future[None] | None = None  # seats that are given up
        self._ending: asyncio.Task[None] | None = None

    # --- what it is -----------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The name of the room: of a created one, its code without an invite."""
        return self._id

    @property
    def self_id(self) -> str:
        """Our own peer id in this room."""
        return self._self_id

    @property
    def name(self) -> str:
        """Our own name, as the others see it."""
        return self._name

    @property
    def role(self) -> Role:
        """Our own: `guest` or `host`."""
        return self._role

    @property
    def secret(self) -> str:
        """Our identity: whoever joins with it is the same peer. Keep it to come back."""
        return self._seat.request.secret

    @property
    def state(self) -> RoomState:
        """Of signaling: `connecting`, `connected`, `reconnecting`, `closed`."""
        return self._state

    @property
    def capacity(self) -> int:
        """How many people the room takes."""
        return self._capacity

    @property
    def locked(self) -> bool:
        """Whether newcomers are refused."""
        return self._locked

    @property
    def peers(self) -> dict[str, Peer]:
        """The other members, by id."""
        return dict(self._shown)

    def events(self) -> EventStream:
        """`async for event in room.events()`, until `Closed` has come.

        The first stream holds all that has happened since the room was joined, so nothing is
        missed; every other one begins when it is asked for. Each keeps 10,000 events that nobody
        has read, and then drops the oldest.
        """
        return self._streams.open()

    # --- what it does ---------------------------------------------------------------------------

    async def send_text(self, text: str, *, to: str | None = None) -> Sent:
        """Send 1 to 4,096 characters to everyone, or to one peer.

        Raises HeliographError: `invalid_message`, `too_large`, `peer_not_found`, `closed`, or
        the server's refusal. `await (await room.send_text(…)).delivered()` waits until it is there.
        """
        return await self._send(text_message(text), to)

    async def send_data(self, data: Any, *, to: str | None = None) -> Sent:
        """Send any JSON of at most 15 levels, as `send_text` does. Through the server it has at
        most 32 KB, from peer to peer 256."""
        return await self._send(data_message(data), to)

    async def send_file(
        self, path: str | Path, *, to: str | None = None, name: str | None = None
    ) -> list[Outgoing]:
        """Offer a file to everyone who is there, or to one peer: one transfer for each.

        `name`: instead of the file's own; it may have folders. Raises HeliographError:
        `peer_not_found`, `invalid_file`, `closed`.
        """
        self._require_open()
        return await self._files.send(Path(path), to, name)

    def add_track(self, track: "MediaStreamTrack", source: Source | None = None) -> None:
        """Send a track to everyone who is there, and who comes later.

        `source`: by default the microphone for audio, the camera for video. One that is sent
        already is replaced. Raises HeliographError: `invalid_options`, `closed`.
        """
        self._require_open()
        usual: Source = "microphone" if track.kind == "audio" else "camera"
        self._media.add(track, source or usual)

    def remove_track(self, source: Source) -> None:
        """Do not send it any more; the track itself goes on."""
        self._media.remove(source)

    async def leave(self) -> None:
        """Tell the others, and end all connections. To leave twice is not an error."""
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._leave())
        await asyncio.shield(self._leaving)

    async def kick(self, peer: str) -> None:
        """Remove a member for good. Hosts only, like the next three. Raises HeliographError."""
        await self._host.kick(peer)
        if self._state != "closed":
            self._signaling.kicked(peer)

    async def lock(self, locked: bool = True) -> None:
        """Refuse newcomers, or let them in again."""
        self.set_locked(await self._host.lock(locked))

    async def invite(self, *, uses: int | None = None, ttl: int | None = None) -> Invite:
        """An invite for so many people and seconds; by default for one, and a day."""
        return await self._host.invite(uses, ttl)

    async def revoke(self, invite: str) -> None:
        """It admits nobody new."""
        await self._host.revoke(invite)

    # --- for `join` -----------------------------------------------------------------------------

    def start(self) -> None:
        """Open the sockets, and keep them open."""
        self._signaling.start()

    # --- what signaling tells (SignalingOwner) --------------------------------------------------

    def admitted(self, admission: Admission) -> None:
        """A stamp has admitted us: the rules of the room as it knows them."""
        self._seat_refused = None
        self._capacity = admission.capacity
        self.set_locked(admission.locked)
        self._turn.admitted(admission)
        for url in {
            url for each in admission.ice_servers for url in each.urls
        } - self._refused_urls:
            if not rtc.is_usable(url):
                self._refused_urls.add(url)
                text = f"aiortc refuses {url}: it is left out."
                self.failed(HeliographError("ice_server_refused", text))

    def members(self, changes: list[p.Change], listing: Admission | None, lost_all: bool) -> None:
        """Who is here, absent or gone."""
        if self._state != "closed":
            self._members.take(changes, listing, lost_all)

    def received(self, stamp: int, delivery: Delivery) -> None:
        """A message of another member."""
        if self._state != "closed":
            self._members.received(stamp, delivery)

    def set_locked(self, locked: bool) -> None:
        """Several stamps tell the same change: it is said once."""
        if locked != self._locked:
            self._locked = locked
            self._emit(e.RoomLocked(locked))

    def set_state(self, state: RoomState) -> None:
        """Of all stamps together."""
        if self._state in (state, "closed"):
            return
        self._state = state
        if state == "connected":
            self._members.sockets_open()
        self._streams.put(e.StateChanged(state))

    def failed(self, error: HeliographError) -> None:
        """Something that no call has asked for."""
        self._emit(e.ErrorOccurred(error.code, str(error)))

    def refused(self, error: HeliographError, is_final: bool) -> None:
        """Connections that work go on without a seat, if we may; the room ends with the last."""
        if self._state == "closed" or self._leaving is not None:
            return
        self._seat_refused = error
        if is_final or not self._members.any_up:
            self._end_with_seats(error.code, str(error), None)

    def seat_closed(self, stamp: int, code: str, message: str) -> None:
        """No seat any more, so none at the others either. Replaced, they are our successor's."""
        if code == "replaced":
            self._close(code, message)
        else:
            self._end_with_seats(code, message, stamp)

    # --- what the members tell (MembersOwner) ---------------------------------------------------

    def joined(self, peer: RemotePeer) -> None:
        """It is new."""
        self._shown[peer.id] = Peer(peer)
        self._emit(e.PeerJoined(self._shown[peer.id]))

    def updated(self, peer: RemotePeer) -> None:
        """Its name, role, state or path is another."""
        if peer.id in self._shown:
            self._emit(e.PeerUpdated(self._shown[peer.id]))

    def gone(self, peer: RemotePeer, reason: LeftReason) -> None:
        """It is no member any more."""
        self._deliveries.left(peer.id)
        self._files.gone(peer.id, reason)
        self._media.gone(peer.id)
        shown = self._shown.pop(peer.id, None)
        if shown is not None:
            self._emit(e.PeerLeft(shown, reason))

    def said(self, peer: RemotePeer, message: Message, via: Via, broadcast: bool) -> None:
        """A text or data, for the first time."""
        shown = self._shown.get(peer.id)
        if shown is None:
            return
        match message.body:
            case Text(text):
                self._emit(e.TextReceived(shown, text, via, broadcast))
            case Free(data):
                self._emit(e.DataReceived(shown, data, via, broadcast))
            case _:
                pass

    def owes(self, peer: str, seq: int) -> None:
        """We owe an acknowledgement."""
        self._deliveries.received(peer, seq)

    def acked(self, peer: str, ack: Ack) -> None:
        """It has these messages."""
        self._deliveries.acked(peer, ack)

    def returned(self, peer: str) -> None:
        """It can be reached again, or in another way."""
        self._deliveries.returned(peer)

    def changed(self) -> None:
        """Who is here, or how it is connected, is another."""
        if self._state != "closed":
            self._recheck.update(self._members.waiting)

    def prepare_media(self, peer: RemotePeer, offer: Description | None) -> None:
        """Before we offer, or answer."""
        self._media.prepare(peer, offer)

    def opened(self, peer: RemotePeer) -> None:
        """Its channel is open."""
        self._media.opened(peer)

    def media(self, peer: RemotePeer, body: object) -> None:
        """It tells what it sends."""
        self._media.heard(peer, body)

    def track(self, peer: RemotePeer, track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in."""
        self._media.track(peer, track, mid)

    def own_channel(self, peer: RemotePeer, channel: OwnChannel) -> None:
        """A peer has opened one."""
        if peer.id in self._shown:
            self._emit(e.ChannelOpened(self._shown[peer.id], channel))

    def file(self, peer: RemotePeer, data: str | bytes) -> None:
        """From the channel for files."""
        self._files.received(peer, data)

    def files_changed(self, peer: RemotePeer) -> None:
        """The channel for files is another, or none."""
        self._files.files_changed(peer)

    # --- what media tells (MediaOwner) ----------------------------------------------------------

    def track_added(
        self, peer: RemotePeer, track: "MediaStreamTrack", source: Source | None
    ) -> None:
        """A peer sends something."""
        shown = self._shown.get(peer.id)
        if shown is None:
            return
        if source is not None:
            shown._tracks[source] = track
        self._emit(e.TrackAdded(shown, track, source))

    def track_removed(self, peer: RemotePeer, source: Source) -> None:
        """It does so no more."""
        shown = self._shown.get(peer.id)
        if shown is not None:
            shown._tracks.pop(source, None)
            self._emit(e.TrackRemoved(shown, source))

    # --- inside ---------------------------------------------------------------------------------

    def _file_offered(self, file: Incoming) -> None:
        shown = self._shown.get(file.peer_id)
        if shown is not None:
            self._emit(e.FileOffered(shown, file))

    def _transfer_updated(self, transfer: Transfer) -> None:
        self._emit(e.TransferUpdated(transfer))

    async def _send(self, message: Message, to: str | None) -> Sent:
        self._require_open()
        peers = [peer for peer in self._members.peers.values() if to in (None, peer.id)]
        if to is not None and not peers:
            raise HeliographError("peer_not_found", "This peer is not in the room.")
        return await self._deliveries.send(message, to, peers)

    async def _fetch_turn(self, to: str | None) -> TurnAnswer:
        """From one stamp that has admitted us, and from the next if it does not answer."""
        stamps = self._signaling.stamps
        order = [n for n in self._signaling.router.order() if stamps[n].token is not None]
        if not order:
            return TurnAnswer(False)
        hedge = Hedge(
            stamps=order,
            attempt=lambda n: stamps[n].api.turn(to, stamps[n].require_token()),
            hedge_seconds=lambda n: TURN_HEDGE,
        )
        _, answer = await hedge.run()
        return answer

    def _emit(self, event: e.Event) -> None:
        if self._leaving is not None or self._state == "closed":
            return
        self._streams.put(event)
        refusal = self._seat_refused
        is_talk = isinstance(event, e.TextReceived | e.DataReceived)
        if refusal is not None and not is_talk and not self._members.any_up:
            self._end_with_seats(refusal.code, str(refusal), None)

    def _end_with_seats(self, code: str, message: str, besides: Literal[None] | int) -> None:
        """`besides`: the stamp that has ended our place itself."""
        self._goodbye = asyncio.ensure_future(self._leave_seats([], besides))
        self._close(code, message)

    async def _leave(self) -> None:
        if self._state == "closed":
            await self._ended()
            return
        self._signaling.stop_reconnecting()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                seq = self._signaling.next_seq()
                bye = Envelope(seq, Message("bye", Bye("left")))
                await self._leave_seats(await self._members.bye(bye), None)
        except TimeoutError:
            pass
        self._close("left", "You have left the room.")
        await self._ended()

    async def _leave_seats(self, told: list[str], besides: int | None) -> None:
        """`told`: who knows it from us. A stamp that is away finds out by itself."""

        async def leave(number: int) -> None:
            stamp = self._signaling.stamps[number]
            if stamp.token is not None and number != besides:
                try:
                    await stamp.api.leave(stamp.token, told)
                except HeliographError:
                    pass

        await asyncio.gather(*map(leave, range(len(self._signaling.stamps))))

    def _close(self, code: str, message: str) -> None:
        if self._state == "closed":
            return
        self._media.close()
        self._members.close()
        self._deliveries.close()
        self._recheck.close()
        self._state = "closed"
        self._streams.put(e.StateChanged("closed"))
        self._streams.put(e.Closed(code, message))
        self._ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        """What takes a moment: sockets, connections, files."""
        self._tasks.cancel()
        for first in self._firsts:
            first.cancel()
        await asyncio.gather(self._signaling.stop(), self._files.close())
        await self._members.closing.wait(CLOSE_SECONDS)
        if self._goodbye is not None:
            await asyncio.wait([self._goodbye], timeout=LEAVE_SECONDS)
        for api in self._seat.apis:
            await api.close()

    async def _ended(self) -> None:
        if self._ending is not None:
            await asyncio.shield(self._ending)

    def _require_open(self) -> None:
        if self._state == "closed" or self._leaving is not None:
            raise closed()
