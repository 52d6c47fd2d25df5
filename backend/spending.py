"""What the calls do about what messages cost (signaling/budget.py).

what is sent                          who pays                    if it is too much
a message of a peer                   peer, room and network      `rate_limited`
a host call                           the hosts, and the room     `rate_limited` if the hosts owe
notices of a change                   the room                    sent all the same
notices of a socket that has opened   peer, room and network      sent all the same; too many
                                                                  sockets: the new one is closed
"""

from collections.abc import Iterable

from backend.wiring import Services
from signaling.budget import HOST, Payer, units_of
from signaling.effects import Effect, Push
from signaling.errors import Abuse, RateLimited
from signaling.rate import Verdict


def check_rate(services: Services, key: str, peer: str) -> None:
    """One call of a peer of the room with this key. Raises RateLimited or Abuse."""
    _judge(services.buckets.take(f"{key}.{peer}", services.now()))


def check_host(services: Services, key: str) -> None:
    """One call of a host, whoever of them it is. Raises RateLimited or Abuse."""
    check_rate(services, key, HOST)
    if services.budget.owes(Payer(key, HOST), services.now()):
        raise _too_much()


def pay(services: Services, payer: Payer, push: Push | None, *, answers: int = 0) -> None:
    """Pay for a message of a peer, and the answer to it. None: nothing is sent but that.

    Raises RateLimited, or Abuse if that has happened too often; then nothing is paid.
    """
    now, budget = services.now(), services.budget
    units = answers + (0 if push is None else units_of(push, budget.members(payer.key)))
    if not budget.take(payer, units, now):
        _judge(services.buckets.blame(f"{payer.key}.{payer.peer}", now))


def charge(services: Services, payer: Payer, effects: Iterable[Effect]) -> None:
    """Pay for what is sent in any case."""
    members = services.budget.members(payer.key)
    units = sum(units_of(effect, members) for effect in effects)
    if units:
        services.budget.charge(payer, units, services.now())


def _judge(verdict: Verdict) -> None:
    if verdict is Verdict.ABUSE:
        raise Abuse("rate_limited", "You have sent too many messages for too long.", 1)
    if verdict is Verdict.REFUSED:
        raise _too_much()


def _too_much() -> RateLimited:
    return RateLimited("rate_limited", "Too many messages. Please slow down.", 1)
