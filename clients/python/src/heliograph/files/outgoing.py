"""A file that we send.

Blocks go out as long as no more than WINDOW_BYTES of them are not yet kept by the other side: it is
what both sides hold in memory at most. After a break it goes on with what the receiver has.
"""

import asyncio
from dataclasses import dataclass

from heliograph.errors import HeliographError
from heliograph.files.hashes import Hashes, hash_of
from heliograph.files.lane import Lane
from heliograph.files.messages import (
    BLOCK_BYTES,
    WINDOW_BYTES,
    Accept,
    Again,
    Block,
    Decline,
    Done,
    End,
    FileMessage,
    Have,
    Offer,
    Start,
)
from heliograph.files.source import Source
from heliograph.files.transfer import Transfer, TransferPorts

MAX_REPEATS = 3  # of a block that arrives as another one


@dataclass(frozen=True, slots=True)
class _Read:
    at: int
    data: bytes
    hash: str


class Outgoing(Transfer):
    """A file on its way to one peer."""

    direction = "up"

    def __init__(self, peer_id: str, offer: Offer, source: Source, ports: TransferPorts) -> None:
        super().__init__(peer_id, offer, ports)
        self._source = source
        self._hashes = Hashes()
        self._next: int | None = None  # where the next block begins; None: not said yet
        self._kept = 0  # bytes, by the receiver
        self._is_all = False  # `end` was said
        self._repeats = 0
        self._reading = asyncio.Lock()

    @property
    def ready(self) -> bool:
        """A block can go now."""
        if not self.active or self.is_held or self._next is None or self._is_all:
            return False
        return self._next - self._kept < WINDOW_BYTES

    def offer_anew(self) -> None:
        """There is a new channel."""
        self._next = None
        self._ports.say(self._offer)
        if self._is_held:
            self.say_hold()
        self.reconnected()

    def receive(self, message: FileMessage) -> None:
        """What the receiver says."""
        if self.ended:
            return
        match message:
            case Accept(_, at, root):
                self._step("accepted")
                # What it has may be of another file: then all of it goes again.
                self._rewind(at if self._hashes.root(at) == root else 0)
            case Decline():
                self._stop("declined", HeliographError("declined", "The file is not wanted."))
            case Have(_, at):
                self._has(at)
            case Again(_, at):
                self._repeat(at)
            case Done():
                if self._is_all:
                    self.bytes = self._kept = self._next or 0
                    self._finish(None)
            case _:
                super().receive(message)

    async def send(self, lane: Lane) -> None:
        """The next block, or that there is none."""
        at = self._next
        if at is None:
            return
        try:
            read = await self._read(at)
        except (OSError, ValueError):
            text = "The file was changed or removed while it was sent."
            self.fail(HeliographError("file_unreadable", text))
            return
        if self._next != at or not self.ready or not lane.open:
            return
        if read.data:
            await self._send_block(read, lane)
        else:
            self._say_end(at, lane)

    def _released(self) -> None:
        self._ports.tasks.start(self._close())

    async def _close(self) -> None:
        async with self._reading:
            self._source.close()

    async def _read(self, at: int) -> _Read:
        """Raises ValueError if the file is not as long as it was."""
        async with self._reading:
            data = await asyncio.to_thread(self._source.read, at)
            hash = await asyncio.to_thread(hash_of, data)
        end = at + len(data)
        is_last = len(data) < BLOCK_BYTES
        if self.size is not None and (end > self.size or (is_last and end != self.size)):
            raise ValueError("its size is another")
        return _Read(at, data, hash)

    def _rewind(self, at: int) -> None:
        self._next = self._kept = at
        self._is_all = False
        self._ports.say(Start(self.id, at))
        self._moved(at)
        self._ports.wake()

    def _repeat(self, at: int) -> None:
        self._repeats += 1
        if self._repeats <= MAX_REPEATS and at % BLOCK_BYTES == 0 and at <= self._kept:
            self._rewind(at)
        else:
            text = "What arrives is not what was sent."
            self.fail(HeliographError("file_corrupt", text))

    def _has(self, at: int) -> None:
        if self._next is None or not self._kept <= at <= self._next:
            return
        self._kept = at
        self._repeats = 0
        self._moved(at)
        self._ports.wake()

    async def _send_block(self, read: _Read, lane: Lane) -> None:
        self._hashes.set(read.at, read.hash)
        self._next = read.at + len(read.data)
        lane.say(Block(self.id, read.at, len(read.data), read.hash))
        is_sent = await lane.push(read.data)
        if not is_sent and lane.open and self.active:
            self._rewind(read.at)

    def _say_end(self, at: int, lane: Lane) -> None:
        root = self._hashes.root(at)
        if root is not None:
            self._is_all = True
            lane.say(End(self.id, at, root))
