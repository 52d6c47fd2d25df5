"""Whether the other side of an open channel is still heard.

the channel                          event                                       then
open                                 0.75 s without a message of ours            an empty one goes
they have sent an empty one          1.3 s without anything, and no byte came    silent
the same                             `doubt`: it may be of no use any more       silent
silent                               anything comes                              heard
of somebody who sends no empty ones  anything                                    never silent
any                                  this program itself stood still             1.3 s from then on
"""

import time
from collections.abc import Callable

from heliograph.timing.tasks import Timer

BEAT_SECONDS = 0.75
SILENT_SECONDS = 1.3
TICK_SECONDS = 0.25
STOOD_STILL_SECONDS = 1.5  # a timer that is so late: what has come is read only now


class Pulse:
    """Of one channel."""

    def __init__(
        self,
        beat: Callable[[], None],
        received_bytes: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        """`received_bytes`: that have come, by whatever way. `changed`: `silent` is another."""
        self.silent = False
        self._beat, self._received_bytes, self._changed = beat, received_bytes, changed
        self._heard_at = self._sent_at = self._ticked_at = 0.0
        self._beats = False  # the other side sends empty messages
        self._bytes: int | None = None  # that had come when it was quiet for a beat
        self._timer = Timer()

    def start(self) -> None:
        """The channel is open."""
        self._heard_at = self._sent_at = self._ticked_at = time.monotonic()
        self._tick()

    def stop(self) -> None:
        """The channel is closed."""
        self._timer.stop()

    def doubt(self) -> None:
        """There is a reason to believe that nothing comes."""
        if self._beats:
            self._become(True)

    def sent(self) -> None:
        """A message of ours has gone."""
        self._sent_at = time.monotonic()

    def heard(self, is_beat: bool) -> None:
        """A message has come; an empty one if `is_beat`."""
        self._heard_at = time.monotonic()
        self._bytes = None
        self._beats = self._beats or is_beat
        self._become(False)

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._ticked_at > STOOD_STILL_SECONDS:
            self._heard_at = now
        self._ticked_at = now
        self._timer.start(TICK_SECONDS, self._tick)
        if now - self._sent_at >= BEAT_SECONDS:
            self.sent()
            self._beat()
        if self._beats and not self.silent and now - self._heard_at >= BEAT_SECONDS:
            self._listen(now)

    def _listen(self, now: float) -> None:
        """A large message on a slow path, or media, may be on its way."""
        count = self._received_bytes()
        more = self._bytes is not None and count > self._bytes
        self._bytes = count
        if more:
            self._heard_at = now
        elif now - self._heard_at >= SILENT_SECONDS:
            self._become(True)

    def _become(self, silent: bool) -> None:
        if silent != self.silent:
            self.silent = silent
            self._changed()
