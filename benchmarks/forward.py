"""What does it cost to forward one message?

    python -m benchmarks.forward [--runs 5]

Twice: our own code alone (trigger value in, output binding value out; target 50 µs), and end to
end through the local stack: WebSocket, SignalR emulator, Functions host, Microsoft's worker code,
`function_app.py`, output binding, WebSocket, with two processes on this machine.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from websockets.asyncio.client import ClientConnection, connect

from lab.stack import Stack
from signaling.effects import SendToPeer
from signaling.forward import forward
from signaling.messages import parse_envelope
from signaling.rate import BURST
from signaling.signalr import encode_message, parse_invocation

PEER = "A" * 16
SDP = "v=0\r\n" + "a=candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host\r\n" * 8
MESSAGES = 2_000  # a run
PAIRS = 50  # of connections, each of which sends a burst to its partner
END = "\x1e"


def main() -> None:
    """Print microseconds for each kind of message, and messages per second end to end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forward")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median (min-max) of {runs}")
    for name, envelope in ENVELOPES.items():
        value = trigger_value(envelope)
        cost = spread(runs, partial(one_message, value))
        print(f"our code alone, {name:22} {cost} µs   target 50")
    with TemporaryDirectory() as folder, Stack(Path(folder) / "log") as stack:
        rates = [asyncio.run(messages_per_second(stack)) for _ in range(runs)]
    print(f"end to end, {2 * PAIRS} connections     {middle(rates)} messages/s")


ENVELOPES = {
    "an answer (500 B)": {"kind": "answer", "body": {"pc": "p1", "sdp": SDP}},
    "8 candidates": {
        "kind": "candidates",
        "body": {"pc": "p1", "candidates": [{"candidate": SDP[:90], "sdpMid": "0"}] * 8},
    },
    "an offer (5.5 KB)": {"kind": "offer", "body": {"pc": "p1", "sdp": SDP * 11}},
}


def trigger_value(envelope: Mapping[str, object]) -> str:
    """What the Functions host hands to `on_signal`."""
    argument = {"v": 1, "to": PEER, "seq": 1, **envelope}
    context = {
        "Arguments": [json.dumps(argument)],
        "Error": "",
        "Category": "messages",
        "Event": "signal",
        "Hub": "signaling",
        "ConnectionId": "c" * 22,
        "UserId": f"room.{PEER}",
        "Headers": {},
        "Query": {"hub": "signaling"},
        "Claims": {},
    }
    return json.dumps(context)


def one_message(value: str) -> float:
    """Microseconds for parse, decide, encode; the mean of many."""
    start = time.perf_counter()
    for _ in range(MESSAGES):
        call = parse_invocation(value)
        push = forward(call.sender, parse_envelope(call.argument))
        assert isinstance(push, SendToPeer)
        encode_message(push.target, push.argument)
    return (time.perf_counter() - start) / MESSAGES * 1e6


async def messages_per_second(stack: Stack) -> float:
    """Every connection sends a full burst to its partner; until the last has arrived."""
    sockets = await asyncio.gather(*(open_pair(stack, n) for n in range(PAIRS)))
    start = time.perf_counter()
    await asyncio.gather(*(exchange(*ends) for pair in sockets for ends in (pair, pair[::-1])))
    seconds = time.perf_counter() - start
    await asyncio.gather(*(socket.close() for pair in sockets for socket, _ in pair))
    return 2 * PAIRS * BURST / seconds


type End = tuple[ClientConnection, str]


async def open_pair(stack: Stack, number: int) -> tuple[End, End]:
    """Two connected members of a new room."""
    room = f"bench-{time.time_ns()}-{number}"
    async with httpx.AsyncClient() as http:
        return await open_end(stack, http, room), await open_end(stack, http, room)


async def open_end(stack: Stack, http: httpx.AsyncClient, room: str) -> End:
    """Negotiate, open the socket and shake hands. The socket and the peer id."""
    answer = (await http.post(f"{stack.api}/negotiate", json={"room": room})).json()
    url = answer["url"].replace("http", "ws", 1) + f"&access_token={answer['accessToken']}"
    socket = await connect(url, compression=None, max_queue=None)
    await socket.send('{"protocol":"json","version":1}' + END)
    await socket.recv()
    return socket, answer["peer"]


async def exchange(mine: End, theirs: End) -> None:
    """Send a burst to the partner and wait until the partner's burst is here."""
    for seq in range(BURST):
        envelope = {"v": 1, "to": theirs[1], "seq": seq, **ENVELOPES["an answer (500 B)"]}
        call = {"type": 1, "target": "signal", "arguments": [json.dumps(envelope)]}
        await mine[0].send(json.dumps(call) + END)
    missing = BURST
    async with asyncio.timeout(60):
        while missing:
            frames = str(await mine[0].recv())
            missing -= frames.count('"target":"signal"')


def spread(runs: int, measure: Callable[[], float]) -> str:
    """`runs` measurements, as `median (least-most)`."""
    return middle([measure() for _ in range(runs)])


def middle(values: list[float]) -> str:
    """`median (least-most)`."""
    return f"{statistics.median(values):7.1f} ({min(values):.1f}-{max(values):.1f})"


if __name__ == "__main__":
    main()
