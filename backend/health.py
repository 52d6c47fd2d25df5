"""`GET /api/health`: what works, and what only seems to."""

from collections.abc import Callable
from typing import Any

from backend.wiring import Services
from cloud.documents import Away
from cloud.signalr_rest import ServiceAway

VERSION = "0.1.0"
AGE = 5_000  # ms that what was found is good for


def health(services: Services) -> tuple[int, dict[str, Any]]:
    """A status and a body."""
    now = services.now()
    if services.checked is None or now - services.checked[0] >= AGE:
        services.checked = (now, _look(services, now))
    found = services.checked[1]
    return (503 if found["status"] == "down" else 200), found


def _look(services: Services, now: int) -> dict[str, Any]:
    secrets = services.secrets.health().state
    checks = {
        "documents": _check(lambda: services.documents.ping()),
        "signalr": _check(lambda: services.dataplane.ping()),
        "secrets": secrets,
        **_turn(services, now),
    }
    level, providers = checks.pop("level", "normal"), checks.pop("providers", [])
    # Nobody can come in without documents and SignalR. Calls that stand need neither.
    if "down" in (checks["documents"], checks["signalr"]):
        status = "down"
    else:
        fine = secrets == "ok" and checks["turn"] in ("ok", "off") and level == "normal"
        status = "ok" if fine else "degraded"
    return {
        "status": status,
        "checks": checks,
        "level": level,
        "providers": providers,
        "stamp": services.settings.stamp,
        "version": VERSION,
    }


def _turn(services: Services, now: int) -> dict[str, Any]:
    broker, minting = services.broker, services.minting
    if broker is None or minting is None:
        return {"turn": "off"}
    providers = broker.health(now)
    well = [provider.state == "ok" for provider in providers]
    state = "ok" if all(well) else "degraded" if any(well) else "down"
    try:
        level = minting.level(now).word
    except Away:
        level, state = "stun-only", "down"
    return {"turn": state, "level": level, "providers": providers}


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
        return "ok"
    except (Away, ServiceAway):
        return "down"
