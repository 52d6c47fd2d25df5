"""What waits for a member whose socket is not open yet."""

from msgspec import Raw, structs

from signaling import mail
from signaling import room as rooms
from signaling import room_document as document
from signaling.effects import Effect, SendToPeer
from signaling.mail import MAX_BYTES, MAX_MESSAGES
from signaling.messages import Delivery
from signaling.room_document import Room
from tests.signaling.seating import (
    ANN,
    BOB,
    CYD,
    DAY,
    LIFE,
    NOW,
    VISIT,
    connected,
    disconnected,
    enter,
    peers,
    seated,
)


def message(seq: int = 1, sender: str = BOB, size: int = 4) -> Delivery:
    return Delivery(1, sender, seq, "answer", Raw(b'"' + b"x" * (size - 2) + b'"'))


def coming() -> Room:
    """Ann has been admitted and has no socket, Bob has one."""
    return enter(seated(BOB), ANN)[0]


def kept(room: Room, *messages: Delivery) -> Room:
    for each in messages:
        after = mail.keep(room, ANN, each, NOW)
        assert after is not None
        room = after
    return room


def mail_of(room: Room | None) -> list[int]:
    member = document.member_of(room, ANN)
    return [] if member is None else [each.seq for each in member.mail]


def sent(effects: list[Effect]) -> list[int]:
    return [
        effect.argument.seq
        for effect in effects
        if isinstance(effect, SendToPeer)
        and (effect.life, effect.peer, effect.target) == (LIFE, ANN, "signal")
        and isinstance(effect.argument, Delivery)
    ]


def test_it_is_sent_when_the_socket_is_open_and_once() -> None:
    room = kept(coming(), message(1), message(2, CYD), message(2, BOB))
    assert mail_of(document.load(document.dump(room))) == [1, 2, 2]
    after, effects = rooms.connect(room, LIFE, ANN, "c1", NOW)
    assert sent(effects) == [1, 2, 2] and mail_of(after) == []
    _, again = rooms.connect(after, LIFE, ANN, "c2", NOW)
    assert sent(again) == []


def test_it_waits_for_who_has_lost_its_socket_too() -> None:
    room = disconnected(seated(ANN, BOB), ANN)
    assert mail.waits(room, ANN, NOW)
    assert mail_of(kept(room, message())) == [1]


def test_it_stays_when_the_seat_is_asked_for_again() -> None:
    room, _ = enter(kept(coming(), message()), ANN)
    assert mail_of(room) == [1]


def test_it_does_not_wait_for_who_can_hear_sleeps_or_is_not_here() -> None:
    asleep, _ = rooms.sleep(coming(), ANN, VISIT, NOW + DAY, NOW)
    over = structs.replace(coming(), expires_at=NOW)
    for room in (connected(coming(), ANN), asleep, seated(BOB), over):
        assert not mail.waits(room, ANN, NOW)
        assert mail.keep(room, ANN, message(), NOW) == room
    assert not mail.waits(None, ANN, NOW)
    assert mail.keep(None, ANN, message(), NOW) is None


def test_who_slept_and_is_awake_gets_it() -> None:
    asleep, _ = rooms.sleep(coming(), ANN, VISIT, NOW + DAY, NOW)
    assert mail.waits(enter(asleep, ANN)[0], ANN, NOW)


def test_a_repeat_does_not_wait_twice() -> None:
    assert mail_of(kept(coming(), message(1), message(1), message(1, CYD))) == [1, 1]


def test_only_so_many_wait_and_only_so_much() -> None:
    many = kept(coming(), *(message(seq) for seq in range(MAX_MESSAGES + 3)))
    assert mail_of(many) == list(range(MAX_MESSAGES))
    half = MAX_BYTES // 2
    large = kept(coming(), message(1, size=half), message(2, size=half + 1), message(3, size=half))
    assert mail_of(large) == [1, 3]


def test_who_leaves_takes_it_along() -> None:
    room, _ = rooms.leave(kept(coming(), message()), ANN, VISIT, NOW)
    assert peers(room) == [BOB]
    again, _ = enter(room, ANN)
    assert mail_of(again) == []
