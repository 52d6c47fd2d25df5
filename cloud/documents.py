"""What a store of documents promises. There is one way to change one: `update(key, decide)`.

`decide` is pure. It gets the stored bytes (None: there are none) and returns a Change. If another
caller changes the document in between, or may have, `decide` is called again with the newer bytes,
for a limited time. If it raises, nothing is changed.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


class Change[T](Struct, frozen=True):
    """The new document, and what `update` returns."""

    value: bytes | None  # None: the document is deleted
    expires_at: int  # epoch ms after which it may be swept; unused for a deletion
    result: T


class Busy(Exception):
    """Other callers changed the document all the time, or too many wait. Nothing was changed."""


class Away(Exception):
    """The store cannot be reached, or failed. The change may or may not have happened."""


class Refused(Away):
    """The store does not take the document, such as one that is too large. Nothing was changed."""


def always(key: str) -> bool:
    """Every document may go."""
    return True


class Documents(Protocol):
    """A store. Every method may raise Away; `update` may raise Busy."""

    def update[T](self, key: str, decide: Callable[[bytes | None], Change[T]]) -> T:
        """Change a document as `decide` says. Returns the result of the Change."""
        ...

    def read(self, key: str) -> bytes | None:
        """The stored bytes; None: there is no such document."""
        ...

    def expect_none(self, key: str) -> None:
        """This key has just been drawn, so nobody can have a document there yet.

        A guess, by which a store may save a trip; a document that is there is found all the same.
        Raises nothing.
        """
        ...

    def sweep(self, now: int, may_go: Callable[[str], bool] = always) -> int:
        """Delete what has expired before `now` (epoch ms). Returns how many documents.

        `may_go` is asked for each key before its document is deleted; one that may not stays.
        """
        ...

    def ping(self) -> None:
        """Return if the store answers."""
        ...
