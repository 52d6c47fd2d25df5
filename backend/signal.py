"""Messages between peers: the hub methods `signal` and `broadcast`, and `POST /api/signal`."""

import functools
import logging

from msgspec import Struct

from backend import charges
from backend.http import Ok, require_token, token_bytes
from backend.network import UNKNOWN
from backend.pushes import carry_out, send_message
from backend.told import vouched
from backend.wiring import Services
from signaling import mail, messages, offers, tokens
from signaling import room as rooms
from signaling.admission_rate import Network
from signaling.budget import ANSWER_UNITS, Payer, network_in_seat, payer_of
from signaling.effects import CloseConnection, Push, SendToPeer, SendToRoom
from signaling.errors import HeliographError, RoomEnded, Unavailable
from signaling.forward import broadcast, forward
from signaling.places import Place, place_in_token
from signaling.room_document import ParkedOffer, Room
from signaling.seats import Seat
from signaling.signalr import Invocation
from signaling.tokens import PeerToken

CHECK_SECONDS = 0.8  # that a message waits for the room of a socket that is not known

log = logging.getLogger("heliograph")


def on_hub_call(services: Services, call: Invocation, *, everyone: bool) -> Push | ParkedOffer:
    """`signal`, or `broadcast` to everyone: what is to be sent or kept. No I/O.

    Raises BadRequest, TooLarge, RateLimited, Abuse when that has happened too often, or RoomEnded.
    """
    sender = call.sender
    if sender.is_over(services.now()):
        raise RoomEnded()
    charges.check_rate(services, payer_of(sender), answers=ANSWER_UNITS)
    envelope = messages.parse_envelope(call.argument)
    return (broadcast if everyone else forward)(sender, envelope)


def send(services: Services, sender: Seat, forwarded: Push | ParkedOffer) -> None:
    """Send a message, or keep an offer in the room. Waits for a service.

    Raises Unavailable; for an offer that is kept also Forbidden or TooLarge.
    """
    if isinstance(forwarded, ParkedOffer):
        park(services, sender, forwarded)
    else:
        send_message(services, forwarded)


def send_checked(services: Services, call: Invocation, forwarded: Push | ParkedOffer) -> None:
    """As `send`, for a socket: it has to have a seat (backend/checked.py), and pays.

    Waits for a service. Raises Unseated, RateLimited, Abuse and DayFull too.
    """
    sender, connection = call.sender, call.connection_id
    if not isinstance(forwarded, ParkedOffer):  # to keep one, the room is read in any case
        everyone = isinstance(forwarded, SendToRoom)
        read = functools.partial(_read_soon, services)
        services.checked.check(connection, sender, read, everyone=everyone)
    charges.pay(services, sender, forwarded, answers=ANSWER_UNITS)
    send(services, sender, forwarded)


def _read_soon(services: Services, key: str) -> Room | None:
    """The room, if the documents answer in CHECK_SECONDS: a client waits for little longer.

    Raises Unavailable.
    """
    asked = services.lookups.submit(_read, services, key)
    try:
        room: Room | None = asked.result(CHECK_SECONDS)
        return room
    except TimeoutError:
        asked.cancel()
        raise Unavailable("unavailable", "Your place cannot be checked now.", 2) from None


def _read(services: Services, key: str) -> Room | None:
    """The room. Raises Unavailable."""
    room = services.rooms.read(key)
    services.budget.learn(key, 0 if room is None else len(room.members))
    return room


def signal_by_http(
    services: Services, body: bytes, token: str | None, network: Network = UNKNOWN
) -> Ok:
    """`POST /api/signal`: as the hub method. Unlike a socket, a token can outlive its seat.

    Raises Unauthorized, NotFound, Forbidden (not_member, kicked), Unavailable and what
    `on_hub_call` raises.
    """
    now = services.now()
    held, place = _read_caller(services, token, now)
    envelope = messages.parse_envelope(body, beside=_beside(body))
    life, room, away = place.life or held.life, None, None
    try:
        room = _read(services, place.key)
        rooms.check_member(room, held.peer, now)
        life = life if room is None else room.life
    except Unavailable as error:
        away = error
    sender = Seat(place.key, life, held.peer, network=network_in_seat(network))
    forwarded = forward(sender, envelope)
    if away is not None and isinstance(forwarded, SendToRoom):
        raise away
    if away is not None:
        # A signed token is enough for a message to one: a call that could stand is worth more.
        log.warning("a message is forwarded without documents")
    charges.pay(services, sender, forwarded)
    if isinstance(forwarded, SendToPeer) and mail.waits(room, forwarded.peer, now):
        _keep(services, sender.key, forwarded, now)
    send(services, sender, forwarded)
    return Ok()


class Pushed(Struct, frozen=True):
    """A push."""

    target: messages.Target
    argument: Struct


class Missed(Struct, frozen=True):
    """Answer of `POST /api/poll`: what a socket would have brought."""

    pushes: tuple[Pushed, ...]


def poll(services: Services, token: str | None) -> Missed:
    """`POST /api/poll`: what waits for a socket that is not open yet. It goes on waiting.

    Raises Unauthorized, NotFound, Forbidden (not_member, kicked), RateLimited, Abuse or
    Unavailable.
    """
    now = services.now()
    held, place = _read_caller(services, token, now)
    room = services.rooms.read(place.key)
    rooms.check_member(room, held.peer, now)
    missed = rooms.missed(room, held.peer, now)
    pushes = [vouched(services, place.key, push) for push in missed]
    return Missed(tuple(Pushed(push.target, push.argument) for push in pushes))


def _read_caller(services: Services, token: str | None, now: int) -> tuple[PeerToken, Place]:
    """Who calls by HTTP, at the rate of a socket, and the room.

    Raises Unauthorized, NotFound, RateLimited or Abuse.
    """
    held = tokens.read_peer(services.ring, require_token(token), now)
    place = place_in_token(services.ring, held.room, now)
    charges.check_rate(services, Payer(place.key, held.peer))
    return held, place


def _keep(services: Services, key: str, push: SendToPeer, now: int) -> None:
    """It waits for a socket that is not open, and is sent all the same: it may be open by now."""
    message = push.argument
    assert isinstance(message, messages.Delivery)
    try:
        services.rooms.update(key, lambda old: (mail.keep(old, push.peer, message, now), None))
    except Unavailable:
        log.warning("a message does not wait for its receiver")


def _beside(body: bytes) -> int:
    """Bytes of a large body that are not the envelope's."""
    return token_bytes(body) if len(body) > messages.MAX_ENVELOPE_BYTES else 0


def park(services: Services, sender: Seat, offer: ParkedOffer) -> None:
    """Keep an offer in the room for the next newcomer. Raises Forbidden, TooLarge, Unavailable."""
    now = services.now()

    def decide(old: Room | None) -> tuple[Room, None]:
        return offers.park(old, sender.peer, offer, now), None

    services.rooms.update(sender.key, decide)


def close(services: Services, call: Invocation, why: HeliographError) -> None:
    """End the connection: it sent too much for too long, or its seat or room is gone. Waits."""
    end = CloseConnection(call.connection_id, why.code, why.message)
    carry_out(services, call.sender.key, [end])
