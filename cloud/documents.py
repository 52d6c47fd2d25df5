"""One way to change a document: `update(key, decide)`.

`decide` is pure. It sees the stored bytes (None: there are none) and returns a Change; when
someone else was faster it is asked again with what is stored then, a bounded number of times.
A `decide` that raises changes nothing.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


class Change[T](Struct, frozen=True):
    """What becomes of a document, and what the caller learns."""

    value: bytes | None  # None: the document is deleted
    expires_at: int  # epoch ms after which it may be swept; unused for a deletion
    result: T


class Busy(Exception):
    """Others changed the document at every try; nothing was changed."""


class Away(Exception):
    """The store cannot be reached, or failed; what was asked may or may not have happened."""


class Documents(Protocol):
    """A store. Every method may raise Away; `update` may raise Busy."""

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T: ...

    def read(self, key: str) -> bytes | None: ...

    def sweep(self, now: int) -> int:
        """Delete what has expired before `now` (epoch ms); how many documents that were."""
        ...

    def ping(self) -> None:
        """Return if the store answers."""
        ...
