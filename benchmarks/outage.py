"""What does negotiate cost while every TURN provider is down?

    python -m benchmarks.outage [--calls 400]

Two local stacks, called in turn: one without TURN, and one whose four providers take calls and
never answer. Rooms ask for relays late, which is the default; `eager` is the worst case, where
negotiate itself asks for a relay.
"""

import argparse
import os
import platform
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from lab.outage import providers_down
from lab.stack import Stack


def main() -> None:
    """Print p50, p99 and the most, in milliseconds, for each policy and stack."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outage")
    parser.add_argument("--calls", type=int, default=400, help="for each row")
    calls = parser.parse_args().calls
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {calls} calls a row")
    print(f"{'':32}{'p50':>9}{'p99':>9}{'max':>9}  ms")
    with TemporaryDirectory() as folder, providers_down() as settings:
        logs = Path(folder)
        with Stack(logs / "a") as without, Stack(logs / "b", **settings) as down:
            for policy in ("late", "eager"):
                compare(without, down, policy, calls)
            print("health:", httpx.get(f"{down.api}/health").json()["status"])


def compare(without: Stack, down: Stack, policy: str, calls: int) -> None:
    """The stacks in turn, so that both see the same noise."""
    names = {without: f"{policy}, no TURN", down: f"{policy}, four providers down"}
    taken: dict[Stack, list[float]] = {without: [], down: []}
    with httpx.Client(timeout=10) as http:
        for _ in range(calls):
            for stack in names:
                taken[stack].append(negotiate(http, stack, policy))
    for stack, name in names.items():
        print(f"{name:32}{row(taken[stack])}")


def negotiate(http: httpx.Client, stack: Stack, policy: str) -> float:
    """Milliseconds of one negotiate, into a room of its own."""
    room = http.post(f"{stack.api}/rooms", json={"turn": policy}).json()["room"]
    start = time.perf_counter()
    answer = http.post(f"{stack.api}/negotiate", json={"room": room})
    milliseconds = (time.perf_counter() - start) * 1000
    assert answer.status_code == 200
    return milliseconds


def row(values: list[float]) -> str:
    """p50, p99 and the most, in columns."""
    p99 = statistics.quantiles(values, n=100)[98]
    return f"{statistics.median(values):9.1f}{p99:9.1f}{max(values):9.1f}"


if __name__ == "__main__":
    main()
