"""Which sockets have a seat, as far as this instance knows: the service does not say.

A socket that opened while the documents were away was never checked, and one whose peer was kicked
at another instance may still be open. So a hub call is taken by what is known of its socket:

 socket                      documents                 a message to a peer    to everyone
 checked FRESH_MS ago        (not asked)               yes                    yes
 any other                   it has a seat             yes, it is checked     yes, it is checked
                             it has none, was kicked   refused, and closed    refused, and closed
 checked longer ago          away                      yes                    yes
 never checked here          away                      yes                    refused: `unavailable`

A message by name is a call that could stand, and goes to one peer who knows the sender (as by
POST /api/signal). What ends a socket or a peer is forgotten here before it is sent.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from msgspec import Struct

from signaling.effects import CloseConnection, ClosePeer, Effect
from signaling.errors import Forbidden, Unavailable, Unseated
from signaling.room import check_member
from signaling.room_document import Room
from signaling.seats import Seat

FRESH_MS = 30_000
# After a read that failed nobody reads for so long: each waits for a store that does not answer.
AWAY_MS = 2_000
MAX_CHECKED = 20_000  # sockets; the one that was checked first is forgotten first


class Known(Struct, frozen=True):
    """A socket that had a seat when it was checked."""

    key: str
    peer: str
    at: int  # epoch ms


class Checked:
    """The sockets that this instance has checked. Threads share it."""

    def __init__(self, now: Callable[[], int]) -> None:
        """`now`: epoch ms."""
        self._now = now
        self._lock = Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._of_peer: dict[tuple[str, str], set[str]] = {}  # (key, peer) → its connections
        self._ends = 0  # how often something has ended
        self._away_until = 0  # 0: the last read was answered

    def add(self, connection: str, seat: Seat) -> None:
        """It has its seat."""
        with self._lock:
            self._add(connection, seat)

    def forget(self, connection: str) -> None:
        """The connection has ended."""
        with self._lock:
            self._ends += 1
            self._remove(connection)

    def end(self, key: str, effect: Effect) -> None:
        """What is to be sent in the room with this key may end somebody."""
        if isinstance(effect, CloseConnection):
            self.forget(effect.connection)
        elif isinstance(effect, ClosePeer):
            with self._lock:
                self._ends += 1
                for connection in tuple(self._of_peer.get((key, effect.peer), ())):
                    self._remove(connection)

    def check(
        self, connection: str, seat: Seat, read: Callable[[str], Room | None], *, everyone: bool
    ) -> None:
        """Return if the socket may send. `read`: the room with a key, may raise Unavailable.

        Raises Unseated (not_member, kicked), or Unavailable for a message to everyone.
        """
        with self._lock:
            known, ends, now = self._known.get(connection), self._ends, self._now()
            if known is not None and now - known.at < FRESH_MS:
                return
        try:
            room = self._read(seat.key, read)
        except Unavailable:
            if everyone and known is None:
                raise
            return
        _check(room, seat, now)
        with self._lock:
            if ends == self._ends:  # else it may be the one that has ended since
                self._add(connection, seat)

    def _read(self, key: str, read: Callable[[str], Room | None]) -> Room | None:
        """One thread at a time finds out whether the documents are back. Raises Unavailable."""
        with self._lock:
            now = self._now()
            if now < self._away_until:
                raise Unavailable("unavailable", "Your place cannot be checked now.", 2)
            if self._away_until:
                self._away_until = now + AWAY_MS
        try:
            room = read(key)
        except Unavailable:
            self._away_until = self._now() + AWAY_MS
            raise
        self._away_until = 0
        return room

    def _add(self, connection: str, seat: Seat) -> None:
        self._known[connection] = Known(seat.key, seat.peer, self._now())
        self._known.move_to_end(connection)
        self._of_peer.setdefault((seat.key, seat.peer), set()).add(connection)
        if len(self._known) > MAX_CHECKED:
            self._remove(next(iter(self._known)))

    def _remove(self, connection: str) -> None:
        known = self._known.pop(connection, None)
        if known is None:
            return
        others = self._of_peer[known.key, known.peer]
        others.discard(connection)
        if not others:
            del self._of_peer[known.key, known.peer]


def _check(room: Room | None, seat: Seat, now: int) -> None:
    """Raises Unseated."""
    try:
        check_member(room, seat.peer, now)
        if room is None or room.life != seat.life:
            raise Forbidden("not_member", "You are not in this room.")
    except Forbidden as error:
        raise Unseated(error.code, error.message) from None
