"""What happens in a room: `async for event in room.events()`.

event              when
PeerJoined         a member is here; its name may be empty for a moment
PeerUpdated        its state, path, name or role is another
PeerLeft           a member is gone: `left`, `kicked`, or `expired` (it did not come back)
TextReceived       somebody has sent a text
DataReceived       somebody has sent JSON
ChannelOpened      a peer has opened a data channel of its own
FileOffered        a peer offers a file: `accept` or `decline` it
TransferUpdated    a file has moved on, or ended; at most ten times a second for each
TrackAdded         a peer sends microphone, camera or screen, or a track of its own
TrackRemoved       it does so no more
RoomLocked         a host has locked or opened the room
StateChanged       of signaling: `connecting`, `connected`, `reconnecting`, `closed`
ErrorOccurred      something failed that no call of yours has asked for
Closed             the end: we have left, were removed, or have no seat any more. The last event
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from heliograph.files.incoming import Incoming
from heliograph.files.transfer import Transfer
from heliograph.peer.own_channel import OwnChannel
from heliograph.peer.peer import Peer
from heliograph.wire.protocol import LeftReason
from heliograph.wire.sources import Source

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack

RoomState = Literal["connecting", "connected", "reconnecting", "closed"]


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """A member is here."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerUpdated:
    """Its state, path, name or role is another."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A member is gone."""

    peer: Peer
    reason: LeftReason


@dataclass(frozen=True, slots=True)
class TextReceived:
    """`via`: from peer to peer, or by the server. `broadcast`: it was for everyone."""

    peer: Peer
    text: str
    via: Literal["p2p", "server"]
    broadcast: bool


@dataclass(frozen=True, slots=True)
class DataReceived:
    """As TextReceived; `data` is any JSON."""

    peer: Peer
    data: Any
    via: Literal["p2p", "server"]
    broadcast: bool


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """By a peer."""

    peer: Peer
    channel: OwnChannel


@dataclass(frozen=True, slots=True)
class FileOffered:
    """By a peer; `file.accept(…)` or `file.decline()`."""

    peer: Peer
    file: Incoming


@dataclass(frozen=True, slots=True)
class TransferUpdated:
    """In either direction."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TrackAdded:
    """`source` None: a track that the peer has added by itself."""

    peer: Peer
    track: "MediaStreamTrack"
    source: Source | None


@dataclass(frozen=True, slots=True)
class TrackRemoved:
    """It sends nothing from this source any more."""

    peer: Peer
    source: Source


@dataclass(frozen=True, slots=True)
class RoomLocked:
    """Whether newcomers are refused."""

    locked: bool


@dataclass(frozen=True, slots=True)
class StateChanged:
    """Of signaling."""

    state: RoomState


@dataclass(frozen=True, slots=True)
class ErrorOccurred:
    """`code` is stable, `message` is for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing follows."""

    code: str
    message: str


Event = (
    PeerJoined
    | PeerUpdated
    | PeerLeft
    | TextReceived
    | DataReceived
    | ChannelOpened
    | FileOffered
    | TransferUpdated
    | TrackAdded
    | TrackRemoved
    | RoomLocked
    | StateChanged
    | ErrorOccurred
    | Closed
)
