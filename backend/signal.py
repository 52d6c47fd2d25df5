"""Messages between peers: the hub methods `signal` and `broadcast`, and `POST /api/signal`."""

import logging

from backend.http import Ok, require_token
from backend.pushes import Outcome, carry_out
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
    """`signal`, or `broadcast` to everyone. No I/O: the event loop runs it.

    Raises BadRequest, TooLarge, RateLimited, or Abuse when that has happened too often.
    """
    _check_rate(services, call.connection_id)
    envelope = messages.parse_envelope(call.argument)
    return (broadcast if everyone else forward)(call.sender, envelope)


def signal_by_http(services: Services, body: bytes, bearer: str | None) -> Outcome[Ok]:
    """`POST /api/signal`: as the hub method. Unlike a socket, a token can outlive its seat.

    Raises Unauthorized, Forbidden (not_member, kicked) and what `on_hub_call` raises.
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
    forwarded = forward(sender, envelope)
    if isinstance(forwarded, ParkedOffer):
        park(services, sender, forwarded)
        return Ok(), []
    return Ok(), [forwarded]


def park(services: Services, sender: Sender, offer: ParkedOffer) -> None:
    """Keep an offer in the room for the next newcomer. Raises Forbidden, TooLarge, Unavailable."""
    now = services.now()

    def decide(old: Room | None) -> tuple[Room, None]:
        return rooms.park(old, sender.peer, offer, now), None

    services.rooms.update(sender.room, decide)


def close_abuser(services: Services, call: Invocation) -> None:
    """End a connection that has sent too much for too long. Waits for the service."""
    words = "You have sent too many messages for too long."
    carry_out(services, [CloseConnection(call.connection_id, "rate_limited", words)])


def _check_rate(services: Services, caller: str) -> None:
    verdict = services.buckets.take(caller, services.now())
    if verdict is Verdict.ALLOWED:
        return
    kind = Abuse if verdict is Verdict.ABUSE else RateLimited
    raise kind("rate_limited", "Too many messages. Please slow down.", 1)
