"""Our seats at all stamps as one signaling channel.

Messages go by the best stamp and, without an answer in time, by the next; what the stamps say of
the members becomes one list.

    of the stamps                                       state
    any is connected, or has its socket replaced        connected
    none is, one was, or all have failed once           reconnecting
    none is yet                                         connecting

    a stamp says                                        then
    the seat is refused, as `kicked`                    the end, whatever the others say
    home refuses the joining                            the end: it decides who gets what there is
                                                        only one of
    another refusal                                     if every other stamp has refused too, or has
                                                        been away for 30 s, it is told
    `closed`: kicked, replaced, rate_limited            the end
    `closed` with another code, `left` of ourselves     the seat there is asked for again
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from heliograph.errors import HeliographError
from heliograph.events import RoomState
from heliograph.room.orders import CarriedOrders
from heliograph.room.outgoing import Outgoing
from heliograph.room.stamp import Stamp, StampState
from heliograph.stamps import presence_types as p
from heliograph.stamps.presence import NOBODY, is_kicked, reach, step
from heliograph.stamps.router import Router
from heliograph.stamps.routes import Reach
from heliograph.timing.retry import retry
from heliograph.timing.tasks import Tasks, Timer
from heliograph.wire.api import Api, JoinRequest
from heliograph.wire.ids import sequence
from heliograph.wire.protocol import (
    Admission,
    Delivery,
    Disconnected,
    Envelope,
    Joined,
    Left,
    LeftReason,
    Ordered,
    Push,
    SeatClosed,
    SocketKnown,
)

SAME_ORDERS_SECONDS = 5.0  # within so long of each other, stamps tell of the same decision
AWAY_SECONDS = 30.0  # docs/protocol.md §4: so long a seat is kept
BUSY_TRIES = 4  # of a message that was one too many at its moment
FINAL_CLOSINGS = ("kicked", "replaced", "rate_limited")  # do not come back by yourself (§4)


@dataclass(frozen=True)
class Seat:
    """What our seat is asked for with, and where."""

    apis: Sequence[Api]  # their places in the list are the numbers of the stamps
    request: JoinRequest
    host_token: str | None
    home: int | None  # the stamp that gives away what there is only one of

    def __repr__(self) -> str:
        return f"Seat({len(self.apis)} stamps)"


class SignalingOwner(Protocol):
    """What signaling tells the room."""

    def admitted(self, admission: Admission) -> None:
        """A stamp has admitted us: the rules of the room as it knows them."""

    def members(self, changes: list[p.Change], listing: Admission | None, lost_all: bool) -> None:
        """Who is here, absent or gone. `listing`: if an answer of negotiate says so.

        `lost_all`: it is the first since all our sockets were lost.
        """

    def received(self, stamp: int, delivery: Delivery) -> None:
        """A message of another member."""

    def set_locked(self, locked: bool) -> None:
        """As a stamp tells it."""

    def set_state(self, state: RoomState) -> None:
        """Of all stamps together."""

    def failed(self, error: HeliographError) -> None:
        """An envelope was refused."""

    def refused(self, error: HeliographError, is_final: bool) -> None:
        """No stamp gives us our seat. `is_final`: we are not to go on."""

    def seat_closed(self, stamp: int, code: str, message: str) -> None:
        """A stamp has ended our place."""


class Signaling:
    """One sequence of messages, one list of members, a socket and a token for each stamp.

    It implements StampPorts.
    """

    def __init__(
        self,
        seat: Seat,
        self_id: str,
        firsts: "Sequence[asyncio.Task[Admission]]",
        orders: CarriedOrders,
        owner: SignalingOwner,
    ) -> None:
        """`firsts`: what each stamp answers to the joining. It begins with `start`."""
        self.next_seq = sequence(seat.request.visit)
        self.router = Router(len(seat.apis))
        self.stamps = [
            Stamp(number, api, first, self)
            for number, (api, first) in enumerate(zip(seat.apis, firsts, strict=True))
        ]
        self._seat, self._self_id, self._orders, self._owner = seat, self_id, orders, owner
        self._outgoing = Outgoing(self.stamps, self.router, self._reach, self._reaching_more)
        self._presence = NOBODY
        self._before: dict[int, StampState] = {}
        self._state: RoomState = "connecting"
        self._was_connected = False
        self._lost_all = False  # no socket is open, and nobody has admitted us since
        self._has_polled = False
        self._ended = False
        self._tasks = Tasks()
        self._showing = Timer()

    def start(self) -> None:
        """Open the sockets one after another, as the stamps admit us, and keep them open."""
        for stamp in self.stamps:
            stamp.start()

    # --- what the room asks -----------------------------------------------------------------

    def send(self, envelope: Envelope) -> None:
        """A description that came at a busy moment is sent again: nobody else would."""

        async def send() -> None:
            try:
                await retry(
                    lambda: self.post(envelope),
                    BUSY_TRIES,
                    lambda error: error.code == "rate_limited",
                )
            except HeliographError as error:
                if not self._ended:
                    self._owner.failed(error)

        self._tasks.start(send())

    async def post(self, envelope: Envelope, besides: frozenset[int] | None = None) -> int:
        """The number of the stamp that has taken it. Raises HeliographError, after 15 s at most.

        `besides`: stamps that have had it; the others are better.
        """
        return await self._outgoing.post(envelope, besides)

    def park(self, offer: Envelope) -> None:
        """At every stamp, also at those that we come to later, until `unpark`."""
        if not self._ended:
            self._outgoing.park(offer)

    def unpark(self) -> None:
        """It is taken, or withdrawn."""
        self._outgoing.unpark()

    def heard(self, stamp: int, peer: str) -> bool:
        """A message of somebody whom no list names, and who did not send it before it left.

        False if that stamp's word does not count now.
        """
        self._step(p.Heard(stamp, peer, new_page=True))
        return peer in self._presence.members

    def forgotten(self, peer: str, reason: LeftReason) -> None:
        """The room has dropped the member."""
        self._step(p.Forgotten(peer, reason))

    def visit_of(self, peer: str) -> int:
        """When the newest page of the member began, as far as we know; -1 if we do not know it."""
        member = self._presence.members.get(peer)
        return -1 if member is None else member.visit

    def refresh(self) -> None:
        """Ask every stamp for its list of members."""
        for stamp in self.stamps:
            self._tasks.start(stamp.refresh())

    def carry(self, stamp: int, orders: str | None) -> None:
        """A stamp has told what hosts have decided: the others hear of it from us."""
        if orders is not None:
            self._orders.heard(stamp, orders, time.monotonic())

    def orders_for(self, stamp: int) -> str | None:
        """What we have heard from another stamp, and this one may not know."""
        return self._orders.next(stamp)

    def kicked(self, peer: str) -> None:
        """We have kicked it."""
        self._owner.members(self._step(p.Kicked(peer)), None, False)

    def doubt(self) -> None:
        """Our network may be another one: do not wait, and see which sockets work."""
        for stamp in self.stamps:
            stamp.doubt()

    def stop_reconnecting(self) -> None:
        """We are about to give up the seat: when a socket ends now, do not open it again."""
        self._ended = True
        self._showing.stop()
        self._outgoing.unpark()
        for stamp in self.stamps:
            stamp.stop_reconnecting()

    async def stop(self) -> None:
        """End the sockets for good: a second at most."""
        self.stop_reconnecting()
        await asyncio.gather(*(stamp.stop() for stamp in self.stamps))
        self._outgoing.close()
        self._tasks.cancel()

    # --- what a stamp asks and tells (StampPorts) -----------------------------------------------

    async def negotiate(self, stamp: int) -> Admission:
        """Ask for our seat there."""
        self._step(p.Asked(stamp))
        request = replace(self._seat.request, orders=self._orders.next(stamp))
        return await self._seat.apis[stamp].negotiate(request, self._seat.host_token)

    def admitted(self, stamp: int, admission: Admission) -> None:
        """We have a seat there."""
        if self._ended:  # it came too late: nobody wants it any more
            self._tasks.start(self._leave(stamp, admission.token))
            return
        self.carry(stamp, admission.orders)
        self._owner.admitted(admission)
        changes = self._step(p.ListedHere(stamp, admission.peers))
        lost_all, self._lost_all = self._lost_all, False
        self._owner.members(changes, admission, lost_all)
        if self.stamps[stamp].state != "connected":
            self._outgoing.repark(stamp, admission.parked)
        if not admission.peers or admission.parked:
            self._poll_once(stamp)

    def pushed(self, stamp: int, push: Push) -> None:
        """The servers say something."""
        if self._ended:
            return
        match push:
            case Delivery():
                self._received(stamp, push)
            case SocketKnown(admitted_at):
                self.stamps[stamp].socket_known(admitted_at)
            case SeatClosed(code, message):
                self._seat_closed(stamp, code, message)
            case Ordered(orders, locked):
                self.carry(stamp, orders)
                self._owner.set_locked(locked)
                self._show_orders_later()
            case Joined() | Left() | Disconnected():
                self._tell(stamp, push)

    def changed(self, stamp: int) -> None:
        """The state of a stamp is another."""
        state, before = self.stamps[stamp].state, self._before.get(stamp)
        self._before[stamp] = state
        if state == "connected":
            self.router.opened(stamp)
            self._say(p.Opened(stamp))
        elif before in ("connected", "opening"):
            self.router.closed(stamp)
            self._say(p.ClosedHere(stamp))
        if before == "connected":
            self._lost_all = not any(each.open for each in self.stamps)
        self._tell_state()
        if state == "waiting":
            self._judge()

    def refused(self, stamp: int, error: HeliographError, first: bool) -> None:
        """The seat there was refused."""
        if error.code == "kicked" or (first and stamp == self._seat.home):
            self._owner.refused(error, True)
        else:
            self._judge()

    # --- inside ---------------------------------------------------------------------------------

    async def _leave(self, stamp: int, token: str) -> None:
        try:
            await self._seat.apis[stamp].leave(token)
        except HeliographError:
            pass

    def _poll_once(self, stamp: int) -> None:
        """Our socket takes two round trips more: who came meanwhile is heard of sooner so."""
        if not self._has_polled and not self._was_connected:
            self._has_polled = True
            self._tasks.start(self.stamps[stamp].poll())

    def _received(self, stamp: int, delivery: Delivery) -> None:
        sender = delivery.sender
        if sender == self._self_id or is_kicked(self._presence, sender):
            return
        # Whom no list names, the room meets by what the message is.
        if sender in self._presence.members:
            self._say(p.Heard(stamp, sender))
        self._owner.received(stamp, delivery)

    def _seat_closed(self, stamp: int, code: str, message: str) -> None:
        if code in FINAL_CLOSINGS:
            self._owner.seat_closed(stamp, code, message)
        else:
            self.stamps[stamp].negotiate_again()

    def _tell(self, stamp: int, push: Joined | Left | Disconnected) -> None:
        if push.peer == self._self_id:
            # `closed` follows if we were kicked. An older visit is of a program before this one.
            is_ours = isinstance(push, Left) and push.visit >= self._seat.request.visit
            if is_ours and isinstance(push, Left) and push.reason != "kicked":
                self.stamps[stamp].negotiate_again()
            return
        match push:
            case Joined(peer, name, role, visit):
                self._say(p.JoinedHere(stamp, peer, p.Profile(name, role), visit))
            case Left(peer, reason, visit):
                self._say(p.LeftHere(stamp, peer, reason, visit))
            case Disconnected(peer, asleep):
                self._say(p.DisconnectedHere(stamp, peer, asleep))

    def _show_orders_later(self) -> None:
        """A stamp that has said nothing by then did not hear it, and gets the orders from us.

        The wait is random, so that not all members do it.
        """
        heard_at = time.monotonic()

        def show() -> None:
            for number, stamp in enumerate(self.stamps):
                if not self._orders.has_told(number, heard_at - SAME_ORDERS_SECONDS):
                    self._tasks.start(stamp.refresh())

        self._showing.start(SAME_ORDERS_SECONDS * (1 + 3 * random.random()), show)

    def _judge(self) -> None:
        """A refusal ends it if no other stamp has our seat, or may have kept it."""
        refusal = next((each.refusal for each in self.stamps if each.refusal), None)
        is_over = all(each.refusal or each.away_seconds > AWAY_SECONDS for each in self.stamps)
        if refusal is not None and is_over and not self._ended:
            self._owner.refused(refusal, False)

    def _tell_state(self) -> None:
        is_connected = any(stamp.ready for stamp in self.stamps)
        self._was_connected = self._was_connected or is_connected
        is_coming = any(stamp.state in ("entering", "opening") for stamp in self.stamps)
        state: RoomState = "connected" if is_connected else "reconnecting"
        if self._ended or (not self._was_connected and is_coming) or state == self._state:
            return
        self._state = state
        self._owner.set_state(state)

    def _reach(self, stamp: int, to: str | None) -> Reach:
        """Of a message for everyone: is everyone to be reached here who is to be reached at all?"""
        if to is not None:
            return reach(self._presence, stamp, to)
        return "absent" if self._reaching_more(stamp) else "here"

    def _reaching_more(self, stamp: int) -> list[int]:
        members = self._presence.members
        missed = [each for each in members if reach(self._presence, stamp, each) != "here"]
        return [
            other
            for other in range(len(self.stamps))
            if any(reach(self._presence, other, peer) == "here" for peer in missed)
        ]

    def _say(self, event: p.PresenceEvent) -> None:
        if not self._ended:
            self._owner.members(self._step(event), None, False)

    def _step(self, event: p.PresenceEvent) -> list[p.Change]:
        self._presence, changes = step(self._presence, event)
        return changes
