"""Whether one message has reached everyone whom it was for."""

import asyncio
from collections.abc import Iterable
from typing import Literal

from heliograph.errors import HeliographError

Via = Literal["p2p", "server", "nobody"]


class Delivery:
    """Of one message."""

    def __init__(self, peers: Iterable[str]) -> None:
        self.peers = tuple(peers)
        self._owing = set(self.peers)
        self._missed: list[str] = []
        self._code = ""
        self._done: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        self.settle(None, ())

    def settle(self, code: str | None, peers: Iterable[str] | None = None) -> None:
        """These have got it, or with a code never will; by default all who are not known yet."""
        for peer in tuple(self._owing) if peers is None else peers:
            if peer in self._owing:
                self._owing.discard(peer)
                if code is not None:
                    self._missed.append(peer)
                    self._code = code
        if not self._owing and not self._done.done():
            self._done.set_result(self.peers)

    async def wait(self) -> tuple[str, ...]:
        """All who were to get it, once they have. Raises HeliographError with `peers`."""
        await asyncio.shield(self._done)
        if self._missed:
            text = "Not everyone has got the message."
            raise HeliographError(self._code, text, peers=self._missed)
        return self.peers


class Sent:
    """A message that is on its way."""

    def __init__(self, via: Via, delivery: Delivery) -> None:
        self._via = via
        self._delivery = delivery

    @property
    def via(self) -> Via:
        """`p2p`: to everyone from peer to peer; `nobody`: we are alone, so it went nowhere."""
        return self._via

    async def delivered(self) -> tuple[str, ...]:
        """Who has it, by id, once that is everyone who was to get it.

        Raises HeliographError, whose `peers` are those who have not: `peer_gone` if they have left,
        `undelivered` if they said nothing for 60 s, `closed` if we have left.
        """
        return await self._delivery.wait()
