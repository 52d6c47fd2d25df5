"""The one timer of a connection: it keeps the facts, and asks connecting.py what is due when."""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from heliograph.peer.connecting import NEW_SECONDS, Action, Facts, Stage, due, is_exhausted
from heliograph.timing.tasks import Timer
from heliograph.turn.network import Need


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What is read anew each time: see Facts."""

    polite: bool
    absent: bool
    up: bool
    reached: bool
    failed: bool
    broken: bool
    silent: bool
    turn_allowed: bool
    relayed: bool
    fresh: bool
    need: Need


class Recovery:
    """Of one peer, over all its connections."""

    def __init__(self, live: Callable[[], LiveFacts], act: Callable[[Action], None]) -> None:
        self._live, self._act = live, act
        self._since = self._made = time.monotonic()
        self._failed: float | None = None
        self._silent: float | None = None
        self._broken: float | None = None
        self._described: float | None = None
        self._news: float | None = None
        self._tries, self._tried, self._jitter = 0, 0.0, 0.0
        self.stage: Stage = "direct"  # how far it was escalated
        self._escalated: float | None = None
        self._escalations = 0
        self._asking = False
        self._was_up = False
        self._ended = False
        self._timer = Timer()

    @property
    def is_first_try(self) -> bool:
        """Nothing was tried yet, or one relay is being tried."""
        return self._tries == 0 and self._escalations <= 1

    @property
    def exhausted(self) -> bool:
        """It was tried as often as it is worth."""
        return is_exhausted(self._tries)

    @property
    def stale(self) -> bool:
        """Not connected, and not so new that it may still become so by itself."""
        return not self._live().up and time.monotonic() - self._made > NEW_SECONDS

    @property
    def facts(self) -> Facts:
        """All that is known now."""
        live = self._live()
        return Facts(
            polite=live.polite,
            absent=live.absent,
            up=live.up,
            reached=live.reached,
            since=self._since,
            described=self._described,
            failed=self._failed,
            silent=self._silent,
            broken=self._broken,
            news=self._news,
            tries=self._tries,
            tried=self._tried,
            jitter=self._jitter,
            stage=self.stage,
            escalated=self._escalated,
            asking=self._asking,
            turn_allowed=live.turn_allowed,
            relayed=live.relayed,
            fresh=live.fresh,
            need=live.need,
        )

    def began(self) -> None:
        """There is another connection."""
        self._since = self._made = time.monotonic()
        self._failed = self._silent = self._broken = self._described = None
        self._was_up = False
        self.decide()

    def described(self) -> None:
        """Both descriptions are set: ICE has a moment to find a path."""
        if not self._live().up:
            self._described = time.monotonic()
        self.decide()

    def changed(self) -> None:
        """The connection's state is another."""
        up = self._live().up
        if up:
            self._reset()
        elif self._was_up:
            self._since = time.monotonic()
        self._was_up = up
        self.decide()

    def news(self) -> None:
        """Something says that trying is worth it now, and from the start."""
        self._reset()
        self._news = time.monotonic()
        self.decide()

    def leave_to_other(self) -> None:
        """The other side is trying: we do so when that has not helped."""
        self._count(max(1, self._tries))

    async def credentials(self, request: Awaitable[object | None]) -> None:
        """TURN credentials are on their way; None if there are none."""
        self._asking = True
        try:
            if await request is None:
                self.stage = "both"
        finally:
            self._asking = False
        self._escalated = time.monotonic()  # what failed meanwhile failed without them
        self.decide()

    def decide(self) -> None:
        """Do what is due, and wait for what is not."""
        self._timer.stop()
        self._note()  # what has no event
        found = None if self._ended else due(self.facts)
        if found is None or found[0] == float("inf"):
            return
        wait = found[0] - time.monotonic()
        if wait > 0:
            self._timer.start(wait, self.decide)
        else:
            self._do(found[1])

    def end(self) -> None:
        """Nothing is due any more."""
        self._ended = True
        self._timer.stop()

    def _do(self, action: Action) -> None:
        if action in ("ours", "theirs", "both"):
            self.stage = action
            self._escalations += 1
            self._escalated = time.monotonic()
        else:
            self._count(self._tries + 1)
            self._news = None
        self._act(action)
        self.decide()

    def _count(self, tries: int) -> None:
        self._tries, self._tried, self._jitter = tries, time.monotonic(), random.random()

    def _note(self) -> None:
        live, now = self._live(), time.monotonic()
        self._failed = (self._failed or now) if live.failed else None
        self._silent = (self._silent or now) if live.silent else None
        self._broken = (self._broken or now) if live.broken else None

    def _reset(self) -> None:
        self._tries = self._escalations = 0
        self.stage = "direct"
        self._described = self._escalated = self._news = None
