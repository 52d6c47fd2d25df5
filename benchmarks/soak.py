"""Does the app keep more and more memory?

    python -m benchmarks.soak [--minutes 60] [--per-second 2]

The local stack, app and emulator in one process, on loopback. Visits of two people, one after
another and some at a time: a room is asked for (every 50th is created, with a life of a minute),
both connect, send messages, report, and go: by `leave`, or so that their seats expire. The same
people come again and again, so that what the app remembers of people for a while is remembered when
the warm-up ends. For the same reason the statistics are those of a stack that has run for long: of
such a file SQLite keeps as much as it ever does (2 MB) from the warm-up on. The resident memory of
the process is read every few seconds.

Exit code 1 if it is more than 5 % above or below what it was after the warm-up, or if a visit
failed.
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
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from lab.stack import Stack

MOST_VISITS = 16  # at a time; a visit that is due while so many go on is left out
MESSAGES = 10  # of each person
ROOMS = 60  # open ones, with two people each; a room is asked for again when it is empty
CREATED_EVERY, LEAVES_EVERY = 50, 2
WAIT_SECONDS = 20.0  # for any answer
SAMPLE_SECONDS = 2.0
WARM_UP, MOST_WARM_UP_SECONDS = 0.25, 600.0  # of the whole time
WITHIN = 0.05
PAST_DAYS = 200  # some 26,000 reports, 5 MB
SOME = 9  # samples that a figure is the median of
HANDSHAKE, SEPARATOR = '{"protocol":"json","version":1}\x1e', "\x1e"
REPORT = {
    "outcome": "connected",
    "side": "first",
    "age": 1,
    "phases": {"admit": 31.5, "signal": 80, "ice": 120.2, "dtls": 40, "open": 20},
    "candidateType": "host",
    "transport": "udp",
    "bytesUp": 1_000,
    "bytesDown": 1_000,
    "duration": 3.0,
    "media": ["data"],
    "retries": 0,
    "turn": "none",
    "browser": "chromium",
}


class Failed(Exception):
    """A visit did not go as it should. The text says what, and nothing of an answer."""


@dataclass
class Soak:
    """What runs, and what came of it."""

    api: str
    http: httpx.AsyncClient
    visits: int = 0
    left_out: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    async def post(self, path: str, body: Any) -> Any:
        """The answer. Raises Failed."""
        answer = await self.http.post(f"{self.api}{path}", json=body)
        if answer.status_code >= 300:
            raise Failed(f"{path} {answer.status_code}")
        return answer.json() if answer.content else None

    async def visit(self, number: int) -> None:
        """Two people in one room, from the beginning to the end. Counts if it fails."""
        self.visits += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS), AsyncExitStack() as sockets:
                await self._meet(number, sockets)
        except (Failed, OSError, TimeoutError, httpx.HTTPError, ConnectionClosed) as error:
            self.failed[str(error) if isinstance(error, Failed) else type(error).__name__] += 1

    async def _meet(self, number: int, sockets: AsyncExitStack) -> None:
        room = f"soak-{number % ROOMS}"
        if number % CREATED_EVERY == 0:
            room = (await self.post("/rooms", {"ttl": 60, "capacity": 2}))["room"]
        people = [{"name": name, "secret": f"{name}{number % ROOMS:021}"} for name in "ab"]
        places = [await self.post("/negotiate", {"room": room, **each}) for each in people]
        opened = [await _open(place, sockets) for place in places]
        for seq in range(MESSAGES):
            for other, socket in zip(places[::-1], opened, strict=True):
                await _say(socket, other["peer"], seq)
        # The first one hears of the second by its socket; its list says it too, if it asks again.
        proofs = [(await self.post("/negotiate", {"room": room, **people[0]})), places[1]]
        for place, other, told in zip(places, places[::-1], proofs, strict=True):
            await self._report(place, other["peer"], told["peers"])
        if number % LEAVES_EVERY == 0:
            for place in places:
                await self.post("/leave", {"token": place["token"]})

    async def _report(self, place: Any, other: str, listed: Any) -> None:
        """Of the call with `other`, whom the list proves to have been there."""
        [met] = [each["met"] for each in listed if each["peer"] == other]
        side = "first" if place["peer"] > other else "second"
        said = {**REPORT, "met": met, "side": side, "token": place["token"]}
        await self.post("/report", said)


async def _open(place: Any, sockets: AsyncExitStack) -> ClientConnection:
    """The socket of somebody who has a seat. Raises OSError or TimeoutError."""
    url = f"{place['url'].replace('http', 'ws', 1)}&access_token={place['accessToken']}"
    socket = await sockets.enter_async_context(connect(url, compression=None, proxy=None))
    await socket.send(HANDSHAKE)
    return socket


async def _say(socket: ClientConnection, to: str, seq: int) -> None:
    """A text for somebody, and the hub's answer. Raises Failed."""
    body = {"text": "x" * 200}
    envelope = json.dumps({"v": 1, "to": to, "seq": seq, "kind": "text", "body": body})
    call = {"type": 1, "target": "signal", "arguments": [envelope], "invocationId": str(seq)}
    await socket.send(json.dumps(call) + SEPARATOR)
    async for data in socket:
        for record in str(data).split(SEPARATOR)[:-1]:
            said = json.loads(record)
            if said.get("type") == 3 and said["invocationId"] == str(seq):
                if said.get("result") != {"ok": True}:
                    raise Failed("a message was refused")
                return
    raise Failed("a socket was closed")


def main() -> int:
    """Print the figures; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--per-second", type=float, default=2.0, help="visits that begin")
    arguments = parser.parse_args()
    how = f"{platform.machine()}, {os.cpu_count()} cores, {date.today()}"
    print(f"{how}: {arguments.minutes:g} minutes, {arguments.per_second:g} visits a second")
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/stats.sqlite"
        _remember(database)
        with Stack(Path(folder) / "log", SQL_CONNECTION=database) as stack:
            samples, soak = asyncio.run(_soak(stack, arguments.minutes * 60, arguments.per_second))
    print(f"{soak.visits} visits, {soak.left_out} left out, failed: {dict(soak.failed) or 'none'}")
    return _judge(samples, ok=not soak.failed)


def _remember(database: str) -> None:
    """Statistics of PAST_DAYS."""
    demo = [sys.executable, "-m", "stats", "demo", "--days", str(PAST_DAYS)]
    environ = {**os.environ, "SQL_CONNECTION": database}
    subprocess.run(demo, env=environ, check=True, stdout=subprocess.DEVNULL)


async def _soak(
    stack: Stack, seconds: float, per_second: float
) -> tuple[list[tuple[float, int]], Soak]:
    """(seconds, bytes) of each sample; and what was done."""
    began, samples = time.monotonic(), list[tuple[float, int]]()
    async with httpx.AsyncClient(trust_env=False, timeout=WAIT_SECONDS) as http:
        soak, running = Soak(stack.api, http), set[asyncio.Task[None]]()
        for number in range(int(seconds * per_second)):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            running = {task for task in running if not task.done()}
            if len(running) < MOST_VISITS:
                running.add(asyncio.create_task(soak.visit(number)))
            else:
                soak.left_out += 1
            now = time.monotonic() - began
            if not samples or now - samples[-1][0] >= SAMPLE_SECONDS:
                samples.append((now, resident(stack.process.pid)))
            if now > seconds:
                break
        await asyncio.gather(*running)
    return samples, soak


def resident(pid: int) -> int:
    """Bytes of memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _judge(samples: Sequence[tuple[float, int]], *, ok: bool) -> int:
    whole = samples[-1][0]
    warm = min(MOST_WARM_UP_SECONDS, WARM_UP * whole)
    after = [sample for sample in samples if sample[0] >= warm]
    start, end = (
        statistics.median(size for _, size in some) for some in (after[:SOME], after[-SOME:])
    )
    slope = statistics.linear_regression(*zip(*after, strict=True)).slope * 3_600
    change = end / start - 1
    print(
        f"RSS after {warm:.0f} s {_mb(start)}, at the end {_mb(end)} ({change:+.1%}),"
        f" most {_mb(max(size for _, size in samples))}, slope {_mb(slope)} an hour"
    )
    return 0 if ok and abs(change) <= WITHIN else 1


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
