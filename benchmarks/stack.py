"""The local stack as a process of its own, for benchmarks that enter by the front door."""

import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "local", "--port", "0", "--signalr-port", "0"]


class LocalStack:
    """`with LocalStack() as stack:` runs it on free ports until the block ends."""

    api: str  # http://localhost:PORT/api

    def __enter__(self) -> "LocalStack":
        self._process = subprocess.Popen(
            COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if found := re.search(r"http://\S+/api", line):
                self.api = found.group()
            if "Ctrl-C" in line:
                return self
        raise RuntimeError("the local stack did not start: " + "".join(said))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)
