"""Sockets that open and close: the hub's events `connected` and `disconnected`."""

import logging

from backend.pushes import carry_out, change_room
from backend.wiring import Services
from signaling import room as rooms
from signaling.effects import AddToGroup, CloseConnection, Effect
from signaling.errors import Unavailable
from signaling.room import Room
from signaling.signalr import Invocation

log = logging.getLogger("heliograph")


def connected(services: Services, call: Invocation) -> None:
    """A socket has opened.

    While the documents are away the newcomer hears the room, and is not announced. A socket that
    could not be added to the group is closed: its client comes again. Never raises Unavailable.
    """
    now, who = services.now(), call.sender

    def decide(old: Room | None) -> tuple[Room | None, list[Effect]]:
        return rooms.connect(old, who.room, who.peer, call.connection_id, now)

    try:
        effects, late = change_room(services, who.room, decide)
    except Unavailable:
        log.warning("somebody connects without documents")
        effects, late = [AddToGroup(who.room, call.connection_id)], []
    try:
        carry_out(services, who.room, [*late, *effects])
    except Unavailable:
        _take_back(services, call)


def disconnected(services: Services, call: Invocation) -> None:
    """A socket has closed. Raises Unavailable."""
    services.buckets.forget(call.connection_id)
    now, who = services.now(), call.sender

    def decide(old: Room | None) -> tuple[Room | None, list[Effect]]:
        return rooms.disconnect(old, who.room, who.peer, call.connection_id, now)

    effects, late = change_room(services, who.room, decide)
    carry_out(services, who.room, [*late, *effects])


def _take_back(services: Services, call: Invocation) -> None:
    """The socket is not in the group: its seat is one without a socket, and it is closed."""
    end = CloseConnection(call.connection_id, "unavailable", "A service we need is away.")
    try:
        disconnected(services, call)
    except Unavailable:
        log.warning("a seat keeps the name of a socket that is not in the group")
    carry_out(services, call.sender.room, [end])
