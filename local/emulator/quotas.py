"""What the service allows: connections at a time, new ones a second, messages a day. Pure.

Times are arguments, in seconds on any one clock; a day is a number that its caller makes. Every
limit may be None: no limit.

Sources: "Azure subscription and service limits" (20 connections and 20,000 messages a day on Free;
1,000 connections a unit; messages beyond 2 KB count as several); "Troubleshooting guide" and
Azure/azure-signalr pull request 855 (either limit is answered with 429); azure-signalr #635 (the
text of the Close message). The connection rate is Microsoft's performance guide; the `Retry-After`
of its 429 is an inference.
"""

import math
from dataclasses import dataclass

BILLED_BYTES = 2048  # a message counts once for each of these
MESSAGE_QUOTA_TEXT = "Message count reaches limit."
CONNECTION_QUOTA_TEXT = "Connection count reaches limit."
CONNECTION_RATE_TEXT = "Too many negotiate requests at the same time."


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits of one service."""

    connections: int | None = None
    connections_per_second: float | None = None
    messages_per_day: int | None = None


FREE = Quotas(connections=20, connections_per_second=20, messages_per_day=20_000)


def standard(units: int = 1) -> Quotas:
    """Standard and Premium with up to 10 units: messages beyond the quota are billed, not refused.

    Raises ValueError for another number of units.
    """
    if not 1 <= units <= 10:
        raise ValueError("1 to 10 units are known")
    return Quotas(connections=1000 * units, connections_per_second=400)


TIERS = {"free": FREE, "standard": standard()}


class OverQuota(Exception):
    """429. `retry_after_seconds` is None where waiting is no cure by itself."""

    def __init__(self, text: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds


class Meter:
    """Counts what one service has let through, and refuses the rest."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._tokens = max(1.0, quotas.connections_per_second or 0.0)
        self._filled_at: float | None = None
        self._day = -1
        self._messages = 0

    def check_connections(self, open_connections: int) -> None:
        """Raises OverQuota if no more connections are allowed beside those that are open."""
        most = self._quotas.connections
        if most is not None and open_connections >= most:
            raise OverQuota(CONNECTION_QUOTA_TEXT)

    def connect(self, open_connections: int, now: float) -> None:
        """One more client begins to connect. Raises OverQuota."""
        self.check_connections(open_connections)
        rate = self._quotas.connections_per_second
        if rate is None:
            return
        since = now - (now if self._filled_at is None else self._filled_at)
        self._tokens = min(max(1.0, rate), self._tokens + since * rate)
        self._filled_at = now
        if self._tokens < 1:
            raise OverQuota(CONNECTION_RATE_TEXT, max(1, math.ceil((1 - self._tokens) / rate)))
        self._tokens -= 1

    def send(self, message_bytes: int, day: int) -> None:
        """Count one message to one client; it is sent, the next one may be refused."""
        self._start(day)
        self._messages += max(1, math.ceil(message_bytes / BILLED_BYTES))

    def check_messages(self, day: int) -> None:
        """Raises OverQuota once the messages of the day are used up."""
        self._start(day)
        most = self._quotas.messages_per_day
        if most is not None and self._messages >= most:
            raise OverQuota(MESSAGE_QUOTA_TEXT)

    @property
    def messages(self) -> int:
        """Billed messages of the day."""
        return self._messages

    def _start(self, day: int) -> None:
        if day != self._day:
            self._day, self._messages = day, 0
