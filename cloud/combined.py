"""Changes of one document that come together, made by one read and one write.

Twenty people who join a room in the same second change one document. Each by itself reads it,
writes it, and is refused because another was faster; all but one of them begin again. Here the
first of them becomes the leader of its key, and who comes while it is at work waits:

 caller            what it does
 leader            decides for all who wait, each upon what the one before has left, and writes once
 waits             gets its own result or its own refusal from the leader
 first who waits   leads those who came meanwhile, when the leader has done; so no caller works
                   for others more than once
 beyond MOST       goes by itself, as if there were no others

A read waits like a change, and so sees all that was written before it was asked. A change that is
refused leaves no trace in what the next one sees. If the write fails, each is told so, and who only
reads does it by itself. If the store does not take it because it is too large, each tries by
itself, since only one of them may be at fault. What holds across instances is the store's own
condition on the write.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud.documents import Away, Busy, Change, Documents, Refused, always

MOST_TOGETHER = 64
# Longer than any change takes: the deadlines of the store end it before.
WAIT_SECONDS = 30.0

type Decide[T] = Callable[[bytes | None], Change[T]]


@dataclass(eq=False, slots=True)
class _Ask:
    """One caller: what it decides, and what becomes of it."""

    decide: Decide[Any] | None  # None: it reads
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    # Unless somebody says otherwise: whoever was to carry it out has been stopped in the middle.
    error: Exception | None = field(default_factory=lambda: Away("stopped"))
    leads: "tuple[_Ask, ...]" = ()  # it is the leader of these, itself the first
    alone: bool = False  # it has to try by itself


class CombinedDocuments:
    """A store whose changes of one document are made together. Threads share it."""

    def __init__(
        self,
        documents: Documents,
        most: int = MOST_TOGETHER,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`most`: callers that wait for one document, each not longer than `wait_seconds`."""
        self._documents, self._most, self._wait_seconds = documents, most, wait_seconds
        self._lock = threading.Lock()
        self._waiting: dict[str, list[_Ask]] = {}  # by key; a key is here while somebody leads

    def update[T](self, key: str, decide: Decide[T]) -> T:
        """See Documents."""
        result: T = self._ask(key, decide)
        return result

    def _ask(self, key: str, decide: Decide[Any] | None) -> Any:
        ask = _Ask(decide)
        if not self._join(key, ask):
            return self._by_itself(key, decide)
        if not ask.leads and not ask.done.wait(self._wait_seconds):
            self._give_up(key, ask)
        if ask.leads:
            self._lead(key, ask.leads)
        if ask.alone:
            return self._by_itself(key, decide)
        if ask.error is not None:
            raise ask.error
        return ask.result

    def _by_itself(self, key: str, decide: Decide[Any] | None) -> Any:
        documents = self._documents
        return documents.read(key) if decide is None else documents.update(key, decide)

    def read(self, key: str) -> bytes | None:
        """See Documents. Those who read one document at once are answered by one read."""
        value: bytes | None = self._ask(key, None)
        return value

    def expect_none(self, key: str) -> None:
        """See Documents."""
        self._documents.expect_none(key)

    def sweep(self, now: int, may_go: Callable[[str], bool] = always) -> int:
        """See Documents."""
        return self._documents.sweep(now, may_go)

    def ping(self) -> None:
        """See Documents."""
        self._documents.ping()

    def _join(self, key: str, ask: _Ask) -> bool:
        """False: too many wait."""
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is None:
                self._waiting[key] = []
                ask.leads = (ask,)
            elif len(waiting) < self._most:
                waiting.append(ask)
            else:
                return False
            return True

    def _lead(self, key: str, asks: Sequence[_Ask]) -> None:
        try:
            self._carry_out(key, asks)
        finally:
            self._hand_over(key)
            for ask in asks:
                ask.done.set()

    def _carry_out(self, key: str, asks: Sequence[_Ask]) -> None:
        try:
            outcomes = self._documents.update(key, lambda old: _decide_all(old, asks))
        except _NothingToWrite as nothing:
            outcomes = nothing.outcomes
        except Exception as error:
            split = isinstance(error, Refused) and len(asks) > 1
            for ask in asks:
                ask.alone, ask.error = split or ask.decide is None, error
            return
        for ask, (result, refusal) in zip(asks, outcomes, strict=True):
            ask.result, ask.error = result, refusal

    def _hand_over(self, key: str) -> None:
        """The first who waits leads the others, if anybody does."""
        with self._lock:
            waiting = self._waiting[key]
            if not waiting:
                del self._waiting[key]
                return
            self._waiting[key] = []
            waiting[0].leads = tuple(waiting)
            waiting[0].done.set()

    def _give_up(self, key: str, ask: _Ask) -> None:
        """Raises Busy, or Away if somebody is deciding for it. If it leads by now, it has to."""
        with self._lock:
            if ask.leads or ask.done.is_set():
                return
            waiting = self._waiting.get(key, [])
            if ask in waiting:
                waiting.remove(ask)
                raise Away("too many wait") if ask.decide is None else Busy
        raise Away("no answer")


type Outcomes = list[tuple[Any, Exception | None]]


class _NothingToWrite(Exception):
    """All read, or were refused."""

    def __init__(self, outcomes: Outcomes) -> None:
        super().__init__(len(outcomes))
        self.outcomes = outcomes


def _decide_all(old: bytes | None, asks: Sequence[_Ask]) -> Change[Outcomes]:
    """All decisions, one upon another, as one change. Raises _NothingToWrite."""
    last: Change[Any] | None = None
    outcomes: Outcomes = []
    for ask in asks:
        value = old if last is None else last.value
        if ask.decide is None:
            outcomes.append((value, None))
            continue
        try:
            last = ask.decide(value)
            outcomes.append((last.result, None))
        except Exception as refusal:
            outcomes.append((None, refusal))
    if last is None:
        raise _NothingToWrite(outcomes)
    return Change(last.value, last.expires_at, outcomes)
