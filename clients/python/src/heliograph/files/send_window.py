"""How many bytes may be under way in a channel: sent, and not yet seen by the other side. Pure.

LEDBAT (RFC 6817): it grows as long as what is sent is not delayed by what was sent before, and
shrinks when it is. So texts in the same connection stay quick.
"""

MAX_PIECE = 65_536  # bytes of one message at most: what every side takes
MIN_PIECE = 16_384
INITIAL, LEAST, MOST = 262_144, 65_536, 16_777_216
TARGET = 0.05  # seconds that our own data may delay. RFC 6817 §3.3 allows 0.1
PIECES = 8  # that a window holds at least, if they are not the smallest


class SendWindow:
    """Of one channel."""

    def __init__(self) -> None:
        self._bytes = float(INITIAL)
        self._base = float("inf")  # seconds, without delay by others

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self._bytes)

    @property
    def piece(self) -> int:
        """Bytes of one message."""
        return max(MIN_PIECE, min(MAX_PIECE, self.size // PIECES))

    def acknowledged(self, count: int, seconds: float, flight: int) -> None:
        """So many bytes more are there, the last of which were sent so long ago.

        `flight`: how many were under way.
        """
        self._base = min(self._base, seconds)
        off = max(-1.0, (TARGET - (seconds - self._base)) / TARGET)
        if off > 0 and flight + self.piece < self._bytes:
            return  # more would not be sent either
        grown = self._bytes + off * count * MAX_PIECE / self._bytes
        self._bytes = max(float(LEAST), min(float(MOST), grown))
