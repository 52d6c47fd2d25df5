"""Connection tokens: handed out by negotiate, good for one connection each.

Pure: times are arguments, in seconds on any one clock. Source: the SignalR transport protocol,
"POST endpoint-base/negotiate".
"""

from dataclasses import dataclass


class NotNegotiated(LookupError):
    """No such token: never issued, expired, of another hub, or its connection has ended."""


class AlreadyConnected(LookupError):
    """Another socket uses this token now."""


@dataclass(frozen=True, slots=True)
class _Issued:
    connection: str
    hub: str
    expires: float


class Negotiations:
    """The tokens that were given out and not used up. `lifetime`: seconds to connect."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._issued: dict[str, _Issued] = {}  # in the order of expiry
        self._in_use: set[str] = set()

    def issue(self, token: str, connection: str, hub: str, now: float) -> None:
        """Remember a token for one socket of `connection`, from `now` on."""
        self._expire(now)
        self._issued[token] = _Issued(connection, hub, now + self._lifetime)

    def claim(self, token: str, hub: str, now: float) -> str:
        """The connection id behind the token. Raises NotNegotiated or AlreadyConnected."""
        self._expire(now)
        if token in self._in_use:
            raise AlreadyConnected
        issued = self._issued.get(token)
        if issued is None or issued.hub != hub:
            raise NotNegotiated
        del self._issued[token]
        self._in_use.add(token)
        return issued.connection

    def release(self, token: str) -> None:
        """The socket has ended; the token is worth nothing from here on."""
        self._in_use.discard(token)

    def is_in_use(self, token: str) -> bool:
        """Whether a connection has this token now."""
        return token in self._in_use

    def _expire(self, now: float) -> None:
        while self._issued:
            token = next(iter(self._issued))
            if self._issued[token].expires > now:
                return
            del self._issued[token]
