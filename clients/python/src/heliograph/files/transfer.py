"""What both sides of a transfer have: its phase, who holds it, how far it is."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from heliograph.errors import HeliographError
from heliograph.files.messages import (
    Cancel,
    Decline,
    Done,
    FileMessage,
    Go,
    Hold,
    Offer,
)
from heliograph.files.names import safe_path
from heliograph.files.phase import Phase, Step, after, has_ended, is_active
from heliograph.files.rate import Rate
from heliograph.timing.tasks import Tasks

PROGRESS_SECONDS = 0.1  # between two events that say no more than how far it is
TransferState = Phase | Literal["paused"]


@dataclass(frozen=True)
class TransferPorts:
    """What a transfer asks of its peer's."""

    say: Callable[[FileMessage], None]  # lost if there is no channel: it is said anew by the next
    changed: Callable[["Transfer"], None]  # something that is seen of it has changed
    wake: Callable[[], None]  # it can go on, or has ended
    connected: Callable[[], bool]
    tasks: Tasks


class Transfer:
    """One file on its way to or from one peer."""

    direction: ClassVar[Literal["up", "down"]]

    def __init__(self, peer_id: str, offer: Offer, ports: TransferPorts) -> None:
        self.peer_id = peer_id
        self.id = offer.id
        self.path = safe_path(offer.path)  # folders and name, fit to be shown and written
        self.name = self.path.rpartition("/")[2]
        self.size = offer.size  # bytes; None if the sender does not know
        self.type = offer.type  # media type, or empty
        self.bytes = 0  # that are there, checked
        self.error: HeliographError | None = None  # why it ended before it was done
        self._offer, self._ports = offer, ports
        self._phase: Phase = "offered"
        self._is_held = self._is_held_there = False
        self._rate = Rate()
        self._told_at = float("-inf")
        self._done = asyncio.Event()
        self.saved_as: Path | None = None  # where a file that was received is

    @property
    def state(self) -> TransferState:
        """`offered`, `accepted`, `moving`, `paused`, then `done`, `failed`, `declined`,
        `cancelled`."""
        return "paused" if is_active(self._phase) and self.is_held else self._phase

    @property
    def ended(self) -> bool:
        """Nothing follows."""
        return has_ended(self._phase)

    @property
    def interrupted(self) -> bool:
        """There is no connection now; it goes on by itself when there is one."""
        return not self.ended and not self._ports.connected()

    @property
    def bytes_per_second(self) -> float:
        """The mean of the last 5 s; 0 if it does not move."""
        moves = self.state == "moving"
        return self._rate.per_second(self.bytes, time.monotonic()) if moves else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None if that cannot be said."""
        rate = self.bytes_per_second
        return None if self.size is None or rate <= 0 else (self.size - self.bytes) / rate

    async def wait(self) -> Path | None:
        """Until it is done: where a received file is.

        Raises HeliographError: `declined`, `cancelled`, `peer_gone`, `file_corrupt` …
        """
        await self._done.wait()
        if self.error is not None:
            raise self.error
        return self.saved_as

    def pause(self) -> None:
        """Until `resume`; the other side is told."""
        self._hold(True)

    def resume(self) -> None:
        """Go on."""
        self._hold(False)

    def cancel(self) -> None:
        """End it on both sides."""
        if not self.ended:
            self._ports.say(Cancel(self.id))
            self._stop("cancelled", HeliographError("cancelled", "The transfer was cancelled."))

    # --- for this package -----------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Blocks may move."""
        return is_active(self._phase)

    @property
    def is_held(self) -> bool:
        """By either side."""
        return self._is_held or self._is_held_there

    @property
    def last(self) -> FileMessage | None:
        """What to say of it to whoever asks later; None while it goes on."""
        if self._phase == "done":
            return Done(self.id)
        if self._phase == "declined":
            return Decline(self.id)
        if self._phase == "failed":
            return Cancel(self.id, "failed" if self.error is None else self.error.code)
        return Cancel(self.id) if self._phase == "cancelled" else None

    def fail(self, error: HeliographError) -> None:
        """It cannot go on; the other side is told."""
        if not self.ended:
            self._ports.say(Cancel(self.id, error.code))
            self._stop("failed", error)

    def reconnected(self) -> None:
        """The channel is another one, or there is none."""
        self._rate.reset()
        self._show()

    def receive(self, message: FileMessage) -> None:
        """What the other side says."""
        if self.ended:
            return
        if isinstance(message, Cancel):
            text = "The other side has ended the transfer."
            error = HeliographError(message.code or "cancelled", text)
            self._stop("cancelled" if message.code is None else "failed", error)
        elif isinstance(message, Hold | Go):
            self._is_held_there = isinstance(message, Hold)
            self._held()

    def say_hold(self) -> None:
        """Said anew through each channel."""
        self._ports.say(Hold(self.id) if self._is_held else Go(self.id))

    def _step(self, step: Step) -> None:
        before, self._phase = self._phase, after(self._phase, step)
        if self._phase != before:
            self._show()

    def _moved(self, count: int) -> None:
        self.bytes = count
        self._step("moved")
        now = time.monotonic()
        self._rate.add(count, now)
        if now - self._told_at >= PROGRESS_SECONDS:
            self._show()

    def _finish(self, saved_as: Path | None) -> None:
        if not self.ended:
            self.saved_as = saved_as
            self._step("finished")
            self._end()

    def _stop(
        self, step: Literal["cancelled", "declined", "failed"], error: HeliographError
    ) -> None:
        if not self.ended:
            self.error = error
            self._step(step)
            self._end()

    def _end(self) -> None:
        self._done.set()
        self._released()
        self._ports.wake()

    def _released(self) -> None:
        """It needs its source or target no more."""

    def _hold(self, is_held: bool) -> None:
        if not self.ended and self._is_held != is_held:
            self._is_held = is_held
            self.say_hold()
            self._held()

    def _held(self) -> None:
        self._rate.reset()
        self._show()
        self._ports.wake()

    def _show(self) -> None:
        self._told_at = time.monotonic()
        self._ports.changed(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.state}, {self.bytes} of {self.size})"
