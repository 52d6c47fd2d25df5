"""What does it cost to forward one message?

    python -m benchmarks.forward [--runs 5]

Three ways: our own code alone (trigger value in, push out; target 50 µs), and what it adds that the
message is paid for by peer, room, network and day; the same with the push
sent to a service that is a process of its own (what an instance spends on a message); and end to
end through the local stack: WebSocket, SignalR emulator, Functions host, Microsoft's worker code,
`function_app.py`, REST, WebSocket. There one process is service, host and app.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory

import httpx
from websockets.asyncio.client import ClientConnection, connect

from backend import charges
from backend.settings import Settings
from backend.wiring import Services
from cloud.connection_strings import SignalRConnection
from cloud.http_pool import HttpPool
from cloud.signalr_keys import StaticKey
from cloud.signalr_rest import SignalRRest
from lab.signalr_service import KEY
from lab.stack import Stack
from signaling.budget import ANSWER_UNITS, payer_of
from signaling.effects import SendToPeer
from signaling.forward import forward
from signaling.messages import parse_envelope
from signaling.rate import BURST
from signaling.seats import CLAIM, Seat, user_of
from signaling.signalr import encode_message, parse_invocation
from signaling.tokens import AccessKey, KeyRing

PEER = "A" * 16
SEAT = Seat("0" * 32, "L" * 16, PEER, network="network1")
T0 = 1_800_000_000_000
SDP = "v=0\r\n" + "a=candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host\r\n" * 8
MESSAGES = 2_000  # a run
PUSHED = 1_000  # a run
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
        print(f"  paid for, {name:26} {spread(runs, partial(one_payment, value))} µs")
    with a_service() as url:
        costs = [with_push(url) for _ in range(runs)]
    for what, values in zip(("CPU", "time"), zip(*costs, strict=True), strict=True):
        print(f"with its push, {what:4} in one thread   {middle(list(values))} µs")
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
        "UserId": user_of(SEAT.life, SEAT.peer),
        "Headers": {},
        "Query": {"hub": "signaling"},
        "Claims": {CLAIM: SEAT.claim},
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


def one_payment(value: str) -> float:
    """Microseconds for what `one_message` does not: rate, units, buckets and day."""
    now = T0
    connection = SignalRConnection("http://x", "http://x", "http://x", KEY)
    settings = Settings(connection, KeyRing({"k": b"k" * 32}), None, "bench", ())
    services = Services(settings, lambda: now)
    call = parse_invocation(value)
    push = forward(call.sender, parse_envelope(call.argument))
    assert isinstance(push, SendToPeer)
    start = time.perf_counter()
    for _ in range(MESSAGES):
        now += 1_000
        charges.check_rate(services, payer_of(call.sender), answers=ANSWER_UNITS)
        charges.pay(services, call.sender, push, answers=ANSWER_UNITS)
    return (time.perf_counter() - start) / MESSAGES * 1e6


@contextmanager
def a_service() -> Iterator[str]:
    """The URL of a SignalR Service that takes everything, in a process of its own."""
    command = [sys.executable, "-m", "lab.signalr_service"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def with_push(url: str) -> tuple[float, float]:
    """Microseconds of CPU and of time for a message with its push; the mean of many."""
    connection = SignalRConnection(url, url, url, KEY)
    signalr = SignalRRest(connection, HttpPool(1), StaticKey(AccessKey(KEY)))
    value = trigger_value(ENVELOPES["an answer (500 B)"])
    for count in (10, PUSHED):  # the first ones connect, and load modules
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(count):
            call = parse_invocation(value)
            push = forward(call.sender, parse_envelope(call.argument))
            assert isinstance(push, SendToPeer)
            signalr.push(push)
    spent = time.process_time() - cpu, time.perf_counter() - start
    return spent[0] / PUSHED * 1e6, spent[1] / PUSHED * 1e6


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
