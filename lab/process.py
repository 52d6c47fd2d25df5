"""A command of ours as a process that can be killed, frozen and started again."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 5.0
LOOK_SECONDS = 0.02
# Settings of the caller's own stack are not those of a stack that is started here.
_OTHERS = ("Azure", "HELIOGRAPH", "TURN_", "SQL_CONNECTION", "KEY_VAULT", "PORT", "SIGNALR_PORT")


class DidNotStart(Exception):
    """A process ended, or said nothing in START_SECONDS. The text names its log."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without any settings of ours, and with `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    return {**kept, **settings}


class Process:
    """`python -m …`, which says on which port it listens. Not started at first.

    What it says is added to `log`, through all its starts.
    """

    def __init__(
        self, arguments: Sequence[str], settings: Mapping[str, str], ready: str, log: Path
    ) -> None:
        """`ready`: a pattern with one group, the port, in what it says."""
        self.log = log
        self._command = [sys.executable, "-m", *arguments]
        self._environ = environment(settings)
        self._ready = re.compile(ready)
        self._process: asyncio.subprocess.Process | None = None
        self._frozen = False

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process is not None and self.runs else None

    @property
    def runs(self) -> bool:
        """Whether it lives; frozen, too."""
        return self._process is not None and self._process.returncode is None

    @property
    def frozen(self) -> bool:
        """Whether it is stopped by SIGSTOP."""
        return self._frozen

    async def start(self) -> int:
        """Start it, and wait until it listens: the port. Raises DidNotStart."""
        assert not self.runs, "it runs already"
        self._frozen = False
        with self.log.open("ab") as out:
            said = out.tell()
            made = await asyncio.create_subprocess_exec(
                *self._command, cwd=ROOT, env=self._environ, stdout=out, stderr=out
            )
        self._process = made
        until = asyncio.get_running_loop().time() + START_SECONDS
        while made.returncode is None and asyncio.get_running_loop().time() < until:
            if found := self._ready.search(_read_from(self.log, said)):
                return int(found[1])
            await asyncio.sleep(LOOK_SECONDS)
        await self.kill()
        raise DidNotStart(f"see {self.log}")

    async def kill(self) -> None:
        """SIGKILL, as when its machine goes: it can do nothing about it."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL after STOP_SECONDS."""
        await self._end(signal.SIGKILL if self._frozen else signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its port and its connections, and does nothing."""
        if self.runs:
            self._signal(signal.SIGSTOP)
            self._frozen = True

    def thaw(self) -> None:
        """SIGCONT."""
        if self.runs:
            self._signal(signal.SIGCONT)
        self._frozen = False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        try:
            self._process.send_signal(number)
        except ProcessLookupError:
            pass  # it has just ended by itself

    async def _end(self, number: signal.Signals) -> None:
        self._frozen = False
        if self._process is None or not self.runs:
            return
        self._signal(number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()


def _read_from(log: Path, place: int) -> str:
    with log.open("rb") as file:
        file.seek(place)
        return file.read().decode(errors="replace")
