"""The real local stack as a process of its own, entered by the front door."""

import base64
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx
import jwt

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "local", "--port", "0", "--signalr-port", "0"]
# The emulator's key, which is public: Microsoft's documents print it.
KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
# Known to the tests, which make tokens that are expired, foreign or forged.
SIGNING_KEY = b"a key of the tests: 32 bytes+++!"
SIGNING_KEYS = f"tests:{base64.urlsafe_b64encode(SIGNING_KEY).decode()}"
START = 30  # seconds


class Stack:
    """`with Stack(log_file) as stack:` runs it on free ports; all it says is in `log_file`."""

    page: str  # http://localhost:PORT/
    api: str  # http://localhost:PORT/api
    signalr: str  # http://localhost:PORT

    def __init__(self, log: Path, **environ: str) -> None:
        self.log = log
        ours = {
            "HELIOGRAPH_STUN_URLS": "",
            "HELIOGRAPH_SIGNING_KEYS": SIGNING_KEYS,
            "SQL_CONNECTION": f"sqlite:///{log.absolute().with_name('stats.sqlite')}",
        }
        self.command = COMMAND
        self._environ = {**os.environ, **ours, **environ}

    def __enter__(self) -> "Stack":
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self._environ, stdout=out, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self.process.poll() is None:
            if "Ctrl-C" in (said := self.log.read_text()):
                self.api = _found(r"API\s+(\S+)", said)
                self.signalr = _found(r"SignalR\s+(\S+)", said)
                self.page = self.api.removesuffix("api")
                return self
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the local stack did not start: {self.log.read_text()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, if it runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def close_user(self, user_id: str) -> None:
        """End every socket of a peer, as the service may at any time. Its id is in its token."""
        url = f"{self.signalr}/api/hubs/signaling/users/{user_id}/:closeConnections"
        token = jwt.encode({"aud": url, "exp": time.time() + 60}, KEY, "HS256")
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{url}?api-version=2022-06-01", headers=headers)
        assert answer.status_code == 204


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]
