"""Where an envelope goes. No storage, no clock: an offer's way is parse, decide, encode."""

from signaling.effects import Push, SendToPeer, SendToRoom
from signaling.errors import BadRequest
from signaling.messages import TO_EVERYONE, Delivery, Envelope
from signaling.room_document import ParkedOffer
from signaling.seats import Seat


def forward(sender: Seat, envelope: Envelope) -> Push | ParkedOffer:
    """To one peer, to everyone, or into the room for the next newcomer.

    Raises BadRequest (missing_to).
    """
    delivery = Delivery(1, sender.peer, envelope.seq, envelope.kind, envelope.body)
    if envelope.to is not None:
        return SendToPeer(sender.life, envelope.to, "signal", delivery)
    if envelope.kind in TO_EVERYONE:
        return SendToRoom(sender.life, "message", delivery)
    if envelope.kind == "offer":
        return ParkedOffer(envelope.seq, envelope.body)
    raise BadRequest("missing_to", "This kind of message needs a peer to go to.")


def broadcast(sender: Seat, envelope: Envelope) -> Push:
    """To everyone in the room. Raises BadRequest (invalid_message)."""
    if envelope.to is not None or envelope.kind not in TO_EVERYONE:
        raise BadRequest("invalid_message", "This kind of message does not go to everyone.")
    delivery = Delivery(1, sender.peer, envelope.seq, envelope.kind, envelope.body)
    return SendToRoom(sender.life, "message", delivery)
