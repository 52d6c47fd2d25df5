"""Azurite's services, as processes on free ports of this machine."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.ports import free_port

BINARIES = Path(__file__).parents[2] / "node_modules" / ".bin"
# Azurite's account, which is public: its documents print it, and it opens nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 30


@dataclass
class Azurite:
    connection: str  # its connection string
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def azurite(service: Literal["table", "queue"] = "table") -> Iterator[Azurite]:
    """One service. What it holds ends with it."""
    port = free_port()
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    process = subprocess.Popen(
        [
            BINARIES / f"azurite-{service}",
            *options,
            *(f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
    )
    running = Azurite(connection_string(port, service), process)
    try:
        until_it_listens(port, process)
        yield running
    finally:
        running.stop()


def connection_string(port: int, service: str = "table") -> str:
    place = f"{service.title()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{place};"


def until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("Azurite did not start: is `npm ci` done?")
