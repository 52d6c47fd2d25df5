"""Sockets that open and close: the hub's events `connected` and `disconnected`."""

import functools
import logging

from backend import charges
from backend.pushes import carry_out, change_room, send_all
from backend.wiring import Services
from cloud.signalr_rest import ServiceAway
from signaling import news, untold
from signaling import room as rooms
from signaling.budget import payer_of
from signaling.effects import AddToGroup, CloseConnection, Effect
from signaling.errors import Unavailable
from signaling.room_document import Room
from signaling.seats import Seat
from signaling.signalr import Invocation

log = logging.getLogger("heliograph")


def connected(services: Services, call: Invocation) -> None:
    """A socket has opened. It hears the room once its seat has been checked.

    While the documents are away it can be spoken to by name, and is not in the group: it is checked
    as soon as that can be done, or closed if it cannot. Never raises Unavailable. Who opens sockets
    again and again has the newest one closed, and can come again later.
    """
    if not charges.may_open(services, call.sender):
        _end(services, call, "You connect too often.", silent=True)
        return
    if not _check(services, call):
        log.warning("somebody connects without documents")
        check = functools.partial(_check_later, services, call)
        services.later.do(check, functools.partial(_end, services, call))


def _check_later(services: Services, call: Invocation) -> bool:
    """As `_check`, of a socket that is still open: its client may have a newer one by now, which
    an old one must not replace. False while the documents or the service are away.
    """
    try:
        if not services.signalr.is_open(call.connection_id):
            return True
    except ServiceAway:
        return False
    return _check(services, call)


def _check(services: Services, call: Invocation) -> bool:
    """Give the socket its seat, or close it. False while the documents are away."""
    now, who = services.now(), call.sender

    def decide(old: Room | None) -> tuple[Room | None, tuple[Room | None, list[Effect]]]:
        room, effects = rooms.connect(
            old, who.life, who.peer, call.connection_id, now, who.admitted
        )
        return room, (room, effects)

    try:
        (room, effects), late = change_room(services, who.key, decide)
    except Unavailable:
        return False
    try:
        carry_out(services, who.key, [*late, *effects], payer=payer_of(who))
    except Unavailable:
        _take_back(services, call)
        return True
    if room is None or not any(isinstance(effect, AddToGroup) for effect in effects):
        return True
    services.checked.add(call.connection_id, who)
    if not news.is_named(room, who.peer, now):
        catch_up = functools.partial(_catch_up, services, who, room)
        if not catch_up():
            services.later.do(catch_up)
    return True


def _catch_up(services: Services, who: Seat, before: Room) -> bool:
    """Tell a peer what became of others while it was not in the group yet. Whether it is told."""
    try:
        missed = untold.missed(before, services.rooms.read(who.key), who.peer)
    except Unavailable:
        return False
    return not send_all(services, who.key, missed)


def disconnected(services: Services, call: Invocation) -> None:
    """A socket has closed. Raises Unavailable."""
    services.checked.forget(call.connection_id)
    now, who = services.now(), call.sender

    def decide(old: Room | None) -> tuple[Room | None, list[Effect]]:
        return rooms.disconnect(old, who.peer, call.connection_id, now)

    effects, late = change_room(services, who.key, decide)
    carry_out(services, who.key, [*late, *effects])


def _take_back(services: Services, call: Invocation) -> None:
    """The socket is not in the group: its seat is one without a socket, and it is closed."""
    try:
        disconnected(services, call)
    except Unavailable:
        log.warning("a seat keeps the name of a socket that is not in the group")
    _end(services, call)


def _end(
    services: Services,
    call: Invocation,
    why: str = "A service we need is away.",
    *,
    silent: bool = False,
) -> None:
    """Close a socket that could not get its seat: its client comes again."""
    end = CloseConnection(call.connection_id, "unavailable", why, silent)
    carry_out(services, call.sender.key, [end])
