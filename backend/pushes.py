"""Effects carried out: what only REST can do is done here, the rest goes to the output binding."""

import logging
from collections.abc import Iterable

from msgspec import Struct

from backend.wiring import Services
from cloud.signalr_rest import ServiceAway
from signaling.effects import Close, Effect, Push
from signaling.errors import Unavailable

log = logging.getLogger("heliograph")

# What is answered (None: nothing), and what the output binding has to push.
type Outcome[T: Struct | None] = tuple[T, list[Push]]


def carry_out(
    services: Services, effects: Iterable[Effect], *, must_close: bool = False
) -> list[Push]:
    """End the connections that have to end; what is left to push.

    Raises Unavailable if one could not be ended and `must_close` is set.
    """
    pushes: list[Push] = []
    for effect in effects:
        if not isinstance(effect, Close):
            pushes.append(effect)
            continue
        try:
            services.signalr.close(effect)
        except ServiceAway as error:
            log.warning("a connection could not be closed: %s", error)
            if must_close:
                raise Unavailable("unavailable", "A service we need is away.", 2) from error
    return pushes
