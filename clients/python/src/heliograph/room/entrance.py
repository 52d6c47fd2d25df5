"""Joining: every stamp is asked for our seat, and the first that gives it counts.

    room       who is asked when
    open       all stamps at once
    created    its home stamp; the others 300 ms later, or as soon as that has answered or failed

    what happens                                        then
    a stamp admits us                                   we are in; the others are asked on
    home refuses, before or after that                  that is final: who has admitted us is left
    another stamp refuses, or any of an open room       it counts if nobody admits us in 2 s
    all have failed                                     the most telling error counts
    the caller is cancelled                             a seat that is given later is left again

To ask is idempotent (docs/protocol.md §3): the same secret gets the same seat.
"""

import asyncio
import time
from dataclasses import replace

from heliograph.errors import HeliographError, is_transient
from heliograph.room.first import first_of
from heliograph.room.orders import CarriedOrders
from heliograph.room.signaling import Seat
from heliograph.timing.retry import retry
from heliograph.wire.protocol import Admission

FIRST_HEDGE = 0.3  # seconds that home is waited for before the others are asked (§7)
TRIES = 3
MAX_RETRY_AFTER = 5.0  # somebody waits
MAX_RETRY_SECONDS = 5.0  # after so long without an answer, another try would be too late


class Entrance:
    """One joining."""

    def __init__(self, seat: Seat) -> None:
        """Asks at once."""
        self.orders = CarriedOrders()  # what the stamps that have admitted us say
        self._seat = seat
        self._is_given_up = False
        self._home_done = asyncio.Event()  # it has answered, or failed once
        self._home_refusal: HeliographError | None = None
        self.firsts = [asyncio.ensure_future(self._ask(n)) for n in range(len(seat.apis))]
        for first in self.firsts:
            first.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def admitted(self) -> Admission:
        """The first admission. Raises HeliographError; then no seat is kept."""
        try:
            _, admission = await first_of(
                self.firsts,
                lambda error, stamp: stamp == self._seat.home and not is_transient(error),
            )
            return admission
        except BaseException:
            self._is_given_up = True  # a seat that is given now is left again
            raise

    async def given_up(self) -> None:
        """Until no stamp is asked any more."""
        await asyncio.wait(self.firsts)

    async def _ask(self, stamp: int) -> Admission:
        home = self._seat.home
        if home is not None and stamp != home:
            try:
                async with asyncio.timeout(FIRST_HEDGE):
                    await self._home_done.wait()
            except TimeoutError:
                pass
            if self._home_refusal is not None:
                raise self._home_refusal  # then nobody else is asked
        admission = await self._negotiate(stamp)
        if stamp == home:
            self._home_done.set()
        if admission.orders is not None:
            self.orders.heard(stamp, admission.orders, time.monotonic())
        if self._is_given_up:
            try:
                await self._seat.apis[stamp].leave(admission.token)
            except HeliographError:
                pass
        return admission

    async def _negotiate(self, stamp: int) -> Admission:
        api, start = self._seat.apis[stamp], time.monotonic()

        async def ask() -> Admission:
            request = replace(self._seat.request, orders=self.orders.next(stamp))
            try:
                return await api.negotiate(request, self._seat.host_token)
            except HeliographError as error:
                self._failed(stamp, error)
                raise

        def is_retryable(error: HeliographError) -> bool:
            is_soon = time.monotonic() - start < MAX_RETRY_SECONDS
            is_wanted = not self._is_given_up and (error.status is not None or is_soon)
            return is_transient(error) and is_wanted

        return await retry(ask, TRIES, is_retryable, MAX_RETRY_AFTER)

    def _failed(self, stamp: int, error: HeliographError) -> None:
        if stamp == self._seat.home:
            if not is_transient(error):
                self._home_refusal = error
            self._home_done.set()
