"""Rooms kept as documents."""

import hashlib
from collections.abc import Callable

from cloud.documents import Away, Busy, Change, Documents
from signaling import room as rooms
from signaling.errors import Unavailable
from signaling.room import Room


class RoomStore:
    """Rooms by name. Every method raises Unavailable: `busy` or `unavailable`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def update[T](self, name: str, decide: Callable[[Room | None], tuple[Room | None, T]]) -> T:
        """Change a room by a pure transition; its refusals come through, changing nothing."""

        def change(value: bytes | None) -> Change[T]:
            room, result = decide(_load(value))
            if room is None:
                return Change(None, 0, result)
            return Change(rooms.dump(room), room.expires_at, result)

        try:
            return self._documents.update(_key(name), change)
        except Busy:
            raise Unavailable("busy", "Too many at once. Please try again.", 1) from None
        except Away as error:
            raise _unavailable() from error

    def read(self, name: str) -> Room | None:
        try:
            return _load(self._documents.read(_key(name)))
        except Away as error:
            raise _unavailable() from error


def _load(value: bytes | None) -> Room | None:
    return None if value is None else rooms.load(value)


def _key(name: str) -> str:
    """No room name lies in a store in clear."""
    return hashlib.sha256(b"room:" + name.encode()).hexdigest()


def _unavailable() -> Unavailable:
    return Unavailable("unavailable", "A service we need is away. Please try again.", 2)
