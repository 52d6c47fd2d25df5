"""One RTCPeerConnection with its channels. What it does, negotiation.py decides.

What aiortc cannot do, and what is done instead:

    it never says `negotiationneeded`         looked for, as W3C WebRTC §4.7.3 defines it, whenever
                                              the connection is new or stable, or got a track
    candidates do not trickle out of it       all of ours are in the description
    an offer cannot be rolled back            before the first round another connection takes the
                                              place of this one; later it fails
    ICE cannot be restarted                   negotiator.py offers a new pair
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from heliograph.peer import rtc
from heliograph.peer.channel import Channel
from heliograph.timing.tasks import Tasks
from heliograph.turn.credential import Grant
from heliograph.turn.network import network_of
from heliograph.wire.protocol import Candidate, Envelope, IceServer, Network

if TYPE_CHECKING:
    from aiortc import (
        MediaStreamTrack,
        RTCDataChannel,
        RTCPeerConnection,
        RTCRtpTransceiver,
    )

# Until the sockets of all our addresses are open; what else is gathered is not waited for.
OPENING_SECONDS = 0.5


class LinkPorts(Protocol):
    """What a link tells whoever owns it."""

    def needed(self) -> None:
        """Something is to be negotiated."""

    def stable(self) -> None:
        """Both descriptions are set."""

    def changed(self) -> None:
        """The state of the connection, of ICE or of the channel is another."""

    def received(self, envelope: Envelope) -> None:
        """From the channel."""

    def file(self, data: str | bytes) -> None:
        """From the channel for files."""

    def files_changed(self) -> None:
        """The channel for files has opened or closed."""

    def track(self, track: "MediaStreamTrack", mid: str) -> None:
        """A track comes in."""

    def channel(self, channel: "RTCDataChannel") -> None:
        """The other side has opened a channel of its own."""


class Link:
    """A connection; `None` of servers: there can be none now, so it is broken."""

    def __init__(
        self,
        servers: tuple[IceServer, ...] | None,
        grant: Grant | None,
        ports: LinkPorts | None,
        closing: Tasks,
    ) -> None:
        """`grant`: whose ICE servers are in `servers`. `closing`: carries on what ends it."""
        self.grant = grant
        self.slots: list[RTCRtpTransceiver] | None = None  # for media, in the order of its sources
        self.offered: tuple[str, ...] | None = None  # the mids of those that they have offered
        self.network: Network | None = None
        self.stun_servers = sum(
            url.startswith("stun:") for each in servers or () for url in each.urls
        )
        self._servers = servers
        self._ports = ports
        self._closing = closing
        self._gathering: asyncio.Task[None] | None = None
        self._closed = servers is None
        self._has_round = False  # an offer and its answer are set
        self.connection: RTCPeerConnection | None = None
        self.channel: Channel | None = None
        self.files: RTCDataChannel | None = None
        if servers is not None:
            self._open(servers)

    @property
    def up(self) -> bool:
        """Messages can go peer to peer now."""
        if self.connection is None or self.channel is None or self._closed:
            return False
        is_connected = self.connection.connectionState == "connected"
        return is_connected and self.channel.open and not self.channel.silent

    @property
    def broken(self) -> bool:
        """It is of no use any more."""
        if self.connection is None or self.channel is None or self._closed:
            return True
        return self.channel.closed or self.connection.signalingState == "closed"

    @property
    def failed(self) -> bool:
        """ICE or DTLS has given up."""
        return self.connection is not None and self.connection.connectionState == "failed"

    @property
    def silent(self) -> bool:
        """Its channel is open, and nothing comes."""
        return self.channel is not None and self.channel.silent

    @property
    def reached(self) -> bool:
        """ICE has found a path, whatever becomes of it."""
        return self.connection is not None and self.connection.iceConnectionState == "completed"

    @property
    def has_their_relay(self) -> bool:
        """They have TURN candidates."""
        described = None if self.connection is None else self.connection.remoteDescription
        return described is not None and " typ relay" in described.sdp

    def hand_over(self, ports: LinkPorts) -> None:
        """From now on it belongs to somebody else."""
        self._ports = ports

    async def describe(self) -> str:
        """Describe our side: an offer if the connection is stable, else an answer.

        It takes as long as all candidates need to gather: 5 s at most. Raises what aiortc raises.
        """
        connection = self._required()
        start = time.monotonic()
        is_answer = connection.signalingState == "have-remote-offer"
        await self._gather(connection)
        sdp = connection.localDescription.sdp
        if self.network is None:
            self.network = network_of(sdp, self.stun_servers, time.monotonic() - start)
        if is_answer:
            self._stable()
        return sdp

    async def set(
        self, kind: Literal["offer", "answer"], sdp: str, candidates: tuple[Candidate, ...]
    ) -> None:
        """Their description, then their candidates. Raises what aiortc raises."""
        await rtc.set_remote(self._required(), kind, sdp)
        if self.channel is not None:
            self.channel.described(sdp)
        self.add(candidates)
        if kind == "answer":
            self._stable()

    async def rollback(self) -> None:
        """Back to stable, by another connection. Raises RuntimeError after the first round."""
        if self._has_round or self._servers is None or self._closed:
            raise RuntimeError("aiortc cannot roll back")
        self._discard()
        self.slots = self.offered = None
        self._open(self._servers)

    def add(self, candidates: tuple[Candidate, ...]) -> None:
        """Theirs. One of a kind that aiortc does not know is left out: others will do."""
        known = [one for one in map(rtc.candidate, candidates) if one is not None]
        if self.connection is not None and known:
            connection = self.connection

            async def add_all() -> None:
                for one in known:
                    try:
                        await connection.addIceCandidate(one)
                    except (OSError, ValueError):
                        pass  # of an offer that was dropped, or after its end

            self._closing.start(add_all())

    def check_needed(self) -> None:
        """Say so if something is to be negotiated (W3C WebRTC §4.7.3)."""
        connection = self.connection
        if connection is None or self.broken or connection.signalingState != "stable":
            return
        new = [each for each in connection.getTransceivers() if each.mid is None]
        if new or connection.sctp is None or connection.sctp.mid is None:
            self._tell(lambda ports: ports.needed())

    def received_bytes(self) -> int:
        """Over this connection."""
        return 0 if self.connection is None else rtc.received_bytes(self.connection)

    def close(self) -> None:
        """It says and hears nothing any more."""
        self._closed = True
        self._discard()

    def _required(self) -> "RTCPeerConnection":
        if self.connection is None or self._closed:
            raise RuntimeError("the connection is closed")
        return self.connection

    def _stable(self) -> None:
        self._has_round = True
        self._tell(lambda ports: ports.stable())
        asyncio.get_running_loop().call_soon(self.check_needed)

    def _open(self, servers: tuple[IceServer, ...]) -> None:
        connection = rtc.connect(servers)
        self.connection = connection
        control = connection.createDataChannel("heliograph", negotiated=True, id=0)
        self.files = connection.createDataChannel("heliograph-files", negotiated=True, id=1)
        self.channel = Channel(
            control,
            received=lambda envelope: self._tell(lambda ports: ports.received(envelope)),
            changed=self._changed,
            received_bytes=self.received_bytes,
        )
        self._listen(connection, self.files)
        asyncio.get_running_loop().call_soon(self.check_needed)

    def _listen(self, connection: "RTCPeerConnection", files: "RTCDataChannel") -> None:
        def is_current() -> bool:
            return connection is self.connection and not self._closed

        def track(track: "MediaStreamTrack") -> None:
            found = (one for one in connection.getTransceivers() if one.receiver.track is track)
            mid = next((one.mid for one in found if one.mid is not None), "")
            if is_current():
                self._tell(lambda ports: ports.track(track, mid))

        def file(data: str | bytes) -> None:
            if is_current():
                self._tell(lambda ports: ports.file(data))

        def files_changed() -> None:
            if is_current():
                self._tell(lambda ports: ports.files_changed())

        def channel(channel: "RTCDataChannel") -> None:
            if is_current():
                self._tell(lambda ports: ports.channel(channel))

        connection.on("connectionstatechange", self._changed)
        connection.on("iceconnectionstatechange", self._changed)
        connection.on("track", track)
        connection.on("datachannel", channel)
        files.on("message", file)
        files.on("open", files_changed)
        files.on("close", files_changed)

    def _changed(self) -> None:
        if not self._closed:
            self._tell(lambda ports: ports.changed())

    def _tell(self, call: Callable[[LinkPorts], None]) -> None:
        if self._ports is not None:
            call(self._ports)

    def _discard(self) -> None:
        for slot in self.slots or ():
            if slot.sender.track is not None:
                slot.sender.track.stop()
        connection, self.connection = self.connection, None
        if self.channel is not None:
            self.channel.close()
        if connection is not None:
            connection.remove_all_listeners()
            self._closing.start(self._end(connection))

    async def _gather(self, connection: "RTCPeerConnection") -> None:
        """In a task that is not cancelled with who waits: see `_end`."""
        self._gathering = asyncio.ensure_future(connection.setLocalDescription())
        self._gathering.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._gathering)

    async def _end(self, connection: "RTCPeerConnection") -> None:
        """aioice loses the sockets that it is about to open when it is cancelled or closed then."""
        if self._gathering is not None:
            await asyncio.wait([self._gathering], timeout=OPENING_SECONDS)
        await rtc.close(connection)
        if self._gathering is not None:
            self._gathering.cancel()
