"""The emulator's connections: any bytes from a client, in any pieces, and an app of any kind.

A connection ends once, tells the app of its end if it told it of its beginning, sends nothing after
that, and raises nothing.
"""

import asyncio
import json
from random import Random

from local.emulator import protocol
from local.emulator.connection import Backend, Connection
from local.emulator.delivery import Upstream
from local.emulator.events import origin
from local.emulator.options import Options
from local.emulator.switchboard import Switchboard
from local.emulator.upstream import UpstreamRequest, UpstreamResponse
from tests.fuzz import inputs
from tests.fuzz.failure import Broken
from tests.fuzz.parsers import FRAMES

CONNECTIONS = 12  # of one seed


class Wire:
    """As a transport: what was sent lies in `sent`."""

    inherent_keep_alive = False
    is_full = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False
        self.paused = False

    def send(self, data: bytes, which: protocol.Protocol) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


def stream(chance: Random) -> bytes:
    """A handshake and frames, right in most places."""
    which: protocol.Protocol = "json" if chance.random() < 0.5 else "messagepack"
    hands = json.dumps({"protocol": which, "version": 1}).encode() + b"\x1e"
    frames = b"".join(protocol.encode(which, each) for each in chance.choices(FRAMES, k=6))
    if chance.random() < 0.2:
        hands = inputs.scrambled(chance, hands)
    return hands + (inputs.scrambled(chance, frames) if chance.random() < 0.7 else frames)


def pieces(chance: Random, data: bytes) -> list[bytes]:
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(5)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


async def connect(chance: Random, told: list[str]) -> Wire:
    """One connection from its start to its end. `told`: what the app hears of it."""

    async def app(request: UpstreamRequest) -> UpstreamResponse:
        told.append(request.event)
        if chance.random() < 0.3:
            await asyncio.sleep(0)
        answers = ((200, b""), (500, b""), (200, chance.randbytes(9)), (200, b'{"type":3}\x1e'))
        status, body = chance.choice(answers)
        kind = chance.choice(("application/json", "application/x-msgpack", ""))
        return UpstreamResponse(status, kind, body)

    wire, over = Wire(), list[bool]()
    backend = Backend(Switchboard(), Upstream(app, 5), Options())
    where = origin("c", "hub", "u", [("seat", "s")], [], ["key"])
    connection = Connection(wire, where, "u", backend, lambda: over.append(True))
    connection.start()
    for piece in pieces(chance, stream(chance)):
        connection.received(piece)
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    connection.ended() if not wire.closed else connection.closed()
    for _ in range(400):
        if over:
            break
        await asyncio.sleep(0.001)
        if wire.closed:
            connection.closed()
    sent = len(wire.sent)
    await asyncio.sleep(0)
    check(over == [True], f"a connection ends {len(over)} times")
    check(len(wire.sent) == sent, "something is sent after the end")
    check(len(backend.board) == 0, "a connection that is over is still known")
    return wire


def check(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


async def several(chance: Random) -> None:
    raised: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: raised.append(repr(context.get("exception")))
    )
    for _ in range(CONNECTIONS):
        told: list[str] = []
        await connect(chance, told)
        check(told.count("connected") <= 1, "the app is told twice of one connection")
        check(told[:1] in ([], ["connected"]), "the app hears a message before the connection")
        check(told[-1:] in ([], ["disconnected"]), "the app does not hear of the end")
        check(told.count("disconnected") == told.count("connected"), "an end without a beginning")
        check(raised == [], f"raised in the background: {raised}")


def run(seed: int) -> None:
    """Some connections, one after another. Raises Broken."""
    try:
        asyncio.run(several(Random(seed)))
    except Broken as broken:
        raise Broken(f"seed {seed}: {broken}") from broken
    except Exception as error:
        raise Broken(f"seed {seed}: a connection raised {type(error).__name__}") from error
