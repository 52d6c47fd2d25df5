"""A real coturn on loopback: `with Coturn(secret="…") as server: …server.host, server.port`."""

import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from lab.coturn import answers, program
from lab.ports import free_port

START = 10.0  # seconds
STOP = 5.0
RELAY_PORTS = 500


class Coturn:
    """Runs from `with` to its end, on free ports, with its files in a directory of its own.

    Without `config` it has coturn's defaults and TURN REST under `secret` (None: neither);
    `config` is the path of a configuration file, taken as it is. `extra` goes last on the command
    line: `["--allow-loopback-peers"]`, `["--user-quota=2"]`. Relays are on `host`.
    """

    def __init__(
        self,
        secret: str | None = "open sesame",
        *,
        extra: Sequence[str] = (),
        config: Path | None = None,
        host: str = "127.0.0.1",
        realm: str = "example.org",
    ) -> None:
        self.secret = secret
        self.host = host
        self.realm = realm
        self._config = config
        self._extra = extra

    def __enter__(self) -> Self:
        program = program_or_skip()
        self._directory = tempfile.TemporaryDirectory(prefix="coturn-")
        self.log = Path(self._directory.name, "log")
        self.port = free_port(self.host)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [program, *self._arguments()], stdout=out, stderr=subprocess.STDOUT
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._directory.cleanup()

    def _arguments(self) -> list[str]:
        first = random.randrange(20_000, 32_000 - RELAY_PORTS)  # below the system's own choices
        here = self._directory.name
        common = [
            *("-L", self.host, "-E", self.host, "-p", str(self.port)),
            *("--min-port", str(first), "--max-port", str(first + RELAY_PORTS)),
            *("--pidfile", f"{here}/pid", "--db", f"{here}/db", "--log-file", "stdout"),
        ]
        if self.secret is not None:
            common.append(f"--static-auth-secret={self.secret}")
        if self._config is not None:
            return ["-c", str(self._config), *common, *self._extra]
        own = ["-n", "--no-cli", "--no-tls", "--no-dtls", f"--realm={self.realm}"]
        if self.secret is not None:
            own.append("--use-auth-secret")
        return [*own, *common, *self._extra]

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self.process.poll() is None:
            if answers(self.host, self.port):
                return
        raise RuntimeError(f"coturn did not start: {self.said()}")


def program_or_skip() -> str:
    """The path of turnserver. Without one the test is skipped; on CI it fails."""
    if found := program():
        return found
    reason = "no turnserver: install coturn (scripts/coturn) or set COTURN to its path"
    if os.environ.get("CI") or os.environ.get("TF_BUILD"):
        pytest.fail(reason)
    pytest.skip(reason)


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
            udp.bind(("::1", 0))
    except OSError:
        return False
    return True
