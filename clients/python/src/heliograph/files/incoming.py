"""A file that somebody sends us. A block counts once its hash is right and it is on the disk."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from heliograph.errors import HeliographError
from heliograph.files.hashes import Hashes, hash_of
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
from heliograph.files.part import Part
from heliograph.files.transfer import Transfer, TransferPorts

KEPT_AFTER = ("peer_gone", "closed")  # then the part may be of use some other time


@dataclass
class Arriving:
    """A block that comes in pieces. `data` None: nobody wants it."""

    block: Block
    data: bytearray | None
    file: "Incoming | None"
    left: int  # bytes that are still to come


class Incoming(Transfer):
    """A file that a peer offers: `accept` or `decline` it."""

    direction = "down"

    def __init__(self, peer_id: str, offer: Offer, ports: TransferPorts) -> None:
        super().__init__(peer_id, offer, ports)
        self._part: Part | None = None
        self._hashes = Hashes()
        self._kept = 0  # bytes that are checked and written
        self._next: int | None = None  # where the next block has to begin
        # What is checked and written, in order, by one task.
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None

    async def accept(self, to: str | Path, *, overwrite: bool = False) -> None:
        """Receive it.

        `to`: a file, or a folder that is there, in which a name that is taken gets a number. If
        a part of the same file is there from before a break, it goes on from that. Raises
        HeliographError: `file_unwritable`, or `closed` if it has ended.
        """
        if self.ended:
            raise HeliographError("closed", "The transfer has ended.")
        if self._part is not None:
            return
        try:
            part = await asyncio.to_thread(Part.at, Path(to), self.path, self.id, overwrite)
            self._part = part
            self._step("accepted")
            hashes = await asyncio.to_thread(part.open, self.size)
        except (OSError, HeliographError) as error:
            self._part = None
            known = _unwritable(error)
            self.fail(known)
            raise known from None
        if self._is_over():  # meanwhile
            await self._discard(part)
            return
        self._hashes = Hashes(hashes)
        self._kept = self.bytes = len(hashes) * BLOCK_BYTES
        self._worker = self._ports.tasks.start(self._run())
        self._then(self._say_accept)

    def decline(self) -> None:
        """It is not wanted."""
        if not self.ended:
            self._ports.say(Decline(self.id))
            self._stop("declined", HeliographError("declined", "The file is not wanted."))

    def offered_anew(self) -> None:
        """The sender offers it by a new channel: it goes on from what we have."""
        self._next = None
        if self._worker is not None:
            self._then(self._say_accept)
        self.reconnected()

    def receive(self, message: FileMessage) -> None:
        """What the sender says."""
        if self.ended:
            return
        match message:
            case Start(_, at):
                if self.active:
                    self._next = at  # its blocks may come before we have looked at what we have
                    self._then(lambda: self._start(at))
            case End(_, at, root):
                self._then(lambda: self._end_at(at, root))
            case _:
                super().receive(message)

    def arriving(self, block: Block) -> Arriving:
        """A block is announced: its bytes follow."""
        is_wanted = self.active and self._next == block.at
        is_too_much = self.size is not None and block.at + block.size > self.size
        is_too_soon = block.at - self._kept >= WINDOW_BYTES  # it would have to wait in memory
        if is_wanted and (is_too_much or is_too_soon):
            self.refuse()
        if not is_wanted or not self.active:
            return Arriving(block, None, None, block.size)
        self._next = block.at + block.size
        return Arriving(block, bytearray(), self, block.size)

    def take(self, data: bytearray, block: Block) -> None:
        """All bytes of a block are here."""
        self._then(lambda: self._check(data, block))

    def refuse(self) -> None:
        """The sender does not do what was agreed."""
        text = "What arrives is not what was offered."
        self.fail(HeliographError("file_corrupt", text))

    def _released(self) -> None:
        part, self._part = self._part, None
        if part is not None and self.state != "done":
            self._ports.tasks.start(self._discard(part))

    async def _discard(self, part: Part) -> None:
        """A file that another program may still be writing is left to the worker's last step."""
        keep = self.error is not None and self.error.code in KEPT_AFTER
        if self._worker is not None and self._worker is not asyncio.current_task():
            await asyncio.wait([self._worker])
        try:
            await asyncio.to_thread(part.close, keep)
        except OSError:
            pass  # there is nobody to whom that would matter

    def _then(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work.put_nowait(work)

    async def _run(self) -> None:
        """Until it has ended: `_end` puts a last piece of work."""
        while not self.ended:
            work = await self._work.get()
            if self._is_over():
                return
            try:
                await work()
            except (OSError, HeliographError) as error:
                self.fail(_unwritable(error))

    def _is_over(self) -> bool:
        return self.ended

    def _end(self) -> None:
        super()._end()
        self._then(_nothing)

    async def _say_accept(self) -> None:
        root = self._hashes.root(self._kept)
        if root is None:
            return
        self._next = None
        self._ports.say(Accept(self.id, self._kept, root))
        if self._is_held:
            self.say_hold()

    async def _start(self, at: int) -> None:
        if at != self._kept:
            if at != 0 or self._part is None:
                self.refuse()
                return
            await asyncio.to_thread(self._part.restart)
            self._hashes, self._kept = Hashes(), 0
        self._moved(at)

    async def _check(self, data: bytearray, block: Block) -> None:
        part = self._part
        if block.at != self._kept or part is None:
            return  # one after a block that was wrong
        if await asyncio.to_thread(hash_of, data) != block.hash:
            self._next = None
            self._ports.say(Again(self.id, block.at))
            return
        await asyncio.to_thread(part.write, block.at, bytes(data))
        if self._is_over():
            return
        self._hashes.set(block.at, block.hash)
        self._kept = block.at + block.size
        self._ports.say(Have(self.id, self._kept))
        self._moved(self._kept)

    async def _end_at(self, at: int, root: str) -> None:
        part = self._part
        if at != self._kept or part is None:
            return  # it comes once more
        is_whole = self.size is None or at == self.size
        if not is_whole or root != self._hashes.root(at):
            self.refuse()
            return
        place = await asyncio.to_thread(part.finish)
        if self._is_over():
            return
        self._ports.say(Done(self.id))
        self._part = None
        self._finish(place)


async def _nothing() -> None:
    pass


def _unwritable(error: Exception) -> HeliographError:
    if isinstance(error, HeliographError):
        return error
    reason = getattr(error, "strerror", None) or type(error).__name__
    return HeliographError("file_unwritable", f"The file cannot be written: {reason}.")
