"""The files that go to one peer and come from it, over one channel after another.

what happens            then
a channel opens         what we send and has not ended is offered anew; the receiver says where it
                        goes on. What we have cancelled since is said once more
the channel closes      nothing is lost: it is said of each that it is interrupted
the peer is gone        it may only have been started again: what is not ended fails a minute later
a file is offered       it goes on if we have it; else the application is asked
several can move        they take turns, block by block
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from heliograph.bounded_map import BoundedMap
from heliograph.errors import HeliographError
from heliograph.files.incoming import Arriving, Incoming
from heliograph.files.lane import Lane
from heliograph.files.messages import (
    Block,
    Cancel,
    Decline,
    FileMessage,
    Offer,
    Seen,
    parse_file_message,
)
from heliograph.files.outgoing import Outgoing
from heliograph.files.source import Source
from heliograph.files.transfer import Transfer, TransferPorts
from heliograph.timing.tasks import Tasks, Timer

if TYPE_CHECKING:
    from aiortc import RTCDataChannel

GONE_SECONDS = 60.0  # a program that is started again is back by then
OFFERED_ANEW_SECONDS = 10.0  # a sender offers what it still has as soon as a channel opens
MAX_OFFERS = 1_000  # of one peer that nobody has answered; what is above that is declined
MAX_ENDED = 1_000


class PeerFiles:
    """Of one peer."""

    def __init__(
        self,
        id: str,
        offered: Callable[[Incoming], None],
        changed: Callable[[Transfer], None],
        tasks: Tasks,
    ) -> None:
        """`offered`: somebody offers a file. `tasks` end with the room."""
        self._id, self._offered_to_us, self._changed, self._tasks = id, offered, changed, tasks
        self._outgoing: dict[str, Outgoing] = {}
        self._incoming: dict[str, Incoming] = {}
        self._ended: BoundedMap[str, FileMessage] = BoundedMap(MAX_ENDED)  # what is said of them
        self._cancelled: list[FileMessage] = []  # of what we send, since the channel opened
        self._lane: Lane | None = None
        self._arriving: Arriving | None = None
        self._wake = asyncio.Event()
        self._gone_timer, self._anew_timer = Timer(), Timer()
        self._missing: set[Incoming] = set()  # not offered since the channel opened
        self._ports = TransferPorts(
            say=self._say,
            changed=self._has_changed,
            wake=self._wake.set,
            connected=lambda: self._lane is not None and self._lane.open,
            tasks=tasks,
        )

    def send(self, offer: Offer, source: Source) -> Outgoing:
        """Offer a file."""
        file = Outgoing(self._id, offer, source, self._ports)
        self._outgoing[file.id] = file
        self._changed(file)
        if self._lane is not None:
            file.offer_anew()
        return file

    def opened(self, channel: "RTCDataChannel") -> None:
        """Its channel is open, and perhaps a new one."""
        if self._lane is not None and self._lane.channel is channel:
            return
        self._gone_timer.stop()
        lane = self._lane = Lane(channel)
        self._arriving = None
        channel.on("close", self._wake.set)
        said, self._cancelled = self._cancelled, []
        for message in said:
            lane.say(message)
        for file in list(self._outgoing.values()):
            file.offer_anew()
        self._await_offers()
        self._tasks.start(self._run(lane))

    def closed(self) -> None:
        """Its channel has closed."""
        if self._lane is not None and not self._lane.open:
            self._lane = None
            for file in self._all():
                file.reconnected()

    def gone(self, is_final: bool) -> None:
        """It has left the room. `is_final`: it cannot come back."""
        if is_final:
            self._fail(self._all(), "peer_gone", "The other side has left the room.")
        else:
            self._gone_timer.start(GONE_SECONDS, lambda: self.gone(True))

    def close(self) -> None:
        """The room is closed."""
        self._gone_timer.stop()
        self._anew_timer.stop()
        self._fail(self._all(), "closed", "The room is closed.")
        self._lane = None
        self._wake.set()

    def received(self, data: str | bytes) -> None:
        """A message of its channel."""
        if isinstance(data, bytes):
            if self._lane is not None:
                self._lane.received(len(data))
            self._bytes(data)
            return
        message = parse_file_message(data)
        match message:
            case Seen(count):
                if self._lane is not None:
                    self._lane.seen(count)
            case Offer():
                self._offered(message)
            case Block():
                file = self._incoming.get(message.id)
                unwanted = Arriving(message, None, None, message.size)
                self._arriving = unwanted if file is None else file.arriving(message)
            case None:
                pass
            case _:
                for found in (self._incoming.get(message.id), self._outgoing.get(message.id)):
                    if found is not None:
                        found.receive(message)

    def _all(self) -> list[Transfer]:
        return [*self._outgoing.values(), *self._incoming.values()]

    def _say(self, message: FileMessage) -> None:
        if self._lane is not None:
            self._lane.say(message)

    def _bytes(self, piece: bytes) -> None:
        """What was not announced is nobody's."""
        arriving = self._arriving
        if arriving is None:
            return
        if len(piece) > arriving.left:
            if arriving.file is not None:
                arriving.file.refuse()
            return
        if arriving.data is not None:
            arriving.data += piece
        arriving.left -= len(piece)
        if arriving.left == 0:
            self._arriving = None
            if arriving.file is not None and arriving.data is not None:
                arriving.file.take(arriving.data, arriving.block)

    def _offered(self, offer: Offer) -> None:
        known, ended = self._incoming.get(offer.id), self._ended.get(offer.id)
        if known is not None:
            self._missing.discard(known)
            known.offered_anew()
        elif ended is not None:
            self._say(ended)
        elif len(self._incoming) >= MAX_OFFERS:
            self._say(Decline(offer.id))
        else:
            file = Incoming(self._id, offer, self._ports)
            self._incoming[file.id] = file
            self._offered_to_us(file)

    def _has_changed(self, transfer: Transfer) -> None:
        if transfer.ended:
            last = transfer.last
            if last is not None:
                self._ended.set(transfer.id, last)
            is_ours = self._outgoing.pop(transfer.id, None) is not None
            if is_ours and isinstance(last, Cancel) and len(self._cancelled) < MAX_ENDED:
                self._cancelled.append(last)
            self._incoming.pop(transfer.id, None)
        self._changed(transfer)

    def _await_offers(self) -> None:
        """A program that was started again has no file any more that it was sending."""
        self._missing = set(self._incoming.values())
        for file in self._missing:
            file.reconnected()

        def missed() -> None:
            self._fail(self._missing, "peer_gone", "The other side has not offered it again.")

        self._anew_timer.start(OFFERED_ANEW_SECONDS, missed)

    def _fail(self, files: Iterable[Transfer], code: str, text: str) -> None:
        for file in list(files):
            file.fail(HeliographError(code, text))

    async def _run(self, lane: Lane) -> None:
        while self._lane is lane and lane.open:
            file = self._next_ready()
            if file is not None:
                await file.send(lane)
            else:
                self._wake.clear()
                await self._wake.wait()

    def _next_ready(self) -> Outgoing | None:
        """Whoever has sent goes to the end of the line."""
        for id, file in self._outgoing.items():
            if file.ready:
                del self._outgoing[id]
                self._outgoing[id] = file
                return file
        return None
