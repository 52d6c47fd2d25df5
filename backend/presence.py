"""Sockets that open and close: the hub's events `connected` and `disconnected`."""

import logging

from backend.pushes import carry_out
from backend.wiring import Services
from signaling import room as rooms
from signaling.effects import AddToGroup, Push
from signaling.errors import Unavailable
from signaling.signalr import Invocation

log = logging.getLogger("heliograph")


def connected(services: Services, call: Invocation) -> list[Push]:
    """A socket has opened.

    While the documents are away the newcomer hears the room, and is not announced.
    """
    now, who = services.now(), call.sender
    try:
        effects = services.rooms.update(
            who.room, lambda old: rooms.connect(old, who.room, who.peer, call.connection_id, now)
        )
    except Unavailable:
        log.warning("somebody connects without documents")
        return [AddToGroup(who.room, call.connection_id)]
    return carry_out(services, effects)


def disconnected(services: Services, call: Invocation) -> list[Push]:
    """A socket has closed. Raises Unavailable."""
    services.buckets.forget(call.connection_id)
    now, who = services.now(), call.sender
    effects = services.rooms.update(
        who.room, lambda old: rooms.disconnect(old, who.room, who.peer, call.connection_id, now)
    )
    return carry_out(services, effects)
