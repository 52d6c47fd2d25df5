"""Messages between peers: the hub methods `signal` and `broadcast`, and `POST /api/signal`."""

import logging

from backend.http import Ok, require_token
from backend.pushes import carry_out, send_message
from backend.wiring import Services
from signaling import messages, tokens
from signaling import room as rooms
from signaling.effects import CloseConnection, Push
from signaling.errors import Abuse, RateLimited, Unavailable
from signaling.forward import Sender, broadcast, forward
from signaling.rate import Verdict
from signaling.room import ParkedOffer, Room
from signaling.signalr import Invocation

log = logging.getLogger("heliograph")


def on_hub_call(services: Services, call: Invocation, *, everyone: bool) -> Push | ParkedOffer:
    """`signal`, or `broadcast` to everyone: what is to be sent or kept. No I/O.

    Raises BadRequest, TooLarge, RateLimited, or Abuse when that has happened too often.
    """
    _check_rate(services, call.connection_id)
    envelope = messages.parse_envelope(call.argument)
    return (broadcast if everyone else forward)(call.sender, envelope)


def send(services: Services, sender: Sender, forwarded: Push | ParkedOffer) -> None:
    """Send a message, or keep an offer in the room. Waits for a service.

    Raises Unavailable; for an offer that is kept also Forbidden or TooLarge.
    """
    if isinstance(forwarded, ParkedOffer):
        park(services, sender, forwarded)
    else:
        send_message(services, forwarded)


def signal_by_http(services: Services, body: bytes, bearer: str | None) -> Ok:
    """`POST /api/signal`: as the hub method. Unlike a socket, a token can outlive its seat.

    Raises Unauthorized, Forbidden (not_member, kicked), Unavailable and what `on_hub_call` raises.
    """
    now = services.now()
    held = tokens.read_peer(services.ring, require_token(bearer), now)
    sender = Sender(held.room, held.peer)
    _check_rate(services, sender.user_id)
    envelope = messages.parse_envelope(body)
    try:
        rooms.check_member(services.rooms.read(held.room), held.peer, now)
    except Unavailable:
        # A signed token is enough for a message: a call that could stand is worth more.
        log.warning("a message is forwarded without documents")
    send(services, sender, forward(sender, envelope))
    return Ok()


def park(services: Services, sender: Sender, offer: ParkedOffer) -> None:
    """Keep an offer in the room for the next newcomer. Raises Forbidden, TooLarge, Unavailable."""
    now = services.now()

    def decide(old: Room | None) -> tuple[Room, None]:
        return rooms.park(old, sender.peer, offer, now), None

    services.rooms.update(sender.room, decide)


def close_abuser(services: Services, call: Invocation) -> None:
    """End a connection that has sent too much for too long. Waits for the service."""
    words = "You have sent too many messages for too long."
    end = CloseConnection(call.connection_id, "rate_limited", words)
    carry_out(services, call.sender.room, [end])


def _check_rate(services: Services, caller: str) -> None:
    verdict = services.buckets.take(caller, services.now())
    if verdict is Verdict.ALLOWED:
        return
    kind = Abuse if verdict is Verdict.ABUSE else RateLimited
    raise kind("rate_limited", "Too many messages. Please slow down.", 1)
