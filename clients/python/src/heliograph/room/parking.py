"""The offer that waits in the room for whoever comes next (docs/protocol.md §5)."""

from collections.abc import Callable
from typing import Protocol

from heliograph.peer import negotiation_types as t
from heliograph.peer.link import Link
from heliograph.peer.negotiator import Negotiator
from heliograph.peer.remote_peer import Parked
from heliograph.timing.backoff import backoff
from heliograph.timing.tasks import Tasks, Timer
from heliograph.turn.access import TurnAccess
from heliograph.wire.ids import create_pc
from heliograph.wire.protocol import Description, Envelope, Network

RETRIES = 3


class ParkingChannel(Protocol):
    """Signaling, as far as a parked offer needs it."""

    def next_seq(self) -> int:
        """A higher one each time."""

    def park(self, offer: Envelope) -> None:
        """At every stamp."""

    def unpark(self) -> None:
        """It is taken, or withdrawn."""


class Parking:
    """Of one room."""

    def __init__(
        self,
        channel: ParkingChannel,
        turn: TurnAccess,
        tasks: Tasks,
        closing: Tasks,
    ) -> None:
        """`closing` outlives the room."""
        self._channel, self._turn = channel, turn
        self._tasks, self._closing = tasks, closing
        self._offer: OpenOffer | None = None
        self._retry = Timer()

    @property
    def active(self) -> bool:
        """An offer waits, or is on its way."""
        return self._offer is not None

    def open(self, retries: int = 0) -> None:
        """Park a new offer in place of any other. `retries`: how often it failed."""
        self.close()
        link = Link(self._turn.servers(None, None, 0), None, None, self._closing)
        self._offer = OpenOffer(link, self._channel, lambda: self._failed(retries), self._tasks)

    def take(self, pc: str) -> Parked | None:
        """The parked connection that `pc` names: somebody has answered. It is given once."""
        offer = self._offer
        if offer is None or offer.pc != pc:
            return None
        parked = offer.take()
        if parked is not None:
            self._offer = None
            self._channel.unpark()
        return parked

    def close(self) -> None:
        """Withdraw the offer."""
        self._retry.stop()
        offer, self._offer = self._offer, None
        if offer is not None:
            self._channel.unpark()
            offer.close()

    def _failed(self, retries: int) -> None:
        if retries < RETRIES:
            self._retry.start(backoff(retries + 1), lambda: self.open(retries + 1))


class OpenOffer:
    """A connection whose offer is for nobody yet. It implements NegotiatorPorts.

    Nobody is there to whom it could speak: only the offer itself is sent.
    """

    to: str | None = None
    bring = False

    def __init__(
        self, link: Link, channel: ParkingChannel, failed: Callable[[], None], tasks: Tasks
    ) -> None:
        """It describes itself at once."""
        self._channel, self._failed = channel, failed
        self.pc = create_pc()
        state = Negotiator.start(self.pc, True, "waiting")
        self._negotiator = Negotiator(state, link, self, tasks)
        self._negotiator.dispatch(t.Park())

    def take(self) -> Parked | None:
        """The connection, which belongs to the caller from now on; None if it is not described."""
        if self._negotiator.state.phase != "parked":
            return None
        self._negotiator.stop()
        link = self._negotiator.link
        return Parked(link, self.pc, link.network)

    def close(self) -> None:
        """It is withdrawn."""
        self._negotiator.dispatch(t.Close())

    # --- NegotiatorPorts ------------------------------------------------------------------------

    @property
    def signaling(self) -> "OpenOffer":
        """It takes the offer only."""
        return self

    @property
    def network(self) -> Network | None:
        """What we know of our network."""
        return self._negotiator.link.network

    def next_seq(self) -> int:
        """A higher one each time."""
        return self._channel.next_seq()

    def send(self, envelope: Envelope) -> None:
        """Only the offer goes anywhere."""
        if envelope.message.kind == "offer":
            self._channel.park(envelope)

    async def prepare(self, offer: Description | None) -> None:
        """Nothing is missing."""

    def before(self, effect: t.Effect) -> None:
        """Nothing comes along."""

    def open(self) -> Link | None:
        """Whoever owns it makes a new one in its place."""
        return None

    def adopt(self) -> Link:
        """There is no other."""
        return self._negotiator.link

    def release(self) -> None:
        """There is no other."""

    def replaced(self, old: Link) -> None:
        """It is not."""

    def end(self, link: Link) -> None:
        """Withdrawn."""
        link.close()

    def report(self, code: str) -> None:
        """It could not be described."""
        self._failed()
