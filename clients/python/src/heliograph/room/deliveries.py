"""Texts and data until they are acknowledged, and our acknowledgements (docs/protocol.md §5).

of a message that is due                     then
the channel that has it is still open        nothing: SCTP delivers it
another channel to that member is open       it goes there
none is open                                 it goes by a stamp that has not taken it, if it is
                                             small enough, at our pace
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from heliograph.errors import HeliographError
from heliograph.peer.link import Link
from heliograph.peer.remote_peer import RemotePeer
from heliograph.room.content import fit_for_server
from heliograph.room.delivery import Delivery, Sent
from heliograph.stamps import acks, outbox
from heliograph.timing.pace import Pace
from heliograph.timing.tasks import Tasks, Timer
from heliograph.wire.protocol import Ack, Envelope, Message, fits_servers
from heliograph.wire.shape import byte_count

# Repeats by the servers: half of what a stamp takes (docs/protocol.md §1). Descriptions have to get
# through too.
REPEATS_AT_ONCE, REPEATS_PER_SECOND = 20, 10
Post = Callable[[Envelope, frozenset[int] | None], Awaitable[int]]


class Deliveries:
    """Of one room."""

    def __init__(
        self, peers: Mapping[str, RemotePeer], next_seq: Callable[[], int], post: Post, tasks: Tasks
    ) -> None:
        """`post`: by a stamp that is not one of those, if there is one; the number of the stamp."""
        self._peers, self._next_seq, self._post, self._tasks = peers, next_seq, post, tasks
        self._outbox: outbox.Outbox = outbox.EMPTY
        self._acks: acks.Acks = acks.NO_ACKS
        self._said: dict[tuple[int, str], Link] = {}  # whose channel has taken which message
        self._pace = Pace(REPEATS_AT_ONCE, REPEATS_PER_SECOND)
        self._pending: dict[int, Delivery] = {}  # what the application waits for
        self._queued: set[int] = set()  # seqs whose repeat waits for its place
        self._timer = Timer()

    async def send(self, message: Message, to: str | None, peers: Sequence[RemotePeer]) -> Sent:
        """To these peers: by their channels, and for the others through the servers.

        Raises HeliographError (too_large) before anyone has got it.
        """
        envelope = Envelope(self._next_seq(), message, to)
        if not all(peer.up for peer in peers):
            fit_for_server(envelope)
        said = await asyncio.gather(*(self._say(peer, envelope) for peer in peers))
        ids = [peer.id for peer in peers]
        if not ids:
            return Sent("nobody", self._keep(envelope, ids))
        if all(said):
            return Sent("p2p", self._keep(envelope, ids))
        stamp = await self._post(fit_for_server(envelope), None)
        delivery = self._keep(envelope, ids)
        self._outbox = outbox.taken(self._outbox, envelope.seq, stamp)
        return Sent("server", delivery)

    def received(self, sender: str, seq: int) -> None:
        """A text or data has come, for the first time or again."""
        self._acks = acks.received(self._acks, sender, seq, time.monotonic())
        self._schedule()

    def acked(self, sender: str, ack: Ack) -> None:
        """It has these messages."""
        for seq in ack.seqs:
            if seq in self._pending:
                self._pending[seq].settle(None, [sender])
        self._outbox = outbox.acked(self._outbox, sender, ack.seqs)
        self._schedule()

    def returned(self, peer: str) -> None:
        """It can be reached again, or in another way."""
        self._outbox = outbox.returned(self._outbox, peer, time.monotonic())
        self._schedule()

    def left(self, peer: str) -> None:
        """It is gone."""
        for delivery in self._pending.values():
            delivery.settle("peer_gone", [peer])
        self._outbox = outbox.left(self._outbox, peer)
        self._acks = acks.without_acks_to(self._acks, peer)
        self._schedule()

    def close(self) -> None:
        """Nothing is sent any more."""
        for delivery in self._pending.values():
            delivery.settle("closed")
        self._outbox, self._acks = outbox.EMPTY, acks.NO_ACKS
        self._schedule()

    def _keep(self, envelope: Envelope, peers: Sequence[str]) -> Delivery:
        delivery = Delivery(peers)
        self._pending[envelope.seq] = delivery
        size, now = byte_count(envelope.text()), time.monotonic()
        self._outbox = outbox.sent(self._outbox, envelope, size, peers, now, random.random())
        self._schedule()
        return delivery

    async def _say(self, peer: RemotePeer, envelope: Envelope) -> bool:
        link = peer.link
        said = await peer.say(envelope)
        if said:
            self._said[envelope.seq, peer.id] = link
        return said

    def _schedule(self) -> None:
        self._timer.stop()
        self._said = {key: link for key, link in self._said.items() if key[0] in self._outbox}
        for seq in [seq for seq in self._pending if seq not in self._outbox]:
            self._pending.pop(seq).settle("undelivered")  # given up, if somebody owes it
        times = [outbox.next_due_at(self._outbox), acks.next_ack_at(self._acks)]
        known = [at for at in times if at is not None]
        if known:
            self._timer.start(max(0.0, min(known) - time.monotonic()), self._work)

    def _work(self) -> None:
        now = time.monotonic()
        self._outbox, repeats = outbox.due(self._outbox, now, random.random)
        self._acks, batches = acks.acks_due(self._acks, now)
        for repeat in repeats:
            self._tasks.start(self._repeat(repeat))
        for batch in batches:
            self._tasks.start(self._acknowledge(batch))
        self._schedule()

    async def _acknowledge(self, batch: acks.Batch) -> None:
        """If it is lost, the message comes again and is acknowledged again."""
        envelope = Envelope(self._next_seq(), Message("ack", Ack(batch.seqs)), batch.to)
        peer = self._peers.get(batch.to)
        if peer is not None and await peer.say(envelope):
            return
        try:
            await self._post(envelope, None)
        except HeliographError:
            pass

    async def _repeat(self, repeat: outbox.Repeat) -> None:
        envelope = repeat.envelope
        reached = [await self._say_again(envelope, peer) for peer in repeat.owing]
        if all(reached) or not fits_servers(envelope):
            return
        if not await self._is_owed_in_turn(envelope.seq):
            return
        try:
            stamp = await self._post(envelope, repeat.taken_by)
        except HeliographError:
            return
        self._outbox = outbox.taken(self._outbox, envelope.seq, stamp)

    async def _is_owed_in_turn(self, seq: int) -> bool:
        """Waits for a place. False if it is not needed any more then, or has one already."""
        if seq in self._queued:
            return False
        self._queued.add(seq)
        try:
            await asyncio.sleep(self._pace.reserve(time.monotonic()))
        finally:
            self._queued.discard(seq)
        return seq in self._outbox

    async def _say_again(self, envelope: Envelope, id: str) -> bool:
        """True if the member gets it by its channel."""
        peer = self._peers.get(id)
        if peer is None or not peer.up:
            return False
        if self._said.get((envelope.seq, id)) is peer.link:
            return True
        try:
            return await self._say(peer, envelope)
        except HeliographError:
            return False
