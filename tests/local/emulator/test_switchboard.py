"""The in-process calls, with real outboxes and no sockets."""

from collections.abc import Callable

import msgspec
import pytest

from local.emulator.outbox import Outbox
from local.emulator.protocol import Close, Decoder, Invocation, Protocol, ProtocolError
from local.emulator.switchboard import Switchboard

HUB = "chat"
Join = Callable[..., Outbox]


class Owner:
    """Counts what its outbox tells it."""

    def __init__(self) -> None:
        self.times_ready = self.times_overflowed = 0

    def ready(self) -> None:
        self.times_ready += 1

    def overflowed(self) -> None:
        self.times_overflowed += 1


@pytest.fixture
def board() -> Switchboard:
    return Switchboard(clock=lambda: 1000.0)


@pytest.fixture
def join(board: Switchboard) -> Join:
    def join(connection: str, user: str, protocol: Protocol = "json", limit: int = 1000) -> Outbox:
        outbox = Outbox(protocol, limit, Owner())
        board.open(HUB, connection, user, outbox)
        return outbox

    return join


async def test_recipients_of_one_protocol_share_one_encoded_frame(
    board: Switchboard, join: Join
) -> None:
    first, second = join("1", "ann"), join("2", "bob")
    packed = join("3", "cid", "messagepack")
    board.send_to_all(HUB, "say", ["hi"])
    frame = first.take()
    assert frame is second.take()
    said = Invocation(target="say", arguments=("hi",))
    assert Decoder("json").messages(frame) == [said]
    assert Decoder("messagepack").messages(packed.take()) == [said]


async def test_frames_that_wait_go_out_together_and_in_order(
    board: Switchboard, join: Join
) -> None:
    outbox = join("1", "ann")
    for number in range(3):
        board.send_to_user(HUB, "ann", "n", [number])
    messages = Decoder("json").messages(outbox.take())
    assert messages == [Invocation(target="n", arguments=(number,)) for number in range(3)]


async def test_a_close_comes_last_and_nothing_after_it(board: Switchboard, join: Join) -> None:
    outbox = join("1", "ann")
    board.send_to_all(HUB, "last", msgspec.Raw(b"[]"))
    board.close_connection(HUB, "1", "bye")
    board.send_to_all(HUB, "late", [])
    outbox.put(b"later")
    assert Decoder("json").messages(outbox.take()) == [
        Invocation(target="last", arguments=()),
        Close(error="bye", allow_reconnect=True),
    ]
    assert outbox.take() == b""
    assert len(board) == 0


async def test_more_than_the_limit_empties_and_closes_the_outbox() -> None:
    owner = Owner()
    outbox = Outbox("json", 10, owner)
    outbox.put(b"x" * 10)
    assert outbox.take() == b"x" * 10  # what has been taken no longer counts
    outbox.put(b"x" * 6)
    assert not owner.times_overflowed
    outbox.put(b"x" * 6)
    outbox.put(b"x")
    assert owner.times_overflowed == 1
    assert outbox.take() == b""


@pytest.mark.parametrize("arguments", [[object()], msgspec.Raw(b'["\\ud800"]')])
async def test_arguments_that_cannot_be_encoded_reach_nobody(
    board: Switchboard, join: Join, arguments: list[object] | msgspec.Raw
) -> None:
    outboxes = [join("1", "ann"), join("2", "ann", "messagepack")]
    with pytest.raises(ProtocolError):
        board.send_to_user(HUB, "ann", "say", arguments)
    board.close_all(HUB)
    for outbox in outboxes:
        (close,) = Decoder(outbox.protocol).messages(outbox.take())
        assert isinstance(close, Close)


async def test_an_owner_hears_once_of_what_waits_and_again_after_it_was_taken() -> None:
    owner = Owner()
    outbox = Outbox("json", 10, owner)
    outbox.put(b"a")
    outbox.put(b"b")
    assert owner.times_ready == 1
    assert outbox.take() == b"ab"
    outbox.put(b"c")
    assert owner.times_ready == 2
    outbox.close()
    assert owner.times_ready == 3
