"""Several stamps, each a process of its own: started together, watched, and ended together.

A stamp that ends is said in one line. It is not started again by itself, and the others go on.
"""

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local import keys, statistics
from local.environment import environment
from local.functions.bindings import HostRefusal
from local.layout import Layout, check_storage
from local.serving import listen
from local.single import read_settings

START_SECONDS = 60.0  # the first start compiles; two cores start four stamps
STOP_SECONDS = 5.0  # then SIGKILL, which ends a frozen process too
# What a stamp says when it is ready begins so.
READY = "Stamp {name} is ready"


@dataclass(frozen=True, slots=True)
class Child:
    """A stamp that was started."""

    name: str
    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.process.pid


def command(layout: Layout, stamp: str, options: Sequence[str]) -> list[str]:
    """What starts one stamp, alone or beside the others."""
    ports = ["--port", str(layout.port), "--signalr-port", str(layout.signalr_port)]
    start = [sys.executable, "-m", "local", "--stamps", str(layout.count), "--stamp", stamp]
    return [*start, *ports, *options]


async def run(layout: Layout, app_dir: Path, options: Sequence[str]) -> None:
    """Until SIGINT, SIGTERM or the end of the last stamp. Raises HostRefusal if one cannot start.

    `options`: those that every stamp gets as they are.
    """
    _check_ports(layout)
    _prepare(app_dir)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    children: list[Child] = []
    try:
        for name in layout.names:
            started = [*command(layout, name, options), "--watched"]
            children.append(await _start(name, started))
        ready = asyncio.create_task(_until_all_ready(children))
        await asyncio.wait([ready, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            return
        ready.result()
        print(_ready(layout, children, options), end="", flush=True)
        await _watch(children, stopped, layout, options)
    finally:
        stopped.cancel()
        await asyncio.gather(*(_end(child) for child in children))


def _check_ports(layout: Layout) -> None:
    """A port that is taken is said before anything is started. Raises HostRefusal."""
    for name in layout.names:
        ports = layout.ports(name)
        for port, option in ((ports.page, "--port"), (ports.signalr, "--signalr-port")):
            for listener in listen(port, option):
                listener.close()


def _prepare(app_dir: Path) -> None:
    """What the stamps share is made before any of them asks for it. Raises HostRefusal."""
    values = read_settings(app_dir).values
    merged = {**os.environ, **environment(os.environ, values, "")}
    check_storage(merged)
    statistics.prepare(merged)
    keys.signing_keys(keys.beside(app_dir))


async def _start(name: str, started: Sequence[str]) -> Child:
    process = await asyncio.create_subprocess_exec(
        *started, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    return Child(name, process)


async def _until_all_ready(children: Sequence[Child]) -> None:
    """Raises HostRefusal if one of them cannot start."""
    for child in children:
        await _until_ready(child)


async def _until_ready(child: Child) -> None:
    """Raises HostRefusal if the stamp ends first, or takes too long."""
    assert child.process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            while line := await child.process.stdout.readline():
                if line.decode().startswith(READY.format(name=child.name)):
                    return
    except TimeoutError:
        pass
    raise HostRefusal(f"Stamp {child.name} did not start, so none does.")


def _ready(layout: Layout, children: Sequence[Child], options: Sequence[str]) -> str:
    pages = " and ".join(f"http://localhost:{layout.ports(n).page}/" for n in layout.names)
    lines = [f"Heliograph is ready: {layout.count} stamps.", f"  Page     {pages}"]
    for child in children:
        ports = layout.ports(child.name)
        lines.append(
            f"  Stamp {child.name}  API http://localhost:{ports.page}/api, "
            f"SignalR http://localhost:{ports.signalr}, pid {child.pid}"
        )
    lines.append("Kill one (kill -9 PID) or freeze it (kill -STOP PID), and see.")
    lines.append("Start one again from this directory, in another terminal:")
    lines += [f"  {shlex.join(command(layout, child.name, options))}" for child in children]
    return "\n".join([*lines, "Stop them all with Ctrl-C.", ""])


async def _watch(
    children: Sequence[Child],
    stopped: "asyncio.Task[bool]",
    layout: Layout,
    options: Sequence[str],
) -> None:
    """Until `stopped`, or until none of them runs."""
    living = [asyncio.create_task(_until_end(child)) for child in children]
    while living and not stopped.done():
        await asyncio.wait([*living, stopped], return_when=asyncio.FIRST_COMPLETED)
        ended = [] if stopped.done() else [task.result() for task in living if task.done()]
        living = [task for task in living if not task.done()]
        for child in ended:
            again = shlex.join(command(layout, child.name, options))
            print(f"{_how_it_ended(child)} Start it again: {again}", flush=True)
    if not living and not stopped.done():
        print("No stamp runs any more.", flush=True)
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)


async def _until_end(child: Child) -> Child:
    """Pass on what a stamp prints, until it has ended."""
    assert child.process.stdout is not None
    while line := await child.process.stdout.readline():
        print(line.decode(errors="replace"), end="", flush=True)
    await child.process.wait()
    return child


def _how_it_ended(child: Child) -> str:
    code = child.process.returncode or 0
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    return f"Stamp {child.name} (pid {child.pid}) has ended, {how}; the others go on."


async def _end(child: Child) -> None:
    """SIGTERM, and SIGKILL after a while."""
    if child.process.returncode is not None:
        return
    with suppress(ProcessLookupError):  # Ctrl-C in a terminal reaches the stamps too
        child.process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await child.process.wait()
    except TimeoutError:
        child.process.kill()
        await child.process.wait()
