"""`make run STAMPS=2` as a process of its own, whose stamps can be killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from lab.ports import free_ports
from lab.process import environment
from lab.stack import ROOT, SIGNING_KEYS

START_SECONDS = 60.0
STOP_SECONDS = 15.0
STAMPS = 2
_READY = re.compile(r"Stamp (\w)  API http://localhost:(\d+)/api, SignalR \S+, pid (\d+)")


class Stamps:
    """`with Stamps(folder) as stamps:`; what they say is in logs in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        first = free_ports(2 * STAMPS)
        self._command = [
            *(sys.executable, "-m", "local", "--stamps", str(STAMPS)),
            *("--port", str(first), "--signalr-port", str(first + STAMPS)),
        ]
        self._started: list[subprocess.Popen[bytes]] = []
        self._pids: dict[str, int] = {}
        self.pages: dict[str, str] = {}  # http://localhost:PORT/ by the name of the stamp

    def __enter__(self) -> "Stamps":
        try:
            said = self._start("all", self._command, "Ctrl-C")
        except RuntimeError:
            self._stop()
            raise
        for name, port, pid in _READY.findall(said):
            self.pages[name] = f"http://localhost:{port}/"
            self._pids[name] = int(pid)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def kill(self, name: str) -> None:
        """End all of one stamp at once, as when its region goes."""
        os.kill(self._pids[name], signal.SIGKILL)

    def start(self, name: str) -> None:
        """Start a stamp that was killed, as the printed command does."""
        self._start(name, [*self._command, "--stamp", name], f"Stamp {name} is ready")
        self._pids[name] = self._started[-1].pid

    def _start(self, name: str, command: list[str], ready: str) -> str:
        log = self._folder / f"{name}.log"
        settings = {"HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS, "HELIOGRAPH_STUN_URLS": ""}
        statistics = {"SQL_CONNECTION": f"sqlite:///{self._folder / 'stats.sqlite'}"}
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment({**settings, **statistics}),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if ready in (said := log.read_text()):
                return said
            time.sleep(0.05)
        raise RuntimeError(f"{name} did not start: {log.read_text()}")

    def _stop(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(STOP_SECONDS)
