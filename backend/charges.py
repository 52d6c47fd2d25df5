"""What the calls do about what messages cost.

 what is sent             who pays                   too much at once       the day is used up
 a message of a peer      peer, room and network     `rate_limited`         `day_full`
 a host call              the hosts, room, network   `rate_limited`         `day_full`
 notices of a change      the room                   sent all the same      sent all the same
 notices of a new socket  peer, room and network     the socket is closed   the socket is closed
 nothing yet: a newcomer, nobody                     admission_rate.py      `day_full`
   a new room

signaling/budget.py has what is too much at once, signaling/day_budget.py when the day is used up
for whom. A message that is refused takes nothing from a bucket; the answer to it is sent, and
counts for the day: who goes on without an end has no day left, and can open no socket.
"""

from collections.abc import Iterable

from backend.wiring import Services
from signaling.admission_rate import Network
from signaling.budget import Payer, payer_from, payer_of, units_of
from signaling.day_budget import Kind, Way
from signaling.effects import Effect, Push, SendToPeer, SendToRoom
from signaling.errors import Abuse, DayFull, RateLimited
from signaling.messages import Delivery
from signaling.rate import Verdict
from signaling.room_document import ParkedOffer
from signaling.seats import Seat

TALK = frozenset({"text", "data"})  # what people say; all else keeps calls up


def check_rate(services: Services, payer: Payer, *, answers: int = 0) -> None:
    """One call of a peer, and the answers to it. Raises RateLimited or Abuse."""
    verdict = services.buckets.take(payer.name, services.now())
    if verdict is not Verdict.ALLOWED:
        _spend(services, payer, answers)
        raise _abuse() if verdict is Verdict.ABUSE else _too_much()


def check_host(services: Services, payer: Payer) -> None:
    """One call of a host, whoever of them it is. Raises RateLimited, Abuse or DayFull."""
    check_rate(services, payer)
    if services.budget.owes(payer, services.now()):
        raise _too_much()
    _way(services, payer, Kind.CALL)


def newcomers_refused(services: Services, key: str, network: Network) -> bool:
    """Whether the day has nothing left for somebody without a seat, an invite or a token.

    `key`: of the room; "" for one that is to be created.
    """
    payer = payer_from(key, network)
    return services.spending.way(payer, Kind.NEWCOMER, services.now()) is Way.FULL


def pay(
    services: Services, sender: Seat, forwarded: Push | ParkedOffer, *, answers: int = 0
) -> None:
    """Pay for a message of a peer, and for answers to it. An offer that is kept is not sent.

    Raises RateLimited, DayFull, or Abuse if that has happened too often; then its answer counts.
    """
    now, budget, payer = services.now(), services.budget, payer_of(sender)
    try:
        way = _way(services, payer, _kind(forwarded))
        units = answers
        if not isinstance(forwarded, ParkedOffer):
            units += units_of(forwarded, budget.members(payer.key))
        if not budget.take(payer, units, now):
            raise _too_much()
    except (RateLimited, DayFull):
        _spend(services, payer, answers)
        if services.buckets.blame(payer.name, now) is Verdict.ABUSE:
            raise _abuse() from None
        raise
    services.spending.spend(payer, units, now, way)


def charge(services: Services, payer: Payer, effects: Iterable[Effect]) -> None:
    """Pay for what is sent in any case."""
    now, members = services.now(), services.budget.members(payer.key)
    units = sum(units_of(effect, members) for effect in effects)
    if units:
        services.budget.charge(payer, units, now)
        _spend(services, payer, units)


def may_open(services: Services, seat: Seat) -> bool:
    """Whether a socket of this seat may open: it brings notices."""
    payer, now = payer_of(seat), services.now()
    if services.spending.way(payer, Kind.CALL, now) is Way.FULL:
        return False
    return services.budget.open_socket(payer, now)


def _way(services: Services, payer: Payer, kind: Kind) -> Way:
    way = services.spending.way(payer, kind, services.now())
    if way is Way.FULL:
        raise DayFull()
    return way


def _kind(push: Push | ParkedOffer) -> Kind:
    """What a message is for."""
    if not isinstance(push, SendToPeer | SendToRoom) or not isinstance(push.argument, Delivery):
        return Kind.CALL
    if push.argument.kind not in TALK:
        return Kind.CALL
    return Kind.BROADCAST if isinstance(push, SendToRoom) else Kind.RELAY


def _spend(services: Services, payer: Payer, units: int) -> None:
    """What is sent in any case counts for the day."""
    if units:
        now = services.now()
        services.spending.spend(payer, units, now, services.spending.way(payer, Kind.CALL, now))


def _abuse() -> Abuse:
    return Abuse("rate_limited", "You have sent too many messages for too long.", 1)


def _too_much() -> RateLimited:
    return RateLimited("rate_limited", "Too many messages. Please slow down.", 1)
