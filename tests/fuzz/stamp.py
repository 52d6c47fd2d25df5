"""A whole stamp in memory: the real services over documents and a SignalR Service that can fail."""

import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

from backend.later import PAUSES_SECONDS, Later, Task
from backend.settings import Settings, TurnSettings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.documents import Change
from signaling.tokens import KeyRing
from tests.fuzz.service import KEY, URL, Service
from tests.turn.unreliable import UnreliableDocuments
from turn.broker import Broker
from turn.ceilings import SHARDS, Ceilings
from turn.providers import Provider

RING = KeyRing({"k": b"k" * 32})
EVERYTHING = ("",)
EACH = 3_750  # micro-dollars that a credential holds: 600 s at 1 Mbit/s and $0.05
KBPS = 1_000
CEILINGS = Ceilings(
    peer=5 * EACH,
    room=8 * EACH,
    network=6 * EACH,
    day=SHARDS * 4 * EACH,
    month=10**9,
    exposure=4 * SHARDS,
)


class Inline(Executor):
    """Does at once what it is given: nothing depends on how threads are scheduled."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class Queue(Later):
    """The real one, but for the clock: `run` does what is due."""

    def __init__(self, now: Callable[[], int], wrong: Callable[[str], object]) -> None:
        super().__init__()
        self._now, self._wrong = now, wrong
        self.waiting: list[tuple[int, Task, tuple[float, ...]]] = []

    def do(self, attempt: Callable[[], bool], give_up: Callable[[], object] = bool) -> None:
        """As Later. What it may not raise is noted."""

        def noted() -> bool:
            try:
                return attempt()
            except Exception as error:
                self._wrong(f"in the background: {error!r}")
                raise

        super().do(noted, give_up)

    def _wait(self, task: Task, pauses: Any) -> None:
        assert tuple(pauses) == PAUSES_SECONDS[-len(pauses) :]
        due = self._now() + int(1000 * pauses[0])
        self.waiting.append((due, task, tuple(pauses[1:])))

    def run(self) -> None:
        """Try what is due by now."""
        due = [each for each in self.waiting if each[0] <= self._now()]
        self.waiting = [each for each in self.waiting if each[0] > self._now()]
        for _, task, pauses in due:
            self._try(task, pauses)


class Documents(UnreliableDocuments):
    """Tells of each change. `overtaken`: somebody else is faster now, between read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaken: Callable[[], bool] = lambda: False
        self.before: Callable[[], object] = lambda: None
        self.on_change: Callable[[str, bytes | None, bytes | None], object] = lambda *change: None

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """As UnreliableDocuments."""
        if self.overtaken():
            with suppress(Exception):  # what was decided upon a document that is older by now
                decide(self.documents.get(key))
        self.before()
        old = self.documents.get(key)
        try:
            return super().update(key, decide)
        finally:
            new = self.documents.get(key)
            if new != old:
                self.on_change(key, old, new)

    def read(self, key: str) -> bytes | None:
        """As UnreliableDocuments."""
        self.before()
        return super().read(key)


class Stamp:
    """`now` is epoch ms. `troubled`: something has failed here, and not all is made good yet."""

    def __init__(
        self,
        name: str,
        now: Callable[[], int],
        vendors: list[Provider],
        chance: random.Random,
        wrong: Callable[[str], object],
    ) -> None:
        self.name, self.now = name, now
        self._vendors, self._chance, self._wrong = vendors, chance, wrong
        self._ids = 0
        self.documents = Documents()
        self.service = Service(now)
        self.troubled = False
        self.start()

    def start(self) -> None:
        """An instance of the app: it knows what lies in the documents, and nothing else."""
        connection = SignalRConnection(URL, URL, URL, KEY)
        turn = TurnSettings((), CEILINGS, KBPS, 50)
        settings = Settings(connection, RING, None, self.name, (), turn=turn)
        services: Any = Services(settings, self.now)
        services.documents, services.http = self.documents, self.service
        services.push_threads = services.lookups = Inline()
        services.broker = Broker(self._vendors, deadline_seconds=60, try_seconds=60)
        services.new_id, services.new_number = self._new_id, self._chance.getrandbits
        self.later = services.later = Queue(self.now, self._wrong)
        self.services: Services = services

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:04}-{self.name}-of-a-stamp"[:16]
