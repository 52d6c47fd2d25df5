"""What members are told of one another, with the proof of having met (signaling/meeting.py)."""

from collections.abc import Iterable

from msgspec import structs

from backend.wiring import Services
from signaling import meeting
from signaling.effects import Effect, SendToPeer, SendToRoom
from signaling.errors import Unavailable
from signaling.messages import Joined
from signaling.room import PeerInfo


def listed(
    services: Services, key: str, others: Iterable[PeerInfo], now: int
) -> tuple[PeerInfo, ...]:
    """The list of a newcomer. `key`: of the room's document."""
    ring = services.ring
    return tuple(
        structs.replace(one, met=meeting.sign(ring, key, one.peer, one.visit, now))
        for one in others
    )


def vouched[E: Effect](services: Services, key: str, effect: E) -> E:
    """The effect; a push `joined` says it with the proof, unless the keys are away.

    Then the calls with that peer are not reported by those who hear this.
    """
    if not isinstance(effect, SendToPeer | SendToRoom) or not isinstance(effect.argument, Joined):
        return effect
    try:
        ring = services.ring
    except Unavailable:
        return effect
    said = effect.argument
    met = meeting.sign(ring, key, said.peer, said.visit, services.now())
    return structs.replace(effect, argument=structs.replace(said, met=met))
