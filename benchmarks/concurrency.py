"""What does the number of requests an instance works on at a time do to joining?

    python -m benchmarks.concurrency [--joins 200] [--seconds 10] [--storage-ms 0 10]

One instance of the app behind the local SignalR emulator, which calls it by HTTP. Each join is a
`POST /api/negotiate` and, if it succeeds, a socket, whose `connected` event is a second request of
the same scale group. Joins come at random moments, the same in every run; storage is memory with a
delay before each call. Bounded: each run ends 20 seconds after the last join has begun.

Flex Consumption adds instances until none has more requests than `perInstanceConcurrency`
("target-based scaling"): needed = ceil(requests at a time / concurrency). The requests at a time
are measured with so many slots that none waits; the waiting that one instance alone would cause is
the other columns. Cold starts are not in any figure.
"""

import argparse
import asyncio
import logging
import math
import os
import platform
import random
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
from websockets.asyncio.client import connect

from local.cluster import Cluster, cluster

ROOT = Path(__file__).resolve().parent.parent
CONCURRENCIES = (1, 16, 32)
UNLIMITED = 512  # slots; more than there are joins at a time
ROOM_SEATS = 8
WARM_UP_JOINS = 4
RUN_OUT_SECONDS = 20.0
SEED = 1
HANDSHAKE = '{"protocol":"json","version":1}\x1e'

# The app as it is, with a delay before each call of its document store.
APP = """
import importlib.util, sys, time

DELAY_SECONDS = {delay}
spec = importlib.util.spec_from_file_location("heliograph_app", {path!r})
real = sys.modules["heliograph_app"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
app = real.app


class Slow:
    def __init__(self, documents):
        self._documents = documents

    def __getattr__(self, name):
        call = getattr(self._documents, name)

        def delayed(*arguments, **named):
            time.sleep(DELAY_SECONDS)
            return call(*arguments, **named)

        return delayed


if DELAY_SECONDS:
    real.services.documents = Slow(real.services.documents)
"""


@dataclass(frozen=True)
class Run:
    """What one run measured."""

    negotiate_ms: Sequence[float]  # of those that succeeded, sorted
    failed: int
    most_at_once: int  # requests running and waiting

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the negotiate times; infinite if none succeeded."""
        if not self.negotiate_ms:
            return math.inf
        return self.negotiate_ms[math.ceil(len(self.negotiate_ms) * percent / 100) - 1]


def main() -> None:
    """Print a row for each storage delay and concurrency."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency")
    parser.add_argument("--joins", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--storage-ms", type=float, nargs="+", default=[0, 10])
    arguments = parser.parse_args()
    # Sockets close when the instance is gone already; that is no news here.
    logging.getLogger("local.emulator").setLevel(logging.ERROR)
    joins, seconds = min(arguments.joins, 400), min(arguments.seconds, 60)
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"{joins} joins in {seconds:g} s, one instance"
    )
    print("storage  concurrency  negotiate p50      p99  failed  at once  instances needed")
    for storage_ms in arguments.storage_ms:
        demand = measure(joins, seconds, storage_ms, UNLIMITED).most_at_once
        for concurrency in CONCURRENCIES:
            run = measure(joins, seconds, storage_ms, concurrency)
            print(
                f"{storage_ms:4g} ms  {concurrency:11}  {run.percentile_ms(50):10.1f} ms"
                f"  {run.percentile_ms(99):5.1f} ms  {run.failed:6}  {run.most_at_once:7}"
                f"  {math.ceil(demand / concurrency):16}"
            )
        print(f"         at most {demand} requests at a time when none waits")


def measure(joins: int, seconds: float, storage_ms: float, concurrency: int) -> Run:
    """One run on a fresh instance."""
    with TemporaryDirectory() as folder:
        app_dir = Path(folder)
        code = APP.format(delay=storage_ms / 1000, path=str(ROOT / "function_app.py"))
        (app_dir / "function_app.py").write_text(code)
        shutil.copy(ROOT / "host.json", app_dir)
        return asyncio.run(_measure(app_dir, joins, seconds, concurrency))


async def _measure(app_dir: Path, joins: int, seconds: float, concurrency: int) -> Run:
    environ = {
        "PYTHONPATH": str(ROOT),
        "PYTHON_THREADPOOL_THREAD_COUNT": str(min(concurrency, 32)),
        "SQL_CONNECTION": f"sqlite:///{app_dir}/stats.sqlite",
    }
    random_moments = random.Random(SEED)
    moments = sorted(random_moments.uniform(0, seconds) for _ in range(joins))
    limits = httpx.Limits(max_connections=None)
    async with (
        cluster(app_dir, environ, concurrency=concurrency) as running,
        httpx.AsyncClient(trust_env=False, timeout=RUN_OUT_SECONDS, limits=limits) as http,
        AsyncExitStack() as sockets,
    ):
        for _ in range(WARM_UP_JOINS):  # the first of each path imports what it needs
            await _join(running, http, sockets, 0, "warm-up")
        started = asyncio.get_running_loop().time()
        work = [
            _join(running, http, sockets, started + moment, f"room-{number // ROOM_SEATS}")
            for number, moment in enumerate(moments)
        ]
        times = await asyncio.gather(*work)
        await _idle(running, http)
        most = (await _load(running, http))["most"]
        await sockets.aclose()
        await _idle(running, http)
    good = sorted(time for time in times if time is not None)
    return Run(good, len(times) - len(good), most)


async def _join(
    running: Cluster, http: httpx.AsyncClient, sockets: AsyncExitStack, moment: float, room: str
) -> float | None:
    """Milliseconds that negotiate took; None if the join failed."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0, moment - loop.time()))
    began = loop.time()
    try:
        answer = await http.post(f"{running.http}/api/negotiate", json={"room": room})
        took_ms = (loop.time() - began) * 1000
        if answer.status_code != 200:
            return None
        given = answer.json()
        url = f"{given['url'].replace('http', 'ws', 1)}&access_token={given['accessToken']}"
        socket = await sockets.enter_async_context(connect(url, compression=None))
        await socket.send(HANDSHAKE)
    except (httpx.HTTPError, OSError):
        return None
    return took_ms


async def _idle(running: Cluster, http: httpx.AsyncClient) -> None:
    """Return when the instance has nothing to do, or after a bounded time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + RUN_OUT_SECONDS
    while loop.time() < end:
        load = await _load(running, http)
        if load["running"] + load["waiting"] == 0:
            return
        await asyncio.sleep(0.05)


async def _load(running: Cluster, http: httpx.AsyncClient) -> dict[str, int]:
    """How busy the instance is: `running`, `waiting`, and the `most` of both together so far."""
    url = f"http://127.0.0.1:{running.instances[0].port}/admin/local/load"
    answer = await http.get(url, headers={"x-functions-key": running.key})
    return msgspec.json.decode(answer.content, type=dict[str, int])


if __name__ == "__main__":
    main()
