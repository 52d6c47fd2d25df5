"""The storage of the local stack, as a process on a free port of this machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.storage import connection_string

ROOT = Path(__file__).parents[2]


@dataclass
class LocalStorage:
    connection: str  # its connection string
    process: "subprocess.Popen[str]"


@contextmanager
def local_storage(file: Path) -> Iterator[LocalStorage]:
    """Tables and queues in `file`, which stays."""
    command = [sys.executable, "-m", "local.storage", "--port", "0", "--file", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().split()[-1].rstrip(".")
        yield LocalStorage(connection_string(f"http://127.0.0.1:{port}"), process)
    finally:
        process.terminate()
        process.communicate(timeout=10)
