"""Another member of the room, as the application sees it."""

from typing import TYPE_CHECKING

from heliograph.peer.own_channel import OwnChannel
from heliograph.peer.remote_peer import Path, PeerState, RemotePeer
from heliograph.wire.protocol import Role
from heliograph.wire.sources import Source

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack, RTCPeerConnection


class Peer:
    """One for each member; the same object as long as it is in the room."""

    def __init__(self, remote: RemotePeer) -> None:
        self._remote = remote
        self._tracks: dict[Source, MediaStreamTrack] = {}

    @property
    def id(self) -> str:
        """16 characters: the same for the same identity in this room."""
        return self._remote.id

    @property
    def name(self) -> str:
        """As it calls itself; may be empty."""
        return self._remote.profile.name

    @property
    def role(self) -> Role:
        """`guest` or `host`."""
        return self._remote.profile.role

    @property
    def state(self) -> PeerState:
        """Of the connection: `connecting`, `connected`, `reconnecting` or `failed`."""
        return self._remote.state

    @property
    def path(self) -> Path:
        """How messages go: `direct` or `relayed` from peer to peer, else by the `server`."""
        return self._remote.path

    @property
    def connection(self) -> "RTCPeerConnection | None":
        """aiortc's own object; another one after a broken connection."""
        return self._remote.link.connection

    @property
    def tracks(self) -> "dict[Source, MediaStreamTrack]":
        """What it sends now, by source."""
        return dict(self._tracks)

    async def open_channel(
        self, label: str, *, ordered: bool = True, max_retransmits: int | None = None
    ) -> OwnChannel:
        """A data channel of your own; the other side gets it as an event `ChannelOpened`.

        Raises HeliographError (not_connected) while `state` is not `connected`.
        """
        return self._remote.open_channel(label, ordered, max_retransmits)

    def __repr__(self) -> str:
        return f"Peer({self.id!r}, name={self.name!r}, state={self.state!r})"
