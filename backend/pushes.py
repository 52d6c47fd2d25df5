"""Pushes through SignalR Service, and what happens when one fails.

They are sent by our own REST client and not by the output binding: the binding runs after the
function, one item after another, and where one fails the caller gets the host's own error text
although the room has changed (SignalRInvocationMethodExecutor.cs of Azure/azure-sdk-for-net).

 push                          sent by           if it fails after its tries
 signal, message               send_message      the sender gets `unavailable`; nothing has changed
 joined, disconnected, left    carry_out         kept in the room as `untold`: told in the
                                                 background, or with the room's next change
 what was missed in a group    presence          told in the background, as things are then
 admitted                      carry_out         nothing: its client asks by negotiate
 signal that has waited        carry_out         nothing: its sender repeats it
 orders                        carry_out         tried again for a while, in the background
 add to the group              carry_out         raises Unavailable: the caller takes the seat back
 closed, of a kick             carry_out(must_…) the host gets `unavailable`, and can ask again;
                                                 kept in the room too, as the next
 closed, otherwise             carry_out         kept in the room as `unclosed`: ended in the
                                                 background, or with the room's next change
 closed, of a whole life       carry_out         tried again for a while, in the background

All pushes of one change go at the same time: one after another is written, then the answers are
read. What has no open connection, or is tried again, has a thread of its own.
"""

import functools
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait

from msgspec import structs

from backend import charges
from backend.told import vouched
from backend.wiring import Services
from cloud.signalr_rest import ServiceAway, Started
from signaling import unclosed, untold
from signaling.budget import Payer
from signaling.effects import (
    AddToGroup,
    Close,
    CloseConnection,
    CloseGroup,
    ClosePeer,
    Effect,
    Push,
    SendToPeer,
    SendToRoom,
)
from signaling.errors import Unavailable
from signaling.messages import Disconnected, Joined, Left, Ordered
from signaling.room_document import Room

PUSHES_SECONDS = 8.0  # for all pushes of one change: the tries and timeouts of each are shorter

log = logging.getLogger("heliograph")


def change_room[T](
    services: Services, key: str, decide: Callable[[Room | None], tuple[Room | None, T]]
) -> tuple[T, list[Effect]]:
    """Change a room; what the members were not told before, and what was not ended.

    Raises Unavailable. Then it may have been done all the same, and what follows from it is made
    good in the background.
    """
    tried: list[tuple[Room | None, Room | None]] = []

    def change(old: Room | None) -> tuple[Room | None, tuple[T, list[Effect]]]:
        room, result = decide(old)
        room, late = untold.tell(room, services.now())
        room, ends = unclosed.close(room)
        tried.append((old, room))
        return room, (result, [*late, *ends])

    try:
        done = services.rooms.update(key, change)
    except Unavailable as error:
        if tried and error.code != "busy":  # then nothing was done
            _make_good_if_done(services, key, *tried[-1])
        raise
    room = tried[-1][1]
    services.budget.learn(key, 0 if room is None else len(room.members))
    return done


def _make_good_if_done(services: Services, key: str, old: Room | None, new: Room | None) -> None:
    """A write had no answer: if it was done, nobody has told and ended what follows from it."""
    peers, closes = untold.changed(old, new), unclosed.ended(old, new)

    def make_good() -> bool:
        return _keep(services, key, peers, closes, surely=False) and tell(services, key)

    def give_up() -> None:
        """Whoever it is comes again, and is checked then."""
        words = "A service we need is away."
        for each in closes:
            _send(services, structs.replace(each, code="unavailable", message=words))

    if peers or closes:
        services.later.do(make_good, give_up)


def send_message(services: Services, push: Push) -> None:
    """One message of a peer. Raises Unavailable if the service did not take it."""
    try:
        services.signalr.push(push)
    except ServiceAway as error:
        log.warning("a message was not sent: %s", error)
        raise Unavailable("unavailable", "The message could not be sent.", 1) from None


def carry_out(
    services: Services,
    key: str,
    effects: Iterable[Effect],
    *,
    must_close: bool = False,
    payer: Payer | None = None,
) -> None:
    """Send what a change of the room with this key asks for. `payer`: the room, where none is said.

    Raises Unavailable if a connection could not be added to the group; with `must_close` also if
    one could not be ended.
    """
    wanted = list(effects)
    for effect in wanted:
        services.checked.end(key, effect)
    charges.charge(services, payer or Payer(key), wanted)
    failed = send_all(services, key, wanted)
    _make_good(services, key, failed)
    for effect in filter(_is_sent_later, failed):
        services.later.do(functools.partial(_send, services, effect))
    vital = AddToGroup | Close if must_close else AddToGroup
    if any(isinstance(effect, vital) for effect in failed):
        raise Unavailable("unavailable", "A service we need is away.", 2)


def _make_good(services: Services, key: str, failed: list[Effect]) -> None:
    """Keep in the room what has to be told and ended, and try it again in the background."""
    peers, closes = _peers(failed), _closes(failed)
    if not (peers or closes):
        return
    if _keep(services, key, peers, closes):
        services.later.do(lambda: tell(services, key))
    else:
        services.later.do(lambda: _keep(services, key, peers, closes) and tell(services, key))


def tell(services: Services, key: str) -> bool:
    """Tell the members of a room what they were not told and end what was not ended, if nobody
    has yet. Whether it is done.
    """
    try:
        _, late = change_room(services, key, lambda old: (old, None))
    except Unavailable:
        return False
    failed = send_all(services, key, late)
    if failed:
        _keep(services, key, _peers(failed), _closes(failed))
    return not failed


def _peers(failed: Iterable[Effect]) -> list[str]:
    """Whom the messages that failed are about."""
    messages = (effect.argument for effect in failed if isinstance(effect, SendToPeer | SendToRoom))
    return [
        argument.peer for argument in messages if isinstance(argument, Joined | Disconnected | Left)
    ]


def _closes(failed: Iterable[Effect]) -> list[Close]:
    """What has to end, and is kept in the room until it has."""
    return [effect for effect in failed if isinstance(effect, ClosePeer | CloseConnection)]


def _is_sent_later(effect: Effect) -> bool:
    """As it is. Orders do not grow old: whoever hears them merges them with what it has. Nor does
    the end of a life.
    """
    if isinstance(effect, SendToPeer | SendToRoom):
        return isinstance(effect.argument, Ordered)
    return isinstance(effect, CloseGroup)


def send_all(services: Services, key: str, effects: Iterable[Effect]) -> list[Effect]:
    """Carry out all of them at once, of the room with this key. Those that could not be.

    All pushes for which a connection to the service is open are written before an answer is waited
    for. A thread for each would take as much of the processor again.
    """
    started: list[tuple[Effect, Started]] = []
    sent: dict[Future[bool], Effect] = {}
    threads = services.push_threads
    for effect in effects:
        said = vouched(services, key, effect)
        push = _start(services, said)
        if push is None:
            sent[threads.submit(_send, services, said)] = effect
        else:
            started.append((effect, push))
    for effect, push in started:
        if not push.is_done():
            sent[threads.submit(_done, push.finish)] = effect
    late = wait(sent, PUSHES_SECONDS)[1]
    for future in late:
        future.cancel()
    failed = [sent[future] for future in sent if future in late or not _worked(future)]
    if failed:
        log.warning("%d of %d pushes failed", len(failed), len(sent) + len(started))
    return failed


def _start(services: Services, effect: Effect) -> Started | None:
    """None: it needs a thread."""
    if isinstance(effect, Close):
        return None
    try:
        started: Started | None = services.signalr.start(effect)
    except ServiceAway:
        return None
    return started


def _send(services: Services, effect: Effect) -> bool:
    signalr = services.signalr
    if isinstance(effect, Close):
        return _done(functools.partial(signalr.close, effect))
    return _done(functools.partial(signalr.push, effect))


def _done(call: Callable[[], None]) -> bool:
    """Whether the service did it."""
    try:
        call()
        return True
    except ServiceAway as error:
        log.warning("a push failed: %s", error)
        return False


def _worked(future: "Future[bool]") -> bool:
    return not future.cancelled() and future.exception() is None and future.result()


def _keep(
    services: Services,
    key: str,
    peers: Iterable[str],
    closes: Iterable[Close],
    *,
    surely: bool = True,
) -> bool:
    """Write into the room whom to tell of, and what to end. Whether the documents took it.

    Not `surely`: nobody knows whether the change was done after which these have to end.
    """
    peers, closes = list(peers), list(closes)

    def decide(old: Room | None) -> tuple[Room | None, list[Close]]:
        wanted = closes if surely else unclosed.without_seat(old, closes)
        here = [each for each in wanted if unclosed.belongs_to(old, each)]
        others = [each for each in wanted if each not in here]
        return unclosed.keep(untold.keep(old, peers), here), others

    try:
        others = services.rooms.update(key, decide)
    except Unavailable:
        log.warning("%d changes were not told, and %d ends not made", len(peers), len(closes))
        return False
    for effect in others:  # nobody comes back to a life that is over
        services.later.do(functools.partial(_send, services, effect))
    return True
