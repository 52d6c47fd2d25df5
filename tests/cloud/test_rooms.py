import re
from collections.abc import Callable

import pytest

from cloud.documents import Away, Busy, Change, Documents
from cloud.memory import MemoryDocuments
from cloud.rooms import RoomStore
from signaling import offers
from signaling import room as rooms
from signaling import room_document as document
from signaling.codes import CLOCKS_MS, Terms
from signaling.errors import Forbidden, Unavailable
from signaling.places import read_place
from signaling.room import Admission
from signaling.room_document import ParkedOffer, Room
from signaling.tokens import KeyRing

type Decide[T] = Callable[[bytes | None], Change[T]]

NOW = 1_800_000_000_000
RING = KeyRing({"k1": b"k" * 32})
TERMS = Terms(8, False, "late", 2, NOW + 60_000, 1)


def create(old: Room | None) -> tuple[Room, Room]:
    room = document.found(old, TERMS, "life", NOW)
    return room, room


def test_a_room_is_kept_and_read(documents: Documents) -> None:
    store = RoomStore(documents)
    assert store.read("r") is None
    made = store.update("r", create)
    assert store.read("r") == made
    assert store.read("R") is None


def test_a_refusal_comes_through_and_changes_nothing(documents: Documents) -> None:
    store = RoomStore(documents)
    before = store.update("r", create)
    offer = ParkedOffer(1, b"{}")  # type: ignore[arg-type]
    with pytest.raises(Forbidden) as refusal:
        store.update("r", lambda old: (offers.park(old, "nobody", offer, NOW), None))
    assert refusal.value.code == "not_member" and store.read("r") == before


def test_a_room_that_ends_is_deleted(documents: Documents) -> None:
    store = RoomStore(documents)
    store.update("r", lambda old: rooms.admit(old, Admission("p", "n", "guest", 1), NOW))
    store.update("r", lambda old: rooms.leave(old, "p", 1, NOW))
    assert store.read("r") is None


def test_an_expired_room_is_swept(documents: Documents) -> None:
    store = RoomStore(documents)
    store.update("r", create)
    assert documents.sweep(NOW + 60_000 + CLOCKS_MS - 1) == 0
    assert documents.sweep(NOW + 60_000 + CLOCKS_MS) == 1


class Failing(MemoryDocuments):
    """A store that cannot do what it is asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def update[T](self, key: str, decide: Decide[T]) -> T:
        raise self.error

    def read(self, key: str) -> bytes | None:
        raise self.error


@pytest.mark.parametrize(("error", "code"), [(Busy(), "busy"), (Away("x.y"), "unavailable")])
def test_trouble_of_the_store_has_a_code_and_a_time_to_come_back(
    error: Exception, code: str
) -> None:
    store = RoomStore(Failing(error))
    with pytest.raises(Unavailable) as refusal:
        store.update("r", lambda old: (old, None))
    assert refusal.value.code == code and refusal.value.retry_after
    assert "x.y" not in refusal.value.message


def test_a_store_that_is_away_cannot_be_read_either() -> None:
    with pytest.raises(Unavailable) as refusal:
        RoomStore(Failing(Away("x.y"))).read("r")
    assert refusal.value.code == "unavailable"


def test_no_room_name_is_a_key() -> None:
    keys: list[str] = []

    class Listening(MemoryDocuments):
        def update[T](self, key: str, decide: Decide[T]) -> T:
            keys.append(key)
            return super().update(key, decide)

    RoomStore(Listening()).update(read_place(RING, "the-secret-room", NOW).key, create)
    assert len(keys) == 1 and re.fullmatch("room-[0-9a-f]{32}", keys[0])
