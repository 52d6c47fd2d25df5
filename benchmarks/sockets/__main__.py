"""What does a socket cost, in the SignalR emulator and in PeerServer?

    python -m benchmarks.sockets [--runs 5] [--sockets 5000] [--seconds 4]
        [--systems emulator,PeerServer]

Per run and system: a fresh server, a few sockets to warm it up, then `--sockets` more, 64 being
opened at any time (connects per second; how much larger the server's process is, by socket), then
messages of 500 B between 50 pairs of them, 10 on the way to each (messages that arrive, per
second), then what an app sends by REST, on 8 connections. The systems take turns. This process is
the clients, the server is another one; "CPU" is the server's alone, and says most where others use
the machine. Needs Node, what `npm ci` installs in benchmarks/rivals, and as many open files as
sockets.
"""

import argparse
import asyncio
import os
import platform
import resource
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.sockets.load import Crowd
from benchmarks.sockets.servers import SYSTEMS, Server, running

WARM_UP_SOCKETS = 200
AT_ONCE = 64
PAIRS = 50
WINDOW = 10
PUSHERS = 8
SETTLE_SECONDS = 1.0  # before memory is looked at
FILES_BESIDE_SOCKETS = 200


@dataclass(frozen=True, slots=True)
class Work:
    """Something was done so many times."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """How many times a second."""
        return self.count / self.seconds

    @property
    def cpu_us(self) -> float:
        """The server's CPU time for one, in microseconds."""
        return self.cpu_seconds / self.count * 1e6


@dataclass(frozen=True, slots=True)
class Costs:
    """What one server did in one run."""

    socket_kb: float
    connects: Work
    relays: Work
    pushes: Work | None


ROWS: dict[str, Callable[[Costs], float | None]] = {
    "memory a socket, KB": lambda costs: costs.socket_kb,
    "connects/s": lambda costs: costs.connects.per_second,
    "CPU a connect, µs": lambda costs: costs.connects.cpu_us,
    "relays/s": lambda costs: costs.relays.per_second,
    "CPU a relay, µs": lambda costs: costs.relays.cpu_us,
    "REST sends/s": lambda costs: costs.pushes.per_second if costs.pushes else None,
    "CPU a REST send, µs": lambda costs: costs.pushes.cpu_us if costs.pushes else None,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sockets")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=4, help="of relaying, and of sending")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    options = parser.parse_args()
    allow_files(options.sockets + WARM_UP_SOCKETS + FILES_BESIDE_SOCKETS)
    names = options.systems.split(",")
    found: dict[str, list[Costs]] = {name: [] for name in names}
    for _ in range(options.runs):
        for name in names:
            found[name].append(asyncio.run(measure(name, options.sockets, options.seconds)))
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.sockets} sockets,")
    print(f"median (min-max) of {options.runs}\n")
    print("\n".join(table(found)))


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


async def measure(name: str, sockets: int, seconds: float) -> Costs:
    """One run of one system."""
    system = SYSTEMS[name]
    async with running(system) as server:
        crowd = Crowd(system, server.port)
        staying = asyncio.create_task(crowd.stay())
        await crowd.connect(crowd.requests(WARM_UP_SOCKETS), AT_ONCE)
        await crowd.relay(PAIRS, WINDOW, SETTLE_SECONDS)
        requests = crowd.requests(sockets)
        memory = server.memory_kb
        connects = await work(server, crowd.connect(requests, AT_ONCE))
        await asyncio.sleep(SETTLE_SECONDS)
        socket_kb = (server.memory_kb - memory) / sockets
        relays = await work(server, crowd.relay(PAIRS, WINDOW, seconds))
        pushes = await work(server, crowd.push(PUSHERS, seconds)) if system.push else None
        staying.cancel()
        lost = crowd.close()
    if lost:
        raise RuntimeError(f"{lost} sockets were lost")
    return Costs(socket_kb, connects, relays, pushes)


async def work(server: Server, doing: Awaitable[tuple[int, float]]) -> Work:
    """What the server used for it."""
    cpu_seconds = server.cpu_seconds
    count, seconds = await doing
    return Work(count, seconds, server.cpu_seconds - cpu_seconds)


def table(found: dict[str, list[Costs]]) -> list[str]:
    """The lines of a Markdown table: a column for each system."""
    lines = ["| | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for row, value in ROWS.items():
        cells = (middle([value(costs) for costs in found[name]]) for name in found)
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def middle(values: Sequence[float | None]) -> str:
    """`median (least-most)`; empty if there is nothing of the kind."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return f"{statistics.median(known):,.0f} ({min(known):,.0f}-{max(known):,.0f})"


if __name__ == "__main__":
    main()
