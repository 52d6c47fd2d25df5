"""Our messages on their way to the stamps, and the offer that lies parked at all of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from heliograph.bounded_map import BoundedMap
from heliograph.errors import HeliographError
from heliograph.stamps.router import Router
from heliograph.stamps.routes import Reach
from heliograph.timing.retry import retry
from heliograph.timing.tasks import Tasks
from heliograph.wire.protocol import Envelope

if TYPE_CHECKING:
    from heliograph.room.stamp import Stamp

PARK_TRIES = 4
MAX_REMEMBERED = 256


class Outgoing:
    """Everything that goes through the servers."""

    def __init__(
        self,
        stamps: "Sequence[Stamp]",
        router: Router,
        reach: Callable[[int, str | None], Reach],
        reaching_more: Callable[[int], list[int]],
    ) -> None:
        """`reach`: where a receiver is, None for everyone.

        `reaching_more`: the stamps that reach somebody whom this one does not.
        """
        self._stamps, self._router = stamps, router
        self._reach, self._reaching_more = reach, reaching_more
        # By seq: the stamps that have taken a message. What is sent again goes by another one.
        self._taken: BoundedMap[int, set[int]] = BoundedMap(MAX_REMEMBERED)
        self._parked: Envelope | None = None
        self._parking = Tasks()
        self._spreading = Tasks()

    async def post(self, envelope: Envelope, besides: frozenset[int] | None = None) -> int:
        """The number of the stamp that has taken it. Raises HeliographError.

        `besides`: those that have taken it before, by default as far as we remember.
        """
        taken = self._taken.touch(envelope.seq, set[int])

        def reach(stamp: int) -> Reach:
            return self._reach(stamp, envelope.to)

        before = frozenset(taken) if besides is None else besides
        stamp, _ = await self._router.call(
            lambda each: self._stamps[each].post(envelope),
            reach,
            self._in_vain(before, reach),
        )
        taken.add(stamp)
        if envelope.to is None:
            self._spread(envelope, stamp)
        return stamp

    def park(self, offer: Envelope) -> None:
        """Park the offer at every stamp, and at each that admits us from now on."""
        self.unpark()
        self._parked = offer
        for stamp in range(len(self._stamps)):
            self.repark(stamp)

    def unpark(self) -> None:
        """It is taken, or withdrawn: it goes to no other stamp."""
        self._parked = None
        self._parking.cancel()

    def repark(self, stamp: int, kept: Sequence[int] = ()) -> None:
        """This stamp has admitted us: an offer waits there too. `kept`: those that do."""
        offer = self._parked
        if offer is None or offer.seq in kept or self._stamps[stamp].token is None:
            return

        async def park() -> None:
            try:
                await retry(lambda: self._stamps[stamp].post(offer), PARK_TRIES)
            except HeliographError:
                pass  # then newcomers there offer

        self._parking.start(park())

    def close(self) -> None:
        """Nothing goes any more."""
        self.unpark()
        self._spreading.cancel()

    def _in_vain(self, taken: frozenset[int], reach: Callable[[int], Reach]) -> frozenset[int]:
        """Those that have taken it, if another stamp reaches the receiver."""
        for stamp, each in enumerate(self._stamps):
            if stamp not in taken and each.token is not None and reach(stamp) == "here":
                return taken
        return frozenset()

    def _spread(self, envelope: Envelope, first: int) -> None:
        """A message for everyone goes by all stamps that reach somebody whom the first does not."""
        for other in self._reaching_more(first):
            if self._stamps[other].token is not None:
                self._spreading.start(self._post_at(other, envelope))

    async def _post_at(self, stamp: int, envelope: Envelope) -> None:
        try:
            await self._stamps[stamp].post(envelope)
        except HeliographError:
            pass  # it is sent again until it is acknowledged
