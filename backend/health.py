"""`GET /api/health`: what works, and what does not."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from backend.network import Caller
from backend.turn import Level
from backend.wiring import Services
from cloud.documents import Away
from cloud.signalr_rest import ServiceAway
from signaling.errors import Unavailable

if TYPE_CHECKING:
    from turn.broker import ProviderHealth

log = logging.getLogger("heliograph")

VERSION = "0.1.0"
MAX_AGE_MS = 5_000  # that what was found is good for


type Works = Literal["ok", "down"]
type TurnState = Literal["ok", "degraded", "down", "off"]
type Status = Literal["ok", "degraded", "down"]


class Checks(Struct, frozen=True):
    """The parts: `ok`, or what is wrong (docs/protocol.md §3)."""

    documents: Works
    signalr: Works
    secrets: Literal["ok", "stale", "down"]
    turn: TurnState


class Health(Struct, frozen=True):
    """Answer of `GET /api/health`."""

    status: Status
    checks: Checks
    level: Level  # of the TURN ladder
    providers: "tuple[ProviderHealth, ...]"
    stamp: str
    build: str
    version: str = VERSION
    caller: Caller | None = None  # who asks, as the app sees it; without any address

    @property
    def http_status(self) -> int:
        """503 when nobody could join."""
        return 503 if self.status == "down" else 200


class HealthCheck:
    """Looks at most once in MAX_AGE_MS. Threads may look twice at once; that harms nothing."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: tuple[int, Health] | None = None

    def look(self) -> Health:
        """What was found just now, or a moment ago."""
        now = self._services.now()
        # A clock that stepped back must not show for hours what was found before.
        if self._found is None or not 0 <= now - self._found[0] < MAX_AGE_MS:
            self._found = now, _look(self._services, now)
        return self._found[1]


def _look(services: Services, now: int) -> Health:
    turn, level, providers = _turn(services, now)
    checks = Checks(
        documents=_check(lambda: services.documents.ping()),
        signalr=_check(lambda: services.signalr.ping()),
        secrets=services.secrets.health().state,
        turn=turn,
    )
    settings = services.settings
    status = _status(checks, level)
    return Health(status, checks, level, providers, settings.stamp, settings.build)


def _status(checks: Checks, level: Level) -> Status:
    # Nobody can come in without documents and SignalR. Calls that stand need neither.
    if "down" in (checks.documents, checks.signalr):
        return "down"
    fine = checks.secrets == "ok" and checks.turn in ("ok", "off") and level == "normal"
    return "ok" if fine else "degraded"


def _turn(services: Services, now: int) -> "tuple[TurnState, Level, tuple[ProviderHealth, ...]]":
    """The state of TURN, the level of the ladder, and each provider."""
    broker = services.broker
    if broker is None:
        return "off", "normal", ()
    providers = broker.health(now)
    well = [provider.state.value == "ok" for provider in providers]
    state: TurnState = "ok" if all(well) else "degraded" if any(well) else "down"
    try:
        minting = services.minting
        assert minting is not None
        return state, minting.level(now).word, providers
    except (Away, Unavailable):  # the ledger, or the key of its labels
        return "down", "stun-only", providers


def _check(ping: Callable[[], None]) -> Works:
    """Whatever is wrong, the answer says that it is: nobody reads an error in place of it."""
    try:
        ping()
        return "ok"
    except (Away, ServiceAway):
        return "down"
    except Exception as error:  # what it says may hold a key
        log.error("a check failed: %s", type(error).__name__)
        return "down"
