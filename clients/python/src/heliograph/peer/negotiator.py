"""Carries out what negotiation.py decides: it holds the state and the link. It decides only this:

what goes wrong                                          then
there can be no other connection now, and a message      as if that were lost
  or a try asks for it
the same, and a description was refused                  the pair is broken; it is reported
something raises while an effect is carried out          its operation has failed; it is reported
ICE is to be restarted, which aiortc cannot              a new pair is offered
they restart ICE of this pair                            a new pair is offered, as to a restart
                                                         of a pair that we do not have
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal, Protocol

from heliograph.errors import HeliographError
from heliograph.peer import negotiation_types as t
from heliograph.peer.link import Link
from heliograph.peer.negotiation import initial, step
from heliograph.timing.tasks import Tasks
from heliograph.wire.ids import create_pc
from heliograph.wire.protocol import (
    MAX_SDP,
    Description,
    Envelope,
    Network,
    fits_servers,
)


class SignalingChannel(Protocol):
    """What goes through the servers."""

    def next_seq(self) -> int:
        """A higher one each time."""

    def send(self, envelope: Envelope) -> None:
        """By the best stamp; a refusal is told elsewhere."""


class NegotiatorPorts(Protocol):
    """What the negotiation asks of whoever owns it."""

    @property
    def signaling(self) -> SignalingChannel:
        """Through the servers."""

    @property
    def to(self) -> str | None:
        """The peer that messages go to; None if the offer is parked."""

    @property
    def bring(self) -> bool:
        """Whether the other side should bring TURN candidates too."""

    @property
    def network(self) -> Network | None:
        """What we know of our network, to be told."""

    async def prepare(self, offer: Description | None) -> None:
        """Before we describe ourselves, in answer to `offer` or not."""

    def before(self, effect: t.Effect) -> None:
        """It is about to happen."""

    def open(self) -> Link | None:
        """A new link; None if there can be none now."""

    def adopt(self) -> Link:
        """The link that was parked, which is to be used now."""

    def release(self) -> None:
        """It is not wanted."""

    def replaced(self, old: Link) -> None:
        """There is another link in place of `old`."""

    def end(self, link: Link) -> None:
        """The last one."""

    def report(self, code: str) -> None:
        """It cannot go on by itself."""


class Negotiator:
    """Of one peer, or of an offer that is parked."""

    def __init__(self, state: t.State, link: Link, ports: NegotiatorPorts, tasks: Tasks) -> None:
        self.state = state
        self.link = link
        self._ports = ports
        self._tasks = tasks
        self._queue: deque[t.Event] = deque()
        self._running = False
        self._next: Link | None = None  # for the effect UseNewPair
        self._ended = False
        self._timers: set[asyncio.TimerHandle] = set()

    @staticmethod
    def start(
        pc: str,
        polite: bool,
        phase: Literal["idle", "waiting"],
    ) -> t.State:
        """The first state."""
        return initial(pc, polite, phase)

    def dispatch(self, event: t.Event) -> None:
        """Something happened. What the effects cause in turn waits until all are carried out."""
        if self._ended:
            return
        self._queue.append(event)
        if self._running:
            return
        self._running = True
        try:
            while self._queue:
                self._take(self._queue.popleft())
        finally:
            self._running = False

    def stop(self) -> None:
        """End here; the link goes on with somebody else."""
        self._ended = True
        for timer in self._timers:
            timer.cancel()

    def _take(self, event: t.Event) -> None:
        self.state, effects = self._step(self._without_restart(event))
        for effect in effects:
            self._carry(effect)
        if self.state.phase == "closed":
            self.stop()

    def _without_restart(self, event: t.Event) -> t.Event:
        """An offer that restarts ICE of this pair is read as one of a pair that we do not have."""
        if not isinstance(event, t.TheirOffer) or not event.body.restart:
            return event
        if event.body.pc != self.state.pc or not self.state.joint:
            return event
        return replace(event, body=replace(event.body, pc=event.fresh))

    def _step(self, event: t.Event) -> t.Step:
        """See the table above."""
        state, effects = step(self.state, event)
        kinds = [type(effect) for effect in effects]
        if t.DoRestartIce in kinds:
            kept = effects[: kinds.index(t.DoRestartIce)]
            state, more = step(state, t.ReplacePair(create_pc()))
            effects = (*kept, *more)
        if not any(isinstance(effect, t.UseNewPair) for effect in effects):
            return state, effects
        self._next = self._ports.open()
        if self._next is not None:
            return state, effects
        if getattr(event, "op", None) is None:
            return self.state, ()
        self._ports.report("negotiation_failed")
        return step(self.state, t.Broke())

    def _carry(self, effect: t.Effect) -> None:
        try:
            self._ports.before(effect)
            self._operate(effect)
        except Exception:
            self._ports.report("unexpected")
            op = getattr(effect, "op", None)
            if op is None:
                return
            # A description without what was to be prepared is better than none.
            is_preparing = isinstance(effect, t.Prepare)
            self.dispatch(t.Prepared(op) if is_preparing else t.Failed(op, create_pc()))

    def _operate(self, effect: t.Effect) -> None:
        match effect:
            case t.Prepare(op, offer):
                self._tasks.start(self._prepare(op, offer))
            case t.Describe(op):
                self._begin(op, lambda: self._describe(op))
            case t.SetTheirs():
                self._begin(effect.op, lambda: self._set(effect))
            case t.Rollback(op):
                self._begin(op, lambda: self._rollback(op))
            case t.AddCandidates(candidates):
                self.link.add(candidates)
            case t.Send():
                self._send(effect)
            case t.RepeatLater(seq, seconds):
                self._later(seconds * (1 + random.random() / 5), t.RepeatDue(seq))
            case t.Wait(op, seconds):
                self._later(seconds, t.Waited(op))
            case t.UseNewPair():
                self._use(self._next or self.link)
            case t.Adopt():
                self._use(self._ports.adopt())
            case t.Release():
                self._ports.release()
            case t.CloseLink():
                self._ports.end(self.link)
            case t.Report(code):
                self._ports.report(code)

    def _use(self, link: Link) -> None:
        old, self.link = self.link, link
        if link is not old:
            self._ports.replaced(old)

    async def _prepare(self, op: int, offer: Description | None) -> None:
        try:
            await self._ports.prepare(offer)
        except HeliographError:
            pass  # a description without it is better than none
        self.dispatch(t.Prepared(op))

    def _begin(self, op: int, operation: Callable[[], Awaitable[t.Event]]) -> None:
        """What a link says counts only while it is the one."""
        link = self.link

        async def run() -> None:
            event: t.Event
            try:
                event = await operation()
            except Exception:  # whatever aiortc raises for what it does not take
                event = t.Failed(op, create_pc())
            if link is self.link:
                self.dispatch(event)

        self._tasks.start(run())

    async def _describe(self, op: int) -> t.Event:
        link = self.link
        sdp = await link.describe()
        mids = None if link.slots is None else tuple(slot.mid or "" for slot in link.slots)
        return t.Described(
            op,
            self._ports.signaling.next_seq(),
            sdp,
            relay=self._ports.bring or None,
            network=self._ports.network,
            slots=mids,
        )

    async def _set(self, effect: t.SetTheirs) -> t.Event:
        candidates = (*(effect.body.candidates or ()), *effect.candidates)
        await self.link.set(effect.kind, effect.body.sdp, candidates)
        return t.TheirsSet(effect.op)

    async def _rollback(self, op: int) -> t.Event:
        await self.link.rollback()
        return t.RolledBack(op, create_pc())

    def _send(self, effect: t.Send) -> None:
        """In the channel while it is open, which carries more; else through the servers."""
        signaling = self._ports.signaling
        seq = signaling.next_seq() if effect.seq is None else effect.seq
        envelope = Envelope(seq, effect.message)
        channel = self.link.channel
        if self.link.up and channel is not None and channel.try_send(envelope):
            return
        if effect.message.kind == "floor":
            return  # it is asked for again when the channel is up
        addressed = replace(envelope, to=self._ports.to)
        body = effect.message.body
        is_long = isinstance(body, Description) and len(body.sdp) > MAX_SDP
        if is_long or not fits_servers(addressed):
            self.dispatch(t.DescriptionTooLarge(seq))
        else:
            signaling.send(addressed)

    def _later(self, seconds: float, event: t.Event) -> None:
        def due() -> None:
            self._timers.discard(handle)
            self.dispatch(event)

        handle = asyncio.get_running_loop().call_later(seconds, due)
        self._timers.add(handle)
