"""What does a socket cost, in the SignalR emulator and in PeerServer?

    python -m benchmarks.sockets [--runs 5] [--sockets 5000] [--systems emulator,PeerServer]

Per run and system: a fresh server, a few sockets to warm it up, then `--sockets` more, 64 being
opened at any time (connects per second; how much larger the server's process is, by socket), then
messages of 500 B between 50 pairs of them (messages that arrive, per second). The systems take
turns. This process is the clients, the server is another one; "CPU" is the server's alone.
Needs Node, what `npm ci` installs in benchmarks/rivals, and as many open files as sockets.
"""

import argparse
import asyncio
import os
import platform
import resource
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.sockets.load import Crowd
from benchmarks.sockets.servers import SYSTEMS, running

WARM_UP_SOCKETS = 200
AT_ONCE = 64
PAIRS = 50
WINDOW = 10
RELAY_SECONDS = 4.0
SETTLE_SECONDS = 1.0  # before memory is looked at
FILES_BESIDE_SOCKETS = 200


@dataclass(frozen=True, slots=True)
class Costs:
    """What one server did in one run."""

    socket_kb: float
    connects_per_second: float
    connect_cpu_us: float
    relays_per_second: float
    relay_cpu_us: float


COLUMNS: dict[str, Callable[[Costs], float]] = {
    "memory a socket, KB": lambda costs: costs.socket_kb,
    "connects/s": lambda costs: costs.connects_per_second,
    "CPU a connect, µs": lambda costs: costs.connect_cpu_us,
    "relays/s": lambda costs: costs.relays_per_second,
    "CPU a relay, µs": lambda costs: costs.relay_cpu_us,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sockets")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    options = parser.parse_args()
    allow_files(options.sockets + WARM_UP_SOCKETS + FILES_BESIDE_SOCKETS)
    names = options.systems.split(",")
    found: dict[str, list[Costs]] = {name: [] for name in names}
    for _ in range(options.runs):
        for name in names:
            found[name].append(asyncio.run(measure(name, options.sockets)))
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.sockets} sockets,")
    print(f"median (min-max) of {options.runs}\n")
    print("\n".join(table(found)))


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


async def measure(name: str, sockets: int) -> Costs:
    """One run of one system."""
    async with running(SYSTEMS[name]) as server:
        crowd = Crowd(SYSTEMS[name], server.port)
        await crowd.connect(crowd.requests(WARM_UP_SOCKETS), AT_ONCE)
        await crowd.relay(PAIRS, WINDOW, SETTLE_SECONDS)
        requests = crowd.requests(sockets)
        memory, cpu = server.memory_kb, server.cpu_seconds
        connecting = await crowd.connect(requests, AT_ONCE)
        connect_cpu = server.cpu_seconds - cpu
        await asyncio.sleep(SETTLE_SECONDS)
        socket_kb = (server.memory_kb - memory) / sockets
        cpu = server.cpu_seconds
        messages, relaying = await crowd.relay(PAIRS, WINDOW, RELAY_SECONDS)
        relay_cpu = server.cpu_seconds - cpu
        crowd.close()
    return Costs(
        socket_kb=socket_kb,
        connects_per_second=sockets / connecting,
        connect_cpu_us=connect_cpu / sockets * 1e6,
        relays_per_second=messages / relaying,
        relay_cpu_us=relay_cpu / messages * 1e6,
    )


def table(found: dict[str, list[Costs]]) -> list[str]:
    """The lines of a Markdown table: a column for each system."""
    lines = ["| | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for column, value in COLUMNS.items():
        cells = (middle([value(costs) for costs in found[name]]) for name in found)
        lines.append(f"| {column} | " + " | ".join(cells) + " |")
    return lines


def middle(values: Sequence[float]) -> str:
    """`median (least-most)`."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


if __name__ == "__main__":
    main()
