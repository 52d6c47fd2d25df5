"""Sends each call by the best stamp, and learns from the answers (routes.py, hedge.py)."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from heliograph.errors import is_transient
from heliograph.stamps import routes
from heliograph.stamps.hedge import Hedge, Outcome
from heliograph.stamps.routes import Reach

T = TypeVar("T")


def _here(stamp: int) -> Reach:
    return "here"


class Router:
    """Of one room."""

    def __init__(self, stamps: int) -> None:
        """`stamps`: how many there are."""
        self._routes = routes.no_routes(stamps)

    def opened(self, stamp: int) -> None:
        """Our socket at the stamp is open."""
        self._routes = routes.opened(self._routes, stamp)

    def closed(self, stamp: int) -> None:
        """It has ended."""
        self._routes = routes.closed(self._routes, stamp)

    def order(self, reach: Callable[[int], Reach] = _here) -> list[int]:
        """All stamps, the best first."""
        return routes.order(self._routes, reach)

    async def call(
        self,
        attempt: Callable[[int], Awaitable[T]],
        reach: Callable[[int], Reach] = _here,
        after: Collection[int] = (),
    ) -> tuple[int, T]:
        """The first stamp that answers, and its answer. Raises as `Hedge.run` does.

        `after`: stamps that have taken the message in vain, which come last.
        """
        best = self.order(reach)
        stamps = [each for each in best if each not in after]
        stamps += [each for each in best if each in after]
        hedge = Hedge(
            stamps=stamps,
            attempt=attempt,
            hedge_seconds=lambda stamp: routes.hedge_seconds(self._routes, stamp),
            overdue=self._failed,
            ended=self._learn,
        )
        return await hedge.run()

    def _learn(self, outcome: Outcome) -> None:
        """A refusal that is not transient is an answer: the stamp works."""
        if outcome.error is not None and is_transient(outcome.error):
            self._failed(outcome.stamp)
        else:
            self._routes = routes.answered(self._routes, outcome.stamp, outcome.seconds)

    def _failed(self, stamp: int) -> None:
        self._routes = routes.failed(self._routes, stamp)
