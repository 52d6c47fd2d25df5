"""How long do people wait who join at the same time, with the storage some way off?

    python -m benchmarks.rooms [--storage-ms 0 10] [--sizes 2 4 8 16 32] [--pairs 200]
                               [--seconds 4 8] [--runs 3] [--instances 1]
                               [--server azurite|local] [--offers]

Rooms of each size whose people all come within a second, and pairs, each in a room of its own,
within so many. One instance of the app as it is deployed (16 requests at a time, as many threads),
the SignalR emulator, and the tables of Azurite behind a proxy that makes every trip so much longer.
Moments are random and the same in every run. Medians of the runs; `busy`, `late` and `strangers`
are sums: refusals that a person sees; pairs of people who knew of each other later than a second
after both had been admitted; and those who never did. Trips are HTTP requests to the storage,
pushes those to SignalR Service, messages what it bills, each for one join.

The last four are the processor time of one join, in ms, by process: the app and its host; emulator
and proxy; the people themselves; the storage. All of them share one machine, so what they take
together, times the joins a second, over its processors, is how full it is: near 1 a latency says
how long the queue has become, and nothing of the app.
"""

import argparse
import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from lab.crowd import crowd
from lab.proxy import Proxy, proxy
from lab.rooms import Outcome, Person, percentile
from lab.stamps import SIGNING_KEYS
from lab.storage import SERVERS, connection_through, serving_tables
from local.cluster import Cluster, cluster

ROOT = Path(__file__).resolve().parent.parent
CONCURRENCY = 16  # `function_http_concurrency` of infra/stamp/variables.tf
ROOM_SECONDS = 1.0
APART_SECONDS = 0.3  # the two of a pair, at most
PAUSE_SECONDS = 3.0  # after a run, in which the ends of its sockets are dealt with
WARM_UP = 60  # rooms of two whose figures are thrown away: Node compiles what it has run often
LATE_MS = 1_000
SEED = 1


PROCESSES = ("app", "service", "people", "storage")


type Maker = Callable[[int], Sequence[Person]]  # the people of a run, by its number


@dataclass(frozen=True)
class Run:
    """One run: what people lived through, and what it took for all of them."""

    outcome: Outcome
    joins: int
    trips: int
    pushes: int
    messages: int
    cpu_ms: Sequence[float]  # of each of PROCESSES


@dataclass(frozen=True)
class World:
    """One stamp, and what its app reaches: the storage by a proxy, and the service by its door."""

    stamp: Cluster
    storage: Proxy
    signalr: "Door"
    storage_pid: int

    async def run(self, people: Sequence[Person], *, offers: bool = False) -> Run:
        """Let them join, and count what it takes."""
        apis = [f"http://127.0.0.1:{each.port}/api" for each in self.stamp.instances]
        async with crowd(apis, people, offers=offers) as there:
            before, busy = self._counts(), self._cpu_ms(there.pid)
            outcome = await there.join()
            after, busier = self._counts(), self._cpu_ms(there.pid)
        await asyncio.sleep(PAUSE_SECONDS)
        trips, pushes, messages = (b - a for a, b in zip(before, after, strict=True))
        cpu_ms = [b - a for a, b in zip(busy, busier, strict=True)]
        return Run(outcome, len(people), trips, pushes, messages, cpu_ms)

    def _counts(self) -> tuple[int, int, int]:
        service = self.stamp.service
        assert service is not None
        return self.storage.requests, self.signalr.requests, service.board.messages

    def _cpu_ms(self, people: int) -> tuple[float, ...]:
        """Of each of PROCESSES so far. `people`: the process they are in."""
        app = sum(_cpu_ms(each.process.pid) for each in self.stamp.instances)
        return app, *map(_cpu_ms, (os.getpid(), people, self.storage_pid))


class Door:
    """That of the SignalR emulator, at which the calls of its REST API are counted."""

    def __init__(self) -> None:
        self.requests = 0
        self._app: Any = None

    def around(self, app: ASGIApp) -> ASGIApp:
        """Stand before the application if it is the emulator: the one that takes sockets too."""
        if not hasattr(app, "open_socket"):
            return app
        self._app = app
        return self

    @property
    def open_socket(self) -> Any:
        """As the application: no call, and not counted."""
        return self._app.open_socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        self.requests += 1
        await self._app(scope, receive, send)


def _cpu_ms(pid: int) -> float:
    """Processor time of a process so far: proc_pid_stat(5), fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print a row for each delay and each way to come."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rooms")
    parser.add_argument("--storage-ms", type=float, nargs="+", default=[0, 10])
    parser.add_argument("--sizes", type=int, nargs="*", default=[2, 4, 8, 16, 32])
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, nargs="+", default=[4, 8])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--instances", type=int, default=1)
    parser.add_argument("--offers", action="store_true", help="each offers to everybody there")
    parser.add_argument("--server", choices=SERVERS, default="azurite")
    asked = parser.parse_args()
    for name in ("local.emulator", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    asyncio.run(_measure(asked))


async def _measure(asked: argparse.Namespace) -> None:
    print(
        f"{'storage':>8} {'who':>12} {'p50 ms':>8} {'p99 ms':>8} {'known p99':>10} {'late':>5}"
        f" {'strangers':>9} {'busy':>5} {'other':>5} {'trips':>6} {'pushes':>7} {'messages':>8}"
        f"{''.join(f'{name:>8}' for name in PROCESSES)}"
    )
    for delay_ms in asked.storage_ms:
        async with world(asked.server, asked.instances) as running:
            await running.run(_rooms("warm", WARM_UP, 2, 0.5, 2.0))
            running.storage.delay_ms = delay_ms / 2  # of each direction
            for size in asked.sizes:
                name = f"room {size}"
                await _row(running, delay_ms, name, asked, partial(of_size, size))
            for seconds in asked.seconds if asked.pairs else ():
                name = f"{asked.pairs} in {seconds:g} s"
                await _row(running, delay_ms, name, asked, partial(of_pairs, asked.pairs, seconds))


async def _row(
    world: World, delay_ms: float, name: str, asked: argparse.Namespace, people: Maker
) -> None:
    done = [await world.run(people(number), offers=asked.offers) for number in range(asked.runs)]
    outcomes = [run.outcome for run in done]
    known = median(percentile(each.known_ms, 99) for each in outcomes)
    refused = [code for each in outcomes for code in each.refused]
    joins, cpu_ms = sum(run.joins for run in done), [run.cpu_ms for run in done]
    print(
        f"{delay_ms:5g} ms {name:>12} {median(o.negotiate_percentile(50) for o in outcomes):8.1f}"
        f" {median(o.negotiate_percentile(99) for o in outcomes):8.1f} {known:10.1f}"
        f" {sum(ms > LATE_MS for each in outcomes for ms in each.known_ms):5}"
        f" {sum(each.strangers for each in outcomes):9} {refused.count('busy'):5}"
        f" {len(refused) - refused.count('busy'):5} {sum(run.trips for run in done) / joins:6.2f}"
        f" {sum(run.pushes for run in done) / joins:7.2f}"
        f" {sum(run.messages for run in done) / joins:8.2f}"
        f"{''.join(f'{sum(each) / joins:8.1f}' for each in zip(*cpu_ms, strict=True))}",
        flush=True,
    )


def of_size(size: int, run: int) -> list[Person]:
    """One room of this size, whose people come within ROOM_SECONDS."""
    return _rooms(f"room-{size}-{run}", 1, size, ROOM_SECONDS)


def of_pairs(count: int, seconds: float, run: int) -> list[Person]:
    """So many rooms of two, whose people come within so many seconds."""
    name = f"pair-{seconds:g}-{run}"
    return _rooms(name, count, 2, APART_SECONDS, max(0.0, seconds - APART_SECONDS))


def _rooms(
    name: str, count: int, size: int, apart_seconds: float, spread_seconds: float = 0.0
) -> list[Person]:
    """Rooms that begin within `spread_seconds`, each of people who come within `apart_seconds`."""
    chance = random.Random(SEED)
    people = []
    for number in range(count):
        begins = chance.uniform(0, spread_seconds)
        moments = [begins + chance.uniform(0, apart_seconds) for _ in range(size)]
        people += [Person(f"{name}-{number}", moment) for moment in moments]
    return people


@asynccontextmanager
async def world(server: str, instances: int) -> AsyncIterator[World]:
    """A stamp of so many instances, whose storage is reached by a proxy."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        storage = await stack.enter_async_context(proxy())
        signalr = Door()
        tables = await stack.enter_async_context(serving_tables(server, folder))
        await storage.set_target(tables.port)
        settings = {
            "HELIOGRAPH_STORAGE": "table",
            "HELIOGRAPH_STUN_URLS": "",
            "HELIOGRAPH_NETWORK_RATE": "100000/100000",  # all of them come from one machine
            "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
            "AzureWebJobsStorage": connection_through(server, storage.url),
            "SQL_CONNECTION": f"sqlite:///{folder}/statistics.sqlite",
            "PYTHON_THREADPOOL_THREAD_COUNT": str(CONCURRENCY),
        }
        stamp = await stack.enter_async_context(
            cluster(ROOT, settings, concurrency=CONCURRENCY, around=signalr.around)
        )
        for _ in range(instances - 1):
            await stamp.start()
        yield World(stamp, storage, signalr, tables.pid)


if __name__ == "__main__":
    main()
