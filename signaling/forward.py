"""Where an envelope goes. No storage, no clock: an offer's way is parse, decide, encode."""

from msgspec import Struct

from signaling.effects import Push, SendToPeer, SendToRoom
from signaling.errors import BadRequest
from signaling.messages import TO_EVERYONE, Delivery, Envelope
from signaling.room import ParkedOffer


class Sender(Struct, frozen=True):
    """A peer as its signed user id names it. It can address its own room only."""

    room: str
    peer: str

    @property
    def user_id(self) -> str:
        """`{room}.{peer}`: the user id at SignalR Service. The name of a room holds no dot."""
        return f"{self.room}.{self.peer}"


def forward(sender: Sender, envelope: Envelope) -> Push | ParkedOffer:
    """To one peer, to everyone, or into the room for the next newcomer.

    Raises BadRequest (missing_to).
    """
    delivery = Delivery(1, sender.peer, envelope.seq, envelope.kind, envelope.body)
    if envelope.to is not None:
        return SendToPeer(sender.room, envelope.to, "signal", delivery)
    if envelope.kind in TO_EVERYONE:
        return SendToRoom(sender.room, "message", delivery)
    if envelope.kind == "offer":
        return ParkedOffer(envelope.seq, envelope.body)
    raise BadRequest("missing_to", "This kind of message needs a peer to go to.")


def broadcast(sender: Sender, envelope: Envelope) -> Push:
    """To everyone in the room. Raises BadRequest (invalid_message)."""
    if envelope.to is not None or envelope.kind not in TO_EVERYONE:
        raise BadRequest("invalid_message", "This kind of message does not go to everyone.")
    delivery = Delivery(1, sender.peer, envelope.seq, envelope.kind, envelope.body)
    return SendToRoom(sender.room, "message", delivery)
