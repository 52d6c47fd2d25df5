"""Rooms whose time is over: they are deleted, and sockets that have outlived them are closed.

A room counts as gone when its time is over. Its group lives on at the service, with every socket
in it: who says nothing is noticed by nobody. So it is closed where its document ends:

 the document                                       its group is closed by
 has expired, and somebody asks for an open room    that call (signaling/room.py): a new life begins
 of this name
 has expired                                        the next sweep, which deletes it then
"""

import logging

from backend.wiring import Services
from cloud.signalr_rest import ServiceAway
from signaling.effects import CloseGroup
from signaling.room import outlived
from signaling.room_document import Room

DAY_MS = 86_400_000
# The service ends a socket that has outlived its room for so long, or nobody can.
GIVE_UP_MS = DAY_MS

log = logging.getLogger("heliograph")


def sweep(services: Services) -> int:
    """Delete what has expired: how many documents. Raises Unavailable.

    A room whose sockets cannot be closed now stays for the next sweep, for a day at most. After a
    failure no other one is tried: each would wait for a service that does not answer.
    """
    now, is_away = services.now(), False

    def may_go(room: Room) -> bool:
        nonlocal is_away
        end = outlived(room, now)
        if end is None or room.expires_at + GIVE_UP_MS <= now:
            return True
        if not is_away:
            is_away = not _close(services, end)
        return not is_away

    return services.rooms.sweep(now, may_go)


def _close(services: Services, end: CloseGroup) -> bool:
    try:
        services.signalr.close(end)
        return True
    except ServiceAway as error:
        log.warning("sockets outlive a room: %s", error)
        return False
