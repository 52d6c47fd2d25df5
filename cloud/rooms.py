"""Rooms kept as documents."""

from collections.abc import Callable

from cloud.documents import Away, Busy, Change, Documents
from signaling import room_document as document
from signaling.errors import Unavailable
from signaling.room_document import Room

PREFIX = "room-"  # of the documents' keys


class RoomStore:
    """Rooms by the key of their place (signaling/places.py).

    Every method raises Unavailable: `busy` or `unavailable`.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def update[T](self, key: str, decide: Callable[[Room | None], tuple[Room | None, T]]) -> T:
        """Change a room by a pure transition: from the old room to the new one and a result.

        None is no room. What `decide` raises is raised here, and nothing is changed.
        """

        def change(value: bytes | None) -> Change[T]:
            room, result = decide(_load(value))
            if room is None:
                return Change(None, 0, result)
            return Change(document.dump(room), room.expires_at, result)

        try:
            return self._documents.update(f"{PREFIX}{key}", change)
        except Busy:
            raise Unavailable("busy", "Too many at once. Please try again.", 1) from None
        except Away as error:
            raise _unavailable() from error

    def read(self, key: str) -> Room | None:
        """The room as it is stored; None: there is none."""
        try:
            return _load(self._documents.read(f"{PREFIX}{key}"))
        except Away as error:
            raise _unavailable() from error

    def expect_none(self, key: str) -> None:
        """This place has just been drawn. Raises nothing."""
        self._documents.expect_none(f"{PREFIX}{key}")

    def sweep(self, now: int, may_go: Callable[[Room], bool]) -> int:
        """Delete all documents that have expired before `now` (epoch ms). Returns how many.

        `may_go` is asked for each room; one that may not stays until the next sweep.
        """

        def document_may_go(key: str) -> bool:
            if not key.startswith(PREFIX):
                return True
            room = _load(self._documents.read(key))
            return room is None or may_go(room)

        try:
            return self._documents.sweep(now, document_may_go)
        except Away as error:
            raise _unavailable() from error


def _load(value: bytes | None) -> Room | None:
    return None if value is None else document.load(value)


def _unavailable() -> Unavailable:
    return Unavailable("unavailable", "A service we need is away. Please try again.", 2)
