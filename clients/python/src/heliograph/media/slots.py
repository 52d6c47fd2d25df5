"""The slots of the four sources in a connection: transceivers in a fixed order (§5, Media).

Whatever is started, stopped or changed later is another track in its slot, without a negotiation.
"""

from typing import TYPE_CHECKING, Literal

from heliograph.peer.link import Link
from heliograph.wire.sources import KINDS, SOURCES

if TYPE_CHECKING:
    from aiortc import RTCRtpTransceiver

Direction = Literal["sendrecv", "sendonly"]


def add_slots(link: Link, direction: Direction) -> None:
    """Add them, to be offered."""
    connection = link.connection
    if connection is not None and link.slots is None:
        slots = [connection.addTransceiver(KINDS[each], direction) for each in SOURCES]
        _keep(link, slots)


def take_slots(link: Link, direction: Direction) -> None:
    """Take those that the other side has offered. Nothing if they are not what they should be."""
    if link.connection is None or link.slots is not None or link.offered is None:
        return
    by_mid = {each.mid: each for each in link.connection.getTransceivers()}
    found = [by_mid[mid] for mid in link.offered if mid in by_mid]
    if [each.kind for each in found] != list(KINDS.values()) or len(set(map(id, found))) != 4:
        return
    for each in found:
        each.direction = direction
    _keep(link, found)


def _keep(link: Link, slots: "list[RTCRtpTransceiver]") -> None:
    from heliograph.media.tracks import SlotTrack

    link.slots = slots
    for slot, source in zip(slots, SOURCES, strict=True):
        slot.sender.replaceTrack(SlotTrack(KINDS[source]))
