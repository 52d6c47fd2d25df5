"""All transfers of a room: sends files, and hands to each peer's what its channel says."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from heliograph.errors import HeliographError
from heliograph.files.incoming import Incoming
from heliograph.files.messages import Offer
from heliograph.files.names import safe_path
from heliograph.files.outgoing import Outgoing
from heliograph.files.peer_files import PeerFiles
from heliograph.files.source import Source
from heliograph.files.transfer import Transfer
from heliograph.peer.remote_peer import RemotePeer
from heliograph.timing.tasks import Tasks
from heliograph.wire.ids import create_file_id
from heliograph.wire.protocol import LeftReason


class Transfers:
    """Of one room."""

    def __init__(
        self,
        peers: Mapping[str, RemotePeer],
        offered: Callable[[Incoming], None],
        changed: Callable[[Transfer], None],
    ) -> None:
        """`offered`: somebody offers a file; `changed`: one has moved on, or ended."""
        self._peers, self._offered, self._changed = peers, offered, changed
        self._files: dict[str, PeerFiles] = {}
        self._tasks = Tasks()

    async def send(self, path: Path, to: str | None, name: str | None) -> list[Outgoing]:
        """One transfer for each receiver.

        Raises HeliographError: `peer_not_found`, `invalid_file`.
        """
        receivers = [id for id in self._peers if to in (None, id)]
        if not receivers:
            raise HeliographError("peer_not_found", "There is nobody who could get it.")
        sent = []
        for id in receivers:
            source = await asyncio.to_thread(Source, path)
            shown = safe_path(path.name if name is None else name)
            offer = Offer(create_file_id(), shown, source.size, source.type[:255])
            sent.append(self._of(id).send(offer, source))
            if id in self._peers:
                self.files_changed(self._peers[id])
        return sent

    def files_changed(self, peer: RemotePeer) -> None:
        """Its channel for files is another, or none."""
        channel = peer.files
        if channel is not None:
            self._of(peer.id).opened(channel)
        elif peer.id in self._files:
            self._files[peer.id].closed()

    def received(self, peer: RemotePeer, data: str | bytes) -> None:
        """What comes through a channel says that it is open."""
        self.files_changed(peer)
        self._of(peer.id).received(data)

    def gone(self, peer: str, reason: LeftReason) -> None:
        """It has left the room."""
        if peer in self._files:
            self._files[peer].gone(reason == "kicked")

    async def close(self) -> None:
        """The room is closed: parts are closed, 2 s at most."""
        for files in self._files.values():
            files.close()
        await self._tasks.wait(2)
        self._tasks.cancel()

    def _of(self, id: str) -> PeerFiles:
        if id not in self._files:
            self._files[id] = PeerFiles(id, self._offered, self._changed, self._tasks)
        return self._files[id]
